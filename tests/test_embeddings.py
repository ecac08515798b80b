"""helpers.embeddings: the tables of tokens and of positions, and their sum."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers.embeddings import GPT2_SIZES, InputEmbedding, rotate, sinusoidal_positions
from helpers.windows import create_dataloader_v1
from tests.benchmarks.embeddings import OneHot, peak
from tests.tools.books import AWAKENING, VERDICT

SIX = [
    [0.3374, -0.1778, -0.1690],
    [0.9178, 1.5810, 1.3010],
    [1.2753, -0.2010, -0.1606],
    [-0.4015, 0.9666, -1.1481],
    [-1.1589, 0.3255, -0.6315],
    [-2.8400, -0.7849, -1.4096],
]
NINE = [
    [0.3374, -0.1778, -0.3035],
    [-0.5880, 0.3486, 0.6603],
    [-0.2196, -0.3792, 0.7671],
    [-1.1925, 0.6984, -1.8061],
    [1.8960, -0.1750, 1.3689],
    [-1.6033, -1.3250, 0.1784],
    [-2.1338, 0.7953, 0.9985],
    [0.2212, 1.8319, -0.3378],
    [0.8805, 1.5542, 0.6266],
]


def seeded(*args, **options) -> InputEmbedding:
    torch.manual_seed(123)
    return InputEmbedding(*args, **options)


def rounded(tensor) -> list:
    return [[round(value, 4) for value in row] for row in tensor.tolist()]


# ---- the values that readers of the book know ----------------------------------------------------


@pytest.mark.parametrize(
    "table, ids", [(SIX, [3]), (SIX, [2, 3, 5, 1]), (NINE, [3]), (NINE, [5, 3, 7, 2])]
)
def test_the_toy_tables_and_their_lookups_agree_to_the_last_printed_digit(table, ids):
    embedding = seeded(len(table), 4, 3, position="none")
    assert rounded(embedding.token.weight) == table and embedding.token.weight.requires_grad
    rows = embedding(torch.tensor([ids]))
    assert rounded(rows[0]) == [table[token_id] for token_id in ids]
    assert type(rows.grad_fn).__name__ == "EmbeddingBackward0"


def test_hello_how_are_becomes_four_rows_of_128():
    from helpers.bpe import gpt2_tokenizer

    tokenizer = gpt2_tokenizer()
    ids = tokenizer.encode("Hello, how are")
    assert (tokenizer.n_vocab, ids) == (50257, [15496, 11, 703, 389])
    assert InputEmbedding(50257, 4, 128, position="none")(torch.tensor(ids)).shape == (4, 128)


@pytest.fixture(scope="module")
def wide() -> InputEmbedding:
    return seeded(50257, 4, 256)


def test_the_verdict_becomes_a_tensor_of_8_by_4_by_256(verdict, wide):
    inputs, _ = next(
        iter(create_dataloader_v1(verdict, batch_size=8, max_length=4, stride=4, shuffle=False))
    )
    assert inputs.tolist() == VERDICT and inputs.shape == torch.Size([8, 4])
    assert wide.token(inputs).shape == torch.Size([8, 4, 256])
    assert wide.positions(4).shape == torch.Size([4, 256])
    assert wide(inputs).shape == torch.Size([8, 4, 256])


def test_the_verdict_with_stride_1_becomes_2_by_4_by_128(verdict):
    embedding = seeded(50257, 4, 128)
    inputs, _ = next(
        iter(create_dataloader_v1(verdict, batch_size=2, max_length=4, stride=1, shuffle=False))
    )
    tokens = embedding.token(inputs)
    assert tokens.shape == embedding(inputs).shape == (2, 4, 128)
    assert torch.equal(tokens[0, 1:], tokens[1, :-1])


def test_the_awakening_in_windows_of_3_becomes_8_by_3_by_256(awakening, wide):
    inputs, _ = next(
        iter(create_dataloader_v1(awakening, batch_size=8, max_length=3, stride=3, shuffle=False))
    )
    assert inputs.tolist() == AWAKENING and inputs.shape == (8, 3)
    assert wide.positions(3).shape == (3, 256) and wide(inputs).shape == wide.token(
        inputs
    ).shape == (8, 3, 256)


def test_the_benchmark_counts_the_most_bytes_in_use_at_once_and_compares_equal_ways():
    table, ids = nn.Embedding(50, 6), torch.tensor([3, 1, 4, 1])
    assert torch.equal(OneHot(table)(ids), table(ids))
    with torch.no_grad():
        assert peak(lambda: table(ids)) == 4 * 6 * 4
        assert peak(lambda: OneHot(table)(ids)) == 4 * 50 * (8 + 4), (
            "int64 zeros and ones, and the same as float32"
        )
        assert peak(lambda: [torch.zeros(1000) for _ in range(9)][0]) == 9 * 4000


def test_a_position_past_the_table_is_torchs_index_error():
    with pytest.raises(IndexError, match="index out of range in self"):
        nn.Embedding(4, 256)(torch.arange(5))


def test_the_sizes_of_gpt2_are_the_published_ones():
    assert GPT2_SIZES == {
        "gpt2": (12, 768),
        "gpt2-medium": (24, 1024),
        "gpt2-large": (36, 1280),
        "gpt2-xl": (48, 1600),
    }


# ---- InputEmbedding ------------------------------------------------------------------------------


@pytest.mark.parametrize("position", ["learned", "sinusoidal", "none"])
@pytest.mark.parametrize("shape", [(1, 1), (8, 4), (3, 7), (5,), (2, 0)])
def test_every_id_becomes_a_row_and_the_shape_of_the_ids_stays_in_front(position, shape):
    embedding = seeded(50, 7, 6, position)
    ids = torch.randint(50, shape)
    out = embedding(ids)
    assert out.shape == (*shape, 6) and out.dtype == torch.float32


def test_learned_is_the_sum_of_two_rows_both_of_which_can_be_trained():
    embedding = seeded(6, 4, 3)
    out = embedding(torch.tensor([[2, 3, 2]]))
    assert torch.equal(out[0], embedding.token.weight[[2, 3, 2]] + embedding.position.weight[:3])
    out.sum().backward()
    assert embedding.token.weight.grad[:, 0].tolist() == [0, 0, 2, 1, 0, 0]
    assert embedding.position.weight.grad[:, 0].tolist() == [1, 1, 1, 0]


def test_sinusoidal_adds_the_fixed_table_and_trains_and_saves_only_tokens():
    embedding = seeded(6, 4, 8, "sinusoidal")
    ids = torch.tensor([[5, 5, 5]])
    assert torch.equal(embedding(ids)[0], embedding.token(ids)[0] + sinusoidal_positions(3, 8))
    assert (
        [name for name, _ in embedding.named_parameters()]
        == list(embedding.state_dict())
        == ["token.weight"]
    )


def test_none_gives_a_token_the_same_row_at_every_place():
    embedding = seeded(6, 4, 3, "none")
    out = embedding(torch.tensor([[5, 5, 5]]))[0]
    assert (
        embedding.positions(3) is None
        and torch.equal(out[0], out[1])
        and torch.equal(out[0], out[2])
    )


def test_the_start_is_n01_unless_std_says_otherwise():
    def spreads(std):
        embedding = seeded(2000, 1000, 64, std=std)
        return [table.weight.std().item() for table in (embedding.token, embedding.position)]

    assert spreads(None) == pytest.approx([1, 1], rel=0.02)
    assert spreads(0.02) == pytest.approx([0.02, 0.02], rel=0.02)
    assert spreads((0.02, 0.01)) == pytest.approx([0.02, 0.01], rel=0.02)
    assert seeded(2000, 9, 64, "sinusoidal", std=0.02).token.weight.std().item() == pytest.approx(
        0.02, rel=0.02
    )


@pytest.mark.parametrize("position", ["learned", "sinusoidal", "none"])
def test_a_window_past_the_context_says_how_long_it_may_be(position):
    embedding = seeded(6, 4, 2, position)
    with pytest.raises(
        IndexError,
        match=r"The window has 5 tokens; .*at most 4, .*Cut the window: ids\[\.\.\., :4\]",
    ):
        embedding(torch.zeros(2, 5, dtype=torch.long))
    with pytest.raises(IndexError, match="The window has 5 tokens"):
        embedding.positions(5)


@pytest.mark.parametrize(
    "ids, named", [([[2, 6, 9]], "Id 6"), ([[2, -1]], "Id -1"), ([[1, 2], [99, 7]], "Id 99")]
)
def test_an_id_out_of_range_is_named_with_the_range(ids, named):
    with pytest.raises(
        IndexError, match=f"{named} has no row; expected ids from 0 to 5. Use the tokenizer"
    ):
        seeded(6, 4, 3)(torch.tensor(ids))


@pytest.mark.parametrize(
    "ids, came",
    [
        (torch.tensor([2.0]), "torch.float32"),
        (torch.tensor([True]), "torch.bool"),
        (torch.tensor([2], dtype=torch.int16), "torch.int16"),
        ([2, 3], "list"),
        ("text", "str"),
        (None, "NoneType"),
    ],
)
def test_ids_of_another_kind_are_refused_with_what_to_pass(ids, came):
    with pytest.raises(
        TypeError, match=f"have type {came}; expected a tensor of whole numbers .*Pass "
    ):
        seeded(6, 4, 3)(ids)


def test_a_single_number_is_refused_with_the_shape_that_is_meant():
    with pytest.raises(
        ValueError, match=r"shape \[\]; expected \[batch, tokens\]. Pass ids.reshape\(1, 1\)"
    ):
        seeded(6, 4, 3)(torch.tensor(2))
    assert seeded(6, 4, 3)(torch.tensor(2).reshape(1, 1)).shape == (1, 1, 3)


def test_int32_ids_are_taken():
    embedding, ids = seeded(6, 4, 3), torch.tensor([[2, 3]])
    assert torch.equal(embedding(ids.int()), embedding(ids))


def test_a_position_kind_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(
        ValueError,
        match="position is 'rotary'; expected one of .*'learned', 'sinusoidal', 'none'",
    ):
        InputEmbedding(6, 4, 3, position="rotary")
    with pytest.raises(ValueError, match="dim is 3; expected an even number"):
        InputEmbedding(6, 4, 3, position="sinusoidal")


# ---- fixed and rotary positions ------------------------------------------------------------------


@pytest.mark.parametrize("length, dim", [(1, 2), (10, 8), (64, 16), (1024, 64)])
def test_sinusoidal_positions_follow_the_papers_formula(length, dim):
    table = sinusoidal_positions(length, dim)
    assert table.shape == (length, dim) and table.dtype == torch.float32
    for position in (0, length // 2, length - 1):
        for i in range(dim // 2):
            angle = position / 10000 ** (2 * i / dim)
            pair = table[position, 2 * i : 2 * i + 2].tolist()
            assert pair == pytest.approx([math.sin(angle), math.cos(angle)], abs=1e-6)


def test_position_0_is_zeros_and_ones_and_the_wavelengths_are_those_of_the_paper():
    table = sinusoidal_positions(7, 512)
    assert table[0].tolist() == [0, 1] * 256
    assert table[1, :2].tolist() == pytest.approx([math.sin(1), math.cos(1)])  # wavelength 2 pi
    assert table[6, -2].item() == pytest.approx(math.sin(6 / 10000 ** (510 / 512)), rel=1e-5)


def test_dot_products_of_sinusoidal_rows_depend_on_their_distance_only():
    table = sinusoidal_positions(200, 32).double()
    products = table @ table.T
    for distance in (0, 1, 7, 50, 199):
        diagonal = products.diagonal(distance)
        assert torch.allclose(diagonal, diagonal[0].expand_as(diagonal), atol=1e-5)
    assert torch.allclose(
        products.diagonal(), torch.full((200,), 16.0, dtype=torch.float64), atol=1e-5
    )
    assert abs(products[0, 1] - products[0, 7]) > 0.1


@pytest.mark.parametrize("dim", [1, 3, 0, -2])
def test_an_odd_or_empty_dim_is_refused(dim):
    with pytest.raises(ValueError, match=f"dim is {dim}; expected an even number above 0"):
        sinusoidal_positions(4, dim)


def test_rotated_rows_keep_their_length_and_their_dot_products_depend_on_the_signed_offset():
    torch.manual_seed(123)
    query, key = torch.randn(2, 1, 16, dtype=torch.float64)
    queries, keys = rotate(query.expand(40, 16)), rotate(key.expand(40, 16))
    assert torch.allclose(queries.norm(dim=1), query.norm().expand(40))
    assert torch.equal(queries[0], query[0])
    products = queries @ keys.T
    for distance in (-30, -3, 0, 1, 25):
        diagonal = products.diagonal(distance)
        assert torch.allclose(diagonal, diagonal[0].expand_as(diagonal), atol=1e-5)
    assert not torch.allclose(products[0, 1], products[0, 9], atol=1e-2)
    assert not torch.allclose(products[3, 0], products[0, 3], atol=1e-2), "the sign is lost"


def test_one_pair_turns_by_its_position_in_radians():
    turned = rotate(torch.tensor([[1.0, 0.0]] * 3))
    assert turned.tolist() == [
        pytest.approx([math.cos(k), math.sin(k)], abs=1e-6) for k in range(3)
    ]


# ---- what the chapters say of it -----------------------------------------------------------------


def test_a_lookup_is_a_one_hot_product_bit_for_bit():
    embedding = seeded(500, 4, 64, "none")
    ids = torch.randint(500, (32,))
    product = F.one_hot(ids, 500).float() @ embedding.token.weight
    assert torch.equal(product, embedding.token(ids))
    linear = nn.Linear(500, 64, bias=False)
    linear.weight = nn.Parameter(embedding.token.weight.detach().T)
    assert torch.equal(linear(F.one_hot(ids, 500).float()), embedding.token(ids))


@pytest.mark.parametrize("std", [[0.02, 0.01], (0.02, 0.01)])
def test_the_two_spreads_may_come_as_a_list(std):
    torch.manual_seed(0)
    layer = InputEmbedding(2_000, 2_000, 20, std=std)
    assert abs(layer.token.weight.std().item() - 0.02) < 0.001
    assert abs(layer.position.weight.std().item() - 0.01) < 0.001


@pytest.mark.parametrize("std", [[0.02], (0.1, 0.1, 0.1), "0.02", -1.0, (0.1, -0.1), [None, 1]])
def test_what_is_no_spread_is_refused_in_words(std):
    with pytest.raises(ValueError, match="std is .*expected one number, 0 or more, or two.*Write"):
        InputEmbedding(10, 10, 4, std=std)


@pytest.mark.parametrize("place, name", list(enumerate(["vocab_size", "context_length", "dim"])))
def test_what_is_no_size_of_a_table_is_refused_in_words(place, name):
    for position in ["learned", "sinusoidal", "none"]:
        for wrong, kind in [(-1, ValueError), (0, ValueError), (4.0, TypeError), ("4", TypeError)]:
            sizes = [10, 10, 4]
            sizes[place] = wrong
            with pytest.raises(kind, match=f"{name} is .*Expected a whole number.*Give"):
                InputEmbedding(*sizes, position)


@pytest.mark.parametrize("dim", [4.0, "4", None])
def test_a_number_of_waves_that_is_no_whole_number_is_refused(dim):
    with pytest.raises(TypeError, match="dim is .*Expected a whole number.*Give"):
        sinusoidal_positions(3, dim)


@pytest.mark.parametrize("rows", [
    [[1.0, 2.0]], None, torch.ones(4), torch.ones(2, 3, 4), torch.ones(3, 4).long(),
    torch.ones(3, 4).bool(), torch.ones(3, 4).to(torch.complex64),
], ids=str)  # fmt: skip
def test_what_is_no_row_of_queries_is_refused_at_the_door_of_rotate(rows):
    with pytest.raises(ValueError, match="The vectors came as .*; expected a tensor .*Pass"):
        rotate(rows)


def test_rotated_rows_keep_their_kind_of_number_and_no_rows_are_no_rows():
    assert rotate(torch.ones(3, 4).half()).dtype == torch.float16
    assert rotate(torch.ones(0, 4)).shape == (0, 4)


@pytest.mark.parametrize("length", ["3", 3.0, None, -1, True])
def test_what_is_no_number_of_positions_is_refused_in_words(length):
    layers = [InputEmbedding(4, 4, 4, kind) for kind in ["learned", "sinusoidal", "none"]]
    doors = [lambda n: sinusoidal_positions(n, 4), *[layer.positions for layer in layers]]
    for door in doors:
        with pytest.raises((TypeError, ValueError), match="length is .*Expected a whole"):
            door(length)


@pytest.mark.parametrize("std", [float("inf"), float("nan"), True, (0.1, float("inf"))])
def test_a_spread_that_no_rows_can_have_is_refused_in_words(std):
    with pytest.raises(ValueError, match="std is .*expected one number, 0 or more, or two.*Write"):
        InputEmbedding(10, 10, 4, std=std)
