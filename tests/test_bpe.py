"""BytePairTokenizer does what tiktoken, Hugging Face tokenizers and a naive trainer do, and says what is wrong."""

import copy
import inspect
import json
import os
import pickle
import random
import time
import warnings
from collections import Counter
from pathlib import Path

import pytest
import regex
import tiktoken
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tiktoken_ext import openai_public

from helpers.backstage.downloads import fetch
from helpers.backstage.merge_files import letters
from helpers.bpe import (
    END_OF_TEXT,
    GPT2_PATTERN,
    BytePairTokenizer,
    apply_merges,
    byte_ids,
    count_chunks,
    count_pairs,
    find_chunks,
    gpt2_tokenizer,
    learn_merges,
    replace_pair,
)
from helpers.explain import at_size, steps, why
from helpers.pretrained import PUBLISHED
from helpers.texts import load_text
from tests import naive

# More for a longer run: BPE_EXAMPLES=1000000.
EXAMPLES = int(os.environ.get("BPE_EXAMPLES", "20000" if os.environ.get("CI") else "500"))
ORIGINAL = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"  # OpenAI's encoder.py


@pytest.fixture(scope="module")
def gpt2():
    return BytePairTokenizer.pretrained("gpt2")


@pytest.fixture(scope="module")
def tiktoken_gpt2():
    return gpt2_tokenizer()


@pytest.fixture(scope="module")
def published(gpt2, tiktoken_gpt2):
    """By name, each published tokenizer as ours and as tiktoken's; they take seconds, so once."""
    both = {"gpt2": (gpt2, tiktoken_gpt2)}
    for name in ["cl100k_base", "o200k_base"]:
        both[name] = BytePairTokenizer.pretrained(name), tiktoken.get_encoding(name)
    return both


@pytest.fixture(scope="module")
def story():
    return load_text("the-wall-walker")


@pytest.fixture(scope="module")
def small(story):
    return BytePairTokenizer.train(story, 700, special_tokens=[END_OF_TEXT])


# ---- the same ids as tiktoken ----------------------------------------------------------------------


def test_our_story_has_the_same_ids(gpt2, tiktoken_gpt2, story):
    assert gpt2.encode(story) == tiktoken_gpt2.encode(story)


def test_the_verdict_has_the_same_5145_ids(gpt2, tiktoken_gpt2, verdict):
    ids = gpt2.encode(verdict)
    assert len(ids) == 5145 and ids == tiktoken_gpt2.encode(verdict) and gpt2.decode(ids) == verdict


def test_the_awakening_has_the_same_66398_ids(gpt2, tiktoken_gpt2, awakening):
    ids = gpt2.encode(awakening)
    assert (
        len(ids) == 66_398
        and ids == tiktoken_gpt2.encode(awakening)
        and gpt2.decode(ids) == awakening
    )


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("book", ["story", "verdict", "awakening"])
def test_a_book_has_tiktokens_ids_in_every_published_tokenizer(published, name, book, request):
    ours, theirs = published[name]
    text = request.getfixturevalue(book)
    ids = ours.encode(text)
    assert ids == theirs.encode(text) and ours.decode(ids) == text


def test_gensims_lee_corpus_has_the_same_ids(gpt2, tiktoken_gpt2):
    datapath = pytest.importorskip("gensim.test.utils").datapath
    with open(datapath("lee_background.cor"), encoding="utf-8") as file:
        text = file.read()
    assert len(text) > 300_000 and gpt2.encode(text) == tiktoken_gpt2.encode(text)


NASTY = [
    "a",
    "the",
    "ing",
    "Z",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "\x00",
    "\x1c",
    "\x85",
    "\xa0",
    "\u2028",
    "\u3000",
    "\u200b",
    "\u200d",
    "\ufeff",
    "\u0301",
    "\ufe0f",
    "'s",
    "'S",
    "'re",
    "’s",
    "é",
    "ß",
    "İ",
    "日",
    "ก็",
    "👋",
    "👩‍👩‍👧",
    "🏳️‍🌈",
    "1",
    "９",
    "²",
    "Ⅷ",
    "٣",
    "--",
    ",",
    "_",
    "Ġ",
    "Ċ",
    "�",
    "\ud800",
    "\udc00",
    "\ud83d\udc4b",
    "\uffff",
    "\U0010ffff",
    "<|endoftext|>",
    "<|endof",
    "text|>",
    "<|fim_prefix|>",
    "<|endofprompt|>",
    "/",
    "Aa",
    "ǅ",
    "ʰ",
    "कि",
    "IT'S",
    "\r",
    "\n\n",
    "1234567",
]
anything = st.one_of(
    st.text(st.characters(codec=None, exclude_categories=()), max_size=40),
    st.lists(st.sampled_from(NASTY), max_size=15).map("".join),
    st.lists(st.sampled_from([*map(chr, range(128)), "é", "½", "\u0301", "\xa0"])).map("".join),
    st.tuples(st.sampled_from(NASTY), st.integers(1, 300)).map(lambda pair: pair[0] * pair[1]),
)


RULES = [  # for special tokens
    {"allowed_special": "all"},
    {"allowed_special": {END_OF_TEXT}, "disallowed_special": ()},
    {"disallowed_special": ()},
]


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(anything)
@example("")
@example("\ud800's")
@example("!\x00a")
@example("don'té")
@example("ab\xa0 'é")
def test_nasty_strings_have_the_same_ids_and_the_same_text_comes_back(published, text):
    for name, (ours, theirs) in published.items():
        ids = ours.encode_ordinary(text)
        assert ids == theirs.encode_ordinary(text), name
        assert ours.decode(ids) == theirs.decode(ids), name
        assert ours.decode_bytes(ids) == theirs.decode_bytes(ids), name
        for rule in RULES:
            assert ours.encode(text, **rule) == theirs.encode(text, **rule), (name, rule)
        chunks = find_chunks(text, ours.pattern)
        assert chunks == regex.findall(ours.pattern, as_tiktoken_reads(text)), name
        assert "".join(chunks) == as_tiktoken_reads(text), name


def as_tiktoken_reads(text: str) -> str:
    """The text with the replacement character for each half of a surrogate pair."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(anything, max_size=6))
@example(["it", "'", "r", "e", " ", " ", "x"])
@example(["\ud83d", "\udc4b", "\ud83d", "a"])
@example(["!\n", "  ", "\n", "\t", " ", "a'", "L", "L"])
def test_a_stream_of_pieces_has_the_ids_of_the_whole(published, pieces):
    whole = "".join(pieces)
    for name, (ours, theirs) in published.items():
        for cut in [pieces, whole]:
            assert list(ours.encode_iterable(cut)) == theirs.encode_ordinary(whole), name
            for rule in RULES:
                ids = theirs.encode(whole, **rule)
                assert list(ours.encode_iterable(cut, **rule)) == ids, (name, rule)


def test_the_end_of_text_in_a_stream_is_its_id_wherever_the_stream_is_cut(gpt2):
    text = f"Hello<|endoftext|>{END_OF_TEXT}, do you<|endo like tea?{END_OF_TEXT}"
    ids = gpt2.encode(text, allowed_special="all")
    assert ids.count(50_256) == 3
    for length in range(1, 20):
        pieces = [text[start : start + length] for start in range(0, len(text), length)]
        assert list(gpt2.encode_iterable(pieces, allowed_special="all")) == ids
        assert list(gpt2.encode_iterable(pieces, allowed_special={END_OF_TEXT})) == ids


def test_a_stream_finds_the_longer_of_two_special_tokens_that_begin_together():
    tokenizer = BytePairTokenizer([], ["<|a|>", "<|a|><|b|>", "<|a|><|b|><|c|>"])
    text = "<|a|><|b|><|a|>x<|a|><|b|><|c|><|a|><|b|><|"
    ids = tokenizer.encode(text, allowed_special="all")
    assert list(tokenizer.encode_iterable(text, allowed_special="all")) == ids
    assert ids[:3] == [257, 256, 87] and 258 in ids


def test_a_special_token_in_a_stream_is_refused_where_that_is_asked_for(gpt2):
    ids = gpt2.encode_iterable(["Hello there, <|endof", "text|> you"], disallowed_special="all")
    with pytest.raises(ValueError, match="holds the special token.*allowed_special="):
        list(ids)


def test_a_stream_is_held_no_longer_than_it_can_change(published):
    for name, (ours, _) in published.items():
        taken = []

        def lines(taken=taken):
            for number in range(2_000):
                taken.append(number)
                yield f"Line {number} ends here.\n"

        for n_ids, _ in enumerate(ours.encode_iterable(lines(), allowed_special="all")):
            assert len(taken) < n_ids / 5 + 3, f"{name} read ahead"


def test_a_long_chunk_that_comes_letter_by_letter_takes_no_minute(gpt2):
    begin = time.process_time()
    assert list(gpt2.encode_iterable("a" * 300_000)) == gpt2.encode_ordinary("a" * 300_000)
    assert time.process_time() - begin < 10


def test_a_stream_is_right_with_a_pattern_that_looks_far_ahead():
    tokenizer = quietly("abc! abc", 300, pattern=r"\w+(?=!)|\w|\s|!")
    for text in ["abcabcabc!", "abc abc!"]:
        assert list(tokenizer.encode_iterable(text)) == tokenizer.encode_ordinary(text)


@pytest.mark.parametrize("plane", range(17))
def test_all_code_points_have_the_same_ids_in_context(gpt2, tiktoken_gpt2, plane):
    """All 1,112,064 in CI; elsewhere the first 12,288 of each plane, and every 37th of the others."""
    for start in range(plane << 16, (plane + 1) << 16, 4096):
        numbers = range(
            start, start + 4096, 1 if os.environ.get("CI") or start % 0x10000 < 0x3000 else 37
        )
        compare(gpt2, tiktoken_gpt2, numbers, "{x}'s x{x}1{x} {x}!{x}\n")


@pytest.mark.parametrize("plane", range(17))
@pytest.mark.parametrize("name", ["cl100k_base", "o200k_base"])
def test_all_code_points_have_the_same_ids_in_newer_tokenizers(published, name, plane):
    """All of them in CI; elsewhere the first 12,288, and every 37th of the others."""
    for start in range(plane << 16, (plane + 1) << 16, 4096):
        numbers = range(start, start + 4096, 1 if os.environ.get("CI") or start < 0x3000 else 37)
        compare(*published[name], numbers, "x{x}'s {x}1\n")


def compare(ours, theirs, numbers, line: str):
    """Both give the same ids to a line for each code point, in which it stands as {x}."""
    lines = [line.replace("{x}", chr(n)) for n in numbers if not 0xD800 <= n < 0xE000]
    text = "".join(lines)
    if ours.encode_ordinary(text) != theirs.encode_ordinary(text):
        wrong = [x for x in lines if ours.encode_ordinary(x) != theirs.encode_ordinary(x)]
        pytest.fail(f"{ours.name}: other ids for {wrong[:5]}")


@pytest.mark.parametrize("run", ["a", " ", "1", "\n", "é", "ab", "the ", "👋", " \n", "A", "Aa"])
def test_long_runs_have_the_same_ids(published, run):
    for name, (ours, theirs) in published.items():
        assert ours.encode_ordinary(run * 20_000) == theirs.encode_ordinary(run * 20_000), name


def test_a_long_chunk_of_random_letters_has_the_same_ids(published):
    text = "".join(random.Random(0).choices("abcdefghijklmnopqrstuvwxyz", k=5_000))
    for name, (ours, theirs) in published.items():
        assert ours.encode_ordinary(text) == theirs.encode_ordinary(text), name


def test_lone_surrogates_become_the_replacement_character(gpt2):
    assert gpt2.decode(gpt2.encode("a\ud800b")) == "a\ufffdb"


def test_a_pattern_of_ones_own_is_not_cut_twice():
    pattern = r"\w+(?=!)|\w|\s|!"  # how "abc" is cut depends on what comes after it
    for word in ["abc", "ñbc"]:
        tokenizer = quietly(f"{word}! {word}", 300, pattern=pattern)
        cut = [tokenizer.decode([token_id]) for token_id in tokenizer.encode(f"{word}!{word}")]
        assert cut == [word, "!", *word]


def test_our_pattern_cuts_as_the_original_one_does(story):
    for text in [story, "".join(NASTY), " ".join(NASTY), "  x   \n\n y\t\tz  "]:
        assert regex.findall(GPT2_PATTERN, text) == regex.findall(ORIGINAL, text)
        assert "".join(regex.findall(GPT2_PATTERN, text)) == text


@pytest.mark.parametrize(
    "name, n_vocab", [("gpt2", 50_257), ("cl100k_base", 100_277), ("o200k_base", 200_019)]
)
def test_every_token_has_tiktokens_bytes_and_its_own_bytes_merge_to_it(published, name, n_vocab):
    ours, theirs = published[name]
    assert ours.n_vocab == theirs.n_vocab == n_vocab
    for token_id, raw in enumerate(ours.tokens):
        assert raw == theirs.decode_single_token_bytes(token_id)
    assert list(ours.ids.values()) == list(range(len(ours.tokens)))
    pairs = list(ours.merges)  # each token is made of two older ones, and they make it again
    assert [ours.merges[pair] for pair in pairs] == list(range(256, len(ours.tokens)))
    assert all(max(pair) < new_id for new_id, pair in enumerate(pairs, start=256))


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_tokenizer_has_tiktokens_pattern_and_special_tokens(published, name):
    ours, theirs = published[name]
    facts = getattr(openai_public, name)()
    assert (ours.name, ours.pattern) == (name, facts["pat_str"])
    assert ours.special_tokens == facts["special_tokens"]
    for text, token_id in ours.special_tokens.items():
        assert ours.encode(text, allowed_special="all") == [token_id]
        assert ours.decode([token_id]) == theirs.decode([token_id]) == text
    assert ours.eot_token == theirs.eot_token


def test_an_id_in_a_gap_between_special_tokens_is_refused(published):
    for name, gap in [("cl100k_base", 100_261), ("o200k_base", 199_998)]:
        ours = published[name][0]
        with pytest.raises(KeyError, match=f"Id {gap} names no token: .*, with gaps. Decode"):
            ours.decode([gap])


@pytest.mark.parametrize("name", ["gpt4", "GPT2", "gpt-4o", "", None, 2, ["gpt2"]])
def test_a_name_that_no_published_tokenizer_has_is_refused_with_those_that_there_are(name):
    with pytest.raises(ValueError, match="expected one of gpt2, cl100k_base, o200k_base.*choose"):
        BytePairTokenizer.pretrained(name)


@pytest.mark.parametrize(
    "text, counts",
    [
        ("Guten Morgen, wie geht es dir?", [12, 10, 9]),
        ("早上好，你好吗？", [17, 10, 6]),
        ("सुप्रभात, आप कैसे हैं?", [35, 22, 10]),
        ("صباح الخير، كيف حالك؟", [24, 16, 8]),
        ("ဘုရားသခင်", [27, 18, 7]),
        ("1234567 + 12.50", [7, 8, 8]),
        (" SolidGoldMagikarp", [1, 5, 5]),
    ],
)
def test_newer_tokenizers_need_fewer_tokens_for_many_languages(published, text, counts):
    assert [len(published[name][0].encode(text)) for name in PUBLISHED] == counts


def test_the_ids_follow_from_the_order_of_the_merges_as_encoder_json_has_them(gpt2):
    ids = json.loads(fetch("gpt2-encoder.json").read_text(encoding="utf-8"))
    ours = {letters(gpt2.decode_bytes([token_id])): token_id for token_id in range(50_256)}
    assert ours | {END_OF_TEXT: 50_256} == ids


def test_it_can_take_tiktokens_place(gpt2, tiktoken_gpt2):
    assert (gpt2.name, gpt2.eot_token, gpt2.special_tokens_set) == ("gpt2", 50_256, {END_OF_TEXT})
    public = {name for name in dir(tiktoken_gpt2) if not name.startswith("_")}
    assert public - set(dir(gpt2)) == {"encode_with_unstable"}
    for name in public - {"encode_with_unstable"}:
        if callable(getattr(tiktoken_gpt2, name)):
            ours = inspect.signature(getattr(gpt2, name)).parameters
            theirs = inspect.signature(getattr(tiktoken_gpt2, name)).parameters
            assert list(ours) == list(theirs), name


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(anything, max_size=4))
@example(["👋 café", "日本", "a\u0301"])
def test_every_method_gives_what_tiktokens_gives(published, texts):
    for name, (ours, theirs) in published.items():
        batch = theirs.encode_ordinary_batch(texts)
        assert ours.encode_ordinary_batch(texts) == batch, name
        assert ours.decode_batch(batch) == theirs.decode_batch(batch), name
        assert ours.decode_bytes_batch(batch) == theirs.decode_bytes_batch(batch), name
        for rule in RULES:
            assert ours.encode_batch(texts, **rule) == theirs.encode_batch(texts, **rule), name
        for text, ids in zip(texts, batch, strict=True):
            assert ours.decode_tokens_bytes(ids) == theirs.decode_tokens_bytes(ids), name
            assert ours.decode_with_offsets(ids) == theirs.decode_with_offsets(ids), name
            numbers = ours.encode_to_numpy(text, disallowed_special=())
            assert str(numbers.dtype) == "uint32" and numbers.tolist() == ids, name


def test_every_fact_about_a_tokenizer_is_as_tiktoken_has_it(published):
    for name, (ours, theirs) in published.items():
        assert ours.token_byte_values() == theirs.token_byte_values(), name
        for fact in ["name", "n_vocab", "max_token_value", "eot_token", "special_tokens_set"]:
            assert getattr(ours, fact) == getattr(theirs, fact), (name, fact)
        for token_id in [0, 255, 50_256, 100_257, 100_261, 199_999, 200_018, 10**9]:
            assert ours.is_special_token(token_id) == theirs.is_special_token(token_id), name


def test_offsets_of_ids_that_break_a_character_are_refused_with_what_to_do(gpt2):
    with pytest.raises(UnicodeDecodeError, match="expected ids that spell whole.* Pass all"):
        gpt2.decode_with_offsets(gpt2.encode("👋")[:1])


def test_what_is_remembered_of_a_text_has_a_bound_and_changes_no_ids(gpt2, monkeypatch, story):
    monkeypatch.setattr("helpers.bpe.MOST_CHUNKS", 10)
    tokenizer = BytePairTokenizer(gpt2.merges, [END_OF_TEXT])
    before = len(pickle.dumps(tokenizer))
    assert tokenizer.encode(story) == gpt2.encode(story)
    assert len(pickle.dumps(tokenizer)) < before + 2_000, "it remembers more than it may"


# ---- the same merges as other trainers -------------------------------------------------------------


def quietly(text, size, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return BytePairTokenizer.train(text, size, **options)


TEXTS = ["the-wall-walker", "the-verdict", "the-awakening"]


@pytest.fixture(params=TEXTS)
def text(request, story):
    """Three texts, one after the other; those that are not here are skipped."""
    return (
        story
        if request.param == "the-wall-walker"
        else request.getfixturevalue(request.param.split("-")[1])
    )


def test_first_merges_are_those_of_the_naive_trainer_to_the_last_one(text):
    part = text[:8_000]
    merges = naive.train(part)
    assert [*quietly(part, 100_000).merges] == merges and len(merges) > 1_000


@pytest.mark.parametrize("ties", naive.CHOICES)
def test_the_first_merges_of_longer_texts_are_those_of_the_naive_trainer(text, ties):
    merges = naive.train(text[:25_000], 100, ties)
    assert [*BytePairTokenizer.train(text[:25_000], 256 + 100, ties=ties).merges] == merges


@pytest.mark.parametrize("ties", naive.CHOICES)
@settings(max_examples=100, deadline=None)
@given(
    st.one_of(
        st.text("ab ", max_size=60), st.text("abc", max_size=40), st.text("aé日 \n", max_size=40)
    )
)
@example("aaa aaaa aaaaa aaaaaaaaaaaa")
@example("abababab ababab babab")
def test_merges_are_those_of_the_naive_trainer_where_everything_ties(ties, text):
    assert [*quietly(text, 300, ties=ties).merges] == naive.train(text, 44, ties)


def test_smallest_merges_are_those_of_hugging_face_to_the_last_one(text):
    tokenizers = pytest.importorskip("tokenizers")
    byte_level = tokenizers.pre_tokenizers.ByteLevel
    theirs = tokenizers.Tokenizer(tokenizers.models.BPE())
    theirs.pre_tokenizer = byte_level(add_prefix_space=False, use_regex=True)
    theirs.train_from_iterator(
        [text],
        tokenizers.trainers.BpeTrainer(
            vocab_size=100_000,
            initial_alphabet=byte_level.alphabet(),
            show_progress=False,
            max_token_length=None,
        ),
    )
    ours = quietly(text, 100_000, ties="smallest")
    merges = [tuple(pair) for pair in json.loads(theirs.to_str())["model"]["merges"]]
    assert [
        tuple(letters(ours.decode_bytes([part])) for part in pair) for pair in ours.merges
    ] == merges
    assert len(merges) > 1_900 and ours.encode(text) == theirs.encode(text).ids


def test_documents_may_come_one_by_one_and_do_not_touch(story):
    lines = story.split("\n")
    assert (
        BytePairTokenizer.train(iter(lines), 400).merges
        == BytePairTokenizer.train(lines, 400).merges
    )
    assert quietly(["ab", "ab"], 300).merges == quietly("ab ab", 300, pattern="ab").merges


def test_what_was_counted_can_be_learned_from(small, story):
    counts = count_chunks(story, [END_OF_TEXT])
    assert [*counts.items()] == [*Counter(regex.findall(GPT2_PATTERN, story)).items()]
    assert BytePairTokenizer.train(counts, 700, special_tokens=[END_OF_TEXT]).merges == small.merges


def test_special_tokens_are_no_text_to_learn_from():
    tokenizer = quietly("ab<|endoftext|>ab", 300, special_tokens=[END_OF_TEXT])
    assert [tokenizer.decode([256 + n]) for n in range(len(tokenizer.merges))] == ["ab"]
    assert tokenizer.eot_token == 257 == tokenizer.n_vocab - 1


@pytest.mark.parametrize("ties", naive.CHOICES)
def test_encoding_cuts_every_chunk_of_the_training_text_as_training_did(story, ties):
    chunks = dict.fromkeys(regex.findall(GPT2_PATTERN, story))
    words = [*map(naive.byte_ids, chunks)]
    tokenizer = quietly(story, 100_000, ties=ties)
    for pair, new in tokenizer.merges.items():
        words = [naive.replaced(ids, pair, new) if pair[1] in ids else ids for ids in words]
    assert [tokenizer.encode(chunk) for chunk in chunks] == words
    assert [apply_merges(byte_ids(chunk), tokenizer.merges) for chunk in chunks] == words
    assert [steps(tokenizer, chunk)[-1] for chunk in chunks] == words


def test_a_token_is_what_its_own_bytes_merge_to(gpt2, small):
    for tokenizer in [gpt2, small]:
        for token_id in range(256 + len(tokenizer.merges)):
            chunk = tokenizer.decode([token_id])
            if chunk.encode() == tokenizer.decode_bytes(
                [token_id]
            ):  # else it is no text on its own
                assert apply_merges(byte_ids(chunk), tokenizer.merges) == [token_id]


def test_long_chunks_go_another_way_to_the_same_ids(gpt2, monkeypatch, story):
    chunks = [*dict.fromkeys(regex.findall(GPT2_PATTERN, story)), "ab" * 50, "a" * 99, "👋" * 9]
    short = [apply_merges(byte_ids(chunk), gpt2.merges) for chunk in chunks]
    monkeypatch.setattr("helpers.bpe.LONG", 0)
    assert [apply_merges(byte_ids(chunk), gpt2.merges) for chunk in chunks] == short


def test_a_vocabulary_of_the_bytes_alone_knows_every_text():
    tokenizer = BytePairTokenizer.train("", 256)
    assert tokenizer.n_vocab == 256 and tokenizer.decode(tokenizer.encode("café 👋")) == "café 👋"


def test_an_empty_text_is_an_empty_list(gpt2, small):
    for tokenizer in [gpt2, small, BytePairTokenizer([])]:
        assert (
            tokenizer.encode("")
            == tokenizer.encode_ordinary("")
            == [*tokenizer.encode_iterable([])]
            == []
        )
        assert (tokenizer.decode([]), tokenizer.decode_bytes([])) == ("", b"")


def test_a_tokenizer_can_be_copied_and_pickled(small, story):
    for copied in [copy.deepcopy(small), pickle.loads(pickle.dumps(small))]:
        assert copied.encode(story) == small.encode(story)


# ---- special tokens --------------------------------------------------------------------------------

DOCUMENTS = "Hello, do you like tea? <|endoftext|> In the sunlit terracesof someunknownPlace."


def test_an_allowed_special_token_is_one_id(gpt2):
    ids = gpt2.encode(DOCUMENTS, allowed_special={END_OF_TEXT})
    assert ids == [
        15496,
        11,
        466,
        345,
        588,
        8887,
        30,
        220,
        50256,
        554,
        262,
        4252,
        18250,
        8812,
        2114,
        1659,
        617,
        34680,
        27271,
        13,
    ]
    assert gpt2.decode(ids) == DOCUMENTS
    assert gpt2.encode(DOCUMENTS, allowed_special="all") == ids


def test_of_two_special_tokens_that_begin_together_the_longer_one_is_taken():
    tokenizer = BytePairTokenizer([], ["<|a|>", "<|a|><|b|>", "two words", "("])
    assert tokenizer.encode("<|a|><|b|><|a|>two words(", allowed_special="all") == [
        257,
        256,
        258,
        259,
    ]


def test_a_special_token_can_be_allowed_while_another_is_plain_text():
    tokenizer = BytePairTokenizer([], ["<a>", "<b>"])
    ids = tokenizer.encode("<a><b>", allowed_special={"<a>"}, disallowed_special=())
    assert ids[0] == 256 and len(ids) == 4 and tokenizer.decode(ids) == "<a><b>"


# ---- what can go wrong has a message ----------------------------------------------------------------


def test_a_special_token_in_a_text_is_refused_with_a_way_out(gpt2):
    with pytest.raises(
        ValueError, match=r"holds the special token.*allowed_special=.*disallowed_special=\(\)"
    ):
        gpt2.encode(DOCUMENTS)
    with pytest.raises(ValueError, match="'tea'"):
        gpt2.encode(DOCUMENTS, disallowed_special={"tea"})


@pytest.mark.parametrize("token_id", [-1, 50_257, 10**12, "3", None])
def test_an_id_that_names_no_token_is_refused(gpt2, token_id):
    for decode in [
        gpt2.decode,
        gpt2.decode_bytes,
        lambda ids: gpt2.decode_single_token_bytes(ids[-1]),
    ]:
        with pytest.raises(KeyError, match="names no token.*0 to 50256"):
            decode([15496, token_id])


def test_ids_may_be_numbers_of_numpy_or_torch(gpt2):
    numpy, torch = pytest.importorskip("numpy"), pytest.importorskip("torch")
    for ids in [numpy.array([15496, 50256]), torch.tensor([15496, 50256])]:
        assert gpt2.decode(ids) == gpt2.decode(list(ids)) == "Hello<|endoftext|>"
    with pytest.raises(KeyError, match="Id 50257 names no token"):
        gpt2.decode(torch.tensor([50257]))


@pytest.mark.parametrize("specials", [END_OF_TEXT, ["<a>", "<a>"], [""]])
def test_special_tokens_that_are_no_list_of_different_texts_are_refused(specials):
    with pytest.raises(ValueError, match="special_tokens is .*expected a list of different texts"):
        BytePairTokenizer.train("low", 300, special_tokens=specials)


@pytest.mark.parametrize("ids", [{"<a>": 5}, {"<a>": 300, "<b>": 300}, {"<a>": "9"}, {"<a>": 3e2}])
def test_special_tokens_with_ids_that_are_taken_or_no_numbers_are_refused(ids):
    with pytest.raises(ValueError, match="special_tokens has the id .*from 256 on.* Give such ids"):
        BytePairTokenizer([], ids)


@pytest.mark.parametrize("token", ["tokenizable!", b"\xff\xff\xff", ""])
def test_what_is_no_single_token_is_refused(gpt2, token):
    with pytest.raises(KeyError, match="is not one token.*Use encode"):
        gpt2.encode_single_token(token)


def test_a_vocabulary_smaller_than_the_bytes_is_refused():
    with pytest.raises(ValueError, match="vocab_size is 256.*alone make 257"):
        BytePairTokenizer.train("low", 256, special_tokens=[END_OF_TEXT])


def test_an_unknown_rule_for_ties_is_refused():
    with pytest.raises(ValueError, match="'last'.*expected.*first"):
        BytePairTokenizer.train("low", 300, ties="last")


@pytest.mark.parametrize("text", ["", "a", "a b c"])
def test_a_text_that_runs_out_of_pairs_gives_a_warning_and_a_smaller_vocabulary(text):
    with pytest.warns(UserWarning, match="no pair was left.*not 1000"):
        tokenizer = BytePairTokenizer.train(text, 1000)
    assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize("merges", [[(97, 300)], [(97, 98), (97, 98)], [(-1, 5)], [(97, 256)]])
def test_merges_out_of_order_are_refused(merges):
    with pytest.raises(ValueError, match="Merge .* joins the ids .* damaged or out of order"):
        BytePairTokenizer(merges)


def test_bytes_that_are_no_text_are_replaced_or_refused_as_asked(gpt2):
    first = gpt2.encode("👋")[:1]
    assert gpt2.decode(first) == "\ufffd"
    with pytest.raises(UnicodeDecodeError):
        gpt2.decode(first, errors="strict")


PATH = Path("a.txt")
NO_TEXTS = [b"abc", None, 5, ["a"], ("a", "b"), PATH, {"a": 1}, bytearray(b"a")]


@pytest.mark.parametrize("given", NO_TEXTS, ids=repr)
def test_what_is_no_text_is_refused_at_every_door_in_the_same_words(small, given):
    doors = [
        small.encode,
        small.encode_ordinary,
        small.encode_to_numpy,
        lambda text: small.encode_batch([text]),
        lambda text: small.encode_ordinary_batch([text]),
        lambda text: list(small.encode_iterable([text])),
        find_chunks,
        lambda text: at_size(small, text, 300),
        lambda text: steps(small, text),
        lambda text: why(small, text, 0),
        lambda text: BytePairTokenizer.train([text], 300),
    ]
    messages = set()
    for door in doors:
        with pytest.raises(TypeError, match="is of type .*; expected one string. ") as caught:
            door(given)
        messages.add(str(caught.value))
    assert len(messages) == 1


@pytest.mark.parametrize("given", [b"abc", None, 5, PATH])
def test_what_is_no_stream_of_texts_is_refused(small, given):
    with pytest.raises(TypeError, match="The text is of type .*; expected one string"):
        list(small.encode_iterable(given))


@pytest.mark.parametrize("given", [b"abc", None, 5, PATH, [b"abc"], ["a", None], [PATH]], ids=repr)
def test_what_is_no_text_to_learn_from_is_refused(given):
    with pytest.raises(TypeError, match="is of type .*; expected one string"):
        BytePairTokenizer.train(given, 260)


@pytest.mark.parametrize("path", ["story.txt", "/x/tokens.bin", "data/the-wall-walker.txt"])
def test_the_path_of_a_file_is_no_text_to_learn_from(path):
    with pytest.raises(ValueError, match="which is the path of a file; expected the text"):
        BytePairTokenizer.train(path, 300)


@pytest.mark.parametrize("given", ["abc", b"abc", None, 5])
def test_what_is_no_batch_of_texts_is_refused(small, given):
    for door in [small.encode_batch, small.encode_ordinary_batch]:
        with pytest.raises(TypeError, match="The batch is of type .*; expected a list of strings"):
            door(given)


@pytest.mark.parametrize("size", ["300", 300.0, None, [300], True])
def test_a_size_that_is_no_whole_number_is_refused(small, size):
    for door in [lambda n: BytePairTokenizer.train("xy", n), lambda n: at_size(small, "xy", n)]:
        with pytest.raises(TypeError, match="vocab_size is .*Expected a whole number.*Give"):
            door(size)


def test_a_size_may_be_a_number_of_numpy(story):
    numpy = pytest.importorskip("numpy")
    assert BytePairTokenizer.train(story, numpy.int64(300)).n_vocab == 300


def no_rows():
    numpy, torch = pytest.importorskip("numpy"), pytest.importorskip("torch")
    batches = [[[1, 2], [3]], numpy.ones((2, 2), int), torch.ones(2, 2, dtype=torch.int64)]
    return [15496, None, "abc", b"abc", {1: 2}, torch.tensor(5), numpy.int64(5), *batches]


@pytest.mark.parametrize("given", no_rows(), ids=repr)
def test_what_is_no_row_of_ids_is_refused_by_every_decode(small, given):
    doors = [small.decode, small.decode_bytes, small.decode_tokens_bytes, small.decode_with_offsets]
    for door in doors:
        with pytest.raises(TypeError, match="ids are of type .* a flat list of ids; expected one"):
            door(given)


@pytest.mark.parametrize("given", [15496, [15496], "abc", None, [1.5], [None]], ids=repr)
def test_what_is_no_batch_of_ids_is_refused(small, given):
    for door in [small.decode_batch, small.decode_bytes_batch]:
        with pytest.raises(TypeError, match="batch is of type .* a list of rows of ids; expected"):
            door(given)


@pytest.mark.parametrize("wrong", [1.0, 2.5, "1", None, 10**30])
def test_an_id_that_is_no_whole_number_names_no_token(small, wrong):
    for door in [small.decode, small.decode_bytes, small.decode_with_offsets]:
        with pytest.raises(KeyError, match="names no token: this tokenizer has the ids 0 to 699"):
            door([1, wrong])


def test_a_batch_may_be_an_array(gpt2):
    numpy, torch = pytest.importorskip("numpy"), pytest.importorskip("torch")
    for batch in [numpy.array([[15496], [995]]), torch.tensor([[15496], [995]])]:
        assert gpt2.decode_batch(batch) == ["Hello", " world"]


@pytest.mark.parametrize(
    "given", [["\ud83d"], ["a\udc00"], [b"<a>"], [None], 5, None, b"<a>", {"": 300}], ids=repr
)
def test_special_tokens_that_are_no_texts_with_bytes_are_refused(given):
    for door in [
        lambda x: BytePairTokenizer([], x),
        lambda x: BytePairTokenizer.train("a", 300, x),
    ]:
        with pytest.raises(ValueError, match="special_tokens is .*expected a list of different"):
            door(given)


@pytest.mark.parametrize("given", [END_OF_TEXT, b"all", None, 5, [None]], ids=repr)
def test_allowed_special_tokens_that_are_no_set_are_refused(gpt2, given):
    for name in ["allowed_special", "disallowed_special"]:
        for door in [gpt2.encode, lambda text, **rule: list(gpt2.encode_iterable(text, **rule))]:
            with pytest.raises(TypeError, match=f'{name} is .*expected "all" or a set'):
                door("a", **{name: given})


@pytest.mark.parametrize("merges", [5, None, "ab", [5], [None]], ids=repr)
def test_merges_that_are_no_list_of_pairs_are_refused(merges):
    with pytest.raises((TypeError, ValueError), match="(?i)merge.*expected"):
        BytePairTokenizer(merges)


@pytest.mark.parametrize("merges", [[(1,)], [(1, 2, 3)], [("a", "b")], [(1.0, 2.0)], ["ab"]])
def test_a_merge_that_is_no_pair_of_ids_is_refused(merges):
    with pytest.raises(ValueError, match="Merge 0 is .*; expected two ids.* Pass"):
        BytePairTokenizer(merges)


@pytest.mark.parametrize("path", [None, 5, ["a"]])
def test_what_is_no_path_is_refused(small, path):
    for door in [BytePairTokenizer.load, small.save]:
        with pytest.raises(TypeError, match="path is of type .*; expected a string or a pathlib"):
            door(path)


@pytest.mark.parametrize("pattern", ["(", "[a", "(?P<x", 5, None, b"a", "a{2,1}"])
def test_what_is_no_pattern_is_refused_in_words(pattern):
    with pytest.raises(ValueError, match="(?i)the pattern .*expected a pattern.* Fix it"):
        BytePairTokenizer([], pattern=pattern)


def test_a_pattern_that_would_return_groups_and_not_chunks_is_refused():
    with pytest.raises(ValueError, match=r"has capturing groups \(1\); .*Write \(\?:"):
        BytePairTokenizer([], pattern=r"(\w+)|\W")


# ---- the functions that chapter 3 builds -----------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 3), max_size=12), st.integers(0, 3), st.integers(0, 3))
def test_a_pair_is_replaced_from_left_to_right_as_the_naive_way_does(ids, first, second):
    assert replace_pair(ids, (first, second), 9) == naive.replaced(ids, (first, second), 9)


def test_pairs_are_counted_as_often_as_their_word_occurs():
    words = [([1, 2, 1, 2], 5), ([2, 1], 3), ([7], 4), ([], 2)]
    assert count_pairs(words) == {(1, 2): 10, (2, 1): 8}


def test_learning_merges_leaves_the_words_as_they_came():
    words = [(byte_ids(word), count) for word, count in [("low", 5), ("lower", 2), ("newest", 6)]]
    before = copy.deepcopy(words)
    assert len(learn_merges(words, 4)) == 4
    assert words == before


# ---- other engines ---------------------------------------------------------------------------------


@settings(max_examples=min(EXAMPLES, 2_000), deadline=None)
@given(st.text(max_size=40))
def test_the_compiled_engine_has_the_same_ids(small, text):
    engine = compiled(small)
    text = text.replace("\ud800", "")
    assert engine.encode(text, disallowed_special=()) == small.encode(text, disallowed_special=())


def compiled(tokenizer, made={}):  # noqa: B006  (made once, since Hypothesis asks often)
    """The tokenizer's compiled engine."""
    if id(tokenizer) not in made:
        made[id(tokenizer)] = tokenizer.to_tiktoken()
    return made[id(tokenizer)]


def test_the_compiled_engine_of_gpt2_is_tiktokens_own(gpt2, tiktoken_gpt2, story):
    engine = gpt2.to_tiktoken()
    assert engine.encode(story) == tiktoken_gpt2.encode(story)
    assert engine.eot_token == 50_256
    assert engine.encode("a<|endoftext|>", allowed_special="all") == [64, 50_256]


def test_one_letter_a_hundred_thousand_times_takes_no_minute(gpt2):
    begin = time.process_time()
    for run in ["a" * 100_000, "ab" * 50_000, "".join(random.Random(1).choices("ACGT", k=100_000))]:
        assert gpt2.decode(gpt2.encode(run)) == run
    assert time.process_time() - begin < 10
