"""What explains an encoding is what happened: steps, trees, sizes, votes and reasons."""

from itertools import pairwise

import pytest

from helpers.bpe import BytePairTokenizer
from tests import naive, test_bpe

gpt2, small, story = test_bpe.gpt2, test_bpe.small, test_bpe.story  # fixtures


def test_steps_go_from_bytes_to_the_ids_and_each_merges_one_pair(gpt2):
    steps = gpt2.steps(" Devonshire")
    assert [gpt2.decode([token_id]) for token_id in steps[0]] == list(" Devonshire")
    assert steps[-1] == gpt2.encode(" Devonshire") == [6245, 684, 10695]
    assert all(len(after) < len(before) for before, after in pairwise(steps))
    assert {gpt2.decode_bytes(ids) for ids in steps} == {b" Devonshire"}


@pytest.mark.parametrize(
    "chunk", ["", "a", "aaaaaaa", " unbelievable", "日本語", "👋👋", "\ud800", "ab" * 150]
)
def test_steps_are_those_of_merging_by_hand(gpt2, chunk):
    steps = [naive.byte_ids(chunk.replace("\ud800", "\ufffd"))]
    while known := [pair for pair in pairwise(steps[-1]) if pair in gpt2.merges]:
        best = min(known, key=gpt2.merges.get)
        steps.append(naive.replaced(steps[-1], best, gpt2.merges[best]))
    assert gpt2.steps(chunk) == steps


def test_the_leaves_of_a_tree_spell_its_token(gpt2):
    def leaves(node):
        return leaves(node[1]) + leaves(node[2]) if len(node) == 3 else [node[0]]

    for token_id in [0, 255, 256, 3290, 24_479, 43_453, 50_255]:
        tree = gpt2.tree(token_id)
        assert tree[0] == gpt2.decode_single_token_bytes(token_id) == b"".join(leaves(tree))
    assert gpt2.tree(50_256) == (b"<|endoftext|>",)


def test_at_size_gives_what_a_shorter_training_gives(story):
    large = BytePairTokenizer.train(story, 600)
    for size in [256, 300, 450, 600]:
        assert large.at_size(story, size) == BytePairTokenizer.train(story, size).encode(story)


def test_at_size_below_the_bytes_is_refused_in_words(gpt2):
    assert len(gpt2.at_size("é!", 256)) == 3
    with pytest.raises(
        ValueError, match="vocab_size is 0; the 256 bytes alone make 256. Give 256 or more"
    ):
        gpt2.at_size("é!", 0)


def test_at_size_of_gpt2_shows_a_word_growing_together(gpt2):
    def cut(size):
        return [gpt2.decode([token_id]) for token_id in gpt2.at_size(" brutalist", size)]

    assert cut(300) == [" b", "r", "u", "t", "al", "is", "t"]
    assert cut(1_000) == [" br", "ut", "al", "ist"]
    assert cut(50_256) == [" brutal", "ist"]


def test_votes_name_the_next_merge_its_count_and_where_it_came_from(small, story):
    for size in [256, 300, 500]:
        pair, count, chunks = small.votes(story, size)[0]
        assert pair == [*small.merges][size - 256]
        assert all(
            pair in pairwise(ids) for ids in (small.at_size(chunk, size) for chunk in chunks[:20])
        )
        assert count >= len(chunks)


def test_why_names_the_token_its_merges_and_what_parts_it_from_its_neighbours(gpt2):
    why = gpt2.why(" Devonshire", 6)
    assert (why["id"], why["bytes"], why["merges"]) == (684, b"ons", [(b"o", b"n"), (b"on", b"s")])
    assert (
        why["before"]
        == "'v' and 'on' have a merge to 'von', but 'ons', learned earlier, took 'on' first."
    )
    assert (
        why["after"]
        == "'s' and 'h' have a merge to 'sh', but 'ons', learned earlier, took 's' first."
    )
    cut = gpt2.why("a b", 0)
    assert (cut["before"], cut["after"]) == (
        "The text begins here.",
        "The pattern cuts the text here.",
    )
    assert gpt2.why("zqx", 0)["after"] == "The tokens that met here have no merge."


def test_why_finds_the_token_of_every_character_of_our_story(gpt2, story):
    text = story[:500] + " 👋é日"
    ids = gpt2.encode(text)
    for place in range(len(text)):
        end, begin = 0, len(text[:place].encode())
        for token_id in ids:
            end += len(gpt2.decode_bytes([token_id]))
            if end > begin:
                break
        assert gpt2.why(text, place)["id"] == token_id
    for place in [-1, len(text)]:
        with pytest.raises(IndexError, match=f"Position {place} is in no chunk.*Choose"):
            gpt2.why(text, place)
