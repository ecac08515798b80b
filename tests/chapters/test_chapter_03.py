"""Chapter 3: what its cells build is what helpers/bpe.py has, and what it says of GPT-2 is so."""

import ast
import itertools

import pytest
import regex

from helpers import bpe, check, explain
from helpers.bpe import GPT2_PATTERN, BytePairTokenizer, byte_ids, gpt2_tokenizer
from helpers.texts import load_text
from tests.tools.books import ROOT, Chapter, code, exercises, read, shown, tags

BOOK = read(ROOT / "notebooks" / "03_byte_pair_encoding.ipynb")


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
    return gpt2_tokenizer()


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
    parts = next(cell.source for cell in code(BOOK) if cell.source.startswith("import regex"))
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
    ]:
        assert line in said
    assert said.count("equal to tiktoken: True") == 2 and not regex.search(r"(?m): False$", said)


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
    "choose_pair": [
        (lambda counts: counts.most_common(1)[0][0], "Not answered yet: of equal pairs"),
        (
            lambda counts: max(counts, key=lambda pair: (counts[pair], pair)),
            "sorts last. `max` wants",
        ),
        (lambda counts: sorted(counts, key=counts.get)[-1], "seen last"),
        (
            lambda counts: sorted(counts, key=lambda pair: (-counts[pair], pair[0]))[0],
            "first token only",
        ),
        (
            lambda counts: min(counts, key=lambda pair: (-counts[pair], b"".join(pair))),
            "glued together",
        ),
        (lambda counts: min(counts, key=lambda pair: (-counts[pair], pair[1])), "second token"),
        (lambda counts: min(counts, key=lambda pair: (-counts[pair], pair[::-1])), "second token"),
        (lambda counts: sorted(counts, key=lambda pair: (counts[pair], pair))[0], "rarest"),
        (lambda counts: sorted(counts)[0], "pairs alone"),
        (lambda counts: max(counts), "however rare"),
        (
            lambda counts: sorted(counts.items(), key=lambda item: (-item[1], item[0]))[0],
            "with its count",
        ),
        (lambda counts: max(counts.values()), "This is the count"),
    ],
    "count_spellings": [
        (lambda word, tokens: sum(token in word for token in tokens), "tokens that occur"),
        (
            lambda word, tokens: (
                int(not word)
                + (word in tokens)
                + sum(word[:n] in tokens and word[n:] in tokens for n in range(1, len(word)))
            ),
            "two tokens",
        ),
        (lambda word, tokens: two_tokens(word, tokens), "spellings of two tokens only"),
        (
            lambda word, tokens: two_tokens(word, tokens) if word else 1,
            "spellings of two tokens only",
        ),
        (one_more, "adds 1 for each token"),
        (one_only, "one spelling and stops"),
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
        (lambda pairs, ranks: max(pairs), "sorts last"),
        (lambda pairs, ranks: pairs[0], "from the left"),
        (lambda pairs, ranks: max(pairs, key=lambda pair: len("".join(pair))), "longest token"),
    ]:
        verdict = check.exercise("apply_merges", encode_with(built, choose))
        assert not verdict.passed and message in verdict.text
    assert check.exercise(
        "apply_merges", encode_with(built, lambda pairs, ranks: min(pairs, key=rank(ranks)))
    ).passed


def test_the_solutions_are_right_and_the_unanswered_cells_are_not(built):
    pairs = exercises(BOOK)
    assert len(pairs) == 4
    for cell, solution in pairs:
        assert "Not answered yet" in shown(cell)
        lines = solution.rstrip().split("\n")
        names = dict(built)
        exec("\n".join(lines[:-1]), names)
        assert eval(lines[-1], {**names, "check": check}).passed, solution


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


def test_the_change_to_the_toy_text_gives_four_equal_pairs_and_no_false_reason(built):
    toy = [
        (byte_ids(word), count)
        for word, count in [("low", 5), ("lower", 2), ("newest", 4), ("widest", 3)]
    ]
    counts = built["count_pairs"](toy)
    assert [count for _, count in counts.most_common(5)] == [7, 7, 7, 7, 6]
    assert built["first_seen"](counts) == tuple(byte_ids("lo"))
    said = Chapter("03").questions["predictions"]["bpe_toy_pair"]["choices"]
    assert all(why.startswith("In these counts") for why in said.values())


def test_one_word_can_be_spelled_in_many_ways(ranks):
    assert spellings(b" unbelievable", ranks) == 1660
    tokens = ["l", "o", "w", "lo", "low"]
    rows = ["".join(row) for size in range(1, 4) for row in itertools.product(tokens, repeat=size)]
    assert rows.count("low") == spellings("low", tokens) == 3
