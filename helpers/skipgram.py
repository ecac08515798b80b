"""Skip-gram with negative sampling on real text, and a piece of Wikipedia to train it on (chapter 5)."""
from __future__ import annotations

import bz2
import os
import tempfile
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path

from gensim.corpora import wikicorpus
from gensim.models import KeyedVectors
from gensim.test.utils import datapath

from .backstage import downloads
from .vectors import keyed_vectors


def wikipedia_texts() -> list[list[str]]:
    """106 articles of the English Wikipedia, 452,944 tokens in small letters, out of gensim's own wheel.

    Cleaned by gensim as its WikiCorpus does (no markup, words of 2 to 15 letters, articles of 50 words or more),
    which takes seconds; then kept in DOWNLOADS, an article a line.
    """
    kept = downloads.DOWNLOADS / "wikipedia-sample.txt"
    if not kept.exists():
        with bz2.open(datapath("enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2")) as dump:
            pages = downloads.progress(wikicorpus.extract_pages(dump, ("0",)), total=206, desc="Cleaning articles")
            texts = [wikicorpus.tokenize(wikicorpus.filter_wiki(page), 2, 15, True) for _, page, _ in pages]
        texts = [text for text in texts if len(text) >= 50]
        with suppress(OSError):     # no room to keep it: nothing is lost
            kept.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=downloads.TEMPORARY, dir=kept.parent) as beside:
                (new := Path(beside, kept.name)).write_text("\n".join(map(" ".join, texts)), "utf-8")
                os.replace(new, kept)
        return texts
    return [line.split() for line in kept.read_text("utf-8").splitlines()]


@contextmanager
def one_thread():
    """Torch works on one thread: for matrices this small more only get in each other's way."""
    import torch
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@one_thread()
def train_skipgram(texts: list[list[str]], dim: int = 50, window: int = 8, negatives: int = 256, epochs: int = 5,
                   seed: int = 0, rate: float = 0.7, sample: float = 1e-4, min_count: int = 5,
                   callback=None) -> KeyedVectors:
    """Skip-gram with negative sampling (Mikolov et al. 2013) on lists of tokens, gradients by hand.

    A step takes 4 pieces of 64 words of running text; all share `negatives` random words, which together count as 5
    a context word. Steps shrink as Adagrad's do (Duchi et al. 2011), with one number a row. `callback(share done,
    vectors so far)` is called about 20 times an epoch. The most frequent word comes first.
    """
    import torch
    chance, counts = torch.Generator().manual_seed(seed), Counter(word for text in texts for word in text)
    words = [word for word, count in counts.most_common() if count >= min_count]
    number = {word: i for i, word in enumerate(words)}
    ids = torch.tensor([(number[w], k) for k, text in enumerate(texts) for w in text if w in number]).view(-1, 2)
    often = torch.tensor([float(counts[word]) for word in words])
    at_random = often**0.75     # how often each is drawn as a random word
    keep = (sample * often.sum() / often).sqrt()[ids[:, 0].long()]     # frequent words are often left out
    if keep.clamp(max=1).sum() < 256:
        raise ValueError(f"Of {counts.total():,} words sample={sample} and min_count={min_count} keep too few. "
                         "Expected: 256 or more. Give more text, a larger sample or a smaller min_count.")
    word, context = (torch.rand(len(words), dim, generator=chance) - 0.5) / dim, torch.zeros(len(words), dim)
    vectors = keyed_vectors(words, word.numpy())     # sees every change of `word`
    apart = (torch.arange(64)[:, None] - torch.arange(64)).abs()
    moved = torch.full((2, len(words), 1), 0.01)     # Adagrad's memory of both tables

    def move(table, past, rows, uphill):
        past.index_add_(0, rows, uphill.square().mean(dim=1, keepdim=True))
        table.index_add_(0, rows, rate * (1 - done) * uphill / past.index_select(0, rows).sqrt())

    for epoch in range(epochs):
        kept = ids[torch.rand(len(ids), generator=chance) < keep]
        pieces = kept[torch.randint(64, (1,), generator=chance):].unfold(0, 64, 64)     # (n, 2, 64)
        batches = pieces[torch.randperm(len(pieces), generator=chance)].split(4)
        for k, (batch, text) in enumerate(pair.unbind(dim=1) for pair in batches):
            done, rows = (epoch + k / len(batches)) / epochs, batch.flatten()
            reach = torch.randint(1, window + 1, (*batch.shape, 1), generator=chance)
            near = (apart <= reach) & (apart > 0) & (text[:, :, None] == text[:, None, :])     # (4, 64, 64)
            others = torch.multinomial(at_random, negatives, True, generator=chance)
            w, c = (table.index_select(0, rows).view(*batch.shape, dim) for table in (word, context))
            n = context.index_select(0, others)
            # uphill on log sigmoid(w c) for each context word and on log sigmoid(-w n) for each random word
            pull = near * torch.sigmoid(-w @ c.mT)
            push = torch.sigmoid(w @ n.T) * near.sum(dim=2, keepdim=True) * (5 / negatives)
            move(word, moved[0], rows, (pull @ c - push @ n).flatten(0, 1))
            move(context, moved[1], rows, (pull.mT @ w).flatten(0, 1))
            move(context, moved[1], others, -push.flatten(0, 1).T @ w.flatten(0, 1))
            if callback and k % (len(batches) // 20 + 1) == 0:
                vectors.norms = None     # else gensim goes on with the old lengths
                callback(done, vectors)
    vectors.norms = None
    return vectors
