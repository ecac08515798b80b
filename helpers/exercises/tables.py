"""What the exercises of chapters 6 and 8 are made of: tables and their rows, and training."""

from operator import index
from types import SimpleNamespace


def embedding(rows, columns):
    """A layer whose table has so many rows and columns, drawn with the seed of chapter 6."""
    import torch

    with torch.random.fork_rng(devices=[]):  # the learner's own random numbers are left alone
        torch.manual_seed(123)
        return torch.nn.Embedding(rows, columns)


def by_one_hot(ids, places, table):
    """The product of a table and one-hot rows of so many places."""
    import torch

    return torch.nn.functional.one_hot(ids, num_classes=int(places)).float() @ table


def cosines(weight, token_id):
    """The cosine of each row with the row of a token."""
    return weight @ weight[token_id] / weight.norm(dim=1) / weight[token_id].norm()


def most_alike(likeness, token_id, own=-1e9):
    """The id with the greatest likeness, if that of the token itself is `own`."""
    likeness[token_id] = own
    return likeness.argmax().item()


def joined(vocab, weight, below, token):
    """A new token under the next id, and the table joined with `below`; else both as they were."""
    import torch

    if token in vocab:
        return vocab, weight
    return {**vocab, token: len(vocab)}, torch.cat([weight, below])


def grown(vocab, weight, row, token):
    """The same with a row of numbers, which is made a table first, as joining wants."""
    return joined(vocab, weight, row.reshape(1, -1), token)


def old_rows(weight, new):
    """In words, what became of the rows of `weight` in the table `new`."""
    if new[: len(weight)].equal(weight):
        return "the old rows are kept"
    if new[-len(weight) :].equal(weight):
        return "the old rows have moved down"
    return "the old rows are lost"


def last_row(weight, new):
    """In words, what the last row of the table `new` is."""
    import torch

    mean = weight.mean(dim=0)
    known = {"the mean of the others": mean, "zeros": 0 * mean}
    known["one number, the mean of the whole table"] = weight.mean().expand(mean.shape)
    known["their sum, divided by one too many"] = weight.sum(dim=0) / (len(weight) + 1)
    for name, row in known.items():
        if torch.allclose(new[-1], row):
            return f"the last row is {name}"
    return "the last row is something else"


def become(weight, new):
    """In words, what the table `new` is, if it was made from `weight`."""
    said = f"a table of shape {list(new.shape)}: {old_rows(weight, new)}"
    if len(new) == len(weight):
        return said  # no row was added
    return f"{said}, {last_row(weight, new)}"


class Known(SimpleNamespace):
    """Tables for some ids, called by the ids alone in what a learner reads."""

    def __repr__(self) -> str:
        return f"ids {self.ids.tolist()}"


def known(ids):
    """Tables whose sums tell what was added: 42.3 is column 2 of id 4, third of a row."""
    import torch

    tokens = 10.0 * torch.arange(8)[:, None] + torch.arange(3)
    positions = (torch.arange(1, 13) / 10)[:, None].repeat(1, 3)
    return Known(ids=torch.tensor(ids), token_table=tokens, position_table=positions)


SENTENCE = "she sat on the bank of the river"  # for the trained model


def ids_for(model):
    """The ids that are looked up in a model's tables."""
    import torch

    if isinstance(model, Known):
        return model.ids
    return torch.tensor(model.tokenizer.encode(SENTENCE))


def loss(logits, targets, reduction="mean"):
    """The cross-entropy of logits [batch, tokens, vocab_size] for targets [batch, tokens]."""
    from torch.nn.functional import cross_entropy

    return cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction=reduction)


def tensor(ids):
    """Ids as a tensor; torch is loaded when an answer is judged, and not before."""
    import torch

    return torch.tensor(ids)


def probabilities(model, ids):
    """What the model expects after a list of ids: float [vocab_size]."""
    return model(tensor([ids]))[0, -1].softmax(dim=0)


def continued(answer, model, ids, times):
    """The ids, to which an answer's next id is appended so often; TypeError where it is no id."""
    for _ in range(times):
        ids = [*ids, index(answer(model, ids[-32:]))]
    return ids


def continuation(whose, answer, model, ids, tokenizer):
    """A picture of what a choice of the next token does: after `ids`, and twelve times in turn."""
    from .. import show

    before, best = tokenizer.decode(ids), probabilities(model, ids).topk(5)
    names = [show.visible(tokenizer.decode_single_token_bytes(i)) for i in best.indices]
    choice = index(answer(model, ids))
    chosen = [place for place, i in enumerate(best.indices) if i == choice]
    token = show.visible(tokenizer.decode_single_token_bytes(choice))
    said = f"After “{before}”: probabilities of the likeliest tokens. The choice, “{token}”, "
    said += f"is {whose}."
    ids = continued(answer, model, ids, 12)
    written = show.note(f"Twelve times appended and read again: “{tokenizer.decode(ids)}”")
    return show.note(said) + show.bars(names, best.values.tolist(), lit=chosen) + written


class Guesses:
    """A model of 8 tokens whose logits are drawn at random, the same for the same ids."""

    def __init__(self, seed: int):
        import torch

        self.table = torch.randn(6, 8, 8, generator=torch.Generator().manual_seed(seed))

    def __call__(self, ids):
        """The logits for ids [batch, tokens], by position and id: [batch, tokens, 8]."""
        return self.table[range(ids.shape[1]), ids]

    def __repr__(self) -> str:
        return "a model of 8 tokens"


def where(lengths, number):
    """(first, end) of a piece, when all pieces have these lengths."""
    first = sum(lengths[:number])
    return first, first + lengths[number]


def sizes(pieces):
    """How many bytes each piece has."""
    return [len(piece) for piece in pieces]
