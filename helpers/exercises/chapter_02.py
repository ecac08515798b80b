"""The exercises of chapter 2, vocabularies; helpers/check.py says how one is written."""
from __future__ import annotations

from ..check import Exercise
from ..words import split_words


def _share(unknown):
    """A share of a text's words for the exercise of chapter 2; `unknown(word, vocab)` counts a word."""
    return lambda text, vocab: sum(unknown(word, vocab) for word in split_words(text)) / max(1, len(split_words(text)))


def _ids(look_up):
    """An encoder for the exercise of chapter 2; `look_up(word, vocab, unknown)` finds the id of a word."""
    return lambda text, vocab: [look_up(word, vocab, vocab["<|unk|>"]) for word in split_words(text)]


def _capped(key, unk=lambda words, size: [*words[:size - 1], "<|unk|>"]):
    """Vocabularies for the exercise of chapter 2: words ordered by `key(word, count)`, `unk` cuts and adds."""
    return lambda words, size: {word: token_id for token_id, word in enumerate(unk(
        sorted(dict.fromkeys(words), key=lambda word: key(word, words.count(word))), size))}


unknown_share = Exercise(
    "unknown_share", chapter="02", why="`in` asks the keys of the dictionary, which are the tokens.",
    cases=[("a wave, a wave, a wall", {"a": 0, ",": 1}), ("cat", {}), ("a sea", {"sea": 0, "a": 1}), ("", {"a": 0})],
    hints=("First blank: how do you ask whether a dictionary has a key? Second: divide one length by another.",
           "The keys of `vocab` are the tokens. A share is the unknown ones, divided by all of them.",
           "`word not in vocab`, and `len(unknown) / len(words)`."),
    right=_share(lambda word, vocab: word not in vocab),
    wrong={"This is the share of the known tokens. Ask for `word not in vocab`.":
           _share(lambda word, vocab: word in vocab),
           "This is how many, not which share. Divide by the number of tokens.":
           lambda text, vocab: sum(word not in vocab for word in split_words(text)),
           "The id 0 counts as false, so the token with this id seems to have none. Ask with `in`.":
           _share(lambda word, vocab: not vocab.get(word)),
           "You divide by the size of the vocabulary. The share is one of the tokens of the text.":
           lambda text, vocab: sum(word not in vocab for word in split_words(text)) / max(1, len(vocab)),
           "A `KeyError`: a vocabulary may lack `<|unk|>`. Ask whether the word is a key: `word not in vocab`.":
           _share(lambda word, vocab: vocab[word] == vocab["<|unk|>"]),
           "Every token is unknown here. Do you look among the ids? The tokens are the keys: `word not in vocab`.":
           _share(lambda word, vocab: True),
           "Each different token counts once here. One that comes three times counts three times.":
           lambda text, vocab: len({*split_words(text)} - {*vocab}) / max(1, len({*split_words(text)}))})
encode_gently = Exercise(
    "encode_gently", chapter="02", why="Fewer words are unknown, at the price of a few capitals.",
    cases=[("Tick. May tick tock", {"May": 0, "may": 1, "tick": 2, ".": 3, "<|unk|>": 4}),
           ("The DOG", {"dog": 0, "The": 1, "the": 2, "<|unk|>": 3}), ("a Tock", {"<|unk|>": 0, "a": 1}),
           ("Us us", {"Us": 0, "<|unk|>": 1})],
    hints=("`vocab.get(word, unknown)` asks once. What is to be asked if the word is not there?",
           "The second argument of `get` may be a call of `get` itself, for `word.lower()`.",
           "`vocab.get(word, vocab.get(word.lower(), unknown))`"),
    right=_ids(lambda word, vocab, unknown: vocab.get(word, vocab.get(word.lower(), unknown))),
    wrong={"Not answered yet: the function looks each word up once, as it stands. Change the last line, so that a word "
           "without an id is tried in small letters before it becomes `<|unk|>`.":
           _ids(lambda word, vocab, unknown: vocab.get(word, unknown)),
           "A word that has an id loses it: here `May` becomes `may`. Ask for the word as it stands first.":
           _ids(lambda word, vocab, unknown: vocab.get(word.lower(), unknown)),
           "`May` has an id of its own, and gets that of `may`. Ask for the word as it stands first.":
           _ids(lambda word, vocab, unknown: vocab.get(word.lower(), vocab.get(word, unknown))),
           "A `KeyError`: `vocab[...]` ends in one where small letters are unknown too, even for a word whose id is "
           "found, since Python works out both arguments first. Use `vocab.get` there as well.":
           _ids(lambda word, vocab, unknown: vocab.get(word, vocab[word.lower()])),
           "The id 0 counts as false, so `or` goes on to the small letters. Use the second argument of `get`.":
           _ids(lambda word, vocab, unknown: vocab.get(word) or vocab.get(word.lower(), unknown)),
           "The id 0 counts as false, so `or` goes on to the next. Use the second argument of `get`.":
           _ids(lambda word, vocab, unknown: vocab.get(word) or vocab.get(word.lower()) or unknown),
           "What is found in neither way comes out as `None` here. It is to become the id of `<|unk|>`.":
           _ids(lambda word, vocab, unknown: vocab.get(word, vocab.get(word.lower()))),
           "Words that have no id are left out. Each of them is to become one id.": lambda text, vocab: [
               vocab[found] for word in split_words(text)
               if (found := word if word in vocab else word.lower()) in vocab]})
capped_vocab = Exercise(
    "capped_vocab", chapter="02", right=_capped(lambda word, count: (-count, word)),
    cases=[("the sea and the wall and the dog and the".split(), 4), (["b", "a"], 10), (["b", "b", "a"], 1)],
    hints=("Count with `Counter(words)`, sort its keys, keep the first `size - 1`, add `<|unk|>`, number them.",
           "To sort by two things, let the key be a pair: the count first, with a minus, so that large ones lead.",
           "`sorted(counts, key=lambda word: (-counts[word], word))` is the order."),
    why="Frequent words have small ids now, and the size is yours to choose.",
    wrong={"There are `size` words, and `<|unk|>` comes on top. It counts too.": _capped(
               lambda word, count: (-count, word), lambda words, size: [*words[:size], "<|unk|>"]),
           "`<|unk|>` is missing. It is the last entry.": _capped(
               lambda word, count: (-count, word), lambda words, size: words[:size]),
           "`<|unk|>` comes first here. It is to be the last entry.": _capped(
               lambda word, count: (-count, word), lambda words, size: ["<|unk|>", *words[:size - 1]]),
           "There are `size` words and `<|unk|>`, and equally frequent words stand as they came in the text.": _capped(
               lambda word, count: -count, lambda words, size: [*words[:size], "<|unk|>"]),
           "Equally frequent words stand as they came in the text. Sort by a pair, the falling count and the word.":
           _capped(lambda word, count: -count),
           "Of equally frequent words the last comes first. Sort by `(-count, word)`, without `reverse`.":
           _capped(lambda word, count: (-count, [-ord(character) for character in word])),
           "The rarest words come first. Sort by the falling count: `-counts[word]`.": _capped(
               lambda word, count: (count, word)),
           "These are the first words in code-point order. Count how often each one occurs.": _capped(
               lambda word, count: word)})
join_documents = Exercise(
    "join_documents", chapter="02", call=lambda answer, documents: split_words(answer(documents)),
    cases=[(["The sea let go", "James barked."],), (["A tea?", "In", "the end."],), (["One line"],)],
    hints=("Where does `split_words` cut? The characters `<`, `|` and `>` are no such places.",
           "It cuts at white space. On which sides of the special token does a word stand?",
           "White space is needed on both sides: `\" <|endoftext|> \"`."),
    right=" <|endoftext|> ".join, why="White space on both sides makes it a token of its own.",
    wrong={"The special token is still glued to a word on both sides.": "<|endoftext|>".join,
           "The special token is glued to the word after it. It needs a space there too.": " <|endoftext|>".join,
           "The special token is glued to the word before it. It needs a space there too.": "<|endoftext|> ".join,
           "There is no special token between the documents.": " ".join,
           "There is one after the last document too. Asked is one between any two.": lambda documents: "".join(
               f"{document} <|endoftext|> " for document in documents)})
