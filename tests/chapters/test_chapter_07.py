"""Chapter 7: what it shows of positions is so, on the texts of the book and on ours."""

import re
import time
from itertools import permutations

import pytest

torch = pytest.importorskip("torch")

from helpers import check, models, show
from helpers.backstage.downloads import MissingDataError
from helpers.bpe import gpt2_tokenizer
from helpers.embeddings import GPT2_SIZES, InputEmbedding, rotate, sinusoidal_positions
from helpers.exercises import positions
from helpers.windows import create_dataloader_v1
from tests.tools.books import (
    AWAKENING,
    CHAPTERS,
    VERDICT,
    Chapter,
    code,
    exercises,
    prose,
    read,
    tags,
)

PATH = next((path for path in CHAPTERS if path.name.startswith("07_")), None)
pytestmark = pytest.mark.skipif(PATH is None, reason="chapter 7 is not in notebooks/")


def run_cells(text_name: str) -> tuple[dict, dict]:
    """The names that the chapter's cells leave behind on a text, and the errors that they show."""
    names, errors = {}, {}
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng(devices=[]):
        patch.setenv("COURSE_TEXT", text_name)
        for place in (show, show.figures):  # called by the chapter, and by curve and squares
            told = errors.setdefault("alts", [])
            patch.setattr(place, "figure", lambda fig, alt, told=told: told.append(alt))
        for cell in code(read(PATH))[1:]:  # the first cell is the set-up
            try:
                exec(cell.source, names)
            except (RuntimeError, IndexError) as error:
                assert "raises-exception" in tags(cell), cell.source
                errors[cell.source.splitlines()[-1]] = error
    return names, errors


@pytest.fixture(scope="module")
def ours():
    return run_cells("the-wall-walker")


@pytest.fixture(scope="module")
def on_the_verdict(verdict):
    return run_cells("the-verdict")[0]


@pytest.fixture(scope="module")
def without_the_model():
    """The chapter where the trained model can't be had, and all that it prints and answers."""
    said = []

    def missing():
        raise MissingDataError("minilm-l6-v2.zip could not be had.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "load_model", missing)
        patch.setattr(
            "builtins.print", lambda *words, **how: said.append(" ".join(map(str, words)))
        )
        patch.setattr(
            check, "outcome", lambda key, value, *lines: said.append(f"{key}: {value} {lines}")
        )
        return *run_cells("the-wall-walker"), said


@pytest.fixture(scope="module")
def learned(ours):
    """The trained model's position table, or a skip where the model can't be had."""
    if "learned" not in ours[0]["tables"]:
        pytest.skip("the trained model can't be had here")
    return ours[0]["tables"]["learned"]


def test_on_the_verdict_the_first_batch_and_all_shapes_are_the_books(on_the_verdict):
    seen = on_the_verdict
    assert seen["inputs"].tolist() == VERDICT
    assert list(seen["token_embeddings"].shape) == [8, 4, 256]
    assert list(seen["position_embeddings"].shape) == [4, 256]
    assert list(seen["input_embeddings"].shape) == [8, 4, 256]


def test_on_the_verdict_two_windows_with_stride_1_are_the_books(on_the_verdict):
    assert on_the_verdict["two"].tolist() == [[40, 367, 2885, 1464], [367, 2885, 1464, 1807]]


def test_on_the_awakening_windows_of_three_give_8_3_256(awakening):
    ids, _ = next(iter(create_dataloader_v1(awakening, 8, 3, 3, shuffle=False)))
    assert ids.tolist() == AWAKENING
    layer = InputEmbedding(50257, 3, 256)
    assert list(layer.token(ids).shape) == list(layer(ids).shape) == [8, 3, 256]
    assert list(layer.positions(3).shape) == [3, 256]


def test_the_chapter_prints_both_known_batches_and_all_known_shapes():
    known = Chapter("07").printed("awakening = ")
    assert [int(number) for number in re.findall(r"\d+", known.split(" [8, 4] -> ")[0])] == sum(
        VERDICT, []
    )
    assert "[8, 4] -> [8, 4, 256]" in known and known.endswith("[8, 3] -> [8, 3, 256]\n")
    assert [
        int(number)
        for number in re.findall(r"\d+", known.split("[8, 4, 256]")[1].split(" [8, 3] -> ")[0])
    ] == (sum(AWAKENING, []))
    assert "[0, 1, 2, 3] -> [4, 256]" in Chapter("07").printed(
        "position_embeddings = position_layer"
    )
    assert "[8, 3] [8, 3, 256] + [3, 256] -> [8, 3, 256]" in Chapter("07").printed(
        "for batch_size, length, dim in"
    )
    assert "[2, 4] [2, 4, 128] + [4, 128] -> [2, 4, 128]" in Chapter("07").printed(
        "for batch_size, length, dim in"
    )


def test_the_chapter_prints_the_sizes_of_both_tables_of_each_model():
    lines = [
        line.split() for line in Chapter("07").printed("in GPT2_SIZES.items()").splitlines()[1:]
    ]
    assert lines == [
        [name, str(dim), f"{50257 * dim:,}", f"{1024 * dim:,}"]
        for name, (_, dim) in GPT2_SIZES.items()
    ]


def test_the_chapter_and_the_helpers_give_the_same(ours):
    names, _ = ours
    assert torch.equal(names["embedding"](names["inputs"]), names["input_embeddings"])
    for length, dim in ((1, 2), (7, 6), (1024, 768)):
        assert torch.equal(names["waves"](length, dim), sinusoidal_positions(length, dim))
    rows = torch.randn(50, 16, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(names["rotate"](rows), rotate(rows), atol=1e-6)


def test_the_errors_in_view_are_the_ones_that_the_prose_explains(ours):
    shown = [f"{type(error).__name__}: {error}" for key, error in ours[1].items() if key != "alts"]
    assert len(shown) == 3
    assert shown[0] == "IndexError: index out of range in self"
    assert "(4) must match the size of tensor b (1024)" in shown[1]
    assert "The window has 5 tokens; expected at most 4" in shown[2]
    assert (
        "Cut the window: ids[..., :4] keeps the first tokens, ids[..., -4:] the last." in shown[2]
    )


def test_the_swapped_tables_of_the_exercise_raise_the_error_that_the_chapter_names(ours):
    (cell,) = [cell for cell in read(PATH).cells if "def two_tables" in cell.source][:1]
    names = {"torch": torch}
    exec(re.search(r"```python\n(.*?)```", cell.source, re.S)[1], names)
    assert "raise the IndexError of *Break it*" in cell.source
    with pytest.raises(IndexError, match="index out of range in self"):
        names["two_tables"](50257, 1024, 16)[0](ours[0]["dog_bites"])


def test_the_last_place_of_gpt2_is_1023_and_1024_is_an_index_error():
    layer = torch.nn.Embedding(1024, 2)
    assert list(layer(torch.arange(1024)).shape) == [1024, 2]
    with pytest.raises(IndexError, match="index out of range"):
        layer(torch.tensor([1024]))
    with pytest.raises(IndexError, match="expected at most 1024"):
        InputEmbedding(10, 1024, 2)(torch.zeros(1, 1025, dtype=torch.long))


def test_order_is_lost_without_positions_or_without_attention_and_kept_with_both(ours):
    names, _ = ours
    count, attend, orders = names["count_sums"], names["attend"], names["all_orders"]
    placed = orders + names["position_vectors"]
    assert len(orders) == len(set(permutations(range(5)))) == 120
    assert [count(orders), count(attend(orders)), count(placed)] == [1, 1, 1]
    assert count(attend(placed)) == 120
    masked = names["attend_masked"]
    assert count(masked(orders)) == count(masked(placed)) == 120
    table = [
        line.split()[-2:] for line in Chapter("07").printed('rows = [["a sum"').splitlines()[1:]
    ]
    assert table == [["1", "1"], ["1", "120"]]


def test_one_masked_layer_tells_the_last_token_only_which_token_it_is(ours):
    names, _ = ours
    last = names["attend_masked"](names["all_orders"])[:, -1]
    assert (
        len(last.round(decimals=6).unique(dim=0)) == names["count_last"](names["all_orders"]) == 5
    )
    assert names["count_last"](names["placed"]) == 120


def test_turned_queries_and_keys_tell_all_orders_apart_and_values_stay(ours):
    names, _ = ours
    count, turn = names["count_sums"], names["attend_rotary"]
    assert count(torch.stack([turn(x) for x in names["all_orders"]])) == 120
    x = names["vectors"]
    weights = (rotate(x) @ rotate(x).mT / x.shape[-1] ** 0.5).softmax(dim=-1)
    assert torch.allclose(turn(x), weights @ x)


def test_a_distance_without_a_sign_loses_half_of_the_orders_unless_there_is_a_mask(ours):
    names, _ = ours
    count, near = names["count_sums"], names["attend_by_distance"]
    assert count(near(names["all_orders"])) == 60
    assert count(near(names["all_orders"], causal=True)) == 120
    back = names["vectors"].flip(0)
    assert torch.allclose(near(names["vectors"]).sum(dim=0), near(back).sum(dim=0))


def test_a_score_of_turned_vectors_depends_on_the_signed_offset(ours):
    scores = ours[0]["scores"]
    assert scores[3, 0] == pytest.approx(15.742, abs=0.001)  # the values that voice and code share
    assert scores[3, 0] == pytest.approx(scores[13, 10], abs=0.001)
    assert scores[3, 0] == pytest.approx(scores[503, 500], abs=0.001)
    assert scores[0, 3] == pytest.approx(16.820, abs=0.001)
    assert ours[0]["came"] != "both"


def by_distance(pairs):
    """The mean cosine of each distance, and the share of all differences that it explains."""
    size = len(pairs)
    means = torch.stack([pairs.diagonal(apart).mean() for apart in range(size)])
    places = torch.arange(size)
    apart = ~torch.eye(size, dtype=torch.bool)
    left = (pairs - means[(places[:, None] - places).abs()])[apart].var()
    return means, 1 - (left / pairs[apart].var()).item()


def test_the_learned_positions_have_stripes_as_the_sinusoidal_ones_and_random_ones_have_none(
    ours, learned
):
    cosines, tables = ours[0]["cosines"], ours[0]["tables"]
    explained = {}
    for name, table in tables.items():
        unit = table / table.norm(dim=1, keepdim=True)
        assert torch.allclose(cosines(table), unit @ unit.T, atol=1e-5)
        explained[name] = by_distance(cosines(table)[:128, :128])[1]
    assert explained["sinusoidal"] > 0.999
    assert 0.6 < explained["learned"] < 0.75
    assert explained["random"] < 0.05


def test_learned_neighbours_are_alike_and_the_cosines_come_in_waves(ours, learned):
    means, _ = by_distance(ours[0]["cosines"](learned))
    assert means[1].item() == pytest.approx(0.851, abs=0.002)
    assert means[3] < means[5] > means[8] < means[11] > means[20]
    printed = Chapter("07").printed("distances = [")
    line = next(line for line in printed.splitlines() if line.startswith("learned"))
    assert [float(number) for number in line.split()[1:]] == pytest.approx(
        [means[apart].item() for apart in ours[0]["distances"]], abs=0.006
    )


def test_position_0_of_the_learned_table_is_longer_and_its_stripes_bend(ours, learned):
    lengths = learned.norm(dim=1)
    assert lengths[0] > 2 * lengths[1:].max()
    pairs = ours[0]["cosines"](learned)
    furthest = [60 + pairs[line, line + 60 : line + 131].argmin().item() for line in (10, 250, 380)]
    assert furthest[1] > furthest[0] + 5 and furthest[1] > furthest[2] + 5


def test_without_the_trained_model_the_chapter_runs_to_its_end_and_says_what_is_missing(
    without_the_model,
):
    names, errors, said = without_the_model
    printed = "\n".join(said)
    assert "learned" not in names["tables"] and names["found"][64] == (100, 100)
    assert printed.count("The trained model is missing") == 1
    assert "minilm-l6-v2.zip could not be had." in printed
    assert "pos_neighbours: nothing, since the trained model is missing" in printed
    assert all("learned, " not in alt and "learned:" not in alt for alt in errors["alts"])


@pytest.mark.parametrize("seed", range(5))
def test_attention_is_equivariant_without_a_mask_and_leaks_order_with_one(ours, seed):
    attend, masked, swap = (ours[0][name] for name in ("attend", "attend_masked", "swap"))
    rows = (
        torch.randn(5, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 0.3
    )
    assert torch.allclose(attend(rows)[swap], attend(rows[swap]))
    assert not torch.allclose(masked(rows)[2], masked(rows[swap])[2], atol=1e-3)
    once = [masked(order) for order in (rows, rows[ours[0]["earlier"]])]
    twice = [masked(order) for order in once]
    assert torch.allclose(once[0][4], once[1][4]) and not torch.allclose(
        twice[0][4], twice[1][4], atol=1e-3
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_whole_layer_of_torch_is_blind_to_order_too(seed):
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        layer = torch.nn.TransformerEncoderLayer(64, nhead=4, batch_first=True).eval()
        rows = torch.randn(1, 5, 64)
    with torch.no_grad():
        change = layer(rows)[0, 2] - layer(rows[:, [0, 4, 2, 3, 1]])[0, 2]
    assert change.abs().max() < 0.0001


@pytest.mark.parametrize("distance", [0, 1, 3, 60])
def test_dot_products_of_waves_depend_on_distance_and_of_turned_vectors_on_the_offset(distance):
    table = sinusoidal_positions(1024, 64)
    generator = torch.Generator().manual_seed(0)
    one, other = (rotate(torch.randn(64, generator=generator).expand(1024, -1)) for _ in range(2))
    for start in (10, 500, 960):
        assert abs(table[start] @ table[start + distance] - table[0] @ table[distance]) < 0.001
        assert abs(one[start + distance] @ other[start] - one[distance] @ other[0]) < 0.001
        assert abs(one[start] @ other[start + distance] - one[0] @ other[distance]) < 0.001
    if distance:
        assert abs(one[distance] @ other[0] - one[0] @ other[distance]) > 0.1
    assert (table[0] @ table[3] - table[0] @ table[60]).abs() > 1


def test_a_sum_can_be_read_back_at_many_columns_and_not_at_four(ours):
    found = ours[0]["found"]
    assert found[4][0] == 0 and found[4][1] <= 10 and found[64] == (100, 100)
    assert all(tokens <= places for tokens, places in found.values())


def test_the_right_choices_hold_on_both_texts(ours, on_the_verdict):
    for names in (ours[0], on_the_verdict):
        assert names["equal"] is False and names["change"] > 0.01  # with positions
        assert abs(names["near"] - names["far"]) < 0.001


def test_figures_say_what_they_show(ours, learned):
    pairs, hands, whole = ours[1]["alts"]
    turns = list(map(int, re.findall(r"(\d+) in hand", hands)))
    assert turns == sorted(turns, reverse=True) and turns[-1] == 0
    for name, table in ours[0]["tables"].items():
        cosines = ours[0]["cosines"](table)
        one, three, five = (cosines[:128, :128].diagonal(apart).mean() for apart in (1, 3, 5))
        facts = f"{name}, means 1, 3 and 5 beside the diagonal: "
        facts += f"{one:.2f}, {three:.2f}, {five:.2f}."
        assert facts in pairs
        if name != "random":
            assert f"{name}: cosines 50 apart have standard deviation" in whole


def test_rotary_positions_are_taught_and_what_else_there_is_has_its_source():
    core, _, further = prose(read(PATH)).partition("\n## Going further\n")
    assert "rotary positions" in core and "Values aren't turned" in core
    links = "\n".join(cell.source for cell in read(PATH).cells if cell.cell_type == "markdown")
    for paper in (
        "1706.03762",
        "2104.09864",
        "2108.12409",
        "2203.16634",
        "2305.19466",
        "2306.15595",
    ):
        assert f"(https://arxiv.org/abs/{paper})" in links
    assert "ALiBi" in further and "NoPE" in further


def test_both_tables_of_gpt2_have_the_published_sizes():
    sizes = {name: (50257 * dim, 1024 * dim) for name, (_, dim) in GPT2_SIZES.items()}
    assert sizes["gpt2"] == (38_597_376, 786_432) and sizes["gpt2-xl"] == (80_411_200, 1_638_400)


def test_the_sentences_are_five_tokens_and_swap_two_of_them():
    tokenizer = gpt2_tokenizer()
    one, other = (
        tokenizer.encode("the dog bites the man"),
        tokenizer.encode("the man bites the dog"),
    )
    assert len(one) == 5 and [one[place] for place in (0, 4, 2, 3, 1)] == other
    assert tokenizer.encode(" the dog bites the man")[::3] == tokenizer.encode(" the the")


# The exercises


def solved(name: str) -> str:
    return next(
        solution for cell, solution in exercises(read(PATH)) if f'("{name}", {name})' in cell.source
    )


@pytest.mark.parametrize(
    "name, old, new, message",
    [
        ("embed", "ids.shape[1]", "ids.shape[0]", "You counted the windows"),
        ("embed", "ids.shape[1]", "position_layer.num_embeddings", "You took all rows"),
        ("embed", "ids.shape[1]", "1, ids.shape[1] + 1", "The first position is 0"),
        ("embed", "ids.shape[1]", "4", "You counted four positions"),
        ("embed", "ids.shape[1]", "1024", "positions that the position table does not have"),
        (
            "embed",
            "ids.shape[1]",
            "len(token_layer.weight)",
            "positions that the position table does not have",
        ),
        (
            "embed",
            "position_layer(positions)",
            "position_layer(ids)",
            "Position vectors are chosen by position",
        ),
        ("embed", "position_layer(positions)", "positions", "positions' own numbers were added"),
        ("mean_so_far", ".tril()", "", "as given"),
        ("mean_so_far", ".tril()", ".triu()", "looks the wrong way"),
        ("mean_so_far", ".tril()", ".triu(1)", "`.triu(1)` keeps what comes later"),
        ("mean_so_far", ".tril()", ".tril(-1)", "the first one sees nobody"),
        (
            "mean_so_far",
            "torch.ones(len(x), len(x)).tril()",
            "torch.eye(len(x))",
            "sees itself alone",
        ),
        (
            "mean_so_far",
            "torch.ones(len(x), len(x)).tril()\n"
            "    weights = weights / weights.sum(dim=1, keepdim=True)",
            "(torch.ones(len(x), len(x)) / len(x)).tril()",
            "Hide them before you add up and divide",
        ),
        ("mean_so_far", "return weights @ x", "return x.cumsum(dim=0)", "the sum so far"),
        (
            "two_tables",
            "vocab_size, dim), torch.nn.Embedding(context_length",
            "context_length, dim), torch.nn.Embedding(vocab_size",
            "The tables are still swapped",
        ),
        (
            "two_tables",
            "context_length, dim)\n",
            "vocab_size, dim)\n",
            "Both tables have a row for each id",
        ),
        (
            "two_tables",
            "context_length, dim)\n",
            "context_length - 1, dim)\n",
            "The last position has no row",
        ),
        ("two_tables", "context_length, dim)\n", "dim, context_length)\n", "expected"),
        (
            "two_tables",
            "vocab_size, dim), torch.nn.Embedding(context_length",
            "vocab_size + 1, dim), torch.nn.Embedding(context_length + 1",
            "In both tables one row is left over",
        ),
        (
            "two_tables",
            "vocab_size, dim)",
            "vocab_size + 1, dim)",
            "one row of the token table is left over",
        ),
        (
            "two_tables",
            "context_length, dim)\n",
            "context_length + 1, dim)\n",
            "one row of the position table is left over",
        ),
        ("rotary_score", "turned_query @ turned_key", "query @ key", "as given"),
        ("rotary_score", "turned_query @ turned_key", "turned_query @ key", "Only the query"),
        (
            "rotary_score",
            "turned_query @ turned_key",
            "rotate(query)[m] @ rotate(key)[n]",
            "you gave it one vector",
        ),
        ("rotary_score", "turned_query @ turned_key", "query @ turned_key", "Only the key"),
        ("rotary_score", "turned_query @ turned_key", "turned_query * turned_key", "Add them up"),
        (
            "rotary_score",
            "rotate(query.expand(m + 1, -1))[m]\n    turned_key = rotate(key.expand(n + 1, -1))[n]",
            "rotate(query.expand(n + 1, -1))[n]\n    turned_key = rotate(key.expand(m + 1, -1))[m]",
            "The positions are swapped",
        ),
        (
            "rotary_score",
            "rotate(query.expand(m + 1, -1))[m]\n    turned_key = rotate(key.expand(n + 1, -1))[n]",
            "rotate(query.expand(m + n + 1, -1))[abs(m - n)]\n    turned_key = key",
            "without its sign",
        ),
        (
            "rotary_score",
            "rotate(query.expand(m + 1, -1))[m]\n    turned_key = rotate(key.expand(n + 1, -1))[n]",
            "query + waves(m + 1, 8)[m]\n    turned_key = key + waves(n + 1, 8)[n]",
            "Rotary positions add nothing",
        ),
        (
            "read_back",
            "divmod(distances.argmin().item(), len(position_table))",
            "tuple((rows - vector).norm(dim=1).argmin().item() "
            "for rows in (token_table, position_table))",
            "chosen separately",
        ),
        (
            "read_back",
            ", len(position_table))",
            ", len(token_table))",
            "You divided by the number of tokens",
        ),
        (
            "read_back",
            "len(position_table))",
            "len(position_table))[::-1]",
            "The position came first",
        ),
        (
            "read_back",
            "divmod(distances.argmin().item(), len(position_table))",
            "distances.argmin().item()",
            "This is the number of the pair",
        ),
    ],
)
def test_a_typical_wrong_answer_is_told_what_is_wrong(name, old, new, message):
    solution = solved(name)
    assert solution.count(old) == 1, f"{old!r} in\n{solution}"
    names = Chapter("07").defined("def waves", "def rotate", torch=torch, check=check)
    exec(solution, names)
    assert check.exercise(name, names[name]).passed
    exec(solution.replace(old, new), names)
    verdict = check.exercise(name, names[name])
    assert not verdict.passed and message in verdict.text, verdict.text


# The milestone


def own_sum(token_layer, position_layer, ids):
    return token_layer(ids) + position_layer(torch.arange(ids.shape[1]))


def without_positions(token_layer, position_layer, ids):
    return token_layer(ids)


def shares(told):
    """How many of 100 rows the network is right about without positions, and with an answer's."""
    return [int(share) for share in re.findall(r"(\d+)%$", repr(told), re.M)]


def test_a_network_is_right_about_two_orders_only_with_a_learners_own_positions():
    told = check.milestone("embed", own_sum)
    without, own = shares(told)
    assert told.passed and "yours" in repr(told)
    assert 45 <= without <= 55, "without positions nothing tells which came first"
    assert own > 90, "with positions the network should have learned it"


def test_without_an_answer_the_milestone_says_so_and_goes_on_with_the_courses_own():
    for blank in (..., None, lambda token_layer, position_layer, ids: ...):
        told = check.milestone("embed", blank)
        assert told.state == "open" and "embed isn't finished" in repr(told)
        assert "the course's own" in repr(told) and shares(told)[1] > 90


@pytest.mark.parametrize(
    "answer, message",
    [
        (without_positions, "which don't say which came first"),
        (lambda token, position, ids: token(ids) + position(ids), "chosen by position"),
        (
            lambda token, position, ids: token(ids) + position(torch.tensor(0)),
            "the vector of position 0",
        ),
    ],
    ids=["token vectors alone", "positions of the ids", "one position for all"],
)
def test_with_a_sum_that_holds_no_order_the_learner_is_told_why_and_the_network_tosses_a_coin(
    answer, message
):
    told = check.milestone("embed", answer)
    assert told.state == "wrong" and message in told.text
    assert all(45 <= share <= 55 for share in shares(told)) and len(shares(told)) == 2


@pytest.mark.parametrize(
    "answer, message",
    [
        (lambda token, position, ids: token(ids) + position.weight, "You took all rows"),
        (lambda token, position, ids: token(ids) + torch.arange(ids.shape[1]), "own numbers"),
        (lambda token, position, ids: token(ids) + torch.arange(len(ids)), "for each window"),
    ],
    ids=["the whole table", "numbers for vectors", "numbers for windows"],
)
def test_a_sum_that_ends_in_an_error_is_told_why_and_draws_no_picture(answer, message):
    told = check.milestone("embed", answer)
    assert told.state == "wrong" and message in told.text and not shares(told)


def test_no_training_can_tell_twins_apart_without_positions():
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(1)
        ids, first = positions.two_orders(200)
        alone, own = (positions.trained_to_tell(sums, 0) for sums in (without_positions, own_sum))
        rows, twins = ids.split(200)
        assert torch.equal(rows.sort(dim=1).values, twins.sort(dim=1).values)
        assert torch.equal(first[:200] + first[200:], torch.ones(200)), "one of the two is right"
        assert torch.allclose(alone(rows), alone(twins), atol=1e-6)
        assert not torch.allclose(own(rows), own(twins), atol=1e-6)


def test_a_look_takes_seconds_and_leaves_threads_and_chance_as_they_were():
    threads, chance = torch.get_num_threads(), torch.random.get_rng_state()
    start = time.thread_time()
    check.milestone("embed", own_sum)
    assert time.thread_time() - start < 3, "a class waits for this"
    check.milestone("embed", lambda token, position, ids: token(ids)[:, :, :3])  # ends in an error
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.random.get_rng_state(), chance)
