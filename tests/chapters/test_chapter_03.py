"""Chapter 3: what its cells build is what helpers/bpe.py has, and what it says of tokenizers is so."""

import ast
import inspect
import itertools
import json
import unicodedata

import pytest
import regex

from helpers import bpe, check, explain, show
from helpers.bpe import GPT2_PATTERN, BytePairTokenizer, byte_ids
from helpers.exercises import chapter_03
from helpers.texts import DATA, load_text
from tests.tools.books import ROOT, Chapter, code, exercises, read, shown, tags

PATH = ROOT / "notebooks" / "03_byte_pair_encoding.ipynb"
BOOK = read(PATH)
GREETING = "सुप्रभात, आप कैसे हैं?"
MARKS_ALLOWED = GPT2_PATTERN.replace(r"\p{L}", r"[\p{L}\p{M}]", 1)


@pytest.fixture(scope="module")
def built():
    """The imports and functions of the chapter's own cells."""
    names = {}
    for cell in code(BOOK)[1:]:
        if not {"exercise", "raises-exception"} & set(tags(cell)):
            kept = [
                node
                for node in ast.parse(cell.source).body
                if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef))
            ]
            exec(compile(ast.Module(kept, []), BOOK.cells[0].source[:20], "exec"), names)
    return names


@pytest.fixture(scope="module")
def gpt2():
    return bpe.gpt2_tokenizer()


@pytest.fixture(scope="module")
def three():
    """The tokenizers of 2019, 2023 and 2024."""
    names = ["gpt2", "cl100k_base", "o200k_base"]
    return [BytePairTokenizer.pretrained(name) for name in names]


@pytest.fixture(scope="module")
def article():
    return json.loads((DATA / "article-1.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def prices(three, article):
    """For each tokenizer {language: tokens of the article as a multiple of English}."""
    counts = [{name: len(one.encode(text)) for name, text in article.items()} for one in three]
    return [{name: n / row["English"] for name, n in row.items()} for row in counts]


@pytest.fixture(scope="module")
def ranks(gpt2):
    return {gpt2.decode_single_token_bytes(token_id): token_id for token_id in range(50_256)}


@pytest.fixture(scope="module")
def story():
    return load_text("the-wall-walker")


def words_of(built, text):
    chunks = built["Counter"](regex.findall(GPT2_PATTERN, text))
    return [(byte_ids(chunk), count) for chunk, count in chunks.items()]


def test_the_chapters_counts_and_replacements_are_those_of_the_helper(built, story):
    words = words_of(built, story)
    counts = bpe.count_pairs(words)
    assert [*built["count_pairs"](words).items()] == [*counts.items()]
    for pair in [*counts][:50]:
        for ids, _ in words[:200]:
            assert built["replace_pair"](ids, pair, 999) == bpe.replace_pair(ids, pair, 999)


@pytest.mark.parametrize("rule, ties", [("first_seen", "first"), ("smallest", "smallest")])
def test_the_chapters_trainer_learns_the_merges_of_the_helper(built, story, rule, ties):
    words = words_of(built, story)
    merges = built["learn_merges"](words, 80, built[rule])
    assert merges == bpe.learn_merges(words, 80, ties)


def test_the_trainer_with_an_index_learns_the_same(built, story):
    words = words_of(built, story)
    assert built["learn_with_index"](words, 300) == bpe.learn_merges(words, 300, "smallest")


@pytest.mark.parametrize("trainer", ["learn_merges", "learn_with_index"])
@pytest.mark.parametrize("text", ["", "a", "ab", "aaaa aaa"])
def test_the_trainers_stop_where_no_pair_is_left(built, trainer, text):
    assert len(built[trainer](words_of(built, text), 50)) < 5


def test_the_chapters_encoder_takes_the_steps_of_the_helper(built, story):
    ours = BytePairTokenizer.pretrained("gpt2")
    for chunk in {*regex.findall(GPT2_PATTERN, story), " Devonshire", "日本語", "👋👋"}:
        assert built["encode_chunk"](chunk, ours.merges) == explain.steps(ours, chunk)


def test_longest_match_differs_on_many_words_of_the_verdict(built, ranks, verdict):
    merges = BytePairTokenizer.pretrained("gpt2").merges
    built["known"] = ranks
    cut = {
        chunk: built["encode_chunk"](chunk, merges)[-1]
        for chunk in set(regex.findall(GPT2_PATTERN, verdict))
    }
    several = [chunk for chunk in cut if len(cut[chunk]) > 1]
    other = [chunk for chunk in several if built["longest_match"](chunk) != cut[chunk]]
    assert (len(several), len(other)) == (208, 94)
    assert built["longest_match"](" Devonshire") == [ranks[b" Devon"], ranks[b"shire"]]


def test_the_chapters_pattern_is_gpt2s(story):
    parts = next(cell.source for cell in code(BOOK) if "\nimport regex\n" in cell.source)
    names = {}
    exec(parts.split("show.table")[0].split("\nprint")[0], names)
    for text in [story, names["sample"], "'S 's  \n\n x ½ ٣ é́"]:
        assert regex.findall(names["pattern"], text) == regex.findall(GPT2_PATTERN, text)


def test_what_the_chapter_says_of_gpt2_is_so(gpt2):
    def cut(text):
        return [gpt2.decode([token_id]) for token_id in gpt2.encode(text)]

    assert len(cut("tokenization is untokenizable")) == 6
    assert [gpt2.encode(word) for word in ["dog", " dog", "Dog"]] == [[9703], [3290], [32942]]
    assert cut(" HAD") == [" H", "AD"]
    assert cut("unfamiliarword") == ["un", "f", "amiliar", "word"]
    assert cut(" unfamiliarword") == [" unfamiliar", "word"]
    assert cut(" Devonshire") == [" Dev", "ons", "hire"]
    assert gpt2.encode("Akwirw ier") == [33901, 86, 343, 86, 220, 959]
    assert [gpt2.decode([token_id]) for token_id in [3289, 3290, 3291]] == [
        "inally",
        " dog",
        "mitted",
    ]
    assert gpt2.encode(gpt2.decode([1544, 18798, 11])) == [15496, 11]
    assert len(gpt2.encode("🙃")) == 3 and set(cut("🙃")) == {"\ufffd"}
    assert gpt2.encode(" SolidGoldMagikarp") == [43453]
    assert gpt2.encode("hello wor") + gpt2.encode("ld") != gpt2.encode("hello world")


def test_a_cut_in_mid_word_costs_tokens_on_the_verdict(gpt2, verdict):
    pieces = [verdict[start : start + 100] for start in range(0, len(verdict), 100)]
    assert len(gpt2.encode(verdict)) == 5145 < sum(len(gpt2.encode(piece)) for piece in pieces)


def test_the_outcomes_of_the_predictions_are_among_their_choices():
    for cell in code(BOOK):
        if "check.outcome(" in cell.source:
            assert "None of the choices" not in shown(cell) and "What came out" in shown(cell)


def test_the_saved_chapter_says_that_everything_is_equal():
    said = "\n".join(map(shown, code(BOOK)))
    for line in [
        "all three alike: True",
        "the same after loading: True",
        "the same in tiktoken: True",
        "text again: True",
        "nothing lost: True",
        "the same ids where nobody cheats: True",
        "all cut as Hugging Face cuts them: True",
    ]:
        assert line in said
    assert "written: 2 messages; the model sees: 3" in said and "the model sees: 2" in said
    assert said.count("equal to tiktoken: True") == 2 and not regex.search(r"(?m): False$", said)


# ---- then and now ------------------------------------------------------------------------------------


def test_a_hindi_greeting_costs_what_the_table_says(three):
    assert [len(tokenizer.encode(GREETING)) for tokenizer in three] == [35, 22, 10]
    assert [len(tokenizer.encode("Good morning, how are you?")) for tokenizer in three] == [7, 7, 7]
    printed = Chapter("03").printed("rows.append([sentence, *counts])")
    assert regex.search(r"Good morning, how are you\? +7 +7 +7\n", printed)
    assert regex.search(rf"{regex.escape(GREETING)} +35 +22 +10$", printed)


def test_each_pattern_cuts_hindi_as_the_chapter_says(three):
    assert [len(regex.findall(one.pattern, GREETING)) for one in three] == [15, 11, 6]
    assert "कैसे" in regex.findall(MARKS_ALLOWED, " कैसे")[0]


@pytest.mark.parametrize("pattern, floor", [(GPT2_PATTERN, 15), (MARKS_ALLOWED, 6)])
def test_no_training_gets_below_the_number_of_chunks(built, pattern, floor):
    words = bpe.count_chunks(f"{GREETING} " * 200, pattern=pattern)
    words = [(byte_ids(chunk), count) for chunk, count in words.items()]
    merges = built["learn_merges"](words, 1000)
    trained = BytePairTokenizer(merges, pattern=pattern)
    assert len(merges) < 1000, "training did not run out of pairs"
    assert len(trained.encode(GREETING)) == floor == len(regex.findall(pattern, GREETING))


def test_the_size_of_the_vocabulary_explains_hardly_any_of_the_gain_for_hindi(three):
    old, _, new = three
    at_old_size = len(explain.at_size(new, GREETING, old.n_vocab))
    assert len(new.encode(GREETING)) <= at_old_size <= len(old.encode(GREETING)) / 3 + 1


def test_the_article_is_in_twelve_languages_in_whole_characters(article):
    assert len(article) == 12 and list(article)[0] == "English"
    for name, text in article.items():
        assert unicodedata.is_normalized("NFC", text) and text == " ".join(text.split()), name
        assert 40 < len(text) < 300 and "\ufffd" not in text, name
    assert "article-1.json" in (DATA / "README.md").read_text("utf-8")


def test_every_language_came_closer_to_the_price_of_english(prices):
    then, _, now = prices
    others = [name for name in now if name != "English"]
    assert all(now[name] < then[name] for name in others)
    fallen = sorted(others, key=lambda name: now[name] - then[name])
    assert set(fallen[:2]) == {"Tamil", "Burmese"}
    assert max(now, key=now.get) == "Amharic" and 5.5 < now["Amharic"] < 6.5
    assert then["Hindi"] >= 5 and 1.25 < now["Hindi"] < 1.75  # as in the recap, and so the greeting
    assert 35 / 7 >= 5 and 1.25 < 10 / 7 < 1.75


def test_the_parts_of_a_pattern_are_the_whole_pattern(built, three):
    for tokenizer in three:
        parts = built["alternatives"](tokenizer.pattern)
        assert "|".join(parts) == tokenizer.pattern and len(parts) >= 6
        assert all(regex.compile(part) for part in parts)


def test_each_change_of_the_pattern_mends_what_the_chapter_says(three):
    def cut(sample):
        return [regex.findall(tokenizer.pattern, sample) for tokenizer in three]

    assert cut("1234567") == [["1234567"], ["123", "456", "7"], ["123", "456", "7"]]
    assert cut("IT'S") == [["IT", "'", "S"], ["IT", "'S"], ["IT'S"]]
    assert [len(chunks) for chunks in cut(" कैसे")] == [4, 3, 1]
    assert cut("HelloWorld")[1:] == [["HelloWorld"], ["Hello", "World"]]
    assert [chunks[0] for chunks in cut("(hello)")] == ["(", "(hello", "(hello"]
    assert [chunks[0] for chunks in cut("):\n    x")] == ["):", "):\n", "):\n"]
    assert [chunks[0] for chunks in cut("\n\n\n  x")] == ["\n\n\n ", "\n\n\n", "\n\n\n"]


def test_spaces_in_a_row_are_a_token_each_only_in_gpt2(three):
    assert [len(tokenizer.encode("    return x")) for tokenizer in three] == [5, 3, 3]
    assert [len(tokenizer.encode(" " * 10 + "x")) for tokenizer in three][0] == 10


def test_strawberry_is_one_token_in_a_sentence_and_spelled_out_one_a_letter(three):
    for tokenizer in three:
        assert len(tokenizer.encode(" strawberry")) == 1
        spelled = [tokenizer.decode([one]) for one in tokenizer.encode("s-t-r-a-w-b-e-r-r-y")]
        assert all(len(token.strip("-")) <= 1 for token in spelled)


def test_solid_gold_magikarp_is_one_token_in_gpt2_only(three):
    assert [len(tokenizer.encode(" SolidGoldMagikarp")) for tokenizer in three] == [1, 5, 5]


def test_the_newest_messages_that_fit_are_kept_whole_and_in_order(built, gpt2):
    fit, messages = built["newest_that_fit"], ["one two three", "four five", "six"]
    assert fit(messages, 100, gpt2) == messages
    assert fit(messages, 3, gpt2) == ["four five", "six"]
    assert fit(messages, 2, gpt2) == ["six"] and fit(messages, 0, gpt2) == []


def test_what_the_chapter_says_of_the_other_families_is_so():
    hf = pytest.importorskip("tokenizers")
    assert hf.normalizers.BertNormalizer().normalize_str("Été") == "ete"
    begin = hf.pre_tokenizers.Metaspace().pre_tokenize_str
    assert [piece for piece, _ in begin(" a b")] == [piece for piece, _ in begin("a b")]
    assert begin("a b")[0][0] == "▁a"


# ---- exercises ---------------------------------------------------------------------------------------


def encode_with(built, choose):
    def apply_merges(tokens, ranks):
        while pairs := [p for p in itertools.pairwise(tokens) if p[0] + p[1] in ranks]:
            first, second = choose(pairs, ranks)
            tokens = built["replace_pair"](tokens, (first, second), first + second)
        return tokens

    return apply_merges


def spellings(word, tokens):
    return (
        1
        if not word
        else sum(spellings(word[n:], tokens) for n in range(1, len(word) + 1) if word[:n] in tokens)
    )


def one_only(word, tokens):
    starts = [n for n in range(1, len(word) + 1) if word[:n] in tokens]
    return one_only(word[starts[0] :], tokens) if starts else int(not word)


def stops_early(word, tokens):
    if not word or word in tokens:
        return 1
    return sum(stops_early(word[n:], tokens) for n in range(1, len(word)) if word[:n] in tokens)


def two_tokens(word, tokens):
    return sum(word[:n] in tokens and word[n:] in tokens for n in range(1, len(word)))


def one_more(word, tokens):
    starts = [n for n in range(1, len(word) + 1) if word[:n] in tokens]
    return sum(1 + one_more(word[n:], tokens) for n in starts) if word else 1


def no_base(word, tokens):
    return sum(no_base(word[n:], tokens) for n in range(1, len(word) + 1) if word[:n] in tokens)


WRONG = {
    "bytes_per_token": [
        (lambda text, ids: len(text) / len(ids), "counts characters"),
        (lambda text, ids: len(ids) / len(text.encode()), "upside down"),
        (lambda text, ids: len(text.encode()) / len(set(ids)), "each token once"),
        (lambda text, ids: len(text.encode()) / len(text), "bytes per character"),
        (lambda text, ids: len(text.encode()) // len(ids), "expected"),
        (lambda text, ids: len(text.encode()), "expected"),
    ],
    "own_text": [
        (
            lambda ids, tokens: "".join(tokens[i].decode("utf-8", "replace") for i in ids),
            "spread over several tokens",
        ),
        (lambda ids, tokens: b"".join(tokens[i] for i in ids).decode(), "Half a character ends"),
        (lambda ids, tokens: "".join(tokens[i].decode() for i in ids), "a part of a character"),
        (lambda ids, tokens: b"".join(tokens).decode("utf-8", "replace"), "all tokens there are"),
        (
            lambda ids, tokens: b"".join(tokens[i] for i in ids).decode("utf-8", "ignore"),
            "Half a character is dropped",
        ),
        (lambda ids, tokens: b"".join(tokens[i] for i in ids), "These are bytes"),
        (
            lambda ids, tokens: b" ".join(tokens[i] for i in ids).decode("utf-8", "replace"),
            "something between them",
        ),
        (lambda ids, tokens: b"".join(ids).decode("utf-8", "replace"), "These are ids"),
    ],
    "choose_pair": [
        (lambda counts: counts.most_common(1)[0][0], "Not answered yet: of equal pairs"),
        (
            lambda counts: max(counts, key=lambda pair: (counts[pair], pair)),
            "sorts last. Take `min`",
        ),
        (
            lambda counts: sorted(counts, key=lambda pair: (-counts[pair], pair[0]))[0],
            "first token only",
        ),
        (lambda counts: sorted(counts, key=lambda pair: (counts[pair], pair))[0], "rarest"),
        (lambda counts: sorted(counts)[0], "pairs alone"),
        (
            lambda counts: sorted(counts.items(), key=lambda item: (-item[1], item[0]))[0],
            "with its count",
        ),
        (lambda counts: max(counts.values()), "This is the count"),
    ],
    "count_spellings": [
        (lambda word, tokens: sum(token in word for token in tokens), "tokens that occur"),
        (lambda word, tokens: two_tokens(word, tokens), "spellings of two tokens only"),
        (
            lambda word, tokens: two_tokens(word, tokens) if word else 1,
            "spellings of two tokens only",
        ),
        (one_more, "adds 1 for each first token"),
        (one_only, "one spelling only"),
        (stops_early, "itself a token"),
        (lambda word, tokens: spellings(word, tokens) if word else 0, "empty word"),
        (no_base, "No spelling is found"),
    ],
}


@pytest.mark.parametrize(
    "name, answer, message", [(name, *case) for name, cases in WRONG.items() for case in cases]
)
def test_a_typical_wrong_answer_gets_its_own_message(name, answer, message):
    verdict = check.exercise(name, answer)
    assert not verdict.passed and message in verdict.text


def test_the_wrong_ways_to_choose_a_merge_are_told_apart(built):
    rank = lambda ranks: lambda pair: ranks[pair[0] + pair[1]]
    for choose, message in [
        (lambda pairs, ranks: min(pairs), "alphabet"),
        (lambda pairs, ranks: max(pairs, key=rank(ranks)), "learned last"),
        (lambda pairs, ranks: pairs[0], "from the left"),
        (lambda pairs, ranks: min(pairs, key=ranks.get), "tokens, not pairs"),
    ]:
        verdict = check.exercise("apply_merges", encode_with(built, choose))
        assert not verdict.passed and message in verdict.text
    assert check.exercise(
        "apply_merges", encode_with(built, lambda pairs, ranks: min(pairs, key=rank(ranks)))
    ).passed


def test_the_milestone_gives_gpt2s_ids_from_the_functions_of_the_chapter(built, gpt2, verdict):
    rank = lambda ranks: lambda pair: ranks[pair[0] + pair[1]]
    own = encode_with(built, lambda pairs, ranks: min(pairs, key=rank(ranks)))
    told = check.milestone("gpt2_ids", own, verdict)
    assert told.passed and "yours" in repr(told)
    assert chapter_03.encode("日本 👋", own) == gpt2.encode("日本 👋")


@pytest.mark.parametrize(
    "choose, message",
    [
        (lambda pairs, ranks: min(pairs), "alphabet"),
        (lambda pairs, ranks: pairs[0], "the first or the most frequent pair"),
        (lambda pairs, ranks: max(pairs, key=lambda pair: ranks[b"".join(pair)]), "learned last"),
    ],
)
def test_the_milestone_names_what_is_wrong_with_an_encoder(built, choose, message):
    told = check.milestone("gpt2_ids", encode_with(built, choose), "any text")
    assert told.state == "wrong" and message in told.text


def test_an_answer_that_empties_the_ranks_spoils_no_later_answer(built):
    def empties(tokens, ranks):
        ranks.clear()
        return tokens

    assert not check.milestone("gpt2_ids", empties, "any text").passed
    right = encode_with(built, lambda pairs, ranks: min(pairs, key=lambda p: ranks[p[0] + p[1]]))
    told = check.milestone("gpt2_ids", right, "any text")
    assert told.passed, f"the ranks are the emptied ones: {told.text}"


def test_the_milestone_goes_on_without_an_encoder_and_names_what_is_no_text():
    told = check.milestone("gpt2_ids", ..., " Devonshire")
    assert told.state == "open" and "apply_merges isn't finished" in repr(told)
    assert "Dev(6245)" in repr(told), "the course's own encoder did not go on"
    for given in (7, ""):
        with pytest.raises(ValueError, match="expected a text. Put it between"):
            check.milestone("gpt2_ids", ..., given)


def test_ids_that_end_in_half_a_character_are_decoded_and_shown(built):
    def decode(ids, tokens):
        return b"".join(tokens[token_id] for token_id in ids).decode("utf-8", errors="replace")

    cut = built["byte_ids"]("Ida 👋")[:-1]
    for answer, passed in ((decode, True), (..., False)):
        verdict = check.milestone("own_text", answer, cut, built["tokens_of"]([]))
        assert verdict.passed is passed and "7 tokens" in show.plain(verdict._repr_html_())


def test_the_solutions_are_right_and_the_unanswered_cells_are_not(built):
    pairs = exercises(BOOK)
    assert len(pairs) == 5
    ready = {"check": check, "merges": [], "pattern": bpe.GPT2_PATTERN}
    for cell, solution in pairs:
        assert "Not answered yet" in shown(cell)
        lines = solution.rstrip().split("\n")
        names = {**built, **ready}
        exec("\n".join(lines[:-1]), names)
        assert eval(lines[-1], names).passed, solution


@pytest.mark.parametrize(
    "choose",
    [
        lambda counts: max(sorted(counts), key=counts.get),
        lambda counts: sorted(counts, key=lambda pair: (-counts[pair], pair))[0],
        lambda counts: sorted(counts.items(), key=lambda item: (-item[1], item[0]))[0][0],
        lambda counts: min(pair for pair in counts if counts[pair] == max(counts.values())),
    ],
)
def test_a_pair_may_be_chosen_in_another_way(choose):
    assert check.exercise("choose_pair", choose).passed


@pytest.mark.parametrize("newest, first", [(6, "es"), (4, "lo")])
def test_the_first_merge_is_as_the_replies_say_and_the_change_gives_another(built, newest, first):
    counted = {"low": 5, "lower": 2, "newest": newest, "widest": 3}
    counts = built["count_pairs"]([(byte_ids(word), times) for word, times in counted.items()])
    low, est, wer = [counts[tuple(byte_ids(pair))] for pair in ("lo", "es", "we")]
    said = Chapter("03").questions["predictions"]["bpe_toy_pair"]["choices"]
    assert built["first_seen"](counts) == tuple(byte_ids(first))
    if newest == 6:
        assert f"`e + s` has 6 + 3 = {est} " in said["l + o"] and f"5 + 2 = {low}." in said["l + o"]
        assert f"`e + s` has 6 + 3 = {est}." in said["e + s"]
    assert "newest` 4" not in str(said), "the change is answered before it is made"
    assert est == wer + 1, "whoever guesses w + e is told that e + s always has one more"


def test_the_change_to_the_toy_text_gives_four_equal_pairs(built):
    counted = {"low": 5, "lower": 2, "newest": 4, "widest": 3}
    counts = built["count_pairs"]([(byte_ids(word), times) for word, times in counted.items()])
    assert [count for _, count in counts.most_common(5)] == [7, 7, 7, 7, 6]


@pytest.mark.parametrize("name", ["apply_merges", "gpt2_ids"])
def test_the_last_hint_fits_the_function_that_is_to_be_mended(built, name):
    printed = next(cell.source for cell in BOOK.cells if "Exercise 3: spot" in cell.source)
    function = printed.split("```python")[1].split("```")[0]
    hint = inspect.getdoc(getattr(chapter_03, name)).split("Hint:")[-1].strip().strip("`")
    names = dict(built)
    exec(function.replace("min(known)", hint), names)
    assert check.exercise("apply_merges", names["apply_merges"]).passed, f"pasted, {hint} fails"


def test_one_word_can_be_spelled_in_many_ways(ranks):
    assert spellings(b" unbelievable", ranks) == 1660
    tokens = ["l", "o", "w", "lo", "low"]
    rows = ["".join(row) for size in range(1, 4) for row in itertools.product(tokens, repeat=size)]
    assert rows.count("low") == spellings("low", tokens) == 3
