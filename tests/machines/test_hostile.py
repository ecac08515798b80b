"""Whatever a learner may paste is handled, or refused in words, within two seconds.

See also tests/test_play.py. The time is the process's own: what else the machine does meanwhile is
not the course's doing.
"""

from __future__ import annotations

import time
import warnings
from functools import cache

import pytest
import regex

from helpers import check, play, show, texts
from helpers.bpe import GPT2_PATTERN, BytePairTokenizer, gpt2_tokenizer
from helpers.chunks import LONGEST
from helpers.windows import create_dataloader_v1
from helpers.words import SimpleTokenizerV1, SimpleTokenizerV2, build_vocab, split_words
from tests.test_play import NAMES, arguments, vectors  # noqa: F401  (a fixture)
from tests.test_show import safe

TEXTS = {
    "a million spaces": " " * 1_000_000,
    "a million line ends": "\n" * 1_000_000,
    "10 MB of one letter": "a" * 10_000_000,
    "10 MB of words": "the old wall " * 770_000,
    "a million dashes": "-" * 1_000_000,
    "half a million lone surrogates": "\ud800" * 500_000,
    "a stretch as long as is taken": "a" * 1_000_000,
    "a million NULs": "\0" * 1_000_000,
    "right-to-left overrides": "\u202egpj.exe \u202c" * 100_000,
    "HTML": "<script>alert('1')</script><img src=x onerror=alert(1)>" * 20_000,
    "an emoji a million times": "👋" * 1_000_000,
    "one letter with a million accents": "a" + "\u0301" * 1_000_000,
    "nothing": "",
}
pytestmark = pytest.mark.gate
LIMIT = 2.0  # seconds
hostile = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


def quickly(call, *arguments, refusals=(ValueError,), limit=LIMIT, **options):
    """What a call gives, or the error in which it refuses in words; too long a time fails."""
    begin = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call(*arguments, **options)
    except refusals as error:
        assert len(str(error)) < 1000 and str(error).count(". ") >= 1, (
            f"not in words: {str(error)[:300]}"
        )
        return error
    finally:
        took = time.process_time() - begin
        assert took < limit, f"it took {took:.1f} seconds"


@pytest.fixture(scope="module")
def gpt2():
    return BytePairTokenizer.pretrained("gpt2")


@hostile
def test_split_words(text):
    words = quickly(split_words, text)
    assert "".join("".join(words).split()) == "".join(text.split())


@hostile
@pytest.mark.parametrize("kind", [SimpleTokenizerV1, SimpleTokenizerV2])
def test_the_books_tokenizers(kind, text):
    tokenizer = kind(build_vocab(split_words("the old wall, a"), ["<|unk|>"]))
    ids = quickly(tokenizer.encode, text, refusals=(KeyError,))
    if isinstance(ids, list) and len(ids) < 500_000:
        quickly(tokenizer.decode, ids)


@hostile
def test_byte_pairs_of_gpt2(text, gpt2):
    if text == TEXTS["10 MB of words"]:
        text = text[:4_000_000]  # no trick is in it: it takes the time that so much text takes
    ids = quickly(gpt2.encode, text)
    shown = text.replace("\ud800", "\ufffd")
    assert isinstance(ids, list) or len(shown.encode()) > LONGEST, "refused without need"
    if isinstance(ids, list):
        assert gpt2.decode(ids) == shown
        assert ids == gpt2_tokenizer().encode_ordinary(text), "other ids than tiktoken's"


@hostile
def test_training_byte_pairs(text):
    """Within two seconds, or on a slower machine within twice the time of finding the chunks alone."""
    limit = max(LIMIT, 2 * seconds_to_find_chunks(text))
    trained = quickly(BytePairTokenizer.train, text, 300, limit=limit)
    assert isinstance(trained, BytePairTokenizer | ValueError)


def seconds_to_find_chunks(text: str) -> float:
    """What one pass of the package regex over a text takes here, which no trainer can do without."""
    begin = time.process_time()
    regex.findall(GPT2_PATTERN, text)
    return time.process_time() - begin


@hostile
def test_windows_over_it(text):
    loader = quickly(create_dataloader_v1, text[:4_000_000] if " wall " in text else text)
    assert isinstance(loader, ValueError) or len(loader) > 0


@hostile
def test_a_file_of_it(text, tmp_path):
    (tmp_path / "mine.txt").write_bytes(text.encode("utf-8", "surrogatepass"))
    read = quickly(texts.load_text, str(tmp_path / "mine.txt"))
    refused = "\ud800" in text or "\0" in text or len(text) < texts.SHORTEST
    assert isinstance(read, ValueError) == refused


@pytest.fixture(scope="module")
def playground(vectors):  # noqa: F811
    """A playground by name, made once: what was pasted into one box stays there."""
    given = arguments(vectors, "The old wall.")
    return cache(lambda name: getattr(play, name)(**given.get(name, {})))


@hostile
@pytest.mark.parametrize("name", NAMES)
def test_every_text_box_of_each_playground_without_the_model(playground, name, text):
    for control in playground(name).controls.values():
        if isinstance(control.value, str) and not hasattr(control, "options"):
            quickly(setattr, control, "value", text)
            assert safe(playground(name).html)


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|a)*b", "(a|aa)+$", "(.*)*x", "(?:a?){50}a{50}", "((a*)*)*b"]
)
def test_a_pattern_that_backtracks_for_ever(pattern):
    regex = play.regex("a" * 4_000)
    quickly(setattr, regex.controls["pattern"], "value", pattern)
    assert safe(regex.html)


@hostile
def test_a_prediction(text):
    key = next(key for key, item, _ in check.questions("predictions") if "number" in item)
    quickly(check.predict, key, text)
    ask = check.predict(key)
    quickly(setattr, ask.controls[0], "value", text)
    assert show.plain(ask.notes[0].value) or not text


@hostile
def test_an_answer_to_any_exercise(text):
    for name in check.exercises():
        verdict = quickly(check.exercise, name, text)
        assert verdict.state in ("wrong", "open") and len(verdict.text) < 3000, name
        verdict._repr_html_().encode("utf-8", "surrogatepass")
