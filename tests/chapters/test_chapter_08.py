"""Chapter 8: from text to tensors and back, training from any seed, its exercises."""

import json
import math
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers import check, models, show
from helpers.backstage.downloads import DATA, MissingDataError
from helpers.bpe import BytePairTokenizer, gpt2_tokenizer
from helpers.embeddings import InputEmbedding
from helpers.models import cosines, how_alike, load_model
from helpers.texts import load_text
from helpers.vectors import toy_corpus
from helpers.windows import WindowDataset, create_dataloader_v1
from helpers.words import build_vocab
from tests.tools.books import (
    VERDICT,
    Chapter,
    assert_told,
    each_wrong_answer,
)

CHAPTER = Chapter("08")
source_of, printed = CHAPTER.source_of, CHAPTER.printed


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Small matrices: more threads than one only get in each other's way."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def chapter() -> dict:
    """The chapter's own model, training and measures, read from its cells."""
    return CHAPTER.defined(
        "class Attention",
        "class TinyModel",
        "def loss_of",
        "def train(",
        "def same_kind",
        "def by_chance",
        "def draw_letters",
        "def loss_on",
        torch=torch,
        nn=nn,
        F=F,
        InputEmbedding=InputEmbedding,
        WindowDataset=WindowDataset,
        cosines=cosines,
        progress=lambda steps, desc: steps,
    )


# ---- the pipe ----------------------------------------------------------------------------------


def test_the_ten_lines_are_ten_and_give_the_known_shapes():
    source = source_of("x = token_vectors + position_vectors")
    assert len(source.splitlines()) == 10 and "-> [8, 4, 256]" in printed(
        "x = token_vectors + position_vectors"
    )


def run_the_pipe(text: str) -> dict:
    names = {
        "torch": torch,
        "gpt2_tokenizer": gpt2_tokenizer,
        "create_dataloader_v1": create_dataloader_v1,
        "InputEmbedding": InputEmbedding,
        "text": text,
    }
    exec(source_of("x = token_vectors + position_vectors"), names)
    return names


def test_on_the_verdict_the_first_batch_is_the_books(verdict):
    names = run_the_pipe(verdict)
    assert names["inputs"].tolist() == VERDICT
    assert list(names["x"].shape) == [8, 4, 256] and list(names["position_vectors"].shape) == [
        4,
        256,
    ]


def test_what_the_chapter_adds_up_is_what_the_helper_gives():
    names = run_the_pipe(load_text("the-wall-walker"))
    assert torch.equal(names["x"], names["embedding"](names["inputs"]))


@pytest.mark.parametrize(
    "text", ["Café 👋 日本語 🙃🙃 " * 40, "one two three " * 60], ids=["bytes", "words"]
)
def test_every_position_of_the_tensor_leads_back_to_its_bytes(text):
    names = run_the_pipe(text)
    names["raw"] = text.encode()
    names["pieces"] = [names["tokenizer"].decode_single_token_bytes(i) for i in names["token_ids"]]
    exec(source_of("positions lead back to their bytes"), names)
    assert names["found"] == 32


# ---- training, from any seed -------------------------------------------------------------------


@pytest.fixture(scope="module")
def story():
    text = load_text("the-wall-walker")
    cut = len(text) * 9 // 10
    tokenizer = BytePairTokenizer.train(text[:cut], 512)
    parts = text[:cut], text[cut:]
    return tokenizer, *[torch.tensor(tokenizer.encode_ordinary(part)) for part in parts]


def test_the_held_out_text_has_trained_neither_the_model_nor_its_tokenizer(story):
    tokenizer, training_set, held_out_set = story
    assert f"rows in use: {len(training_set.unique())} of 512" in printed("rows in use")
    whole = BytePairTokenizer.train(load_text("the-wall-walker"), 512)
    assert tokenizer.merges != whole.merges, "this text can't tell the two ways apart"
    assert f"After “{tokenizer.decode(held_out_set[:20].tolist())}”" in printed(
        '"next_token", next'
    )


def windows_of(ids, length, batch):
    windows = WindowDataset(ids, length, 1)
    return lambda: windows[torch.randint(len(windows), (batch,))]


@pytest.mark.parametrize("seed", range(10))
def test_the_loss_starts_at_chance_and_the_storys_neighbours_beat_chance(seed, chapter, story):
    tokenizer, seen, held_out = story
    torch.manual_seed(seed)
    model = chapter["TinyModel"](512, 32)
    watched = {"held-out set": held_out}
    losses = chapter["train"](model, windows_of(seen, 32, 16), 120, watched)["held-out set"]
    assert losses[0] == pytest.approx(math.log(512), abs=0.02)
    counts = torch.bincount(seen, minlength=512)
    frequent = [i for i in range(512) if counts[i] > 10]
    spaced = torch.tensor([tokenizer.decode_single_token_bytes(i)[:1] == b" " for i in frequent])
    table = model.embedding.token.weight
    assert chapter["by_chance"](spaced) == pytest.approx(0.5, abs=0.01)
    assert chapter["same_kind"](table, frequent, spaced) > 0.6, (
        "a third of the chapter's training is enough for that"
    )
    if seed == 0:
        often = (counts + 1) / (counts + 1).sum()
        assert chapter["loss_on"](model, held_out) < -often.log()[held_out].mean(), (
            "frequencies are beaten"
        )
        unit = F.normalize(table.detach()[counts == 0], dim=1)
        assert (unit @ unit.T).mean() > 0.9, "rows that nothing visited point the same way"


def test_after_more_training_the_held_out_loss_has_risen_and_the_other_has_fallen(chapter, story):
    _, seen, held_out = story
    torch.manual_seed(7)
    model = chapter["TinyModel"](512, 32)
    losses = []
    for steps in (400, 600):
        chapter["train"](model, windows_of(seen, 32, 16), steps)
        own = chapter["loss_on"](model, seen[: len(held_out)])
        losses.append((own, chapter["loss_on"](model, held_out)))
    (own, new), (own_later, new_later) = losses
    assert own < new, "there is a generalization gap"
    assert own_later < own and new_later > new + 0.1, f"no overfitting: {losses}"


def test_bits_per_byte_are_the_losses_of_all_tokens_over_the_bytes(chapter, story):
    tokenizer, _, held_out = story
    size = len(tokenizer.decode(held_out.tolist()).encode())
    chance = len(held_out) * math.log2(512) / size
    shown_bits = re.findall(r": ([\d.]+) bits per byte", printed("held_bytes = "))
    bits = [float(number) for number in shown_bits]
    assert bits[0] == pytest.approx(chance, abs=0.051)
    assert bits == sorted(bits, reverse=True) and len(bits) == 3


def test_bytes_have_the_lower_loss_per_token_and_need_more_bits_per_byte(story):
    tokenizer, _, held_out = story
    size = len(tokenizer.decode(held_out.tolist()).encode())
    rows = [line.split() for line in printed("of_bytes = ").splitlines()]
    of_bytes, of_tokens = [list(map(float, row)) for row in rows if row[0] in ("256", "512")]
    for vocabulary, n_tokens, loss, bits in (of_bytes, of_tokens):
        assert n_tokens == (size if vocabulary == 256 else len(held_out))
        assert bits == pytest.approx(loss * n_tokens / (math.log(2) * size), rel=0.002)
    assert of_bytes[2] < of_tokens[2], "a byte is easier to guess than a longer token"
    assert of_bytes[3] > of_tokens[3], "what the chapter concludes is not what came out"


def test_perplexity_is_the_exponential_of_the_loss_beside_it():
    lines = [line.split() for line in printed('"the model, training set": ').splitlines()]
    lines = [line for line in lines if line[:1] in (["chance"], ["unigram"], ["the"])]
    found = [(float(line[-2]), int(line[-1])) for line in lines if line[-1].isdigit()]
    assert len(found) == 4 and found[0][1] == 512
    for loss, perplexity in found:
        exact = math.exp(loss)  # the loss has three digits after the point, the other none
        assert perplexity == pytest.approx(exact, abs=0.5 + 0.0005 * exact)


def test_a_token_and_the_one_that_often_follows_it_are_drawn_together(chapter, story):
    tokenizer, seen, _ = story
    torch.manual_seed(123)
    model = chapter["TinyModel"](512, 32)
    chapter["train"](model, windows_of(seen, 32, 16), 200)
    pairs = Counter(zip(seen[:-1].tolist(), seen[1:].tolist(), strict=True))
    counts = torch.bincount(seen, minlength=512)
    often = [
        pair
        for pair, n in pairs.items()
        if counts[pair[0]] > 10
        and counts[pair[1]] > 10
        and n > 0.2 * counts[pair[0]]
        and pair[0] != pair[1]
    ]
    said, mrs = (tokenizer.encode_ordinary(piece) for piece in (" said", " Mrs"))
    assert (*said, *mrs) in often and (*mrs, *said) not in pairs, "the chapter's example"
    unit = F.normalize(model.embedding.token.weight.detach(), dim=1)
    left, right = torch.tensor(often).T
    assert len(often) > 100 and (unit[left] * unit[right]).sum(dim=1).mean() > 0.1
    some = unit[counts > 10]
    assert (some @ some.T).mean() < 0.03, "any two"


def test_by_chance_counts_the_pairs_of_one_kind(chapter):
    assert chapter["by_chance"](torch.tensor([0, 0, 0, 1])) == 0.5  # 3 of 6 pairs


@pytest.mark.parametrize("seed", range(10))
def test_random_rows_gain_the_kinds_of_the_invented_world(seed, chapter):
    sentences, _ = toy_corpus(0)
    words = [word for sentence in sentences for word in [*sentence, "."]]
    vocab = build_vocab(words)
    families = json.loads((DATA / "toy-families.json").read_text("utf-8"))
    kinds = {
        word: (name, column)
        for name, entry in families.items()
        for pair in entry["pairs"]
        for column, word in enumerate(pair.split())
    }
    numbers, names = [vocab[word] for word in kinds], sorted(set(kinds.values()))
    sorts = torch.tensor([names.index(kind) for kind in kinds.values()])
    torch.manual_seed(seed)
    model = chapter["TinyModel"](len(vocab), 16, dim=32)
    before = chapter["same_kind"](model.embedding.token.weight, numbers, sorts)
    ids = torch.tensor([vocab[word] for word in words])
    first = chapter["loss_of"](model, *windows_of(ids, 16, 32)()).item()
    chapter["train"](model, windows_of(ids, 16, 32), 100)
    after = chapter["same_kind"](model.embedding.token.weight, numbers, sorts)
    assert first == pytest.approx(math.log(len(vocab)), abs=0.02)
    assert (
        chapter["by_chance"](sorts) == pytest.approx(0.08, abs=0.005)
        and before < 0.2
        and after > 0.5
    )


def test_positions_decide_whether_six_letters_can_be_reversed(chapter):
    """Of 40 seeds on two processors one or two were not done after 500 steps, of 0 to 9 none."""
    right = {"learned": [], "none": []}
    for seed in range(5):
        for position, steps in (("learned", 500), ("none", 100)):
            torch.manual_seed(seed)
            model = chapter["TinyModel"](6, 6, position=position)
            model.attention.causal = False
            chapter["train"](model, chapter["draw_letters"], steps)
            inputs, targets = chapter["draw_letters"](1000)
            hits = model(inputs).argmax(dim=-1) == targets
            right[position].append(hits.float().mean().item())
    assert max(right["none"]) < 0.23 < min(right["learned"]), right
    assert sorted(right["learned"])[1] > 0.99, right


def test_most_rows_not_in_use_are_those_of_single_bytes(story):
    tokenizer, seen, held_out = story
    unused = set(range(512)) - {*seen.tolist(), *held_out.tolist()}
    single = [i for i in unused if len(tokenizer.decode_single_token_bytes(i)) == 1]
    assert len(single) > 0.9 * len(unused) > 100


def test_the_windows_of_the_picture_are_counted_from_0_as_in_the_text():
    assert "input 0 " in printed("shown=12") and "input 1 " in printed("shown=12")


def test_rows_of_torchs_own_spread_start_far_above_chance():
    outcome = printed("loud = TinyModel")
    assert int(re.search(r"PyTorch's own start: loss (\d+)", outcome)[1]) > 30
    repeats = re.search(r"repeat the token itself: (\d+)%", printed("favourites = loud("))
    assert int(repeats[1]) > 90, "nearly every token is expected to follow itself"


def test_a_model_of_arrays_only_comes_back_bit_for_bit(chapter, tmp_path):
    model, again = chapter["TinyModel"](50, 8), chapter["TinyModel"](50, 8)
    np.savez(
        tmp_path / "model.npz",
        **{name: table.detach().numpy() for name, table in model.named_parameters()},
    )
    with np.load(tmp_path / "model.npz", allow_pickle=False) as arrays, torch.no_grad():
        for name, table in again.named_parameters():
            table.copy_(torch.from_numpy(arrays[name]))
    ids = torch.randint(50, (2, 8))
    assert torch.equal(model(ids), again(ids))
    assert "same ids: True" in printed("BytePairTokenizer.load(folder)")
    assert "same logits: True" in printed("BytePairTokenizer.load(folder)")


# ---- the last step: a trained model ------------------------------------------------------------


@pytest.fixture(scope="module")
def last_step() -> dict:
    """The names of section 4's cells, run with the trained model, or a skip that says why not."""
    try:
        minilm = load_model()
    except MissingDataError as error:
        pytest.skip(f"the trained model can't be had here: {error}")
    names = {"torch": torch, "F": F, "minilm": minilm, "show": show}
    names |= {"cosines": cosines, "how_alike": how_alike}
    names["check"] = SimpleNamespace(outcome=lambda key, came, *shown: None, predict=print)
    parts = ("def by_hand", "def states_of", "sentences = [", '"pipe_bank", came')
    for part in parts:
        exec(source_of(part), names)
    return names


def test_what_goes_into_the_trained_model_is_the_sum_that_the_learner_makes(last_step):
    minilm = last_step["minilm"]
    for sentence in [*last_step["sentences"], "A recipe for making loaves", "a " * 500]:
        ids, added = last_step["by_hand"](sentence)
        assert torch.equal(added, minilm.embed(ids)), f"not to the last digit: {sentence}"
    # LayerNorm written out, as the prose tells it: mean 0 and spread 1, then scale and shift.
    total = minilm.token_table[ids] + minilm.position_table[: len(ids)] + minilm.segment_table[0]
    spread = total.var(dim=1, correction=0, keepdim=True).sqrt()
    even = (total - total.mean(dim=1, keepdim=True)) / spread
    scale, shift = (minilm.weights[f"embeddings.LayerNorm.{name}"] for name in ("weight", "bias"))
    assert torch.allclose(even * scale + shift, added, atol=1e-5)


def pairs(table: torch.Tensor) -> tuple[list[float], list[float]]:
    """The cosines of four vectors, in two groups: (within a pair, across the pairs)."""
    return [table[0, 1].item(), table[2, 3].item()], table[:2, 2:].flatten().tolist()


def test_the_four_banks_go_in_alike_and_come_out_in_two_groups(last_step):
    assert last_step["before"].min() > 0.95, "going in, only the position differs"
    within, across = pairs(last_step["after"])
    assert min(within) > max(across) + 0.05, f"not two groups: {within} within, {across} across"
    assert last_step["came"] == "alike going in, two groups coming out"


def test_the_sentences_that_the_chapter_offers_do_not_come_out_in_two_groups(last_step):
    one, _, three, _ = last_step["sentences"]
    others = [one, "we sat on the bank", three, "I went to the bank"]
    told = "".join(cell.source for cell in CHAPTER.book.cells)
    assert all(f"`{sentence}`" in told for sentence in others[1::2])
    vectors = [last_step["states_of"](sentence)[6] for sentence in others]
    within, across = pairs(last_step["cosines"](torch.stack(vectors)))
    assert min(within) < max(across), "the chapter says that these come out mixed"


def test_what_the_learner_hands_to_the_blocks_comes_out_as_the_models_own(last_step):
    minilm, states = last_step["minilm"], last_step["states"]
    assert list(states.shape) == [4, 7, 384], "4 sentences, what goes in and 6 blocks"
    for sentence, of_word in zip(last_step["sentences"], states, strict=True):
        ids = torch.tensor(minilm.tokenizer.encode(sentence))
        position = ids.tolist().index(minilm.tokenizer.vocab["bank"])
        assert torch.equal(of_word[6], minilm.forward(ids)[position]), sentence


def test_the_table_of_blocks_shows_the_meanings_part(last_step):
    shown_table = printed("states[:, number]").splitlines()
    first, last = shown_table[1].split(), shown_table[-1].split()
    assert (first[0], last[0]) == ("0", "6")
    for line, number in ((first, 0), (last, 6)):
        within, across = pairs(last_step["cosines"](last_step["states"][:, number]))
        assert float(line[1]) == pytest.approx(min(within), abs=0.006)
        assert float(line[2]) == pytest.approx(max(across), abs=0.006)
    assert float(first[1]) - float(first[2]) < 0.01 < float(last[1]) - float(last[2])


def test_each_part_of_a_block_that_the_chapter_names_is_in_the_code_it_shows():
    block = printed("inspect.getsource")
    told = source_after_the_block()
    for part, name in (
        ("self.attention(", "attention heads"),
        ("x = x + ", "residual connection"),
        ("self.feed_forward(", "feed-forward network"),
        ("self.layer_norm(", "self.layer_norm"),
    ):
        assert part in block and name in told, f"{name} is not in the block as it is shown"
    assert "12 **attention heads**" in told and "32 columns" in told
    assert "[12, 32]" in Path(models.__file__).read_text("utf-8"), "heads and columns changed"


def source_after_the_block() -> str:
    """The Markdown that explains the block's code, beneath it."""
    cells = CHAPTER.book.cells
    (number,) = [i for i, cell in enumerate(cells) if "inspect.getsource" in cell.source]
    return cells[number + 1].source


def test_the_sentence_that_means_the_same_is_found_without_a_common_word(last_step):
    source, minilm = source_of("minilm.sentence(asked)"), last_step["minilm"]
    texts = re.findall(r'"([A-Z][^"{]+)"', source)
    asked, same, other = (text for text in texts if not text.startswith("Without"))
    words = [set(minilm.tokenizer.encode(text)[1:-1]) for text in (asked, same, other)]
    assert not words[0] & (words[1] | words[2])
    vectors = [minilm.sentence(text) for text in (asked, same, other)]
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.3


def test_the_counted_weights_are_those_of_gpt2_small():
    names = {"show": show}
    exec(source_of('"feed-forward network": feed_forward'), names)
    published = 124_439_808  # of the smallest GPT-2, biases and LayerNorm included
    assert names["total"] == pytest.approx(published, rel=0.0015), "left out: a thousandth"
    assert "67%" in printed('"feed-forward network": feed_forward')
    assert names["feed_forward"] / published == pytest.approx(0.46, abs=0.005)
    largest = max(names["parts"], key=names["parts"].get)
    assert largest == "feed-forward network" and "46%" in printed("feed_forward = blocks")


# ---- exercises, questions, errors --------------------------------------------------------------


def cross(logits, targets):
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def spans(number_of, size=len):
    def trace(pieces, stride, window, position):
        number = number_of(stride, window, position)
        first = sum(map(size, pieces[:number]))
        return first, first + size(pieces[number])

    return trace


def wrong_answers():
    return {
        "count_weights": {
            "counted twice": lambda v, c, d: 2 * v * d + c * d + 4 * d * d,
            "One was counted": lambda v, c, d: v * d + c * d + d * d,
            "The one called `out`": lambda v, c, d: v * d + c * d + 3 * d * d,
            "not dim": lambda v, c, d: v * d + c * d + 4 * d,
            "A position has a vector": lambda v, c, d: v * d + c + 4 * d * d,
        },
        "shuffled_token": {
            "as given": lambda numbers, stride, window, position: window * stride + position,
            "where in the batch the window": lambda n, stride, window, position: (
                n.index(window) * stride + position
            ),
            "Windows start": lambda numbers, stride, window, position: numbers[window] + position,
            "4 for the stride": lambda numbers, stride, window, position: (
                numbers[window] * 4 + position
            ),
        },
        "next_token_loss": {
            "It still shifts": lambda s, t: cross(s[:, :-1], t[:, 1:]),
            "the other way": lambda s, t: cross(s[:, 1:], t[:, :-1]),
            "The last position": lambda s, t: cross(s[:, :-1], t[:, :-1]),
            "the sum": lambda s, t: cross(s, t) * t.numel(),
        },
        "trace": {
            "The stride is left out": spans(lambda stride, window, position: window + position),
            "4 for the stride": spans(lambda stride, window, position: window * 4 + position),
            "where the window starts": spans(lambda stride, window, position: window * stride),
            "numbers of tokens": spans(
                lambda stride, window, position: window * stride + position, lambda piece: 1
            ),
            "one too small": lambda p, s, w, k: (
                len(b"".join(p[: w * s + k])),
                len(b"".join(p[: w * s + k + 1])) - 1,
            ),
            "one too large": lambda p, s, w, k: (
                len(b"".join(p[: w * s + k])),
                len(b"".join(p[: w * s + k + 1])) + 1,
            ),
            "the bytes themselves": lambda p, s, w, k: p[w * s + k],
            "where the bytes start": lambda p, s, w, k: len(b"".join(p[: w * s + k])),
            "section 2's 22": lambda p, s, w, k: (len(b"".join(p[:22])), len(p[22])),
            "counts its tokens": lambda p, s, w, k: (
                len(p[: w * s + k]),
                len(p[: w * s + k]) + len(p[w * s + k]),
            ),
            "how long the token is": lambda p, s, w, k: (
                len(b"".join(p[: w * s + k])),
                len(p[w * s + k]),
            ),
            "takes text": lambda p, s, w, k: (
                len("".join(p[: w * s + k])),
                len("".join(p[: w * s + k + 1])),
            ),
            "counts characters": spans(
                lambda stride, window, position: window * stride + position,
                lambda piece: len(piece.decode("utf-8", "replace")),
            ),
        },
    }


@pytest.mark.parametrize("exercise, part, answer", each_wrong_answer(wrong_answers()))
def test_each_wrong_answer_gets_its_own_message(exercise, part, answer):
    assert_told(exercise, part, answer)


def test_right_answers_in_other_words_pass(chapter):
    assert check.exercise(
        "count_weights",
        lambda v, c, d: sum(table.numel() for table in chapter["TinyModel"](v, c, d).parameters()),
    ).passed
    assert check.exercise(
        "next_token_loss", lambda s, t: F.cross_entropy(s.transpose(1, 2), t)
    ).passed
    assert check.exercise(
        "trace",
        lambda p, s, w, k: (len(b"".join(p[: w * s + k])), len(b"".join(p[: w * s + k + 1]))),
    ).passed


def own_lookup(token_table, position_table, ids):
    return token_table[ids] + position_table[: len(ids)]


def test_a_learners_lookup_and_sum_give_the_trained_models_input_to_the_last_digit():
    told = check.milestone("trained_input", own_lookup, load_model())
    assert told.passed and repr(told).splitlines()[-1] == "yours      [10, 384]  yes"
    model = load_model()
    missing = check.milestone("trained_input", lambda t, p, ids: t[ids], model)
    assert "Add the vectors of the positions" in missing.text
    assert repr(missing).splitlines()[-1].endswith("no")
    ten = check.milestone("trained_input", lambda t, p, ids: t[ids] + p[0:10], model)
    assert "ten position vectors" in ten.text, "the one sentence's length was taken for all"
    axis = check.milestone("trained_input", lambda t, p, ids: t[ids] + p[: ids.shape[1]], model)
    assert "These ids have one axis" in axis.text
    after = check.milestone("trained_input", lambda t, p, ids: t[ids] + p[len(ids)], model)
    assert "A colon in front" in after.text, "one vector was added in place of all before it"
    one = check.milestone("trained_input", lambda t, p, ids: t[len(ids)] + p[: len(ids)], model)
    assert "one row of the token table" in one.text, "one token's vector was taken for all"
    whole = check.milestone("trained_input", lambda t, p, ids: t[ids] + p, model)
    assert "all rows of the position table" in whole.text, "the whole table has a reply of its own"
    blank = check.milestone("trained_input", ..., model)
    assert blank.state == "open" and repr(blank).splitlines()[-1].endswith("yes")


def test_without_the_trained_model_the_milestone_says_so_and_sums_known_numbers():
    for answer, state in ((own_lookup, "right"), (..., "open")):
        told = check.milestone("trained_input", answer, None)
        assert told.state == state and "The trained model is missing" in repr(told)
        assert "40.30  41.30  42.30" in repr(told), "id 4 as the third is 40 and 0.3"


def at(position, pick=lambda logits: logits.argmax().item()):
    """An answer to next_token that looks at these logits, and what it takes from them."""
    return lambda model, ids: pick(model(torch.tensor([ids]))[0, position])


@pytest.mark.parametrize(
    "answer, state, said",
    [
        (at(-1), "right", "the whole way"),
        (lambda model, ids: model(torch.tensor([ids]))[0, -1].argmax(), "right", "the whole way"),
        (..., "open", "next_token isn't finished"),
        (at(0), "wrong", "read one token"),
        (at(-1, lambda logits: logits.max().item()), "wrong", "greatest logit"),
        (at(-1, lambda logits: logits.softmax(dim=0).max()), "wrong", "greatest probability"),
        (at(slice(None), lambda logits: logits.max()), "wrong", "greatest of all logits"),
        (at(-1, lambda logits: logits), "wrong", "logits of all tokens"),
        (lambda model, ids: 9, "wrong", "For input a model of 8 tokens, [3, 1, 4] you gave 9;"),
        (at(slice(None)), "wrong", "all positions' logits"),
        (at(slice(None), lambda logits: logits.argmax(dim=-1)), "wrong", "for every position"),
    ],
)
def test_a_learners_next_token_is_appended_and_read_again(chapter, story, answer, state, said):
    tokenizer, seen, held_out = story
    torch.manual_seed(123)
    model = chapter["TinyModel"](512, 32)
    chapter["train"](model, windows_of(seen, 32, 16), 60)
    told = check.milestone("next_token", answer, model, held_out[:20].tolist(), tokenizer)
    assert told.state == state and said in repr(told)
    assert "0x" not in repr(told), "an address in memory is shown"
    if state == "wrong":
        drawn = "Twelve times" in repr(told)
        assert not (drawn and "greatest" in said), "a logit was appended to the text as an id"
        return
    lines = repr(told).splitlines()
    likely = [line for line in lines if "█" in line]
    assert len(likely) == 5 and likely[0].startswith("►"), "the likeliest is not marked as chosen"
    with torch.no_grad():
        expected = model(held_out[:20].unsqueeze(0))[0, -1].softmax(dim=0).max().item()
    assert f"{expected:.3f}" in likely[0], "the first bar is not the greatest probability"
    ids = held_out[:20].tolist()
    for _ in range(12):
        ids.append(model(torch.tensor([ids[-32:]]))[0, -1].argmax().item())
    expected = show.note(f"Twelve times appended and read again: “{tokenizer.decode(ids)}”")
    assert repr(expected) == lines[-1], "not what twelve steps give"


def test_the_token_of_the_exercise_is_the_one_in_a_shuffled_batch():
    windows = WindowDataset(torch.arange(100, 200), max_length=4, stride=3)
    numbers = torch.randperm(len(windows), generator=torch.Generator().manual_seed(8))[:5]
    inputs = windows[numbers][0]
    tokens = [
        [
            check.find("shuffled_token").right(numbers.tolist(), 3, window, position)
            for position in range(4)
        ]
        for window in range(5)
    ]
    assert (inputs - 100).tolist() == tokens


def test_the_predictions_match_what_comes_out():
    CHAPTER.assert_predictions_come_out(7)


def test_the_errors_in_view_are_the_two_that_teach():
    assert CHAPTER.errors() == ["ValueError", "IndexError"]


def test_two_notebooks_that_save_at_once_leave_no_damaged_file(tmp_path):
    names = CHAPTER.defined("def save_arrays", os=os, np=np)
    start = "import os, sys, numpy as np, pathlib\n" + CHAPTER.definition("def save_arrays")
    start += (
        "\nfor n in range(60): save_arrays(pathlib.Path(sys.argv[1]), table=np.full(50_000, n))"
    )
    path = tmp_path / "model.npz"
    names["save_arrays"](path, table=np.zeros(50_000))
    running = [subprocess.Popen([sys.executable, "-c", start, str(path)]) for _ in range(2)]
    while any(process.poll() is None for process in running):
        with np.load(path) as arrays:
            assert len(set(arrays["table"].tolist())) == 1
    assert [process.returncode for process in running] == [0, 0]
    assert [file.name for file in tmp_path.iterdir()] == ["model.npz"]
