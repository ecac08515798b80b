"""WordPiece, id for id against the `tokenizers` library with the trained model's own file."""

import json
import sys
import time
import unicodedata
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from helpers.backstage.downloads import MissingDataError, fetch
from helpers.wordpiece import WordPiece, longest_piece, plain_words

SMALL = ["[UNK]", "[CLS]", "[SEP]", "un", "unaff", "##aff", "##able", "##a", "b", "##b"]


def settled(letter: str) -> bool:
    """Whether Unicode had this letter in 2002 as it has it now.

    The library goes by tables of its own age, this Python by those of another: on letters that
    came or changed since, the two may differ, as two versions of either do.
    """
    kind = unicodedata.category(letter)  # Cs: half a pair; Cn: not given out yet
    return kind not in ("Cs", "Cn") and unicodedata.ucd_3_2_0.category(letter) == kind


LETTERS = [chr(code) for code in range(sys.maxunicode + 1) if settled(chr(code))]


@pytest.fixture(scope="module")
def file() -> str:
    """The text of the model's tokenizer.json."""
    try:
        with zipfile.ZipFile(fetch("minilm-l6-v2.zip")) as archive:
            return archive.read("tokenizer.json").decode()
    except MissingDataError as error:
        pytest.skip(f"the trained model can't be had here: {error}")


@pytest.fixture(scope="module")
def ours(file) -> WordPiece:
    """Our tokenizer with the model's vocabulary."""
    return WordPiece(json.loads(file)["model"]["vocab"])


@pytest.fixture(scope="module")
def theirs(file) -> Tokenizer:
    """The library's: the whole text, no padding, special tokens in it taken as text."""
    tokenizer = Tokenizer.from_str(file)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.encode_special_tokens = True
    return tokenizer


@pytest.fixture
def small() -> WordPiece:
    """A tokenizer of ten tokens."""
    return WordPiece({token: number for number, token in enumerate(SMALL)})


# Against the library

any_letters = st.text(st.sampled_from(LETTERS), max_size=40)
words = st.sampled_from(
    "unaffable Déjà VU strawberry [CLS] [SEP] [MASK] ##ing don't 3.14 ΟΔΟΣ İstanbul ﬁne 早上好 "
    "한국어 नमस्ते naïve e\u0301e\u0301 \u200b\ufeff x\x00y \u2028 \x85 \x1c $5 a+b <|end|> \ufffd "
    "\ufa30 \u037e ≮ Ǆ ß".split(" ")
)
long_words = st.integers(95, 105).map(lambda count: "a" * count)
texts = st.lists(any_letters | words | long_words | st.sampled_from([" ", "\n", "\t"]), max_size=12)


@settings(max_examples=600, deadline=None)
@given(texts.map("".join))
def test_every_text_gives_the_librarys_ids(ours, theirs, text):
    assert ours.encode(text) == theirs.encode(text).ids


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_texts_of_the_vocabularys_own_pieces_give_the_librarys_ids(ours, theirs, data):
    pieces = st.sampled_from(list(ours.vocab)).map(lambda token: token.removeprefix("##"))
    text = "".join(data.draw(st.lists(pieces | st.just(" "), max_size=15)))
    assert ours.encode(text) == theirs.encode(text).ids


def test_every_settled_letter_gives_the_librarys_ids_alone_and_within_a_word(ours, theirs):
    assert len(LETTERS) > 200_000  # most are for private use, and vanish
    for start in range(0, len(LETTERS), 5000):
        some = LETTERS[start : start + 5000]
        text = " ".join(some) + " " + " ".join(f"a{letter}b" for letter in some)
        assert ours.encode(text) == theirs.encode(text).ids


def test_a_whole_story_gives_the_librarys_ids(ours, theirs, verdict):
    ids = ours.encode(verdict)
    assert ids == theirs.encode(verdict).ids
    assert len(ids) > 4000 and ours.vocab["[UNK]"] not in ids


# By hand


def test_a_word_is_cut_at_the_longest_pieces_from_its_start(small):
    assert small.pieces("unaffable") == ["unaff", "##able"]
    assert small.pieces("unab") == ["un", "##a", "##b"]
    assert small.pieces("bb") == ["b", "##b"]


def test_the_longest_match_is_kept_even_where_it_leads_nowhere(small):
    del small.vocab["##able"]
    small.vocab.update({"##affab": 10, "##le": 11})
    del small.vocab["##b"]
    # un, ##affab, ##le would do. But unaff is longer than un; ##a comes after it, and no "ble".
    assert small.pieces("unaffable") == ["[UNK]"]


def test_a_piece_is_looked_up_with_its_mark_and_given_without(small):
    assert longest_piece("unable", 0, small.vocab) == "un"
    assert longest_piece("unable", 2, small.vocab) == "able"
    assert longest_piece("ununun", 2, small.vocab) == ""


def test_a_word_of_more_than_a_hundred_letters_is_unknown(small):
    assert small.pieces("b" * 100) == ["b"] + ["##b"] * 99
    assert small.pieces("b" * 101) == ["[UNK]"]


def test_nobody_can_write_a_special_token(ours):
    ids = ours.encode("stop [SEP] go")
    assert [ours.tokens[number] for number in ids] == (
        ["[CLS]", "stop", "[", "sep", "]", "go", "[SEP]"]
    )


def test_a_text_without_words_is_the_two_special_tokens(small):
    for text in ("", "  \n", "\u0301\u200b"):
        assert small.encode(text) == [1, 2]


def test_a_lone_surrogate_vanishes_as_other_invisible_letters_do(small):
    assert plain_words("un\ud800able") == ["unable"]


@pytest.mark.parametrize("what", [["a list"], None, b"bytes", 7])
def test_what_is_no_text_is_answered_in_words(small, what):
    with pytest.raises(TypeError, match="Got .*; expected one string. Encode"):
        small.encode(what)


def test_a_million_letters_take_a_moment(ours):
    start = time.process_time()
    assert len(ours.encode("the wall " * 111_111)) == 222_224
    assert time.process_time() - start < 20
