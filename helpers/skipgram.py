"""Skip-gram: word vectors trained from counts, or from running text (chapter 5)."""

from __future__ import annotations

import bz2
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import torch

from .backstage import downloads
from .backstage.doors import whole_number
from .backstage.gensim_data import gensim_data
from .backstage.keyed_vectors import KeyedVectors
from .backstage.word_checks import check_positive, check_sentences
from .progress import progress
from .vectors import keyed_vectors

PIECE = 64  # words of running text that are looked at together
BATCH = 4  # pieces a step
ARTICLES_AND_WORDS = (106, 452_944)  # of the sample of Wikipedia


def clean_articles() -> list[list[str]]:
    """The words of the articles in gensim's sample of Wikipedia, without their mark-up."""
    path = gensim_data("enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2")
    from gensim.corpora import wikicorpus

    texts = []
    with bz2.open(path) as dump:
        pages = wikicorpus.extract_pages(dump, ("0",))
        for _, page, _ in progress(pages, total=206, desc="Cleaning articles"):
            # As gensim's WikiCorpus: words of 2 to 15 letters, articles of 50 or more words.
            text = wikicorpus.tokenize(wikicorpus.filter_wiki(page), 2, 15, True)
            if len(text) >= 50:
                texts.append(text)
    return texts


def wikipedia_texts() -> list[list[str]]:
    """106 articles of the English Wikipedia, 452,944 tokens in lowercase, from gensim's wheel."""
    kept = downloads.DOWNLOADS / "wikipedia-sample.txt"  # an article a line
    with suppress(OSError, UnicodeDecodeError):  # not there yet, or damaged: then made anew
        texts = [line.split() for line in kept.read_text("utf-8").splitlines()]
        if (len(texts), sum(map(len, texts))) == ARTICLES_AND_WORDS:
            return texts
    texts = clean_articles()
    with suppress(OSError):  # no room to keep it: nothing is lost
        kept.parent.mkdir(parents=True, exist_ok=True)
        downloads.write_whole(kept, "\n".join(map(" ".join, texts)))
    return texts


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch works on one thread: for tables this small more only get in each other's way."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def check_counts(counts) -> torch.Tensor:
    """The counts as a tensor; a message unless they are a square table with a count above 0."""
    try:
        counts = torch.as_tensor(counts).float()
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"The counts are not numbers: {error}. Expected a table (words, words). Give what "
            "count_contexts() counts."
        ) from None
    square = counts.ndim == 2 and len(counts) == counts.shape[1]
    if not square or not (counts >= 0).all() or not 0 < counts.sum() < float("inf"):
        raise ValueError(
            f"Got counts of shape {tuple(counts.shape)} with sum {counts.sum():g}. "
            "Expected a table (words, words) of counts that are not below 0 and not all 0. "
            "Give what count_contexts() counts."
        )
    return counts


@one_thread()
def train_skipgram_exact(counts, dim: int = 50, steps=(0, 5, 20, 50, 200), seed: int = 0) -> dict:
    """Skip-gram (Mikolov et al. 2013) before its shortcuts, from counts of context words.

    counts: (words, words). Gives the vectors at the chosen steps: {step: (words, dim)}.
    """
    whole_number(dim, "dim", 1)
    whole_number(seed, "seed", 0)
    for step in steps:
        whole_number(step, "step", 0)
    counts = check_counts(counts)
    chance = torch.Generator().manual_seed(seed)
    # A word has two rows: one for where it stands itself, one for where it is context.
    word, context = 0.3 * torch.randn(2, len(counts), dim, generator=chance)
    adam = torch.optim.Adam([word.requires_grad_(), context.requires_grad_()], lr=0.05)
    kept = {}
    for step in range(max(steps) + 1):
        if step in steps:
            kept[step] = word.detach().numpy().copy()
        # The loss says how surprising the context words of each word are.
        log_shares = (word @ context.T).log_softmax(dim=1)
        loss = -(counts * log_shares).sum() / counts.sum()
        adam.zero_grad()
        loss.backward()
        adam.step()
    return kept


class Table:
    """Rows that learn: the more a row has moved, the smaller its steps (Duchi et al. 2011)."""

    def __init__(self, rows: torch.Tensor):
        self.rows = rows
        self.moved = torch.full((len(rows), 1), 0.01)

    def look_up(self, ids: torch.Tensor) -> torch.Tensor:
        """The rows of ids, in the shape of the ids: faster than rows[ids]."""
        return self.rows.index_select(0, ids.flatten()).view(*ids.shape, -1)

    def move(self, ids: torch.Tensor, uphill: torch.Tensor, rate: float) -> None:
        """Move the rows of ids uphill; where an id occurs twice, its steps add up."""
        ids, uphill = ids.flatten(), uphill.flatten(0, -2)  # one row for each id
        self.moved.index_add_(0, ids, uphill.square().mean(dim=1, keepdim=True))
        self.rows.index_add_(0, ids, rate * uphill / self.moved.index_select(0, ids).sqrt())


def number_words(texts: list[list[str]], min_count: int) -> tuple:
    """Words, most frequent first; how often each comes; each place as (word's, text's number)."""
    counts = Counter(word for text in texts for word in text)
    words = [word for word, count in counts.most_common() if count >= min_count]
    number = {word: i for i, word in enumerate(words)}
    # Rare words are left out; those around them move together.
    places = [(number[w], k) for k, text in enumerate(texts) for w in text if w in number]
    often = torch.tensor([counts[word] for word in words]).float()
    return words, often, torch.tensor(places).view(-1, 2)


def chances_to_stay(often: torch.Tensor, sample: float) -> torch.Tensor:
    """Each word's chance to stay: sqrt(sample / its share of all); above 1 for rare ones."""
    # The most frequent words stay least often, for they say least about their neighbours.
    return (sample * often.sum() / often).sqrt()


def check_kept(keep: torch.Tensor, texts: list, sample: float, min_count: int) -> None:
    """Raise an error if the chances of all places add up to less than one batch."""
    if keep.clamp(max=1).sum() < PIECE * BATCH:
        raise ValueError(
            f"Of {sum(map(len, texts)):,} words sample={sample} and min_count={min_count} keep too "
            "few. Expected: 256 or more. Give more text, a larger sample or a smaller min_count."
        )


def draw_batches(places: torch.Tensor, keep: torch.Tensor, chance: torch.Generator) -> tuple:
    """The places, cut into pieces in random order: each batch is [BATCH, 2, PIECE]."""
    # Frequent words are often left out: `keep` is each place's chance to stay.
    kept = places[torch.rand(len(places), generator=chance) < keep]
    # The cuts are elsewhere each time, so that all neighbours meet.
    start = torch.randint(PIECE, (1,), generator=chance).item()
    pieces = kept[start:].unfold(0, PIECE, PIECE)
    return pieces[torch.randperm(len(pieces), generator=chance)].split(BATCH)


def near_places(text: torch.Tensor, window: int, chance: torch.Generator) -> torch.Tensor:
    """Which places are context of which: bool [pieces, PIECE, PIECE] for the texts' numbers."""
    apart = (torch.arange(PIECE)[:, None] - torch.arange(PIECE)).abs()  # 0: the word itself
    # A word reaches 1 to `window` words away, at random, but not into another text.
    reach = torch.randint(1, window + 1, (*text.shape, 1), generator=chance)
    return (apart > 0) & (apart <= reach) & (text[:, :, None] == text[:, None, :])


def learn(words: Table, contexts: Table, ids, near, others, rate: float) -> None:
    """One step uphill on log sigmoid(w c) and on log sigmoid(-w n), gradients by hand.

    w are the rows of `ids`, c those of their context words (the same ids where `near`), and n
    those of random `others`, which all words share: together they count as 5 per context word.
    """
    w, c, n = words.look_up(ids), contexts.look_up(ids), contexts.look_up(others)
    # The slope of log sigmoid(x) is sigmoid(-x): what is right already moves little.
    pull = near * torch.sigmoid(-w @ c.mT)
    weight = near.sum(dim=2, keepdim=True) * 5 / len(others)
    push = weight * torch.sigmoid(w @ n.T)
    # w, c and n are copies, so no move changes what the next one goes by.
    words.move(ids, pull @ c - push @ n, rate)
    contexts.move(ids, pull.mT @ w, rate)
    contexts.move(others, -push.flatten(0, 1).T @ w.flatten(0, 1), rate)


def check_settings(texts: list[list[str]], whole: dict, positive: dict, seed: int) -> None:
    """Raise an error unless the texts are lists of words, and each setting can be one."""
    check_sentences(texts)
    whole_number(seed, "seed", 0)
    for name, value in whole.items():
        whole_number(value, name, 1)
    for name, value in positive.items():
        check_positive(name, value)


def check_rows(rows: torch.Tensor, rate: float) -> None:
    """Raise an error if the training lost its way."""
    if not torch.isfinite(rows).all():
        raise ValueError(
            f"With rate={rate} the rows became nan or infinite. Expected a rate whose steps "
            "stay small. Give a smaller one, such as rate=0.7."
        )


@one_thread()
def train_skipgram(
    texts: list[list[str]],
    dim: int = 50,
    window: int = 8,
    negatives: int = 256,
    epochs: int = 5,
    seed: int = 0,
    rate: float = 0.7,
    sample: float = 1e-4,
    min_count: int = 5,
    callback: Callable[[float, KeyedVectors], None] | None = None,
) -> KeyedVectors:
    """Skip-gram with negative sampling (Mikolov et al. 2013); the most frequent word comes first.

    `callback(share done, vectors so far)` is called about 20 times an epoch.
    """
    whole = {"dim": dim, "window": window, "negatives": negatives, "epochs": epochs}
    check_settings(texts, {**whole, "min_count": min_count}, {"rate": rate, "sample": sample}, seed)
    words, often, places = number_words(texts, min_count)
    keep = chances_to_stay(often, sample)[places[:, 0].long()]
    check_kept(keep, texts, sample, min_count)
    chance = torch.Generator().manual_seed(seed)
    # As in word2vec.c: short random rows for the words, zeros for them as context.
    rows = Table((torch.rand(len(words), dim, generator=chance) - 0.5) / dim)
    contexts = Table(torch.zeros(len(words), dim))
    vectors = keyed_vectors(words, rows.rows.numpy())  # sees every change in the rows
    for epoch in range(epochs):
        batches = draw_batches(places, keep, chance)
        for k, batch in enumerate(batches):
            ids, text = batch.unbind(dim=1)  # [BATCH, PIECE] each
            near = near_places(text, window, chance)
            # Random words are drawn by frequency, but rare ones more often than that.
            others = torch.multinomial(often**0.75, negatives, True, generator=chance)
            done = (epoch + k / len(batches)) / epochs
            learn(rows, contexts, ids, near, others, rate * (1 - done))  # ever smaller steps
            vectors.norms = None  # or gensim keeps using the old lengths
            if callback and k % (len(batches) // 20 + 1) == 0:
                callback(done, vectors)
    check_rows(rows.rows, rate)
    return vectors
