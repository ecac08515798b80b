"""Chapter 6: what it claims of tables, gradients and meaning, and what its checks say."""

import math
import re

import pytest
import torch
from torch.nn import functional as F

from helpers import check
from helpers.backstage.downloads import MissingDataError
from helpers.embeddings import InputEmbedding
from helpers.models import load_model
from helpers.vectors import load_word_vectors
from tests.tools.books import (
    ROOT,
    Chapter,
    assert_told,
    each_wrong_answer,
)

CHAPTER = Chapter("06")
OFFLINE = ROOT / "tests" / "machines" / "offline"  # on PYTHONPATH it cuts the network
source_of, printed = CHAPTER.source_of, CHAPTER.printed


@pytest.fixture(scope="module")
def model():
    try:
        return load_model()
    except MissingDataError as error:
        pytest.skip(f"the trained model can't be had here: {error}")


def nearest_tokens(model, word):
    """The three tokens whose rows have the greatest cosine with a word's, by torch alone."""
    row = model.token_table[model.tokenizer.vocab[word]]
    cosines = F.cosine_similarity(model.token_table, row, dim=1)
    best = cosines.argsort(descending=True)[1:4].tolist()
    return [f"{model.tokenizer.tokens[i]} {cosines[i]:.2f}" for i in best]


@pytest.fixture
def torch_names():
    return {"torch": torch, "F": F, "math": math}


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


def trained_from(seed):
    """The code that trains the table of eight words, from another seed."""
    start = source_of("guess = torch.nn.Linear")
    assert "manual_seed(123)" in start
    trained = "\n".join([start, source_of("losses = []")])
    return trained.replace("manual_seed(123)", f"manual_seed({seed})")


@pytest.mark.parametrize("seed", range(5))
def test_from_any_seed_words_that_are_used_alike_end_alike_and_the_others_do_not(seed, torch_names):
    exec(source_of('words = "cat dog'), torch_names)
    exec(trained_from(seed), torch_names)
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
    small = trained_from(seed)
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


def test_the_chapter_shows_the_norms_of_trained_rows_and_of_random_ones(model):
    norms = printed("for name, table in tables.items():\n    norms")
    assert f"trained model: mean norm {model.token_table.norm(dim=1).mean():.2f}, " in norms
    assert "trained model: mean norm 1.07, √384 = 19.6" in norms
    assert "trained model [30522, 384]" in printed('tables = {"word2vec": load_word_vectors()}')
    random = re.search(r"random: mean norm ([\d.]+)", norms)
    assert float(random[1]) == pytest.approx(384**0.5, abs=0.05), "a row of N(0, 1)"


def test_the_neighbours_in_the_trained_table_are_those_that_torch_finds(model):
    assert nearest_tokens(model, "three") == ["3 0.73", "four 0.59", "two 0.59"]
    assert ", ".join(nearest_tokens(model, "three")) in printed('check.outcome("embed_three"')
    table = printed("asked = [")
    for word in ("cat", "king", "berlin", "rome"):
        assert ", ".join(nearest_tokens(model, word)) in table, word
    assert {"cats", "kitten"} <= {each.split()[0] for each in nearest_tokens(model, "cat")}
    assert {"kings", "queen"} <= {each.split()[0] for each in nearest_tokens(model, "king")}


def test_berlin_and_rome_have_rows_in_the_model_and_none_among_the_word_vectors(model):
    for word in ("berlin", "rome"):
        assert word in model.tokenizer.vocab
    vectors = load_word_vectors()
    assert not any(word in vectors for word in ("Berlin", "berlin", "Rome", "rome"))
    assert printed("asked = [").count("berlin has no row") == 2, "word2vec and the random table"


def test_the_famous_analogy_has_the_catch_in_the_trained_table_too(model):
    unit = F.normalize(model.token_table, dim=1)
    man, king, woman = (unit[model.tokenizer.vocab[word]] for word in ("man", "king", "woman"))
    cosines = F.cosine_similarity(unit, king - man + woman, dim=1)
    first, second = cosines.argsort(descending=True)[:2].tolist()
    told = f"king {cosines[first]:.2f}, queen {cosines[second]:.2f}"
    assert f"trained model, words of the question in: {told}" in printed("for exclude in (False")


def test_rows_that_were_never_used_point_the_same_way(model):
    unused = [i for token, i in model.tokenizer.vocab.items() if token.startswith("[unused")]
    unit = F.normalize(model.token_table[unused], dim=1)
    shown = printed("[unused")
    assert f"{len(unused)} tokens" in shown
    assert f"mean cosine of two of them {(unit @ unit.T).mean():.2f}" in shown


def test_a_large_start_makes_the_first_loss_of_a_tied_output_ten_times_as_high():
    text = printed("token_rows = torch.randn(50257, 768)")
    losses = [float(number) for number in re.findall(r"loss ([\d.]+)", text)]
    blind, large, small = losses
    assert blind == pytest.approx(math.log(50257), abs=0.05)
    # Logits spread like N(0, s²) cost ln V + s²/2 while s is small: s is 0.02 times the root of 768.
    assert small == pytest.approx(math.log(50257) + 0.02**2 * 768 / 2, abs=0.05)
    assert large > 10 * small, "the chapter says ten times as high"


def test_a_new_row_wins_half_of_the_time_at_torchs_start_and_never_at_the_mean(model):
    wins = dict(re.findall(r"(.+): norm [\d.]+, greatest logit (\d+) times", printed("wins = (")))
    assert 400 < int(wins["torch's start, std 1"]) < 600
    assert int(wins["mean of the others"]) == 0
    outputs = torch.randn(200, 384, generator=torch.Generator().manual_seed(5))
    logits = outputs @ model.token_table.T
    ours = outputs @ model.token_table.mean(dim=0)
    assert torch.allclose(ours, logits.mean(dim=1), atol=1e-4), "the mean of the dot products"
    assert (ours < logits.max(dim=1).values).all()


def test_the_gradient_in_view_is_what_a_slightly_larger_weight_shows():
    text = printed("weight = torch.tensor(3.0, requires_grad=True)")
    tried = ((3.001 - 1) ** 2 - (3 - 1) ** 2) / 0.001
    assert f"gradient {tried:.1f}\n" in text
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


def added(row, number=len, again=False):
    """An answer to add_token: the row and the id are made by these functions."""

    def answer(vocab, weight, token):
        if token in vocab and not again:
            return vocab, weight
        return {**vocab, token: number(vocab)}, torch.cat([weight, row(weight).reshape(1, -1)])

    return answer


def mean(weight):
    return weight.mean(dim=0)


def mean_by_one_too_many(vocab, weight, token):
    if token not in vocab:
        vocab[token] = len(vocab)
        weight = torch.vstack([weight, sum(weight) / len(vocab)])
    return vocab, weight


def row_first(vocab, weight, token):
    if token in vocab:
        return vocab, weight
    return {**vocab, token: len(vocab)}, torch.cat([mean(weight).reshape(1, -1), weight])


def fresh_table(vocab, weight, token):
    if token in vocab:
        return vocab, weight
    return {**vocab, token: len(vocab)}, torch.nn.Embedding(len(vocab) + 1, weight.shape[1]).weight


def wrong_answers():
    one, cos = F.one_hot, F.cosine_similarity
    with torch.random.fork_rng():
        torch.manual_seed(123)
        layer = torch.nn.Embedding(6, 3).weight.detach()
    return {
        "add_token": {
            "the table has no row with that number": lambda vocab, weight, token: (
                {**vocab, token: vocab.get(token, len(vocab))},
                weight,
            ),
            "has one axis": lambda vocab, weight, token: (
                (vocab, weight)
                if token in vocab
                else ({**vocab, token: len(vocab)}, torch.cat([weight, mean(weight)]))
            ),
            "as a table of one row": lambda vocab, weight, token: (
                (vocab, weight)
                if token in vocab
                else ({**vocab, token: len(vocab)}, torch.cat([weight, weight.mean()]))
            ),
            "your function gives `None`": lambda vocab, weight, token: (
                None if token in vocab else added(mean)(vocab, weight, token)
            ),
            "divided by one too many": mean_by_one_too_many,
            "the vocabulary does not name it": lambda vocab, weight, token: (
                vocab,
                added(mean)(vocab, weight, token)[1],
            ),
            "one too large": added(mean, lambda vocab: len(vocab) + 1),
            "has the id of the last one": added(mean, lambda vocab: len(vocab) - 1),
            "its id must stay": added(mean, again=True),
            "all zeros": added(lambda weight: torch.zeros(weight.shape[1])),
            "a single number": added(lambda weight: weight.mean().expand(weight.shape[1])),
            "perhaps a random one": added(lambda weight: torch.randn(weight.shape[1])),
            "stands above the others": row_first,
            "all trained rows are lost": fresh_table,
        },
        "one_hot_lookup": {
            "as long as a row of the table": lambda w, ids: (
                one(ids, num_classes=w.shape[1]).float() @ w
            ),
            "as long as the list of ids": lambda w, ids: one(ids, num_classes=len(ids)).float() @ w,
            "end at the largest id of this batch": lambda w, ids: one(ids).float() @ w,
            "places are counted from 0": lambda w, ids: one(ids, num_classes=ids.max()).float() @ w,
            "Not every table has 6 rows": lambda w, ids: one(ids, num_classes=6).float() @ w,
            "rows of section 1's layer": lambda w, ids: one(ids, num_classes=6).float() @ layer,
            "The table is transposed": lambda w, ids: one(ids, num_classes=len(w)).float() @ w.T,
        },
        "rows_changed": {
            "as given": lambda ids, size: rows_moved(
                ids, size, lambda w, grad: w - 0.1 * grad - 0.01 * w
            ),
            "as in the function as given": lambda ids, size: rows_moved(
                ids, size, lambda w, grad: w - 0.01 * w
            ),
            "No row moves": lambda ids, size: rows_moved(ids, size, lambda w, grad: w - 0 * grad),
            "the rows that stay": lambda ids, size: sorted(
                {*range(size)} - {*ids.flatten().tolist()}
            ),
            "gives a row for each id": lambda ids, size: rows_moved(
                ids, size, lambda w, grad: w - 0.1 * grad - 0.01 * w[ids]
            ),
            "with repeats": lambda ids, size: ids.flatten().tolist(),
        },
        "make_table": {
            "still no row for the largest id": lambda vocab, dim: torch.nn.Embedding(
                max(vocab.values()), dim
            ),
            "are swapped": lambda vocab, dim: torch.nn.Embedding(dim, len(vocab)),
            "belongs to no token": lambda vocab, dim: torch.nn.Embedding(len(vocab) + 1, dim),
        },
        "nearest": {
            "This is the token itself": lambda w, i: cos(w, w[i], dim=1).argmax().item(),
            "`0` does not leave": lambda w, i: (
                cos(w, w[i], dim=1).index_fill(0, torch.tensor(i), 0).argmax().item()
            ),
            "This does not always leave": lambda w, i: (
                cos(w, w[i], dim=1).index_fill(0, torch.tensor(i), -1).argmax().item()
            ),
            "greatest `@`": lambda w, i: (
                (w @ w[i]).index_fill(0, torch.tensor(i), -1e9).argmax().item()
            ),
            "smallest distance": lambda w, i: (w - w[i]).norm(dim=1).argsort()[1].item(),
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


def test_a_table_and_its_vocabulary_may_grow_in_place_or_anew():
    def in_place(vocab, weight, token):
        if token not in vocab:
            vocab[token] = len(vocab)
            weight = torch.vstack([weight, weight.mean(0)])
        return vocab, weight

    assert check.exercise("add_token", in_place).passed
    assert check.exercise("add_token", added(mean)).passed
    assert check.exercise("add_token", lambda *case: [*added(mean)(*case)]).passed
    only_table = check.exercise("add_token", lambda vocab, weight, token: weight)
    assert only_table.state == "wrong" and "expected" in only_table.text
    two = "'<user>': 3}, 'a table of shape [4, 2]: the old rows are kept, the last row is the mean"
    assert two in only_table.text, "two things are asked for, and it must not look like four"


def test_an_error_inside_an_answer_is_told():
    verdict = check.exercise("nearest", lambda w, i: w[1000])
    assert verdict.state == "wrong" and "IndexError" in verdict.text
    whole_numbers = check.exercise(
        "one_hot_lookup", lambda w, ids: F.one_hot(ids, num_classes=len(w)) @ w
    )
    assert "Your code raised RuntimeError" in whole_numbers.text, (
        "another error than that of a known mistake"
    )


def test_the_predictions_match_what_comes_out():
    CHAPTER.assert_predictions_come_out(6)


def test_the_errors_in_view_are_the_three_that_teach():
    assert CHAPTER.errors() == ["IndexError", "RuntimeError", "IndexError"]
