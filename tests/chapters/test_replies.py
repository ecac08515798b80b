"""Answers that readers found praised, or told of a mistake that they don't make."""

import pytest
import torch

from helpers import check
from helpers.exercises.judge import same
from helpers.windows import coverage
from helpers.words import split_words


def forgets_max_length(n_tokens, max_length, stride):
    """Right but where the stride is smaller than a window that it doesn't divide."""
    if stride <= max_length < n_tokens:
        return (n_tokens - 1) % stride
    return coverage(n_tokens, max_length, stride).targets_lost


def adds_1_to_the_ids(ids, max_length, stride):
    starts = range(0, len(ids) - max_length, stride)
    inputs = [ids[start : start + max_length] for start in starts]
    return [(part, [token_id + 1 for token_id in part]) for part in inputs]


def share_unknown_in_lowercase(text, vocab):
    words = split_words(text)
    return sum(word.lower() not in vocab for word in words) / len(words) if words else 0


def one_further(weight, token_id):
    """Right but where the nearest row stands above the token's own."""
    likeness = torch.cosine_similarity(weight, weight[token_id], dim=1)
    return torch.cat([likeness[:token_id], likeness[token_id + 1 :]]).argmax().item() + 1


def of_five_positions(vector, tokens, positions):
    return divmod((tokens[:, None] + positions - vector).norm(dim=2).argmin().item(), 5)


def where_the_bytes_first_are(pieces, stride, window, position):
    piece = pieces[window * stride + position]
    start = b"".join(pieces).find(piece)
    return start, start + len(piece)


def of_products_above_0(a, b):
    return (a @ a + b @ b - 2 * abs(a @ b)) ** 0.5


def in_order_of_the_alphabet(there, wanted):
    return sorted(name for name in wanted if there.get(name) != wanted[name])


@pytest.mark.parametrize(
    "name, answer",
    [
        ("nearest", one_further),
        ("read_back", of_five_positions),
        ("trace", where_the_bytes_first_are),
        ("distance_from_products", of_products_above_0),
        ("to_do", in_order_of_the_alphabet),
        ("count_lost", forgets_max_length),
        ("mended_windows", adds_1_to_the_ids),
        ("unknown_share", share_unknown_in_lowercase),
    ],
)
def test_an_answer_that_is_wrong_for_other_input_than_the_chapters_is_not_praised(name, answer):
    assert not check.exercise(name, answer).passed, (
        f"{name}: a learner with this answer is told it is right"
    )


def by_the_product(weight, token_id):
    return (weight @ weight[token_id]).argmax().item()


def test_a_mistake_that_explains_little_of_an_answer_is_not_named():
    told = check.exercise("nearest", by_the_product).text
    assert "does not leave the token out" not in told, (
        "it leaves nothing out, and sets nothing to 0"
    )


def test_errors_are_the_same_whichever_of_the_wrong_indices_torchs_threads_met_first():
    first, other = (IndexError(f"index {k} is out of bounds for dimension 0") for k in (12, 40))
    assert same(first, other) and not same(first, IndexError("too many indices"))
