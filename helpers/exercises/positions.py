"""What chapter 7's exercises are made of: sums, turns, means, and a network that needs order."""


def layers(*shapes):
    """A layer for each shape (rows, columns)."""
    import torch

    return [torch.nn.Embedding(*shape) for shape in shapes]


def both(token_layer, position_layer, ids, first, end):
    """The vectors of the ids plus those of the positions from `first` up to `end`."""
    import torch

    return token_layer(ids) + position_layer(torch.arange(first, end))


def turned(vector, position, rows=False):
    """A vector [dim] turned for a position, or, as `rows`, for each position up to this one."""
    from ..embeddings import rotate

    table = rotate(vector.expand(position + 1, -1))
    return table if rows else table[position]


def ones(x):
    """A square of ones, with a line and a column for each vector."""
    return x.new_ones(len(x), len(x))


def mean(x, weights):
    """The mean of the vectors in each line, weighted by `weights`."""
    return weights / weights.sum(dim=1, keepdim=True) @ x


def closest(table, vector):
    """The number of the row of a table that is nearest to a vector."""
    return (table - vector).norm(dim=1).argmin().item()


def closest_pair(vector, tokens, positions):
    """The number of the nearest sum, counted through all pairs line by line."""
    sums = tokens[:, None] + positions
    return closest(sums.flatten(0, 1), vector)


def two_orders(count):
    """Rows of six ids with a 0 and a 1 in each, and 1.0 for each row in which the 0 comes first.

    Each row has a twin, in which the two have changed places. So whoever gives both twins the same
    answer is right about one of them: in exactly half of all rows.
    """
    import torch

    others = torch.randint(2, 8, (count, 6))
    places = torch.rand(count, 6).argsort(dim=1)[:, :2]  # two different ones in each row
    pair = torch.tensor([[0, 1]]).expand(count, 2)
    rows = others.scatter(1, places, pair)
    twins = others.scatter(1, places, pair.flip(1))
    first = (places[:, 0] < places[:, 1]).float()
    return torch.cat([rows, twins]), torch.cat([first, 1 - first])


def trained_to_tell(embedded, steps=100):
    """A layer of attention, trained to say whether 0 or 1 came first: from ids it makes logits.

    embedded(token_layer, position_layer, ids) makes its input. There is no mask, and the mean over
    all tokens is read, so nothing but that input can tell the order.
    """
    import torch

    token, position = layers((8, 32), (8, 32))
    query, key, value = (torch.nn.Linear(32, 32, bias=False) for _ in range(3))
    out = torch.nn.Linear(32, 1)
    parts = torch.nn.ModuleList([token, position, query, key, value, out])

    def logits(ids):
        x = embedded(token, position, ids)
        weights = (query(x) @ key(x).mT / 32**0.5).softmax(dim=-1)
        return out((weights @ value(x)).mean(dim=1)).flatten()

    optimizer = torch.optim.Adam(parts.parameters(), lr=0.02)
    for _ in range(steps):
        ids, first = two_orders(32)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits(ids), first)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return logits


def share_right(embedded):
    """The share of 1,000 rows, drawn after its training, about which the network is right.

    It runs in one thread, since on so small a network several only wait for each other.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(7)
            logits = trained_to_tell(embedded)
            ids, first = two_orders(500)
            return ((logits(ids) > 0) == (first > 0)).float().mean().item()
    finally:
        torch.set_num_threads(threads)
