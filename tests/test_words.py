"""What helpers.words promises: the results of the book, nothing lost but white space, and clear errors."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.backstage.downloads import ROOT
from helpers.texts import load_text
from helpers.words import (
    SPLIT,
    SimpleTokenizerV1,
    SimpleTokenizerV2,
    UnknownWord,
    build_vocab,
    split_words,
)

SPECIAL = ["<|endoftext|>", "<|unk|>"]
NASTY = {
    "": [],
    " \t\r\n\v\f\u00a0\u2003\u3000": [],
    "a\u200bb": ["a\u200bb"],  # a space of no width is no white space
    "12\u00a0crowns": ["12", "crowns"],  # one that does not break is
    "\ufeffOnce": ["\ufeffOnce"],
    "-----": ["--", "--", "-"],
    "half-open--or": ["half-open", "--", "or"],
    "Wait...": ["Wait", ".", ".", "."],
    "don't": ["don", "'", "t"],
    "12.50": ["12", ".", "50"],
    "1,840.00": ["1", ",", "840", ".", "00"],
    "snake_case": ["snake", "_", "case"],
    "“It’s late—too late,”": ["“It’s", "late—too", "late", ",", "”"],
    "吾輩は猫である。": ["吾輩は猫である。"],
    "done👏🏽": ["done👏🏽"],
    "cafe\u0301": ["cafe\u0301"],
    "<|endoftext|>": ["<|endoftext|>"],
    "nul\0nul": ["nul\0nul"],
    "\ud800 lone": ["\ud800", "lone"],
}


@pytest.fixture(scope="module")
def vocab(verdict) -> dict[str, int]:
    """The vocabulary of The Verdict."""
    return build_vocab(split_words(verdict))


@pytest.fixture(scope="module")
def extended(verdict) -> dict[str, int]:
    """The vocabulary of The Verdict and the book's two special tokens."""
    return build_vocab(split_words(verdict), SPECIAL)


# ---- the values that readers of the book know ----


def test_the_verdict_splits_into_4690_tokens(verdict):
    assert len(verdict) == 20479
    assert verdict[:99] == (
        "I HAD always thought Jack Gisburn rather a cheap genius--though a good fellow enough--"
        "so it was no "
    )
    words = split_words(verdict)
    assert len(words) == 4690
    assert words[:30] == [
        "I",
        "HAD",
        "always",
        "thought",
        "Jack",
        "Gisburn",
        "rather",
        "a",
        "cheap",
        "genius",
        "--",
        "though",
        "a",
        "good",
        "fellow",
        "enough",
        "--",
        "so",
        "it",
        "was",
        "no",
        "great",
        "surprise",
        "to",
        "me",
        "to",
        "hear",
        "that",
        ",",
        "in",
    ]


def test_its_vocabulary_has_1130_tokens_in_code_point_order(vocab):
    assert len(vocab) == 1130
    assert list(vocab)[:51] == [
        "!",
        '"',
        "'",
        "(",
        ")",
        ",",
        "--",
        ".",
        ":",
        ";",
        "?",
        "A",
        "Ah",
        "Among",
        "And",
        "Are",
        "Arrt",
        "As",
        "At",
        "Be",
        "Begin",
        "Burlington",
        "But",
        "By",
        "Carlo",
        "Chicago",
        "Claude",
        "Come",
        "Croft",
        "Destroyed",
        "Devonshire",
        "Don",
        "Dubarry",
        "Emperors",
        "Florence",
        "For",
        "Gallery",
        "Gideon",
        "Gisburn",
        "Gisburns",
        "Grafton",
        "Greek",
        "Grindle",
        "Grindles",
        "HAD",
        "Had",
        "Hang",
        "Has",
        "He",
        "Her",
        "Hermia",
    ]
    assert list(vocab.items())[-3:] == [("younger", 1127), ("your", 1128), ("yourself", 1129)]
    assert list(vocab.values()) == list(range(1130))


def test_v1_encodes_the_books_sentence_to_its_ids_and_back(vocab):
    tokenizer = SimpleTokenizerV1(vocab)
    text = '''"It's the last he painted, you know,"\n           Mrs. Gisburn said with pardonable pride."'''
    ids = [1, 56, 2, 850, 988, 602, 533, 746, 5, 1126, 596, 5, 1, 67, 7, 38, 851, 1108, 754, 793, 7]
    assert tokenizer.encode(text) == [*ids, 1]
    assert tokenizer.encode(text[:-1]) == ids
    assert (
        tokenizer.decode(ids)
        == '" It\' s the last he painted, you know," Mrs. Gisburn said with pardonable pride.'
    )


def test_v1_has_no_id_for_hello(vocab):
    with pytest.raises(KeyError) as caught:
        SimpleTokenizerV1(vocab).encode("Hello, do you like tea. Is this-- a test?")
    assert caught.value.args[0] == "Hello"


def test_two_special_tokens_make_1132_and_stand_last(extended):
    assert len(extended) == 1132
    assert list(extended.items())[-5:] == [
        ("younger", 1127),
        ("your", 1128),
        ("yourself", 1129),
        ("<|endoftext|>", 1130),
        ("<|unk|>", 1131),
    ]


def test_v2_gives_the_books_ids_for_two_joined_texts(extended):
    tokenizer = SimpleTokenizerV2(extended)
    text = " <|endoftext|> ".join(
        ["Hello, do you like tea. Is this-- a test?", "In the sunlit terraces of the palace."]
    )
    ids = [
        1131,
        5,
        355,
        1126,
        628,
        975,
        7,
        1131,
        999,
        6,
        115,
        1131,
        10,
        1130,
        55,
        988,
        956,
        984,
        722,
        988,
        1131,
        7,
    ]
    assert tokenizer.encode(text) == ids
    assert tokenizer.decode(ids) == (
        "<|unk|>, do you like tea. <|unk|> this -- a <|unk|>? <|endoftext|> "
        "In the sunlit terraces of the <|unk|>."
    )


def test_v1_leaves_spaces_before_colons_and_semicolons_and_v2_does_not(extended):
    ids = SimpleTokenizerV1(extended).encode("tea: painted; he")
    assert SimpleTokenizerV1(extended).decode(ids) == "tea : painted ; he"
    assert SimpleTokenizerV2(extended).decode(ids) == "tea: painted; he"


def test_decode_cannot_give_the_whole_verdict_back(verdict, vocab):
    decoded = SimpleTokenizerV1(vocab).decode(SimpleTokenizerV1(vocab).encode(verdict))
    assert (len(verdict), len(decoded)) == (20479, 20727)


BOOK = r'''
import re
from helpers.words import SimpleTokenizerV1, SimpleTokenizerV2

print("Total number of character:", len(raw_text))
preprocessed = re.split(r'([,.:;?_!"()\']|--|\s)', raw_text)
preprocessed = [item.strip() for item in preprocessed if item.strip()]
print(len(preprocessed))
all_words = sorted(set(preprocessed))
vocab_size = len(all_words)
print(vocab_size)
vocab = {token: integer for integer, token in enumerate(all_words)}
for i, item in enumerate(vocab.items()):
    if i >= 50:
        print(item)
        break

tokenizer = SimpleTokenizerV1(vocab)
text = """"It's the last he painted, you know,"
           Mrs. Gisburn said with pardonable pride."""
ids = tokenizer.encode(text)
print(ids)
print(tokenizer.decode(ids))
print(tokenizer.decode(tokenizer.encode(text)))

tokenizer = SimpleTokenizerV1(vocab)
text = "Hello, do you like tea. Is this-- a test?"
try:
    tokenizer.encode(text)
except KeyError as error:
    print("KeyError", repr(error.args[0]))

all_tokens = sorted(list(set(preprocessed)))
all_tokens.extend(["<|endoftext|>", "<|unk|>"])
vocab = {token: integer for integer, token in enumerate(all_tokens)}
print(len(vocab.items()))
for i, item in enumerate(list(vocab.items())[-5:]):
    print(item)

tokenizer = SimpleTokenizerV2(vocab)
text1 = "Hello, do you like tea?"
text2 = "In the sunlit terraces of the palace."
text = " <|endoftext|> ".join((text1, text2))
print(text)
print(tokenizer.encode(text))
print(tokenizer.decode(tokenizer.encode(text)))
'''
PRINTED = """Total number of character: 20479
4690
1130
('Hermia', 50)
[1, 56, 2, 850, 988, 602, 533, 746, 5, 1126, 596, 5, 1, 67, 7, 38, 851, 1108, 754, 793, 7]
" It' s the last he painted, you know," Mrs. Gisburn said with pardonable pride.
" It' s the last he painted, you know," Mrs. Gisburn said with pardonable pride.
KeyError 'Hello'
1132
('younger', 1127)
('your', 1128)
('yourself', 1129)
('<|endoftext|>', 1130)
('<|unk|>', 1131)
Hello, do you like tea? <|endoftext|> In the sunlit terraces of the palace.
[1131, 5, 355, 1126, 628, 975, 10, 1130, 55, 988, 956, 984, 722, 988, 1131, 7]
<|unk|>, do you like tea? <|endoftext|> In the sunlit terraces of the <|unk|>.
"""


def test_code_written_for_the_book_prints_here_what_it_prints_there(verdict, capsys):
    exec(BOOK, {"raw_text": verdict})
    assert capsys.readouterr().out == PRINTED


# ---- any text ----


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_unusual_text_splits_as_the_pattern_says(text):
    assert split_words(text) == NASTY[text]


@given(
    st.text(
        st.one_of(st.characters(exclude_categories=()), st.sampled_from(" \n\t,.:;?_!\"()'-aB"))
    )
)
def test_only_white_space_is_ever_lost(text):
    words = split_words(text)
    assert "".join(words) == "".join(text.split())
    assert all(word and not re.search(r"\s", word) for word in words)


@given(st.text(st.sampled_from(" \n,.:;?_!\"()'-aB\u00e9猫")))
def test_what_was_split_is_not_split_further(text):
    words = split_words(text)
    assert split_words(" ".join(words)) == words
    assert all(split_words(word) == [word] for word in words)


@given(st.text(), st.lists(st.sampled_from(SPECIAL)))
def test_ids_are_given_in_order_without_a_gap_and_special_tokens_come_last(text, special):
    words = split_words(text)
    vocab = build_vocab(words, special)
    assert list(vocab.values()) == list(range(len(vocab)))
    assert set(vocab) == {*words, *special}
    assert list(vocab)[: len(set(words))] == sorted(set(words))


@pytest.mark.parametrize("kind", [SimpleTokenizerV1, SimpleTokenizerV2])
@given(text=st.text(st.sampled_from(" \n,.:;?_!\"()'-aB\u00e9猫")))
def test_known_words_keep_their_tokens_through_decode_and_encode(kind, text):
    tokenizer = kind(build_vocab(split_words(text), SPECIAL))
    ids = tokenizer.encode(text)
    assert [tokenizer.int_to_str[token_id] for token_id in ids] == split_words(text)
    assert tokenizer.encode(tokenizer.decode(ids)) == ids


@given(st.text(), st.text())
def test_v2_has_an_id_for_every_word_of_every_text(known, unseen):
    tokenizer = SimpleTokenizerV2(build_vocab(split_words(known), SPECIAL))
    ids = tokenizer.encode(unseen)
    unknown = tokenizer.str_to_int["<|unk|>"]
    assert ids == [tokenizer.str_to_int.get(word, unknown) for word in split_words(unseen)]


@pytest.mark.parametrize("name", ["the-wall-walker", "the-verdict", "the-awakening"])
def test_whole_stories_lose_nothing_but_white_space(name, request):
    text = (
        load_text(name)
        if name == "the-wall-walker"
        else request.getfixturevalue(name.split("-")[1])
    )
    assert "".join(split_words(text)) == re.sub(r"\s", "", text)


def test_a_vocabulary_does_not_depend_on_the_order_of_the_words():
    words = split_words("the cat, The dog, the bird")
    assert list(build_vocab(words).items()) == list(build_vocab(set(words)).items())
    assert build_vocab(iter(words)) == build_vocab(words)


def test_a_special_token_that_is_a_word_already_or_comes_twice_has_one_id():
    assert build_vocab(["b", "<|unk|>"], ["<|unk|>", "<|endoftext|>", "<|unk|>"]) == {
        "<|unk|>": 0,
        "b": 1,
        "<|endoftext|>": 2,
    }


def test_decode_takes_the_ids_of_torch_and_numpy():
    import numpy
    import torch

    tokenizer = SimpleTokenizerV1(build_vocab(["a", "b", "."]))
    assert (
        tokenizer.decode(torch.tensor([1, 2, 0]))
        == tokenizer.decode(numpy.array([1, 2, 0]))
        == "a b."
    )
    assert tokenizer.decode([]) == ""


def test_a_megabyte_of_marks_is_split_to_its_end():
    assert len(split_words("-" * 999_999)) == 500_000
    assert len(split_words('a"' * 500_000)) == 1_000_000


# ---- what a person can do wrong ----


def test_an_unknown_word_is_a_key_error_that_says_what_came_what_is_known_and_what_to_do():
    tokenizer = SimpleTokenizerV1(build_vocab(["tea", "."]))
    with pytest.raises(KeyError) as caught:
        tokenizer.encode("tea. Hello")
    assert str(caught.value) == (
        "'Hello' is not among the 2 tokens of this vocabulary, and only those have an id. Build the vocabulary from a "
        "text that has the word, or use SimpleTokenizerV2 with '<|unk|>' in its vocabulary."
    )
    error = caught.value
    assert error.__suppress_context__ or error.__context__ is None, "a second traceback is shown"


def test_an_unknown_word_is_still_named_when_the_error_comes_from_another_process():
    error = UnknownWord("Hello", 2)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_v2_without_unk_in_its_vocabulary_says_that_it_is_missing():
    with pytest.raises(KeyError, match="'<|unk|>' is not among the 1 tokens"):
        SimpleTokenizerV2(build_vocab(["tea"])).encode("tea Hello")


@pytest.mark.parametrize("token_id", [2, -1, 10**30, "tea"])
def test_an_id_that_names_no_token_is_reported_with_the_size_of_the_vocabulary(token_id):
    tokenizer = SimpleTokenizerV1(build_vocab(["tea", "."]))
    with pytest.raises(
        KeyError,
        match=f"{token_id!r} is not one of the 2 ids of this vocabulary. Decode a list of ids",
    ):
        tokenizer.decode([token_id])


@pytest.mark.parametrize(
    "ids",
    [
        1,
        [[1, 0]],
        None,
        pytest.param("torch", id="a batch of torch"),
        pytest.param("numpy", id="a batch of numpy"),
    ],
)
def test_ids_that_are_no_flat_list_are_refused_in_words(ids):
    import numpy
    import torch

    batches = {"torch": torch.tensor([[1, 0]]), "numpy": numpy.array([[1, 0]])}
    with pytest.raises(TypeError, match="not a flat list of ids, and expects one"):
        SimpleTokenizerV1(build_vocab(["tea", "."])).decode(
            batches[ids] if isinstance(ids, str) else ids
        )


def test_an_id_between_two_ids_is_not_taken_for_one_of_them():
    with pytest.raises(KeyError, match="0.7 is not one of the 2 ids"):
        SimpleTokenizerV1(build_vocab(["tea", "."])).decode([0.7])


@pytest.mark.parametrize(
    "arguments, kind, name",
    [
        (("a cat",), "str", "words"),
        ((7,), "int", "words"),
        ((["a"], "<|unk|>"), "str", "special_tokens"),
        ((["a"], None), "NoneType", "special_tokens"),
    ],
)
def test_what_is_no_list_of_strings_is_named(arguments, kind, name):
    with pytest.raises(
        TypeError,
        match=f"got {kind} for {name}, and expects a list of strings: call build_vocab",
    ):
        build_vocab(*arguments)


@pytest.mark.parametrize(
    "wrong, name", [(b"a cat", "bytes"), (["a", "cat"], "list"), (None, "NoneType")]
)
def test_what_is_no_text_is_named_with_the_way_to_a_text(wrong, name):
    with pytest.raises(TypeError, match=f"got {name}, and expects one string. Read a file as text"):
        split_words(wrong)


def test_the_module_needs_nothing_heavy():
    code = "import sys, helpers.words; print(sorted({'torch', 'numpy', 'ipywidgets', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


def test_the_pattern_is_the_books_to_the_letter():
    assert SPLIT == r'([,.:;?_!"()\']|--|\s)'
