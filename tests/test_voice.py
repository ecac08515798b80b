"""The course's prose: the field's own words, each defined before it is used, in sentences that connect."""

import re
import statistics
import subprocess
import sys

import pytest

from tests.tools import glossary
from tests.tools.books import CHAPTERS, NAMES, ROOT, committed, prose, read

every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)

# Turns that a native speaker would not use, and phrases that avoid the field's own words.
TURNS = [
    "how many percent",
    "expected is",
    "expected are",
    "thousand million",
    "at the own",
    "small letters",
    "raises nothing",
    "elsewhere you may",
    "kept back",
    "one who knows only",
    "program that continues texts",
    "bring less and less",
    "two pieces once more",
    "of a batch may be as long",
    "rows of ids that",
    "heap of rows",
    "are its numbers the",
]

# The field's words, and the chapter that sets each in bold or italics beside plain words.
FIELD = {
    "probability": 1,
    "type": 1,
    "token": 1,
    "punctuation": 1,
    "lowercase": 1,
    "grapheme cluster": 1,
    "normalization": 1,
    "pre-tokenization": 1,
    "Zipf's law": 2,
    "logarithmic": 3,
    "vector": 5,
    "softmax": 5,
    "distributional hypothesis": 5,
    "CBOW": 5,
    "GloVe": 5,
    "fastText": 5,
    "static embedding": 5,
    "contextual embedding": 5,
    "weight": 6,
    "parameter": 6,
    "dimension": 6,
    "logit": 6,
    "cross-entropy": 6,
    "attention weight": 7,
    "query": 7,
    "key": 7,
    "value": 7,
    "probability distribution": 8,
    "negative log-likelihood": 8,
    "perplexity": 8,
    "held-out set": 8,
    "residual connection": 8,
    "LayerNorm": 8,
    "feed-forward network": 8,
    "hidden state": 8,
    "fine-tuning": 8,
    "inference": 8,
}

# Terms that occur before the section that defines them, and why that is right.
EARLIER = {
    "dimension": "chapter 4 says what a tensor's is, and chapter 5 means those of a space",
    "length": "how long a text or a row is, before chapter 5 gives a vector a length",
    "loss": "what is lost, before chapter 4 gives the word its meaning in training",
    "neighbour": "what stands beside something, before chapter 5 means words of a near vector",
    "offset": "the place of a character, as tokenizers call it, before chapter 5's difference of vectors",
    "part": "a piece of anything, and the verb",
    "probability distribution": "chapter 1 has just said what a probability is, and needs no more",
    "rank": "the place in a list that is sorted by frequency, before chapter 3's place of a merge",
    "sample": "an example of a text, before chapter 4 gives the word its meaning in training",
    "shift": "a key of the keyboard",
    "Transformer": "the name of a library",
    "value": "what a name stands for, and a number that is found, before a token's value in attention",
    "worker": "chapter 4 says what PyTorch's are, and a construction worker is a person",
}


def said(path) -> str:
    """The text of a file in which people are spoken to: in a notebook without what its cells show."""
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8")
    return "\n\n".join(cell.source for cell in read(path).cells)


def spoken() -> list:
    """The files with prose for learners and teachers: chapters, pages, questions and helpers."""
    here = [path for path in committed() if path.suffix in (".ipynb", ".md", ".py", ".json")]
    folders = {ROOT / "notebooks", ROOT / "helpers"}
    return [path for path in here if path.name == "README.md" or folders & set(path.parents)]


def test_no_turn_of_phrase_is_one_that_a_native_speaker_would_not_use():
    found = []
    for path in spoken():
        text = " ".join(said(path).lower().split())
        found += [f"{path.name} says {turn!r}" for turn in TURNS if turn in text]
    assert not found, "say it as in a conversation: " + "; ".join(found)


def in_markup(word: str, text: str) -> bool:
    """Whether a word, or its plural, stands in bold or in italics in a text."""
    return bool(re.search(rf"\*\[?{re.escape(word)}(?:s|es)?\b[^*\n]*\*", text, re.I))


@pytest.mark.parametrize("word", FIELD)
def test_a_reader_of_papers_meets_the_fields_own_word_where_its_subject_is_taught(word):
    (path,) = [path for path in CHAPTERS if int(path.stem[:2]) == FIELD[word]]
    text = prose(read(path))
    assert re.search(rf"\b{re.escape(word)}", text, re.I), f"{path.name} never says {word}"
    assert word == "logarithmic" or in_markup(word, text), f"{path.name} does not introduce {word}"


def in_order() -> list[tuple[int, str, str]]:
    """(chapter, heading, Markdown) of all sections in reading order, without lists of objectives."""
    found = []
    for path in CHAPTERS:
        if not glossary.listed(path):
            continue  # it introduces no term, but shows what the others will teach
        for heading, text in glossary.sections(path).items():
            text = re.sub(r"you can\n\n(?:- .*\n?)+", "", text)
            text = re.sub(r"`[^`]*`|!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)", " ", text)
            found.append((int(path.stem[:2]), heading, glossary.LISTS.sub("", text)))
    return found


def unannounced(chapter: int, text: str) -> str:
    """A section's text without the sentences that say in which later chapter something follows."""
    kept = []
    for sentence in re.split(r"(?<=[.?!:])\s+", text):
        named = re.findall(r"[Cc]hapters? (\d)", sentence)
        if not any(int(number) > chapter for number in named):
            kept.append(sentence)
    return " ".join(kept)


def test_each_term_of_the_glossary_is_defined_before_it_is_used():
    parts = in_order()
    terms = [term for path in CHAPTERS for term in glossary.terms(path)]
    early = []
    for term in terms:
        longer = [other.name for other in terms if re.search(rf"\b{term.name}\b.", other.name)]
        longer += [other.name for other in terms if re.search(rf".\b{term.name}\b", other.name)]
        word = re.compile(rf"\b{re.escape(term.name)}(?:s|es)?\b", re.I)
        for chapter, heading, text in parts:
            if (chapter, heading) == (int(term.chapter[:2]), term.section):
                break
            if heading == glossary.TOP and chapter == int(term.chapter[:2]):
                continue  # the promise of the chapter that defines it
            text = unannounced(chapter, text)
            for name in longer:
                text = re.sub(re.escape(name), " ", text, flags=re.I)
            if word.search(text) and in_markup(term.name, text):
                break  # said there in a few words, before it gets its section
            if word.search(text) and term.name not in EARLIER:
                early.append(f"{term.name}, in chapter {chapter}, {heading}")
    assert not early, "used before they are defined: " + "; ".join(early)


def sentences(text: str) -> list[str]:
    """The sentences of some Markdown, without code, addresses, tables and headings."""
    text = re.sub(r"```.*?```|<[^>]+>|`[^`]*`|https?://\S+", " ", text, flags=re.S)
    text = re.sub(r"^\s*[|#].*$", " ", text, flags=re.M)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    found = []
    for block in re.split(r"\n\s*\n|\n[-*] ", text):
        pieces = re.split(r"(?<=[.?!:])\s+(?=[A-Z*\"(])", " ".join(block.split()))
        found += [piece for piece in pieces if len(piece.split()) > 2]
    return found


@every_chapter
def test_sentences_connect_what_they_say(path):
    cells = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
    lengths = [len(sentence.split()) for cell in cells for sentence in sentences(cell)]
    mean = statistics.mean(lengths)
    short = sum(length < 7 for length in lengths) / len(lengths)
    assert 13 <= mean <= 18, f"{path.name}: a sentence has {mean:.1f} words, not 13 to 18"
    assert short <= 0.2, f"{path.name}: {short:.0%} of its sentences have under seven words"


# Names, other languages, and pieces of words that a tokenizer cuts.
RIGHT = "alle,ans,ba,caf,coo,fom,gage,hask,ist,ket,nam,nd,ond,ons,opem,ot,re,sie,te,tre,uise,whet"


def spelling(paths) -> str:
    """What codespell says of some files; empty where all is spelled well."""
    command = [sys.executable, "-m", "codespell_lib", "-L", RIGHT, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert not done.stderr, f"codespell did not run: {done.stderr}"
    return done.stdout


def test_all_words_are_spelled_as_a_dictionary_spells_them(tmp_path):
    pytest.importorskip("codespell_lib", reason="codespell (tests/requirements.txt) is missing")
    paths = []
    for path in committed():
        if path.suffix == ".ipynb":
            copy = tmp_path / f"{path.stem}.md"
            copy.write_text(said(path), encoding="utf-8")
            paths.append(copy)
        elif path.suffix in (".md", ".py") or "exercises" in path.parts:
            paths.append(path)
    assert not spelling(paths), f"misspelled:\n{spelling(paths)}"
    wrong = tmp_path / "wrong.md"
    wrong.write_text("begin" + "ing", encoding="utf-8")
    assert "beginning" in spelling([wrong]), "codespell finds nothing any more"
