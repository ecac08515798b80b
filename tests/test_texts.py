"""What load_text promises about our story, the two books and a learner's own file."""

import pytest

from helpers.backstage.downloads import DATA, MissingDataError
from helpers.texts import BOOKS, OUR_STORY, SHORTEST, load_text, text_name

LONG = "My own words. " * 120  # long enough for all chapters


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch):
    monkeypatch.delenv("COURSE_TEXT", raising=False)


def book(name: str) -> str:
    """A book, or the test is skipped with the reason."""
    try:
        return load_text(name)
    except MissingDataError as error:
        pytest.skip(str(error))


def test_our_own_story_is_the_text_of_the_course():
    assert text_name() == OUR_STORY == "the-wall-walker"
    assert load_text() == (DATA / "the-wall-walker.txt").read_text(encoding="utf-8")
    assert len(load_text()) >= 20_000


def test_course_text_chooses_the_text_of_the_whole_course(monkeypatch, tmp_path):
    mine = tmp_path / "mine.txt"
    mine.write_text(LONG, encoding="utf-8")
    monkeypatch.setenv("COURSE_TEXT", str(mine))
    assert text_name() == str(mine)
    assert load_text() == LONG


def test_an_empty_course_text_means_our_own_story(monkeypatch):
    monkeypatch.setenv("COURSE_TEXT", "")
    assert text_name() == OUR_STORY


def test_the_verdict_is_the_books_text_to_the_character():
    text = book("the-verdict")
    assert len(text) == 20_479
    assert text.startswith("I HAD always thought Jack Gisburn rather a cheap genius--though a good")


def test_the_awakening_is_read_with_plain_line_ends():
    text = book("the-awakening")
    assert len(text) == 280_423
    assert text.startswith("# Title: The Awakening\n\n## Author: Kate Chopin\n\n## Year: 1899\n\n")


def test_an_unknown_name_says_what_came_which_are_known_and_what_to_do():
    with pytest.raises(ValueError, match="'the-verdikt'") as caught:
        load_text("the-verdikt")
    assert all(name in str(caught.value) for name in (OUR_STORY, *BOOKS))
    assert "Use one of these names" in str(caught.value)


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_a_learners_own_file_may_be_given_as_text_or_path(tmp_path, kind):
    (tmp_path / "mine.TXT").write_bytes(f"{LONG}caf\u00e9\r\n\u2014 \U0001f44b".encode())
    assert load_text(kind(tmp_path / "mine.TXT")) == f"{LONG}caf\u00e9\n\u2014 \U0001f44b"


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    (tmp_path / "mine.txt").write_bytes(b"\xef\xbb\xbf" + LONG.encode())
    assert load_text(tmp_path / "mine.txt") == LONG


def test_a_file_that_is_not_utf8_says_where_and_how_to_save_it(tmp_path):
    (tmp_path / "mine.txt").write_bytes("The caf\u00e9".encode("latin-1"))
    with pytest.raises(ValueError, match="byte 7 is 0xe9.*Save it again as UTF-8"):
        load_text(tmp_path / "mine.txt")


def test_a_path_without_a_file_says_where_it_was_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="There is no file at .*lost.txt") as caught:
        load_text("lost.txt")
    assert str(tmp_path) in str(caught.value)


def test_a_folder_is_not_taken_for_a_text(tmp_path):
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(OSError, match="Can't read the file at .*folder.txt"):
        load_text(tmp_path / "folder.txt")


@pytest.mark.parametrize("text", ["", "Thirty-one characters, no more.", "x" * (SHORTEST - 1)])
def test_a_text_too_short_for_the_chapters_is_refused_with_its_length(tmp_path, text):
    (tmp_path / "mine.txt").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=f"has {len(text):,} characters.*1,500.*longer") as caught:
        load_text(tmp_path / "mine.txt")
    assert "mine.txt" in str(caught.value)


def test_a_text_of_just_the_length_is_taken(tmp_path):
    (tmp_path / "mine.txt").write_text("x" * SHORTEST, encoding="utf-8")
    assert len(load_text(tmp_path / "mine.txt")) == SHORTEST


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_text_in_utf16_is_refused_and_not_read_as_letters_with_zeros(tmp_path, encoding):
    (tmp_path / "mine.txt").write_bytes(LONG.encode(encoding))
    with pytest.raises(ValueError, match="UTF-8.*Save it again as UTF-8"):
        load_text(tmp_path / "mine.txt")


def test_a_name_that_no_file_can_have_is_answered_with_the_names_there_are():
    with pytest.raises(ValueError, match="No text is called.*Use one of these names"):
        load_text("my\0story.txt")
