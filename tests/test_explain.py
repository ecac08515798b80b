"""What explains an encoding is what happened: steps, trees, sizes, votes and reasons."""

from itertools import pairwise

import pytest

from helpers.bpe import BytePairTokenizer
from helpers.explain import at_size, steps, tree, votes, why
from tests import naive, test_bpe

gpt2, small, story = test_bpe.gpt2, test_bpe.small, test_bpe.story  # fixtures


def test_steps_go_from_bytes_to_the_ids_and_each_merges_one_pair(gpt2):
    rows = steps(gpt2, " Devonshire")
    assert [gpt2.decode([token_id]) for token_id in rows[0]] == list(" Devonshire")
    assert rows[-1] == gpt2.encode(" Devonshire") == [6245, 684, 10695]
    assert all(len(after) < len(before) for before, after in pairwise(rows))
    assert {gpt2.decode_bytes(ids) for ids in rows} == {b" Devonshire"}


@pytest.mark.parametrize(
    "chunk", ["", "a", "aaaaaaa", " unbelievable", "日本語", "👋👋", "\ud800", "ab" * 150]
)
def test_steps_are_those_of_merging_by_hand(gpt2, chunk):
    rows = [naive.byte_ids(chunk.replace("\ud800", "\ufffd"))]
    while known := [pair for pair in pairwise(rows[-1]) if pair in gpt2.merges]:
        best = min(known, key=gpt2.merges.get)
        rows.append(naive.replaced(rows[-1], best, gpt2.merges[best]))
    assert steps(gpt2, chunk) == rows


def test_the_leaves_of_a_tree_spell_its_token(gpt2):
    def leaves(node):
        return leaves(node[1]) + leaves(node[2]) if len(node) == 3 else [node[0]]

    for token_id in [0, 255, 256, 3290, 24_479, 43_453, 50_255]:
        node = tree(gpt2, token_id)
        assert node[0] == gpt2.decode_single_token_bytes(token_id) == b"".join(leaves(node))
    assert tree(gpt2, 50_256) == (b"<|endoftext|>",)


def test_at_size_gives_what_a_shorter_training_gives(story):
    large = BytePairTokenizer.train(story, 600)
    for size in [256, 300, 450, 600]:
        assert at_size(large, story, size) == BytePairTokenizer.train(story, size).encode(story)


def test_at_size_below_the_bytes_is_refused_in_words(gpt2):
    assert len(at_size(gpt2, "é!", 256)) == 3
    with pytest.raises(
        ValueError, match="vocab_size is 0. Expected a whole number, 256 or more. Give a larger one"
    ):
        at_size(gpt2, "é!", 0)


def test_at_size_of_gpt2_shows_a_word_growing_together(gpt2):
    def cut(size):
        return [gpt2.decode([token_id]) for token_id in at_size(gpt2, " brutalist", size)]

    assert cut(300) == [" b", "r", "u", "t", "al", "is", "t"]
    assert cut(1_000) == [" br", "ut", "al", "ist"]
    assert cut(50_256) == [" brutal", "ist"]


def test_votes_name_the_next_merge_its_count_and_where_it_came_from(small, story):
    for size in [256, 300, 500]:
        pair, count, chunks = votes(small, story, size)[0]
        assert pair == [*small.merges][size - 256]
        assert all(
            pair in pairwise(ids) for ids in (at_size(small, chunk, size) for chunk in chunks[:20])
        )
        assert count >= len(chunks)


def test_why_names_the_token_its_merges_and_what_parts_it_from_its_neighbours(gpt2):
    reason = why(gpt2, " Devonshire", 6)
    assert (reason["id"], reason["bytes"], reason["merges"]) == (
        684,
        b"ons",
        [(b"o", b"n"), (b"on", b"s")],
    )
    assert (
        reason["before"]
        == "'v' and 'on' have a merge to 'von', but 'ons', learned earlier, took 'on' first."
    )
    assert (
        reason["after"]
        == "'s' and 'h' have a merge to 'sh', but 'ons', learned earlier, took 's' first."
    )
    cut = why(gpt2, "a b", 0)
    assert (cut["before"], cut["after"]) == (
        "The text begins here.",
        "The pattern cuts the text here.",
    )
    assert why(gpt2, "zqx", 0)["after"] == "The tokens that met here have no merge."


def test_why_finds_the_token_of_every_character_of_our_story(gpt2, story):
    text = story[:500] + " 👋é日"
    ids = gpt2.encode(text)
    for place in range(len(text)):
        end, begin = 0, len(text[:place].encode())
        for token_id in ids:
            end += len(gpt2.decode_bytes([token_id]))
            if end > begin:
                break
        assert why(gpt2, text, place)["id"] == token_id
    for place in [-1, len(text)]:
        with pytest.raises(IndexError, match=f"Position {place} is in no chunk.*Choose"):
            why(gpt2, text, place)


def test_votes_and_why_refuse_what_is_no_number(gpt2):
    for size in ["300", 300.0, None, True]:
        with pytest.raises(TypeError, match="vocab_size is .*Expected a whole.*Give"):
            votes(gpt2, "the cat", size)
    with pytest.raises(ValueError, match="vocab_size is 100.* 256 or more. Give a larger"):
        votes(gpt2, "the cat", 100)
    for position in ["1", 1.0, None, True]:
        with pytest.raises(TypeError, match="position is .*Expected a whole.*Give"):
            why(gpt2, "the cat", position)
