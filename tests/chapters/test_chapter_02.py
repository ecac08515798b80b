"""Chapter 2: what it builds is what helpers.words holds, and what it says of vocabularies is true."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from helpers import check
from helpers.texts import load_text
from helpers.words import SimpleTokenizerV1, SimpleTokenizerV2, build_vocab, split_words
from tests.tools.books import ROOT, code, execute, read, shown

CHAPTER = ROOT / "notebooks" / "02_vocabularies.ipynb"
SPECIAL = ["<|endoftext|>", "<|unk|>"]
QUOTE = '"It\'s the last he painted, you know,"\n Mrs. Gisburn said with pardonable pride.'
TEA, PALACE = "Hello, do you like tea. Is this -- a test?", "In the sunlit terraces of the palace."
TEXTS = ["the-wall-walker", "the-verdict", "the-awakening"]


@pytest.fixture(scope="module")
def built() -> dict:
    """The names that the chapter's own cells define, without the cells' examples."""
    space = {"re": re, "split_words": split_words}
    for cell in code(read(CHAPTER)):
        if found := re.search(
            r"^(?:class SimpleTokenizer|def build_vocab).*?(?=^\w)", cell.source, flags=re.M | re.S
        ):
            exec(found.group(), space)
    return space


@pytest.fixture(scope="module")
def on_the_verdict(verdict):
    """What the chapter prints on The Verdict, cell by cell."""
    return [
        (cell.source, shown(cell))
        for cell in code(execute(read(CHAPTER), {"COURSE_TEXT": "the-verdict"}))
    ]


@pytest.fixture
def text(request) -> str:
    """One of the three texts; the books through their fixtures, which skip with the reason."""
    names = {"the-verdict": "verdict", "the-awakening": "awakening"}
    return (
        request.getfixturevalue(names[request.param])
        if request.param in names
        else load_text(request.param)
    )


def printed(cells, part: str) -> str:
    """What the one cell whose source holds `part` has shown."""
    (output,) = [output for source, output in cells if part in source]
    return output


# ---- the chapter and the helpers give the same ----


@pytest.mark.parametrize("text", TEXTS, indirect=True)
def test_the_chapter_builds_what_the_helpers_hold(built, text):
    words = split_words(text)
    for special in ([], SPECIAL, [*SPECIAL, words[0]]):
        assert built["build_vocab"](words, special) == build_vocab(words, special)
        assert list(built["build_vocab"](words, special)) == list(build_vocab(words, special))
    vocab = build_vocab(words, SPECIAL)
    for name, finished in (
        ("SimpleTokenizerV1", SimpleTokenizerV1),
        ("SimpleTokenizerV2", SimpleTokenizerV2),
    ):
        ours, theirs = built[name](vocab), finished(vocab)
        ids = ours.encode(text)
        assert ids == theirs.encode(text)
        assert ours.decode(ids) == theirs.decode(ids)
    for unseen in (f"{TEA} <|endoftext|> {PALACE}", "Hello: Tokyo; 日本 👋", ""):
        assert built["SimpleTokenizerV2"](vocab).encode(unseen) == SimpleTokenizerV2(vocab).encode(
            unseen
        )


def test_the_chapter_prints_the_values_that_readers_of_the_book_know(on_the_verdict):
    assert "Tokens: 4690" in printed(on_the_verdict, "all_words = sorted")
    assert "Types: 1130" in printed(on_the_verdict, "all_words = sorted")
    entries = printed(on_the_verdict, "if i >= 50")
    assert "51 entries" in entries and "A(11)│Ah(12)" in entries and "HAD(44)│Had(45)" in entries
    assert entries.rstrip().endswith("Hermia(50)│")
    assert (
        "[1, 56, 2, 850, 988, 602, 533, 746, 5, 1126, 596, 5, 1, 67, 7, 38, 851, 1108, 754, 793, 7]"
        in printed(on_the_verdict, "quote = ")
    )
    assert (
        '" It\' s the last he painted, you know," Mrs. Gisburn said with pardonable pride.'
        in printed(on_the_verdict, "mended = ")
    )
    assert "before: 20479 characters   after: 20727" in printed(
        on_the_verdict, "decoded = tokenizer.decode(tokenizer.encode(text))"
    )
    last = printed(on_the_verdict, "items())[-5:]").split("\n")
    assert "Types, with the special tokens: 1132" in last
    assert [re.split(r"\s+", line)[:2] for line in last[-5:]] == [
        ["younger", "1127"],
        ["your", "1128"],
        ["yourself", "1129"],
        ["<|endoftext|>", "1130"],
        ["<|unk|>", "1131"],
    ]
    both = printed(on_the_verdict, "both = ")
    assert (
        "[1131, 5, 355, 1126, 628, 975, 7, 1131, 999, 6, 115, 1131, 10, 1130, 55, 988, 956, 984, 722, 988, "
        "1131, 7]"
    ) in both
    assert (
        "<|unk|>, do you like tea. <|unk|> this -- a <|unk|>? <|endoftext|> In the sunlit terraces of the "
        "<|unk|>."
    ) in both


# ---- what the chapter says ----


@pytest.mark.parametrize("text", TEXTS, indirect=True)
def test_ids_survive_the_way_to_text_and_back_and_the_text_does_not(text):
    tokenizer = SimpleTokenizerV1(build_vocab(split_words(text)))
    ids = tokenizer.encode(text)
    assert tokenizer.encode(tokenizer.decode(ids)) == ids
    assert tokenizer.decode(ids) != text


@pytest.mark.parametrize("text", TEXTS, indirect=True)
def test_two_notes_from_a_hospital_become_the_same_ids_in_each_story(text):
    vocab = build_vocab(split_words(text), SPECIAL)
    assert not {"allergic", "penicillin", "immune", "aspirin", "Hello"} & set(vocab)
    encode = SimpleTokenizerV2(vocab).encode
    assert encode("She is allergic to penicillin.") == encode("She is immune to aspirin.")


@pytest.mark.parametrize("text", TEXTS, indirect=True)
def test_the_vocabulary_grows_in_every_tenth_of_a_story(text):
    words = split_words(text)
    sizes = [len(set(words[: len(words) * tenth // 10])) for tenth in range(11)]
    gains = [after - before for before, after in zip(sizes, sizes[1:], strict=False)]
    assert min(gains) > 0 and sum(gains[5:]) < sum(gains[:5])


@pytest.mark.parametrize("text", TEXTS, indirect=True)
def test_by_zipfs_law_counts_fall_as_ranks_rise_and_their_product_hardly_changes(text):
    counts = [count for _, count in Counter(split_words(text)).most_common()]
    products = [rank * counts[rank - 1] for rank in (5, 10, 20, 50, 100, 200, 500)]
    assert max(products) < 2 * min(products), "rank times count is not within a factor of two"
    assert counts[4] > 50 * counts[499], "the counts of this text fall less than fiftyfold"
    assert sum(counts[:100]) > sum(counts) / 2, "a few types do not make up most of the text"


def test_the_first_tokenizer_leaves_spaces_before_colons_and_the_second_takes_them_out(built):
    colons = "tea: painted; he"
    vocab = build_vocab(split_words(colons), SPECIAL)
    came = [built[name](vocab) for name in ("SimpleTokenizerV1", "SimpleTokenizerV2")]
    came = [tokenizer.decode(tokenizer.encode(colons)) for tokenizer in came]
    assert came == ["tea : painted ; he", colons]


def test_padding_is_left_out_with_care_or_no_end_is_learned(on_the_verdict):
    said = printed(on_the_verdict, "careless = ")
    assert "leaving out every end, it learns from 0 ends" in said
    assert "leaving out the padding, it learns from 3 ends" in said


def test_gpt2_has_one_special_token_which_tiktoken_finds_without_spaces_and_guards():
    from helpers.bpe import gpt2_tokenizer

    encoding = gpt2_tokenizer()
    assert (
        encoding.special_tokens_set == {"<|endoftext|>"}
        and encoding.n_vocab == encoding.eot_token + 1
    )
    assert (
        encoding.encode("tea?<|endoftext|>In", allowed_special="all").count(encoding.eot_token) == 1
    )
    with pytest.raises(ValueError, match="disallowed special token"):
        encoding.encode("I like the story. <|endoftext|> The end")


# ---- the exercises ----


@pytest.mark.parametrize(
    "name, answer, said",
    [
        (
            "unknown_share",
            lambda text, vocab: len([w for w in split_words(text) if w not in vocab]),
            "how many, not what",
        ),
        (
            "unknown_share",
            lambda text, vocab: (
                lambda words: sum(w == "<|unk|>" for w in words) / len(words) if words else 0.0
            )(split_words(text)),
            "none of them is `<|unk|>`",
        ),
        (
            "unknown_share",
            lambda text, vocab: (
                lambda words: (
                    sum(w not in vocab.values() for w in words) / len(words) if words else 0.0
                )
            )(split_words(text)),
            "Are you searching the ids",
        ),
        (
            "unknown_share",
            lambda text, vocab: (
                lambda words: sum(w in vocab for w in words) / len(words) if words else 0.0
            )(split_words(text)),
            "share of the known",
        ),
        (
            "unknown_share",
            lambda text, vocab: (
                lambda words: (
                    len([w for w in words if w not in vocab]) / len(words) if words else 0.0
                )
            )(set(split_words(text))),
            "counts once here",
        ),
        (
            "unknown_share",
            lambda text, vocab: (
                lambda words: sum(not vocab.get(w) for w in words) / len(words) if words else 0.0
            )(split_words(text)),
            "id 0 counts as false",
        ),
        (
            "unknown_share",
            lambda text, vocab: (
                len([w for w in split_words(text) if w not in vocab]) / len(vocab) if vocab else 1.0
            ),
            "size of the vocabulary",
        ),
        (
            "unknown_share",
            lambda text, vocab: (
                len([w for w in split_words(text) if vocab[w] == vocab["<|unk|>"]])
                / len(split_words(text))
            ),
            "may lack `<|unk|>`",
        ),
        (
            "encode_gently",
            lambda text, vocab: [
                vocab.get(w) or vocab.get(w.lower(), vocab["<|unk|>"]) for w in split_words(text)
            ],
            "id 0 counts as false",
        ),
        (
            "encode_gently",
            lambda text, vocab: [
                vocab.get(w) or vocab.get(w.lower()) or vocab["<|unk|>"] for w in split_words(text)
            ],
            "id 0 counts as false",
        ),
        (
            "capped_vocab",
            lambda words, size: {
                w: i for i, w in enumerate([*dict(Counter(words).most_common(size)), "<|unk|>"])
            },
            "and equally frequent words",
        ),
        (
            "encode_gently",
            lambda text, vocab: [vocab.get(w, w.lower()) for w in split_words(text)],
            "the lowercase word itself",
        ),
        (
            "encode_gently",
            lambda text, vocab: [
                vocab.get(w, vocab["<|unk|>"]) or vocab.get(w.lower(), vocab["<|unk|>"])
                for w in split_words(text)
            ],
            "so lowercase is not tried",
        ),
        (
            "encode_gently",
            lambda text, vocab: [vocab.get(w, vocab["<|unk|>"]) for w in split_words(text)],
            "Not answered yet: no word is looked up in lowercase",
        ),
        (
            "encode_gently",
            lambda text, vocab: [vocab.get(w, vocab["<|unk|>"]) for w in split_words(text.lower())],
            "`May` becomes `may`",
        ),
        (
            "encode_gently",
            lambda text, vocab: [
                vocab.get(w.lower(), vocab.get(w, vocab["<|unk|>"])) for w in split_words(text)
            ],
            "gets that of `may`",
        ),
        (
            "encode_gently",
            lambda text, vocab: [vocab.get(w, vocab[w.lower()]) for w in split_words(text)],
            "A `KeyError`",
        ),
        (
            "encode_gently",
            lambda text, vocab: [vocab.get(w, vocab.get(w.lower())) for w in split_words(text)],
            "`None`",
        ),
        (
            "encode_gently",
            lambda text, vocab: [
                vocab.get(w, vocab.get(w.lower()))
                for w in split_words(text)
                if w in vocab or w.lower() in vocab
            ],
            "left out",
        ),
        (
            "join_documents",
            lambda documents: "<|endoftext|>".join(documents),
            "glued to a word on both sides",
        ),
        (
            "join_documents",
            lambda documents: " <|endoftext|>".join(documents),
            "glued to the word after it",
        ),
        (
            "join_documents",
            lambda documents: "<|endoftext|> ".join(documents),
            "glued to the word before it",
        ),
        ("join_documents", lambda documents: " ".join(documents), "no special token"),
        (
            "join_documents",
            lambda documents: " <|endoftext|> ".join([*documents, ""]),
            "after the last document",
        ),
        (
            "capped_vocab",
            lambda words, size: build_vocab([*dict.fromkeys(words)][: size - 1], ["<|unk|>"]),
            "For input",
        ),
        (
            "capped_vocab",
            lambda words, size: build_vocab(sorted(set(words))[: size - 1], ["<|unk|>"]),
            "first words in code",
        ),
        (
            "capped_vocab",
            lambda words, size: {
                w: i for i, w in enumerate(_common(words)[: size - 1] + ["<|unk|>"])
            },
            "in the order of the text",
        ),
        (
            "capped_vocab",
            lambda words, size: {w: i for i, w in enumerate(_sorted(words)[:size] + ["<|unk|>"])},
            "as well",
        ),
        (
            "capped_vocab",
            lambda words, size: {w: i for i, w in enumerate(_sorted(words)[:size])},
            "is missing",
        ),
        (
            "capped_vocab",
            lambda words, size: {
                w: i for i, w in enumerate(["<|unk|>"] + _sorted(words)[: size - 1])
            },
            "comes first here",
        ),
    ],
)
def test_a_typical_wrong_answer_is_told_what_it_is(name, answer, said):
    verdict = check.exercise(name, answer)
    assert not verdict.passed and said in verdict.text


def test_a_right_answer_may_be_written_another_way():
    assert check.exercise(
        "encode_gently",
        lambda text, vocab: [
            vocab[w] if w in vocab else vocab.get(w.lower(), vocab["<|unk|>"])
            for w in split_words(text)
        ],
    ).passed
    assert check.exercise(
        "join_documents", lambda documents: "\n<|endoftext|>\n".join(documents)
    ).passed
    assert check.exercise(
        "capped_vocab",
        lambda words, size: {w: i for i, w in enumerate(_sorted(words)[: size - 1] + ["<|unk|>"])},
    ).passed


def _common(words):
    return [word for word, _ in Counter(words).most_common()]


def _sorted(words):
    return sorted(set(words), key=lambda word: (-words.count(word), word))
