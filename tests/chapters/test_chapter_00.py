"""Chapter 0, the first hour: what it counts of four banks is so, and its links lead to sections."""

import re

import pytest
import torch
from torch.nn import functional as F

from helpers import play
from helpers.backstage import downloads
from helpers.bpe import BytePairTokenizer, gpt2_tokenizer
from helpers.models import ARCHIVE, cosines, load_model
from helpers.texts import load_text
from helpers.vectors import load_word_vectors
from helpers.words import split_words
from tests.test_show import HOSTILE, safe
from tests.tools.books import (
    CHAPTERS,
    Chapter,
    assert_told,
    code,
    each_wrong_answer,
    prose,
    read,
)

CHAPTER = Chapter("00")
printed = CHAPTER.printed
TEXT = re.search(r'text = """(.*?)"""', CHAPTER.source_of('text = """'), re.S)[1]
LINES = TEXT.splitlines()
RECAP = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|", prose(CHAPTER.book), re.M))


def test_it_asks_five_things_and_each_outcome_is_explained():
    CHAPTER.assert_predictions_come_out(5)


def test_it_fits_into_an_hour():
    assert len(code(CHAPTER.book)) <= 24, "each cell costs time"
    core, _, _ = prose(CHAPTER.book).partition("\n## Going further\n")
    text = re.sub(r"!\[[^\n]*", "", core)
    assert len(re.findall(r"\w[\w'-]*", text)) <= 1500, "its words are too many for an hour"


def test_the_sections_that_it_links_to_are_in_their_chapters():
    text = "\n".join(cell.source for cell in CHAPTER.book.cells if cell.cell_type == "markdown")
    linked = re.findall(r"\]\((0\d_\w+\.ipynb)\),? section (\d)", text)
    linked += [(name, n) for n, name in re.findall(r"section (\d) of \[[^]]*\]\(([^)]*)\)", text)]
    assert len(linked) >= 8, f"only {linked}"
    paths = {path.name: path for path in CHAPTERS}
    for name, number in linked:
        headings = "\n".join(cell.source for cell in read(paths[name]).cells)
        assert re.search(rf"^## {number}\. ", headings, re.M), f"{name} has no section {number}"
    assert set(paths) - {CHAPTERS[0].name} == set(re.findall(r"\]\((0\d_\w+\.ipynb)\)", text))


# ---- how many different things the four banks are ----


def test_split_at_white_space_the_four_are_three_strings_and_two_of_the_four_are_the_word():
    pieces = [piece for piece in TEXT.split() if piece.startswith("bank")]
    assert len(pieces) == 4 == len(LINES) and len(set(pieces)) == 3
    assert pieces.count("bank") == 2 and RECAP["split at white space"] == "three strings"


def test_cut_and_numbered_they_are_one_token_and_one_id():
    assert split_words(TEXT).count("bank") == 4
    assert "bank: 4 times" in printed("re.split") and "same text: False" in printed("re.split")
    pieces = [piece for piece in re.split(r"([.]|\s)", TEXT) if piece.strip()]
    assert pieces.count("bank") == 3, "without the comma one bank keeps it"
    assert "the river is gone" in prose(CHAPTER.book)
    assert "river" not in split_words(load_text("the-wall-walker"))
    assert "bank of the <|unk|>" in printed("SimpleTokenizerV2(vocab)")


def test_as_gpt2s_tokens_they_are_one_and_bank_is_what_follows_the():
    gpt2 = gpt2_tokenizer()
    pieces = gpt2.decode_tokens_bytes(gpt2.encode(TEXT))
    assert pieces.count(b" bank") == 4 and b"bank" not in pieces
    assert pieces[4:6] == [b" the", b" bank"], "the window that begins with the asks for bank"
    assert gpt2.encode("bank") != gpt2.encode(" bank")


def test_as_word_vectors_they_are_one_that_lies_among_money():
    near = [word for word, _ in load_word_vectors().most_similar("bank", topn=6)]
    assert set(near) == set("banks banking Bank lender banker depositors".split())
    assert all(word in printed("most_similar(word") for word in near)


def test_positions_make_four_of_them():
    gpt2 = gpt2_tokenizer()
    places = [gpt2.encode(f" {line}").index(gpt2.encode(" bank")[0]) for line in LINES]
    assert len(set(places)) == 4, f"two banks stand at the same position: {places}"
    assert "with positions, 4 of 6 vectors" in printed("with positions")


needs_model = pytest.mark.skipif(
    not downloads.is_ready(ARCHIVE), reason="the trained model: python -m helpers --all"
)


@needs_model
def test_the_blocks_make_two_and_two_of_them():
    states = torch.stack([load_model().states_of(line, "bank") for line in LINES])
    before, after = cosines(states[:, 0]), cosines(states[:, 6])
    assert before.min() > 0.9 and before[0, 1] < 1, "four vectors, nearly alike"
    assert min(after[0, 1], after[2, 3]) > after[:2, 2:].max() + 0.02
    by_torch = F.cosine_similarity(states[0, 6], states[2, 6], dim=0)
    assert abs(after[0, 2] - by_torch) < 1e-5


@needs_model
def test_states_of_is_what_chapter_8_builds():
    minilm, chapter_8 = load_model(), Chapter("08")
    names = {"minilm": minilm, "torch": torch, "F": F}
    theirs = chapter_8.defined("def by_hand", "def states_of", **names)
    for line in LINES:
        ours = minilm.states_of(line, "bank")
        assert torch.equal(ours, theirs["states_of"](line)) and ours.shape == (7, 384)
    assert torch.equal(minilm.states_of("A Bank", "Bank"), minilm.states_of("a bank", "bank"))
    with pytest.raises(ValueError, match="'light' is not a token of 'a bank'; expected .* Choose"):
        minilm.states_of("a bank", "light")


# ---- what it says besides that ----


def test_the_price_in_hindi_is_that_of_the_question_and_fell_to_that_of_english():
    rows = printed("hindi = dict")
    question = CHAPTER.questions["predictions"]["hour_hindi"]["question"]
    found = re.findall(r"^(English|Hindi) .* (\d+) +(\d+)$", rows, re.M)
    prices = {language: (int(then), int(now)) for language, then, now in found}
    assert prices["Hindi"][1] == prices["English"][1] == prices["English"][0]
    then = {prices[language][0] for language in prices}
    assert then <= set(map(int, re.findall(r"\d+", question)))
    assert then <= set(map(int, re.findall(r"\d+", prose(CHAPTER.book))))
    hindi = re.search(r'"Hindi"\] = "(.*)"', CHAPTER.source_of('"Hindi"'))[1]
    assert len(gpt2_tokenizer().encode(hindi)) == prices["Hindi"][0]
    assert len(BytePairTokenizer.pretrained("gpt2").encode(hindi)) == prices["Hindi"][0]


def test_king_is_nearest_to_the_sum_and_queen_is_next():
    vectors = load_word_vectors()
    king, man, woman = (vectors.get_vector(word, norm=True) for word in ("king", "man", "woman"))
    found = [word for word, _ in vectors.similar_by_vector(king - man + woman, topn=2)]
    assert found == ["king", "queen"]
    assert printed("positive=").startswith("[('queen', ")


# ---- its playground and its exercises ----


def test_the_playground_says_what_it_lacks():
    assert "The trained model is missing here" in repr(play.meanings(None, TEXT, "bank"))


@needs_model
def test_each_task_beside_the_playground_changes_what_is_seen():
    ground = play.meanings(load_model(), TEXT, "bank")
    boxes = ground.controls
    assert "bank after 6 of 6 blocks" in repr(ground)
    boxes["blocks"].value = 0
    assert "bank after 0 of 6 blocks" in ground.html
    assert ground.state.startswith("play.meanings(model=minilm, text='A woman sat")
    boxes["text"].value = f"{TEXT}\nShe sat on the bank."
    assert "She sat on the bank." in ground.html
    for word in ("light", "match", "spring"):
        boxes["text"].value = f"a {word} came\nthe {word} was over"
        boxes["word"].value = word
        assert f"{word} after 0 of 6 blocks" in ground.html


@needs_model
def test_what_cannot_be_compared_is_said_in_words():
    ground = play.meanings(load_model(), TEXT, "bank")
    ground.controls["word"].value = "<i>"
    assert "&lt;i&gt;" in ground.html and "<i>" not in ground.html
    assert "Choose another word" in ground.html
    ground.controls["text"].value = " \n"
    assert "There are no lines to compare" in ground.html


@needs_model
def test_hostile_text_in_either_box_shows_up_as_text():
    ground = play.meanings(load_model(), TEXT, "bank")
    for text in HOSTILE:
        for key, value in (("word", text), ("text", f"{text} bank\nbank"), ("word", "bank")):
            ground.controls[key].value = value
            assert safe(ground.html) and safe(ground.box.children[-1].value), f"{key}: {text!r}"


@needs_model
@pytest.mark.parametrize(
    "text, said",
    [
        ("a bank\n" * 300, "Lines: 300;"),
        ("bank " * 900, "characters in the longest: 4,500."),
    ],
)
def test_a_text_that_is_pasted_whole_gets_a_message_and_no_wait(text, said):
    ground = play.meanings(load_model(), TEXT, "bank")
    ground.controls["text"].value = text
    assert said in ground.html and "Shorten the text" in ground.html


WRONG = {
    "shifted": {
        "wrong way round": lambda ids: (ids[1:], ids[:-1]),
        "has no target": lambda ids: (ids, ids[1:]),
    },
    "input_vectors": {
        "look the positions up by the ids": lambda t, p, ids: p[ids] + t[ids],
        "vector of position 0": lambda t, p, ids: t[ids] + p[0:1],
        "Is a colon missing": lambda t, p, ids: t[ids] + p[len(ids)],
        "You add the numbers of the positions": lambda t, p, ids: t[ids] + range(len(ids)),
        "the whole second table": lambda t, p, ids: t[ids] + p,
        "stand in a list": lambda t, p, ids: [t[i] + p[n] for n, i in enumerate(ids)],
    },
}


@pytest.mark.parametrize(("name", "part", "answer"), each_wrong_answer(WRONG))
def test_each_typical_wrong_answer_is_met_by_its_own_reply(name, part, answer):
    assert_told(name, part, answer)
