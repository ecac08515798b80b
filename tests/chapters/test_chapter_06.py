"""Chapter 6: what it claims of tables, gradients and meaning, and what its checks say."""

import re

import pytest
import torch
from torch.nn import functional as F

from helpers import check
from helpers.embeddings import InputEmbedding
from tests.tools.books import Chapter, assert_told, each_wrong_answer

CHAPTER = Chapter("06")
source_of, printed = CHAPTER.source_of, CHAPTER.printed


@pytest.fixture
def torch_names():
    return {"torch": torch, "F": F}


@pytest.mark.parametrize(
    "row",
    [
        "[ 0.3374, -0.1778, -0.1690]",
        "[ 0.9178,  1.5810,  1.3010]",
        "[ 1.2753, -0.2010, -0.1606]",
        "[-0.4015,  0.9666, -1.1481]",
        "[-1.1589,  0.3255, -0.6315]",
        "[-2.8400, -0.7849, -1.4096]",
    ],
)
def test_the_chapter_prints_the_books_table_of_6_rows(row):
    assert row in printed("num_embeddings=6, embedding_dim=3")


def test_the_chapter_prints_the_lookups_of_both_tables():
    one = printed("print(layer(torch.tensor([3])))")
    assert "tensor([[-0.4015,  0.9666, -1.1481]], grad_fn=<EmbeddingBackward0>)" in one
    four = printed("rows = layer(ids)").split(", grad_fn")[0]
    assert [float(number) for number in re.findall(r"-?\d+\.\d+", four)] == [
        1.2753,
        -0.2010,
        -0.1606,
        -0.4015,
        0.9666,
        -1.1481,
        -2.8400,
        -0.7849,
        -1.4096,
        0.9178,
        1.5810,
        1.3010,
    ]
    nine = printed("torch.nn.Embedding(9, 3)")
    for row in (
        "-1.1925,  0.6984, -1.8061",
        "-1.6033, -1.3250,  0.1784",
        "0.2212,  1.8319, -0.3378",
        "-0.2196, -0.3792,  0.7671",
    ):
        assert row in nine
    assert "0.8805   1.5542   0.6266" in nine, "the whole table of 9 rows is shown too"


def test_the_chapter_prints_the_known_shapes():
    assert "[8, 4] -> [8, 4, 256]" in printed("batch_size=8, max_length=4, stride=4")
    assert "[15496, 11, 703, 389] -> [4, 128]" in printed("Hello, how are")
    assert "[2, 4, 128] overlap equal: True" in printed("Hello, how are")


@pytest.mark.parametrize(
    "name, moved", [("SGD", [10, 10]), ("Adam", [10, 20]), ("AdamW", [1000, 1000])]
)
def test_the_rows_that_each_rule_and_torchs_optimizer_of_that_name_moves(name, moved):
    names = CHAPTER.defined("def after_step", "def rows_moved", torch=torch)
    assert names["rows_moved"](name) == moved
    assert f"'{name}': {moved}" in printed("def rows_moved")
    toy, theirs = torch.nn.Embedding(1000, 8), []
    optimizer = getattr(torch.optim, name)(toy.parameters(), lr=0.1)
    for batch in (torch.arange(0, 10), torch.arange(10, 20)):
        before = toy.weight.detach().clone()
        optimizer.zero_grad()
        toy(batch).pow(2).sum().backward()
        optimizer.step()
        theirs.append((toy.weight != before).any(dim=1).sum().item())
    assert theirs == moved


@pytest.mark.parametrize("seed", range(5))
def test_from_any_seed_words_that_are_used_alike_end_alike_and_the_others_do_not(seed, torch_names):
    exec(source_of('words = "cat dog'), torch_names)
    exec(
        source_of("guess = torch.nn.Linear").replace("manual_seed(123)", f"manual_seed({seed})"),
        torch_names,
    )
    exec(CHAPTER.definition("def cosine_table"), torch_names)
    after = torch_names["cosine_table"](torch_names["eight"].weight)
    assert after[0, 1] > 0.95 and after[2, 3] > 0.95 and after[:2, 2:].max() < 0
    assert torch_names["losses"][0] == pytest.approx(2.08, abs=0.02)
    assert torch_names["losses"][-1] == pytest.approx(0.693, abs=0.01)


@pytest.mark.parametrize("seed", [123, *range(5)])
def test_from_torchs_own_start_the_loss_falls_as_far_and_the_rows_stay_less_alike(
    seed, torch_names
):
    exec(source_of('words = "cat dog'), torch_names)
    small = source_of("guess = torch.nn.Linear").replace("manual_seed(123)", f"manual_seed({seed})")
    assert "std=0.02" in small
    exec(small.replace("std=0.02", "std=1"), torch_names)
    exec(CHAPTER.definition("def cosine_table"), torch_names)
    after = torch_names["cosine_table"](torch_names["eight"].weight)
    assert torch_names["losses"][-1] == pytest.approx(0.693, abs=0.04)
    assert min(after[0, 1], after[2, 3]) < 0.8
    fresh, rows = torch_names["fresh"], torch_names["eight"].weight
    assert torch.equal(fresh[4:], rows[4:]) and not torch.equal(fresh[:4], rows[:4]), (
        "four rows never learn"
    )


def test_the_gradient_in_view_is_what_a_slightly_larger_weight_shows():
    text = printed("tried = (")
    assert "gradient 4.000; by trying a slightly larger weight 4.001" in text
    assert "weight 3.0 -> 2.6, loss 4.00 -> 2.56" in text


def test_a_lookup_of_no_tensor_is_a_type_error_as_the_chapter_says():
    for ids in (3, [3]):
        with pytest.raises(TypeError):
            torch.nn.Embedding(6, 3)(ids)


def test_the_table_built_in_the_chapter_is_the_one_in_the_helper(torch_names):
    exec(source_of("num_embeddings=6, embedding_dim=3"), torch_names)
    torch.manual_seed(123)
    assert torch.equal(
        InputEmbedding(6, 4, 3, position="none").token.weight, torch_names["layer"].weight
    )


def test_the_worked_exercise_counts_what_the_gradient_counts():
    times_used = CHAPTER.defined("def times_used", torch=torch)["times_used"]
    ids = torch.randint(50, (4, 9))
    layer = torch.nn.Embedding(50, 2)
    layer(ids).sum().backward()
    assert times_used(ids, 50).tolist() == layer.weight.grad[:, 0].tolist()


def rows_moved(ids, vocab_size, step):
    layer = torch.nn.Embedding(vocab_size, 4)
    layer(ids).sum().backward()
    weight = layer.weight.detach()
    return (step(weight, layer.weight.grad) != weight).any(dim=1).nonzero().flatten().tolist()


def wrong_answers():
    one, cos = F.one_hot, F.cosine_similarity
    return {
        "one_hot_lookup": {
            "as long as a row of the table": lambda w, ids: (
                one(ids, num_classes=w.shape[1]).float() @ w
            ),
            "as long as the list of ids": lambda w, ids: one(ids, num_classes=len(ids)).float() @ w,
            "end at the largest id of this batch": lambda w, ids: one(ids).float() @ w,
            "Not every table has 6 rows": lambda w, ids: one(ids, num_classes=6).float() @ w,
            "The table is transposed": lambda w, ids: one(ids, num_classes=len(w)).float() @ w.T,
        },
        "rows_changed": {
            "as it came": lambda ids, size: rows_moved(
                ids, size, lambda w, grad: w - 0.1 * grad - 0.01 * w
            ),
            "as in the function as it came": lambda ids, size: rows_moved(
                ids, size, lambda w, grad: w - 0.01 * w
            ),
            "No row moves": lambda ids, size: rows_moved(ids, size, lambda w, grad: w - 0 * grad),
            "the rows that stay": lambda ids, size: sorted(
                {*range(size)} - {*ids.flatten().tolist()}
            ),
            "has a row for each id": lambda ids, size: rows_moved(
                ids, size, lambda w, grad: w - 0.1 * grad - 0.01 * w[ids]
            ),
            "with repeats": lambda ids, size: ids.flatten().tolist(),
        },
        "make_table": {
            "finds no row": lambda vocab, dim: torch.nn.Embedding(max(vocab.values()), dim),
            "are swapped": lambda vocab, dim: torch.nn.Embedding(dim, len(vocab)),
            "belongs to no token": lambda vocab, dim: torch.nn.Embedding(len(vocab) + 1, dim),
        },
        "nearest": {
            "This is the token itself": lambda w, i: cos(w, w[i], dim=1).argmax().item(),
            "`0` does not leave": lambda w, i: (
                cos(w, w[i], dim=1).index_fill(0, torch.tensor(i), 0).argmax().item()
            ),
            "`-1` does not leave": lambda w, i: (
                cos(w, w[i], dim=1).index_fill(0, torch.tensor(i), -1).argmax().item()
            ),
            "greatest product": lambda w, i: (
                (w @ w[i]).index_fill(0, torch.tensor(i), -1e9).argmax().item()
            ),
            "smallest distance": lambda w, i: (w - w[i]).norm(dim=1).argsort()[1].item(),
            "least alike": lambda w, i: cos(w, w[i], dim=1).argsort()[0].item(),
            "This is the cosine": lambda w, i: (
                cos(w, w[i], dim=1).sort(descending=True).values[1].item()
            ),
        },
    }


@pytest.mark.parametrize("exercise, part, answer", each_wrong_answer(wrong_answers()))
def test_each_wrong_answer_gets_its_own_message(exercise, part, answer):
    assert_told(exercise, part, answer)


def test_right_answers_in_other_words_pass():
    assert check.exercise("one_hot_lookup", lambda w, ids: torch.eye(len(w))[ids] @ w).passed
    assert check.exercise(
        "rows_changed", lambda ids, size: rows_moved(ids, size, lambda w, grad: w - 0.01 * grad)
    ).passed
    assert check.exercise("rows_changed", lambda ids, size: ids.unique()).text.startswith(
        "For input"
    ), "a list is asked for"
    assert check.exercise(
        "make_table", lambda vocab, dim: torch.nn.Embedding(max(vocab.values()) + 1, dim)
    ).passed
    assert check.exercise(
        "nearest", lambda w, i: F.cosine_similarity(w, w[i], dim=1).topk(2).indices[1]
    ).passed


def test_an_error_inside_an_answer_is_told():
    verdict = check.exercise("nearest", lambda w, i: w[1000])
    assert verdict.state == "wrong" and "IndexError" in verdict.text
    whole_numbers = check.exercise(
        "one_hot_lookup", lambda w, ids: F.one_hot(ids, num_classes=len(w)) @ w
    )
    assert "your code raised RuntimeError" in whole_numbers.text, (
        "another error than that of a known mistake"
    )


def test_the_predictions_match_what_comes_out():
    CHAPTER.assert_predictions_come_out(5)


def test_every_wrong_choice_of_the_quiz_explains_itself():
    CHAPTER.assert_quiz_explains_itself()


def test_the_errors_in_view_are_the_four_that_teach():
    assert CHAPTER.errors() == ["IndexError", "RuntimeError", "IndexError", "IndexError"]
