"""Tokenizer files, our own and those of others: the right tokenizer comes out of one, or a refusal in words."""

import base64
import json
import warnings
from functools import cache
from itertools import product
from pathlib import Path

import pytest
import tiktoken
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tiktoken.load import data_gym_to_mergeable_bpe_ranks

from helpers.backstage.downloads import fetch
from helpers.backstage.merge_files import LETTERS, MergesOfTokens, letters, read_tiktoken
from helpers.bpe import (
    END_OF_TEXT,
    GPT2_PATTERN,
    BytePairTokenizer,
    apply_merges,
    byte_ids,
    find_chunks,
)
from helpers.explain import at_size, steps
from helpers.texts import load_text
from tests import test_bpe
from tests.test_bpe import ORIGINAL

gpt2, small, story = test_bpe.gpt2, test_bpe.small, test_bpe.story  # fixtures

TRAINED_BY = "#version: 0.2 - Trained by `huggingface/tokenizers`"
SENTENCE = "the cat sat on the mat, abc aabbc: 日本 café 👋\n"


def said(error: Exception) -> str:
    """The message of an error, which says what came, what was expected and what to do."""
    message = str(error)
    assert isinstance(error, ValueError | TypeError | FileNotFoundError | KeyError), repr(error)
    assert "expect" in message.lower() and message.count(". ") >= 1 and len(message) < 1_000, (
        message
    )
    return message


def agrees_with_itself(tokenizer: BytePairTokenizer, text: str = SENTENCE) -> None:
    """All ways to encode give one answer, and the text comes back."""
    ids, chunks = tokenizer.encode_ordinary(text), find_chunks(text, tokenizer.pattern)
    assert tokenizer.decode(ids) == "".join(chunks)
    assert at_size(tokenizer, text, tokenizer.n_vocab) == ids
    assert [steps(tokenizer, chunk)[-1] for chunk in chunks] == [
        apply_merges(byte_ids(chunk), tokenizer.merges) for chunk in chunks
    ]
    assert list(tokenizer.encode_iterable(text)) == ids
    try:
        engine = tokenizer.to_tiktoken()
    except ValueError as error:
        said(error)
        return
    if tokenizer.pattern in [ORIGINAL, GPT2_PATTERN]:  # of others the two may think differently
        assert engine.encode_ordinary(text) == ids


def test_what_was_saved_comes_back(tmp_path, story):
    pattern = r"\p{L}+|\s|[^\p{L}\s]"
    tokenizer = BytePairTokenizer.train(
        story, 400, ["<|endoftext|>", "two words", "\n"], pattern=pattern, name="mine"
    )
    tokenizer.save(tmp_path / "new" / "folder")
    loaded = BytePairTokenizer.load(tmp_path / "new" / "folder")
    for field in ["merges", "special_tokens", "pattern", "name", "n_vocab"]:
        assert getattr(loaded, field) == getattr(tokenizer, field)
    ids = tokenizer.encode(story, allowed_special="all")
    assert loaded.encode(story, allowed_special="all") == ids and loaded.decode(ids) == story


def test_tiktoken_reads_our_files(tmp_path, monkeypatch, small, story):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")  # else it would keep this file for another day
    small.save(tmp_path)
    try:
        ranks = data_gym_to_mergeable_bpe_ranks(
            str(tmp_path / "vocab.bpe"), str(tmp_path / "encoder.json")
        )
    except ImportError as error:
        pytest.skip(f"this tiktoken reads local files only with blobfile: {error}")
    theirs = tiktoken.Encoding(
        "small", pat_str=ORIGINAL, mergeable_ranks=ranks, special_tokens=small.special_tokens
    )
    assert (
        theirs.encode_ordinary(story) == small.encode_ordinary(story)
        and theirs.n_vocab == small.n_vocab
    )


def test_hugging_face_reads_our_files(tmp_path, small, story):
    tokenizers = pytest.importorskip("tokenizers")
    small.save(tmp_path)
    vocab, merges = tokenizers.models.BPE.read_file(
        str(tmp_path / "encoder.json"), str(tmp_path / "vocab.bpe")
    )
    theirs = tokenizers.Tokenizer(tokenizers.models.BPE(vocab, merges))
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(
        add_prefix_space=False, use_regex=True
    )
    assert theirs.encode(story).ids == small.encode_ordinary(story)


def test_gpt2s_own_folder_can_be_loaded(tmp_path, gpt2):
    for name in ["encoder.json", "vocab.bpe"]:
        (tmp_path / name).write_bytes(fetch(f"gpt2-{name}").read_bytes())
    assert BytePairTokenizer.load(tmp_path).merges == gpt2.merges


def test_a_tokenizer_whose_special_ids_have_gaps_comes_back_from_its_folder(tmp_path):
    tokenizer = BytePairTokenizer([(97, 98)], {"<a>": 300, "<b>": 1_000})
    tokenizer.save(tmp_path)
    loaded = BytePairTokenizer.load(tmp_path)
    assert loaded.special_tokens == {"<a>": 300, "<b>": 1_000} and loaded.n_vocab == 1_001
    assert loaded.decode(loaded.encode("<b>x<a>", allowed_special="all")) == "<b>x<a>"


def test_a_file_without_a_newline_at_its_end_keeps_its_last_merge(tmp_path, small):
    small.save(tmp_path)
    (tmp_path / "vocab.bpe").write_text(
        (tmp_path / "vocab.bpe").read_text("utf-8").rstrip("\n"), encoding="utf-8"
    )
    assert BytePairTokenizer.load(tmp_path).merges == small.merges


# ---- merges.txt of Hugging Face -----------------------------------------------------------------------


def saved_lines(tokenizer, folder: Path) -> list[str]:
    """The merges as the lines that save writes."""
    tokenizer.save(folder)
    return (folder / "vocab.bpe").read_text("utf-8").splitlines()[1:]


@pytest.mark.parametrize("first", ["#version: 0.2", TRAINED_BY])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["merges.txt", "vocab.bpe"])
def test_a_file_of_merges_is_read_however_its_lines_begin_and_end(
    tmp_path, story, first, mark, line_end, name
):
    tokenizer = BytePairTokenizer.train(story, 400, [END_OF_TEXT])
    lines = [mark + first, *saved_lines(tokenizer, tmp_path / "ours"), ""]
    (tmp_path / name).write_bytes(line_end.join(lines).encode())
    for place in [tmp_path, str(tmp_path), tmp_path / name]:
        loaded = BytePairTokenizer.load(place)
        assert loaded.merges == tokenizer.merges
        assert loaded.encode(story) == tokenizer.encode(story) and loaded.eot_token == 399


def test_what_hugging_face_saved_is_loaded_with_its_tokens(tmp_path, story):
    theirs = learned_by_hugging_face(story)
    theirs.model.save(str(tmp_path))  # merges.txt and vocab.json
    ours = BytePairTokenizer.load(tmp_path)
    cut = [letters(ours.decode_bytes([token_id])) for token_id in ours.encode(story)]
    assert cut == theirs.encode(story).tokens


def test_gpt2s_merges_as_hugging_face_gives_them_out_are_gpt2s_tokenizer(tmp_path, gpt2):
    lines = fetch("gpt2-vocab.bpe").read_text("utf-8").split("\n")
    (tmp_path / "merges.txt").write_text("\n".join([TRAINED_BY, *lines[1:]]), encoding="utf-8")
    assert BytePairTokenizer.load(tmp_path).encode(SENTENCE) == gpt2.encode(SENTENCE)


def test_a_byte_order_mark_is_no_part_of_a_tokenizer_json(tmp_path, story):
    path = tmp_path / "tokenizer.json"
    path.write_text("\ufeff" + learned_by_hugging_face(story).to_str(), encoding="utf-8")
    assert len(BytePairTokenizer.from_hugging_face(path).merges) > 300


# ---- what can go wrong has a message ----------------------------------------------------------------


def test_a_folder_without_merges_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no vocab.bpe"):
        BytePairTokenizer.load(tmp_path)


@pytest.mark.parametrize(
    "first",
    ["", "<html>", "#version: 0.2 {broken", "#version: 0.2 [1]", '#version: 0.2 {"nam": "mine"}'],
)
def test_a_file_with_another_beginning_is_refused(tmp_path, first):
    (tmp_path / "vocab.bpe").write_text(f"{first}\na b\n", encoding="utf-8")
    with pytest.raises(ValueError, match="vocab.bpe begins with.*expected '#version: 0.2'"):
        BytePairTokenizer.load(tmp_path)


def test_a_file_that_is_no_text_is_damaged(tmp_path):
    (tmp_path / "vocab.bpe").write_bytes(b"#version: 0.2\n\xff\xfe a\n")
    with pytest.raises(ValueError, match="Line 2 of vocab.bpe .* damaged"):
        BytePairTokenizer.load(tmp_path)


@pytest.mark.parametrize("line", ["ab c", "a", "a b c", "a b\na b", "日 本", ""])
def test_a_damaged_line_is_named(tmp_path, line):
    (tmp_path / "vocab.bpe").write_text(f"#version: 0.2\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"Line \d of vocab.bpe .* damaged"):
        BytePairTokenizer.load(tmp_path)


@pytest.mark.parametrize(
    "about",
    [{"name": 5}, {"pattern": None}, {"special_tokens": 5}, {"special_tokens": "<a>"}, {"x": 1}],
)
def test_a_first_line_that_says_what_none_says_is_refused(tmp_path, about):
    (tmp_path / "vocab.bpe").write_text(f"#version: 0.2 {json.dumps(about)}\na b\n")
    with pytest.raises(ValueError, match="vocab.bpe begins with.*expected '#version: 0.2'"):
        BytePairTokenizer.load(tmp_path)


@pytest.mark.parametrize(
    "about",
    [{"pattern": "("}, {"special_tokens": [5]}, {"special_tokens": {"<a>": 0}},
     {"special_tokens": ["\ud83d"]}, {"special_tokens": ["<a>", "<a>"]}],
)  # fmt: skip
def test_a_first_line_that_no_tokenizer_can_be_made_of_is_refused_in_words(tmp_path, about):
    (tmp_path / "vocab.bpe").write_text(f"#version: 0.2 {json.dumps(about)}\na b\n")
    with pytest.raises(ValueError) as caught:
        BytePairTokenizer.load(tmp_path)
    said(caught.value)


@pytest.mark.parametrize("given", [None, 5, ["a"], b"tokenizer.json"])
def test_what_is_no_tokenizer_and_no_path_is_refused(given):
    with pytest.raises(TypeError, match="from_hugging_face got .*, but expects.* Pass one"):
        BytePairTokenizer.from_hugging_face(given)


def test_a_tokenizer_json_that_is_not_there_is_named(tmp_path):
    for path in [tmp_path, tmp_path / "tokenizer.json"]:
        with pytest.raises(FileNotFoundError, match="There is no file .* Name the tokenizer.json"):
            BytePairTokenizer.from_hugging_face(path)


# ---- merges that lead nowhere, and tokens with several merges ------------------------------------------


def test_merges_that_do_not_lead_to_a_token_give_one_answer_everywhere():
    b_c, a_b, ab_c = (65, 66), (64, 65), (257, 66)
    tokenizer = BytePairTokenizer([b_c, a_b, ab_c])
    assert tokenizer.encode("abc") == tokenizer.encode_ordinary("abc") == [64, 256]
    assert list(tokenizer.encode_iterable(["ab", "c"])) == [64, 256]
    assert at_size(tokenizer, "abc", 259) == steps(tokenizer, "abc")[-1] == [64, 256]
    assert apply_merges(byte_ids("abc"), tokenizer.merges) == [64, 256]
    with pytest.raises(ValueError, match="token b'abc' become other tokens; expected.*Keep"):
        tokenizer.to_tiktoken()  # tiktoken would give 258


def test_two_merges_to_the_same_bytes_are_refused():
    with pytest.raises(ValueError, match="Merge 3 joins .* make a new token.* damaged"):
        BytePairTokenizer([(65, 66), (64, 65), (257, 66), (64, 256)])


def every_split(tokenizer: BytePairTokenizer) -> list[list[str]]:
    """All pairs of older tokens that make a token, token by token, as converted files name them."""
    pairs = []
    for new_id in range(256, len(tokenizer.tokens)):
        token = tokenizer.tokens[new_id]
        for place in range(1, len(token)):
            parts = token[:place], token[place:]
            if all(tokenizer.ids.get(part, new_id) < new_id for part in parts):
                pairs.append([letters(part) for part in parts])
    return pairs


def test_a_file_that_names_every_pair_for_a_token_gives_the_merges_that_are_met(story):
    ours = BytePairTokenizer.train(story, 900, [END_OF_TEXT])
    data = json.loads(learned_by_hugging_face(story).to_str())
    data["model"]["merges"] = every_split(ours)
    assert len(data["model"]["merges"]) > len(ours.merges) + 50
    read = BytePairTokenizer.from_hugging_face(Written(json.dumps(data)))
    assert read.merges == ours.merges and read.encode(story) == ours.encode(story)


TOKENS = ["".join(parts) for n in (2, 3, 4) for parts in product("abc", repeat=n)]
SHORT = ["".join(parts) for n in (2, 3, 4, 5) for parts in product("abc", repeat=n)] + ["abcabcab"]


@st.composite
def mixed_merges(draw) -> list[list[str]]:
    """Merges in any order and number, of tokens that already exist."""
    known, merges = ["a", "b", "c"], []
    for _ in range(draw(st.integers(1, 9))):
        pair = [draw(st.sampled_from(known)), draw(st.sampled_from(known))]
        if pair not in merges:
            merges.append(pair)
            known.append("".join(pair))
    return merges


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(mixed_merges(), st.booleans())
@example([["b", "c"], ["a", "b"], ["ab", "c"]], False)
@example([["b", "c"], ["a", "b"], ["ab", "c"]], True)
@example([["b", "c"], ["a", "b"], ["ab", "c"], ["a", "bc"]], False)
@example([["a", "a"], ["aa", "a"], ["a", "aa"]], False)
def test_mixed_merges_cut_as_hugging_face_cuts_or_are_refused_in_words(merges, whole):
    tokenizers = pytest.importorskip("tokenizers")
    names = dict.fromkeys([*LETTERS, *("".join(pair) for pair in merges)])
    ids = {name: number for number, name in enumerate(names)}
    as_pairs = [tuple(pair) for pair in merges]
    theirs = tokenizers.Tokenizer(tokenizers.models.BPE(ids, as_pairs, ignore_merges=whole))
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    try:
        ours = BytePairTokenizer.from_hugging_face(theirs)
    except ValueError as error:
        said(error)
        return
    for text in SHORT:
        cut = [letters(ours.decode_bytes([token_id])) for token_id in ours.encode(text)]
        assert cut == theirs.encode(text).tokens, text
    agrees_with_itself(ours)


# ---- tokenizer.json ------------------------------------------------------------------------------------


def learned_by_hugging_face(text: str):
    """A byte-level tokenizer of 600 tokens that Hugging Face's library trained on a text."""
    tokenizers = pytest.importorskip("tokenizers")
    theirs = tokenizers.Tokenizer(tokenizers.models.BPE())
    byte_level = tokenizers.pre_tokenizers.ByteLevel
    theirs.pre_tokenizer = byte_level(add_prefix_space=False)
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=600,
        initial_alphabet=byte_level.alphabet(),
        special_tokens=[END_OF_TEXT],
        show_progress=False,
    )
    theirs.train_from_iterator([text], trainer)
    return theirs


def test_merges_that_hugging_face_learned_cut_a_text_as_there(story, tmp_path):
    theirs = learned_by_hugging_face(story)
    theirs.save(str(tmp_path / "tokenizer.json"))
    for given_as in [theirs, tmp_path / "tokenizer.json"]:
        ours = BytePairTokenizer.from_hugging_face(given_as)
        cut = [letters(ours.decode_bytes([token_id])) for token_id in ours.encode(story)]
        assert cut == theirs.encode(story).tokens
        assert ours.eot_token == ours.n_vocab - 1 and ours.decode(ours.encode(story)) == story


@pytest.mark.parametrize("both_forms", ["a b", ["a", "b"]])
def test_merges_may_be_written_as_pairs_or_as_lines(both_forms, story):
    data = json.loads(learned_by_hugging_face(story).to_str())
    pairs = [
        pair if isinstance(pair, list) else pair.split(" ") for pair in data["model"]["merges"]
    ]
    as_lines = isinstance(both_forms, str)
    data["model"]["merges"] = [" ".join(pair) for pair in pairs] if as_lines else pairs
    path_like = json.dumps(data)
    ours = BytePairTokenizer.from_hugging_face(Written(path_like))
    assert len(ours.merges) == len(pairs)


class Written:
    """What to_str of a tokenizer would give."""

    def __init__(self, text: str):
        self.text = text

    def to_str(self) -> str:
        return self.text


@pytest.mark.parametrize(
    "model",
    [
        {"type": "WordPiece", "vocab": {}},
        {"type": "Unigram", "vocab": []},
        {"type": "BPE", "merges": ["日 本"]},
    ],
)
def test_what_is_no_byte_level_bpe_is_refused_in_words(model):
    with pytest.raises(ValueError, match="(?i)expected") as caught:
        BytePairTokenizer.from_hugging_face(Written(json.dumps({"model": model})))
    assert len(str(caught.value)) > 60


WORDS_AND_SIGNS = r"\w+|[^\w\s]+"  # finds no white space


@pytest.mark.parametrize("pattern", [WORDS_AND_SIGNS, r"(?i:[sdmt]|ll)|\p{L}+|\p{N}{1,3}|\s+"])
def test_a_split_pattern_of_hugging_face_is_kept_and_loses_nothing(story, pattern):
    tokenizers = pytest.importorskip("tokenizers")
    steps_before = tokenizers.pre_tokenizers
    theirs = tokenizers.Tokenizer(tokenizers.models.BPE())
    theirs.pre_tokenizer = steps_before.Sequence(
        [
            steps_before.Split(tokenizers.Regex(pattern), behavior="isolated"),
            steps_before.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    alphabet = steps_before.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=500, initial_alphabet=alphabet, show_progress=False
    )
    theirs.train_from_iterator([story], trainer)
    ours = BytePairTokenizer.from_hugging_face(theirs)
    for text in [story, "  a-b,\n\n 12345 ¿qué? 日本  "]:
        cut = [letters(ours.decode_bytes([token_id])) for token_id in ours.encode(text)]
        assert cut == theirs.encode(text).tokens
        assert ours.decode(ours.encode(text)) == text


@pytest.mark.parametrize(
    "change, said",
    [
        ({"normalizer": {"type": "NFC"}}, "changes the text first, by NFC"),
        ({"model": {"end_of_word_suffix": "</w>"}}, "end_of_word_suffix='</w>'"),
        ({"model": {"byte_fallback": True}}, "byte_fallback=True"),
        ({"pre_tokenizer": None}, "cuts a text by None"),
        ({"pre_tokenizer": {"type": "Metaspace"}}, "cuts a text by Metaspace"),
        ({"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True}}, "add_prefix_space"),
        ({"model": {"merges": [["a", "b"], ["ab", "x y"]]}}, "Merge 2 of the tokenizer is"),
        ({"model": {"merges": [["a", "b"], ["a", "b"]]}}, "Merge 2 of the tokenizer is"),
    ],
)
def test_what_would_give_other_ids_than_hugging_face_is_refused(story, change, said):
    data = json.loads(learned_by_hugging_face(story).to_str())
    for key, value in change.items():
        data[key] = data[key] | value if key == "model" else value
    with pytest.raises(ValueError, match="(?i)expected") as caught:
        BytePairTokenizer.from_hugging_face(Written(json.dumps(data)))
    assert said in str(caught.value)


@pytest.mark.parametrize("flag", ["lstrip", "rstrip", "single_word"])
def test_an_added_token_that_is_found_in_a_way_of_its_own_is_refused(story, flag):
    data = json.loads(learned_by_hugging_face(story).to_str())
    data["added_tokens"][0][flag] = True
    with pytest.raises(ValueError, match=f"is found in a way of its own .{flag}.*Expected"):
        BytePairTokenizer.from_hugging_face(Written(json.dumps(data)))


def test_tokens_that_are_taken_whole_without_merges_are_refused(story):
    data = json.loads(learned_by_hugging_face(story).to_str())
    data["model"]["ignore_merges"] = True
    BytePairTokenizer.from_hugging_face(Written(json.dumps(data)))
    data["model"]["vocab"]["zzz"] = 600
    with pytest.raises(ValueError, match="takes 'zzz' whole.*Expected"):
        BytePairTokenizer.from_hugging_face(Written(json.dumps(data)))


# ---- damaged, truncated and mixed files ----------------------------------------------------------------


@cache
def good_files() -> dict[str, bytes]:
    """A file of each kind, of few tokens."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = BytePairTokenizer.train(SENTENCE, 280, [END_OF_TEXT, "<a>"], pattern=ORIGINAL)
    pairs = [[letters(ours.tokens[part]) for part in pair] for pair in ours.merges]
    lines = [" ".join(pair) for pair in pairs]
    about = {"name": "mine", "pattern": ORIGINAL, "special_tokens": ours.special_tokens}
    data = json.loads(learned_by_hugging_face(load_text()[:3_000]).to_str())
    data["model"]["merges"] = pairs
    data["model"]["vocab"] = {}
    return {
        "vocab.bpe": "\n".join([f"#version: 0.2 {json.dumps(about)}", *lines, ""]).encode(),
        "merges.txt": "\n".join([TRAINED_BY, *lines, ""]).encode(),
        "tokenizer.json": json.dumps(data).encode(),
        "small.tiktoken": b"".join(
            b"%s %d\n" % (base64.b64encode(token), number)
            for number, token in enumerate(ours.tokens)
        ),
    }


@st.composite
def damaged(draw, name: str) -> bytes:
    """A file that was cut off, or in which bytes or lines were changed, put in or mixed up."""
    content = good_files()[name]
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(content)))
        other = draw(st.integers(0, len(content)))
        start, end = sorted((place, min(other, place + 40)))
        piece = draw(st.sampled_from([b"", b"\n", b"\r\n", b"\xff", b"\0", b" ", b"[", b'"', b"1"]))
        other_file = good_files()[draw(st.sampled_from(sorted(good_files())))]
        content = draw(
            st.sampled_from(
                [
                    content[:place],
                    content[place:],
                    content[:start] + piece + content[end:],
                    content[:start] + content[start:end] * 2 + content[end:],
                    content[:place] + other_file[other:],
                    b"\n".join(reversed(content.split(b"\n"))),
                    content.decode("utf-8", "replace").encode("utf-16"),
                    b"\xef\xbb\xbf" + content,
                ]
            )
        )
    return content


@pytest.mark.parametrize("name", ["vocab.bpe", "merges.txt"])
def test_a_damaged_file_of_merges_is_a_tokenizer_or_is_refused_in_words(name, tmp_path):
    @settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
    @given(damaged(name))
    def read(content):
        (tmp_path / name).write_bytes(content)
        right_or_refused(BytePairTokenizer.load, tmp_path)

    read()


def test_a_damaged_tokenizer_json_is_a_tokenizer_or_is_refused_in_words(tmp_path):
    @settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
    @given(damaged("tokenizer.json"))
    @example(b"[" * 100_000)
    @example(b'{"model": ' + b"1" * 5_000 + b"}")
    def read(content):
        (tmp_path / "tokenizer.json").write_bytes(content)
        right_or_refused(BytePairTokenizer.from_hugging_face, tmp_path / "tokenizer.json")

    read()


def from_tiktokens_file(path: Path) -> BytePairTokenizer:
    """The tokenizer whose tokens stand in a file of tiktoken's."""
    return BytePairTokenizer(MergesOfTokens(read_tiktoken(path)))


def test_a_damaged_file_of_tiktokens_is_a_tokenizer_or_is_refused_in_words(tmp_path):
    @settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
    @given(damaged("small.tiktoken"))
    @example(b"")
    @example(good_files()["small.tiktoken"] + b"enp6 %d\n" % 280)  # zzz, of no two tokens
    @example(good_files()["small.tiktoken"] + b"IQ== %d\n" % 280)  # a token that is there
    @example(good_files()["small.tiktoken"] + b" %d\n" % 280)  # an empty one
    def read(content):
        (tmp_path / "small.tiktoken").write_bytes(content)
        right_or_refused(from_tiktokens_file, tmp_path / "small.tiktoken")

    read()


def test_of_a_file_of_tiktokens_that_is_cut_off_no_token_is_wrong(tmp_path):
    path, whole = tmp_path / "small.tiktoken", good_files()["small.tiktoken"]
    path.write_bytes(whole)
    tokens = read_tiktoken(path)
    assert from_tiktokens_file(path).tokens == tokens and len(tokens) > 270
    for size in range(len(whole) - 200, len(whole)):
        path.write_bytes(whole[:size])
        try:
            found = read_tiktoken(path)
        except ValueError as error:
            said(error)
        else:
            assert found == tokens[: len(found)], f"cut off at {size} it has other tokens"


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
              st.sampled_from(["BPE", "ByteLevel", "Split", "(", "a b", "\ud83d", {"Regex": "("}])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner,
                                                                        max_size=3)),
    max_leaves=4,
)  # fmt: skip


def places(node, path=()) -> list[tuple]:
    """Where each part of a JSON content stands: the keys and numbers that lead to it."""
    inside = []
    if isinstance(node, (dict, list)):
        keys = list(node) if isinstance(node, dict) else range(min(3, len(node)))
        inside = [place for key in keys for place in places(node[key], (*path, key))]
    return [path, *inside]


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_tokenizer_json_with_other_things_in_it_is_a_tokenizer_or_is_refused_in_words(data):
    content = json.loads(good_files()["tokenizer.json"])
    split = {"type": "Split", "pattern": {"Regex": r"\w+"}, "behavior": "Isolated", "invert": False}
    if data.draw(st.booleans()):
        steps_of = [split, {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}]
        content["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": steps_of}
    for _ in range(data.draw(st.integers(1, 2))):
        *way, last = data.draw(st.sampled_from([place for place in places(content) if place]))
        node = content
        for key in way:
            node = node[key]
        if isinstance(node, dict) and data.draw(st.booleans()):
            del node[last]
        else:
            node[last] = data.draw(anything)
    right_or_refused(BytePairTokenizer.from_hugging_face, Written(json.dumps(content)))


def right_or_refused(read, source) -> None:
    """What is read encodes each way to the same ids, and gives the text back; or it is refused."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of the package regex, for patterns that will change
            tokenizer = read(source)
    except (ValueError, FileNotFoundError) as error:
        said(error)
        return
    agrees_with_itself(tokenizer)
