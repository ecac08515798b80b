"""A trained model in the open: its tables, and its blocks in plain torch (chapters 0 and 6 to 8).

all-MiniLM-L6-v2 is a MiniLM (Wang et al. 2020), a small BERT (Devlin et al. 2019).
"""

import json
import math
import zipfile

import torch
from torch.nn import functional as F

from .backstage import downloads
from .embeddings import InputEmbedding
from .wordpiece import WordPiece

ARCHIVE = "minilm-l6-v2.zip"
KINDS = {"F32": torch.float32, "I64": torch.int64}  # of numbers, as the file names them


def read_safetensors(data: bytearray) -> dict[str, torch.Tensor]:
    """The tensors by name, in the memory of `data`, which can't run anything, as a pickle could."""
    # Eight bytes say how long the header is, a table in JSON; raw numbers follow.
    start = 8 + int.from_bytes(data[:8], "little")
    name, facts, tensors, spans = "The header", "no table in JSON", {}, []
    try:
        header = json.loads(data[8:start])
        header.pop("__metadata__", None)
        for name, facts in header.items():
            kind, shape = KINDS[facts["dtype"]], facts["shape"]
            first, end = facts["data_offsets"]
            count = math.prod(shape)
            # JSON has booleans and fractions too, and minus signs: none of them is a size.
            whole = all(type(number) is int and number >= 0 for number in [first, *shape])
            if not whole or end - first != count * kind.itemsize or end > len(data) - start:
                raise ValueError
            flat = torch.frombuffer(data, dtype=kind, count=count, offset=start + first)
            tensors[name] = flat.reshape(shape)
            spans.append((first, end))
        # One after another the tensors fill the file, or else their numbers are not where it says.
        name, facts, place = "The header", "a table with gaps or overlaps, or of a cut-off file", 0
        for first, end in sorted(spans):
            if first != place:
                raise ValueError
            place = end
        if place != len(data) - start:
            raise ValueError
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        raise ValueError(
            f"{name} is {str(facts)[:200]}. Expected a dtype of {list(KINDS)}, a shape, "
            "and offsets in the file, as many bytes apart as these need. "
            "Use the whole file, as published."
        ) from None
    return tensors


class Model:
    """The trained model. `x` has a vector for each token, [tokens, 384], and keeps that shape."""

    def __init__(self, weights: dict[str, torch.Tensor], tokenizer: WordPiece):
        self.weights, self.tokenizer = weights, tokenizer
        self.token_table = weights["embeddings.word_embeddings.weight"]  # [30522, 384]
        self.position_table = weights["embeddings.position_embeddings.weight"]  # [512, 384]
        self.segment_table = weights["embeddings.token_type_embeddings.weight"]  # [2, 384]
        # The layer of chapter 7, with trained vectors.
        self.embedding = InputEmbedding(30_522, 512, 384).requires_grad_(False)
        self.embedding.token.weight.copy_(self.token_table)
        self.embedding.position.weight.copy_(self.position_table)

    def linear(self, x: torch.Tensor, name: str) -> torch.Tensor:
        """Each vector times the trained matrix of this name, plus its bias."""
        return F.linear(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def layer_norm(self, x: torch.Tensor, name: str) -> torch.Tensor:
        """Each vector at mean 0 and spread 1, then scaled and shifted by trained weights."""
        weight = self.weights[f"{name}.LayerNorm.weight"]
        bias = self.weights[f"{name}.LayerNorm.bias"]
        return F.layer_norm(x, bias.shape, weight, bias, eps=1e-12)

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """What goes in for ids [tokens]: token + position + segment vectors, then LayerNorm."""
        # A sentence alone is the first of two segments.
        return self.layer_norm(self.embedding(ids) + self.segment_table[0], "embeddings")

    def attention(self, x: torch.Tensor, name: str) -> torch.Tensor:
        """Each token takes from the values of all, by how its query fits their keys."""
        # Its 384 numbers are cut into 12 heads of 32, each of which attends on its own.
        heads = []
        for part in ("query", "key", "value"):
            vectors = self.linear(x, f"{name}.self.{part}")
            heads.append(vectors.unflatten(1, [12, 32]).transpose(0, 1))  # [12, tokens, 32]
        query, key, value = heads
        mixed = F.scaled_dot_product_attention(query, key, value)
        # The 12 heads side by side are vectors of 384 again.
        return self.linear(mixed.transpose(0, 1).flatten(1), f"{name}.output.dense")

    def feed_forward(self, x: torch.Tensor, name: str) -> torch.Tensor:
        """Each token by itself: 1,536 numbers from its 384, GELU, and 384 from those."""
        wide = F.gelu(self.linear(x, f"{name}.intermediate.dense"))
        return self.linear(wide, f"{name}.output.dense")

    def block(self, x: torch.Tensor, number: int) -> torch.Tensor:
        """One of the six blocks, 0 to 5: attention, then feed-forward."""
        name = f"encoder.layer.{number}"
        # What went in is added to what comes out, the residual; then LayerNorm.
        x = x + self.attention(x, f"{name}.attention")
        x = self.layer_norm(x, f"{name}.attention.output")
        x = x + self.feed_forward(x, name)
        return self.layer_norm(x, f"{name}.output")

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """What comes out of the last block, for ids [tokens]."""
        x = self.embed(ids)
        for number in range(6):
            x = self.block(x, number)
        return x

    def states_of(self, text: str, word: str) -> torch.Tensor:
        """A word's vector going in and after each of the six blocks, [7, 384] (chapter 8).

        Where the word occurs twice, the first counts. Raises ValueError if it is not a token there.
        """
        ids = self.tokenizer.encode(text)
        wanted = self.tokenizer.vocab.get(word.lower())
        if wanted not in ids:
            raise ValueError(
                f"{word!r} is not a token of {text!r}; expected a word found whole in it. "
                "Choose another word, or write it into the text."
            )
        # The other tokens go through the blocks too: attention brings what they say to the word.
        position, x = ids.index(wanted), self.embed(torch.tensor(ids))
        states = [x[position]]
        for number in range(6):
            x = self.block(x, number)
            states.append(x[position])
        return torch.stack(states)

    def sentence(self, text: str) -> torch.Tensor:
        """One vector for a text, [384]: the mean of what comes out, at length 1."""
        # The model was trained to compare texts by this very mean.
        ids = torch.tensor(self.tokenizer.encode(text))
        return F.normalize(self.forward(ids).mean(dim=0), dim=0)


def cosines(vectors) -> torch.Tensor:
    """The cosine of each pair of vectors [n, dim], or of a list of them: [n, n] (chapter 8)."""
    unit = F.normalize(torch.stack(list(vectors)), dim=1)
    return unit @ unit.T


def same_kind(table: torch.Tensor, token_ids: list[int], kinds: torch.Tensor) -> float:
    """Share of the tokens whose nearest neighbour by cosine is of the same kind.

    table: [vocab, dim]; kinds: the kind of each of `token_ids`, int or bool [tokens].
    """
    alike = cosines(table.detach()[token_ids])
    nearest = alike.fill_diagonal_(-2).argmax(dim=1)  # -2: not the token itself
    return (kinds == kinds[nearest]).float().mean().item()


def how_alike(table: torch.Tensor) -> str:
    """In words, the cosines of four vectors: two of one meaning, then two of another."""
    if table.min() > 0.9:
        return "alike"
    within = min(table[0, 1], table[2, 3])  # the less alike of the two pairs
    across = table[:2, 2:].max()  # the most alike of two meanings
    return "two groups" if within > across else "apart"


def load_model() -> Model:
    """The model, fetched the first time; MissingDataError if it can't be fetched."""
    with zipfile.ZipFile(downloads.fetch(ARCHIVE)) as archive:
        weights = read_safetensors(bytearray(archive.read("model.safetensors")))
        vocab = json.loads(archive.read("tokenizer.json"))["model"]["vocab"]
    return Model(weights, WordPiece(vocab))
