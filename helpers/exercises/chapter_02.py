"""The exercises of chapter 2, vocabularies; helpers/check.py says how one is written."""
from __future__ import annotations

from ..check import Exercise
from ..words import split_words


def _share(unknown):
    """A share of a text's words for the exercise of chapter 2; `unknown(word, vocab)` counts a word."""
    return lambda text, vocab: sum(unknown(word, vocab) for word in split_words(text)) / max(1, len(split_words(text)))


def _capped(key, unk=lambda words, size: [*words[:size - 1], "<|unk|>"]):
    """Vocabularies for the exercise of chapter 2: words ordered by `key(word, count)`, `unk` cuts and adds."""
    return lambda words, size: {word: token_id for token_id, word in enumerate(unk(
        sorted(dict.fromkeys(words), key=lambda word: key(word, words.count(word))), size))}


unknown_share = Exercise(
    "unknown_share", chapter="02", why="`in` asks the keys of the dictionary, which are the tokens.",
    cases=[("a wave, a wave, a wall", {"a": 0, ",": 1}), ("cat", {}), ("a sea", {"sea": 0, "a": 1}), ("", {"a": 0})],
    hints=("First blank: how do you ask whether a dictionary has a key? Second: divide one length by another.",
           "`word not in vocab`, and `len(unknown) / len(words)`."),
    right=_share(lambda word, vocab: word not in vocab),
    wrong={"This is the share of the known tokens. Ask for `word not in vocab`.":
           _share(lambda word, vocab: word in vocab),
           "This is how many, not which share. Divide by the number of tokens.":
           lambda text, vocab: sum(word not in vocab for word in split_words(text)),
           "Every token is unknown here. Do you look among the ids? The tokens are the keys: `word not in vocab`.":
           _share(lambda word, vocab: True),
           "Each different token counts once here. One that comes three times counts three times.":
           lambda text, vocab: len({*split_words(text)} - {*vocab}) / max(1, len({*split_words(text)}))})
join_documents = Exercise(
    "join_documents", chapter="02", call=lambda answer, documents: split_words(answer(documents)),
    cases=[(["The sea let go", "James barked."],), (["A tea?", "In", "the end."],), (["One line"],)],
    hints=("Where does `split_words` cut? The characters `<`, `|` and `>` are no such places.",
           "White space is needed on both sides: `\" <|endoftext|> \"`."),
    right=" <|endoftext|> ".join, why="White space on both sides makes it a token of its own.",
    wrong={"The special token is still glued to a word on both sides.": "<|endoftext|>".join,
           "The special token is glued to the word after it. It needs a space there too.": " <|endoftext|>".join,
           "The special token is glued to the word before it. It needs a space there too.": "<|endoftext|> ".join,
           "There is no special token between the documents.": " ".join,
           "There is one after the last document too. Asked is one between any two.": lambda documents: "".join(
               f"{document} <|endoftext|> " for document in documents)})
capped_vocab = Exercise(
    "capped_vocab", chapter="02", right=_capped(lambda word, count: (-count, word)),
    cases=[("the sea and the wall and the dog and the".split(), 4), (["b", "a"], 10), (["b", "b", "a"], 1)],
    hints=("Count with `Counter(words)`, sort its keys, keep the first `size - 1`, add `<|unk|>`, number them.",
           "`sorted(counts, key=lambda word: (-counts[word], word))` is the order."),
    why="Frequent words have small ids now, and the size is yours to choose.",
    wrong={"There are `size` words, and `<|unk|>` comes on top. It counts too.": _capped(
               lambda word, count: (-count, word), lambda words, size: [*words[:size], "<|unk|>"]),
           "`<|unk|>` is missing. It is the last entry.": _capped(
               lambda word, count: (-count, word), lambda words, size: words[:size]),
           "`<|unk|>` comes first here. It is to be the last entry.": _capped(
               lambda word, count: (-count, word), lambda words, size: ["<|unk|>", *words[:size - 1]]),
           "Equally frequent words stand as they came in the text. Sort them by code points.": _capped(
               lambda word, count: -count),
           "Of equally frequent words the last comes first. Sort by `(-count, word)`, without `reverse`.":
           _capped(lambda word, count: (-count, [-ord(character) for character in word])),
           "The rarest words come first. Sort by the falling count: `-counts[word]`.": _capped(
               lambda word, count: (count, word)),
           "These are the first words in code-point order. Count how often each one occurs.": _capped(
               lambda word, count: word)})
