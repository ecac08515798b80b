"""Chapter 7: what it shows of positions is so, on the texts of the book and on ours."""

import re
from itertools import permutations

import pytest

torch = pytest.importorskip("torch")

from helpers import check, show
from helpers.bpe import gpt2_tokenizer
from helpers.embeddings import GPT2_SIZES, InputEmbedding, rotate, sinusoidal_positions
from helpers.windows import create_dataloader_v1
from tests.tools.books import AWAKENING, CHAPTERS, VERDICT, Chapter, code, exercises, read, tags

PATH = next((path for path in CHAPTERS if path.name.startswith("07_")), None)
pytestmark = pytest.mark.skipif(PATH is None, reason="chapter 7 is not in notebooks/")


def run_cells(text_name: str) -> tuple[dict, dict]:
    """The names that the chapter's cells leave behind on a text, and the errors that they show."""
    names, errors = {}, {}
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng(devices=[]):
        patch.setenv("COURSE_TEXT", text_name)
        patch.setattr(show, "figure", lambda fig, alt: errors.setdefault("alts", []).append(alt))
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


def test_on_the_verdict_the_first_batch_and_all_shapes_are_the_books(on_the_verdict):
    seen = on_the_verdict
    assert seen["inputs"].tolist() == VERDICT
    assert list(seen["token_embeddings"].shape) == [8, 4, 256]
    assert list(seen["position_embeddings"].shape) == [4, 256]
    assert list(seen["input_embeddings"].shape) == [8, 4, 256]


def test_on_the_verdict_two_windows_of_128_columns_give_2_4_128(on_the_verdict):
    assert [list(on_the_verdict[name].shape) for name in ("ids", "tokens", "places")] == [
        [2, 4],
        [2, 4, 128],
        [4, 128],
    ]
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
    assert len(shown) == 4
    assert "(4) must match the size of tensor b (1024)" in shown[0]
    assert shown[1] == shown[3] == "IndexError: index out of range in self"
    assert "The window has 5 tokens; expected are at most 4" in shown[2]
    assert (
        "Cut the window: ids[..., :4] keeps the first tokens, ids[..., -4:] the last." in shown[2]
    )


def test_the_last_place_of_gpt2_is_1023_and_1024_is_an_index_error():
    layer = torch.nn.Embedding(1024, 2)
    assert list(layer(torch.arange(1024)).shape) == [1024, 2]
    with pytest.raises(IndexError, match="index out of range"):
        layer(torch.tensor([1024]))
    with pytest.raises(IndexError, match="expected are at most 1024"):
        InputEmbedding(10, 1024, 2)(torch.zeros(1, 1025, dtype=torch.long))


def test_order_is_lost_without_positions_or_without_attention_and_kept_with_both(ours):
    names, _ = ours
    count, attend, places = names["count_sums"], names["attend"], names["place_rows"]
    keep, masked = names["as_they_are"], names["attend_masked"]
    assert [count(keep), count(attend), count(keep, places)] == [1, 1, 1]
    assert count(attend, places) == len(list(permutations(range(5))))
    assert count(masked) == count(masked, places) == 120
    assert [names["count_different"](names[kind][:, -1]) for kind in ("alone", "placed")] == [
        5,
        120,
    ]
    printed = Chapter("07").printed("five_rows = ")
    assert printed.endswith("\n5 without positions\n120 with positions\n")


@pytest.mark.parametrize("seed", range(5))
def test_attention_is_equivariant_without_a_mask_and_leaks_order_with_one(ours, seed):
    attend, swap = ours[0]["attend"], ours[0]["swap"]
    rows = (
        torch.randn(5, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 0.3
    )
    assert torch.allclose(attend(rows)[swap], attend(rows[swap]))
    assert not torch.allclose(
        attend(rows, causal=True)[2], attend(rows[swap], causal=True)[2], atol=1e-3
    )
    once = [attend(order, causal=True) for order in (rows, rows[ours[0]["earlier"]])]
    twice = [attend(order, causal=True) for order in once]
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
def test_dot_products_of_waves_and_of_turned_rows_depend_on_distance_only(distance):
    table = sinusoidal_positions(1024, 64)
    generator = torch.Generator().manual_seed(0)
    one, other = (rotate(torch.randn(64, generator=generator).expand(1024, -1)) for _ in range(2))
    for start in (10, 500, 960):
        assert abs(table[start] @ table[start + distance] - table[0] @ table[distance]) < 0.001
        assert abs(one[start + distance] @ other[start] - one[distance] @ other[0]) < 0.001
    assert (table[0] @ table[3] - table[0] @ table[60]).abs() > 1


def test_a_sum_can_be_read_back_at_many_columns_and_not_at_four(ours):
    found = ours[0]["found"]
    assert found[4][0] == 0 and found[4][1] <= 10 and found[64] == (100, 100)
    assert all(tokens <= places for tokens, places in found.values())


def test_the_right_choices_hold_on_both_texts(ours, on_the_verdict):
    for names in (ours[0], on_the_verdict):
        assert names["equal"] is False and names["change"] > 0.01
        assert abs(names["near"] - names["far"]) < 0.001


def test_figures_say_what_they_show(ours):
    (heat,), lines = ours[1]["alts"], list(ours[0]["products"].values())
    turns = list(map(int, re.findall(r"(\d+) in hand", heat)))
    assert turns == sorted(turns, reverse=True) and turns[-1] == 0
    assert all(line == pytest.approx(lines[0], abs=0.001) for line in lines[:3])  # waves
    assert all(
        abs(one - other) > 0.1 for one, other in zip(lines[3], lines[4], strict=True)
    )  # random rows


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
        solution
        for cell, solution in exercises(read(PATH))
        if f'check.exercise("{name}"' in cell.source
    )


@pytest.mark.parametrize(
    "name, old, new, message",
    [
        ("embed", "ids.shape[1]", "ids.shape[0]", "You counted the windows"),
        ("embed", "ids.shape[1]", "position_layer.num_embeddings", "You took all rows"),
        ("embed", "ids.shape[1]", "1, ids.shape[1] + 1", "The first place is 0"),
        ("embed", "ids.shape[1]", "4", "You counted four places"),
        ("embed", "ids.shape[1]", "1024", "places that the position table does not have"),
        (
            "embed",
            "ids.shape[1]",
            "len(token_layer.weight)",
            "places that the position table does not have",
        ),
        (
            "embed",
            "position_layer(places)",
            "position_layer(ids)",
            "Position rows are chosen by place",
        ),
        ("embed", "position_layer(places)", "places", "The numbers of the places were added"),
        ("mean_so_far", ".tril()", "", "as it came"),
        ("mean_so_far", ".tril()", ".triu()", "looks the wrong way"),
        ("mean_so_far", ".tril()", ".triu(1)", "`.triu(1)` keeps what comes later"),
        ("mean_so_far", ".tril()", ".tril(-1)", "the first one sees nobody"),
        (
            "mean_so_far",
            "torch.ones(len(rows), len(rows)).tril()",
            "torch.eye(len(rows))",
            "sees itself alone",
        ),
        (
            "mean_so_far",
            "torch.ones(len(rows), len(rows)).tril()\n"
            "    shares = shares / shares.sum(dim=1, keepdim=True)",
            "(torch.ones(len(rows), len(rows)) / len(rows)).tril()",
            "Hide them before you divide",
        ),
        ("mean_so_far", "return shares @ rows", "return rows.cumsum(dim=0)", "the sum so far"),
        (
            "two_tables",
            "vocab_size, dim), torch.nn.Embedding(context_length",
            "context_length, dim), torch.nn.Embedding(vocab_size",
            "This is the function as it came",
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
            "The last place finds no row",
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
        (
            "read_back",
            "divmod(distances.argmin().item(), len(position_table))",
            "tuple((rows - vector).norm(dim=1).argmin().item() "
            "for rows in (token_table, position_table))",
            "chosen apart",
        ),
        (
            "read_back",
            ", len(position_table))",
            ", len(token_table))",
            "You divided by the number of tokens",
        ),
        ("read_back", "len(position_table))", "len(position_table))[::-1]", "The place came first"),
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
    names = {"torch": torch, "check": check}
    exec(solution, names)
    assert check.exercise(name, names[name]).passed
    exec(solution.replace(old, new), names)
    verdict = check.exercise(name, names[name])
    assert not verdict.passed and message in verdict.text, verdict.text
