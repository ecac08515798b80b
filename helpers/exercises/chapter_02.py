"""The exercises of chapter 2, vocabularies. helpers/check.py says how one is written."""

from collections import Counter

from ..words import split_words
from .judge import Exercise


def share(truths):
    """The share of a list that is true; of an empty one 0."""
    return sum(truths) / max(1, len(truths))


class unknown_share(Exercise):
    """`in` searches the keys of the dictionary, which are the tokens.

    Hint: First blank: how do you ask whether a dictionary has a key? Second: divide one length by
      another.
    Hint: The keys of `vocab` are the tokens. A share is the unknown tokens divided by all tokens.
    Hint: `word not in vocab`, and `len(unknown) / len(words)`.
    """

    cases = [
        ("a wave, a wave, a wall", {"a": 0, ",": 1}),
        ("cat", {}),
        ("a sea", {"sea": 0, "a": 1}),
        ("a wave", {"a": 0, "<|unk|>": 1}),
        ("", {"a": 0}),
        ("Cat; cat", {"cat": 0}),
    ]

    def right(text, vocab):
        return share([word not in vocab for word in split_words(text)])

    def share_of_the_known(text, vocab):
        """This is the share of the known tokens. The unknown are those with `word not in vocab`."""
        return share([word in vocab for word in split_words(text)])

    def looks_for_unk(text, vocab):
        """The words are not encoded yet, so none of them is `<|unk|>`. Ask whether the word is a
        key: `word not in vocab`."""
        return share([word == "<|unk|>" for word in split_words(text)])

    def how_many(text, vocab):
        """This is how many, not what share. Divide by the number of tokens."""
        return sum(word not in vocab for word in split_words(text))

    def takes_id_0_as_unknown(text, vocab):
        """The id 0 counts as false, so the token with this id seems to have none. Ask with `in`."""
        return share([not vocab.get(word) for word in split_words(text)])

    def divides_by_the_vocabulary(text, vocab):
        """You divide by the size of the vocabulary. The share is of the tokens in the text."""
        return sum(word not in vocab for word in split_words(text)) / max(1, len(vocab))

    def looks_every_word_up(text, vocab):
        """A `KeyError`: a vocabulary may lack `<|unk|>`. Ask whether the word is a key: `word not
        in vocab`."""
        return share([vocab[word] == vocab["<|unk|>"] for word in split_words(text)])

    def looks_among_the_ids(text, vocab):
        """Every token is unknown here. Are you searching the ids? The tokens are the keys: `word
        not in vocab`."""
        return share([word not in vocab.values() for word in split_words(text)])

    def counts_each_word_once(text, vocab):
        """Each type counts once here. One that occurs three times should count three times."""
        return share([word not in vocab for word in set(split_words(text))])


class encode_gently(Exercise):
    """Fewer words are unknown, at the price of a few capitals.

    Hint: `vocab.get(word, unknown)` asks once. What should be looked up if it isn't there?
    Hint: The second argument of `get` may be a call of `get` itself, for `word.lower()`.
    Hint: `vocab.get(word, vocab.get(word.lower(), unknown))`
    """

    cases = [
        ("Tick. May tick tock", {"May": 0, "may": 1, "tick": 2, ".": 3, "<|unk|>": 4}),
        ("The DOG", {"dog": 0, "The": 1, "the": 2, "<|unk|>": 3}),
        ("a Tock", {"<|unk|>": 0, "a": 1}),
        ("Us us", {"Us": 0, "<|unk|>": 1}),
    ]

    def right(text, vocab):
        unknown = vocab["<|unk|>"]
        return [vocab.get(word, vocab.get(word.lower(), unknown)) for word in split_words(text)]

    def as_it_came(text, vocab):
        """Not answered yet: no word is looked up in lowercase. In the last line, try a word without
        an id as `word.lower()`, with its parentheses, before it becomes `<|unk|>`."""
        return [vocab.get(word, vocab["<|unk|>"]) for word in split_words(text)]

    def gives_the_word(text, vocab):
        """This gives the lowercase word itself, not its id. Look it up too, with a `get` of its
        own."""
        return [vocab.get(word, word.lower()) for word in split_words(text)]

    def never_tries_lowercase(text, vocab):
        """The first `get` already gives `unknown`, which is true unless it is 0, so lowercase is
        not tried. Put the second `get` in place of `unknown`."""
        unknown = vocab["<|unk|>"]
        words = split_words(text)
        return [vocab.get(word, unknown) or vocab.get(word.lower(), unknown) for word in words]

    def asks_for_lowercase_only(text, vocab):
        """A word that has an id loses it: here `May` becomes `may`. Ask for the word as it stands
        first."""
        return [vocab.get(word.lower(), vocab["<|unk|>"]) for word in split_words(text)]

    def asks_for_lowercase_first(text, vocab):
        """`May` has an id of its own, and gets that of `may`. Ask for the word as it stands
        first."""
        unknown = vocab["<|unk|>"]
        return [vocab.get(word.lower(), vocab.get(word, unknown)) for word in split_words(text)]

    def looks_lowercase_up(text, vocab):
        """A `KeyError`: `vocab[...]` raises one where the lowercase word is unknown too. (As an
        argument of `get` it is looked up even if the word itself has an id.) Use `vocab.get` there
        as well."""
        return [vocab.get(word, vocab[word.lower()]) for word in split_words(text)]

    def goes_on_after_id_0(text, vocab):
        """The id 0 counts as false, so the lowercase word is tried too. Use the second argument
        of `get`."""
        unknown = vocab["<|unk|>"]
        return [vocab.get(word) or vocab.get(word.lower(), unknown) for word in split_words(text)]

    def goes_on_after_each_id_0(text, vocab):
        """The id 0 counts as false, so the next one is tried. Use the second argument of
        `get`."""
        unknown = vocab["<|unk|>"]
        words = split_words(text)
        return [vocab.get(word) or vocab.get(word.lower()) or unknown for word in words]

    def gives_none(text, vocab):
        """A word found in neither way comes out as `None` here. It should become the id of
        `<|unk|>`."""
        return [vocab.get(word, vocab.get(word.lower())) for word in split_words(text)]

    def leaves_words_out(text, vocab):
        """Words that have no id are left out. Each of them is to become one id."""
        ids = [vocab.get(word, vocab.get(word.lower())) for word in split_words(text)]
        return [token_id for token_id in ids if token_id is not None]


def by_count(words):
    """The types, the most frequent first, in code-point order where equally frequent."""
    return sorted(set(words), key=lambda word: (-words.count(word), word))


def by_count_alone(words):
    """The types, the most frequent first, in the order of the text where equally frequent."""
    return [word for word, _ in Counter(words).most_common()]


def number(words):
    """Ids from 0 on for a list of words."""
    return {word: token_id for token_id, word in enumerate(words)}


class capped_vocab(Exercise):
    """Frequent words have small ids now, and the size is yours to choose.

    Hint: `Counter(words).most_common(2)` gives the two most frequent words with their counts. Of
      equally frequent ones it takes those that it met first. Which should it meet first?
    Hint: Count `sorted(words)`, take the `size - 1` most frequent, add `<|unk|>`, number them.
    Hint: Number these: `[word for word, _ in Counter(sorted(words)).most_common(size - 1)]`, and
      `<|unk|>`.
    """

    cases = [
        ("the sea and the wall and the dog and the".split(), 4),
        (["b", "a"], 10),
        (["b", "b", "a", "c"], 1),
    ]

    def right(words, size):
        return number([*by_count(words)[: size - 1], "<|unk|>"])

    def one_too_many(words, size):
        """There are `size` words, and `<|unk|>` as well. It counts too."""
        return number([*by_count(words)[:size], "<|unk|>"])

    def without_unk(words, size):
        """`<|unk|>` is missing. It is the last entry."""
        return number(by_count(words)[:size])

    def unk_first(words, size):
        """`<|unk|>` comes first here. It is to be the last entry."""
        return number(["<|unk|>", *by_count(words)[: size - 1]])

    def one_too_many_and_unsorted(words, size):
        """There are `size` words and `<|unk|>`, and equally frequent words are in the order of
        the text."""
        return number([*by_count_alone(words)[:size], "<|unk|>"])

    def unsorted(words, size):
        """Equally frequent words are in the order of the text. Count the sorted words instead."""
        return number([*by_count_alone(words)[: size - 1], "<|unk|>"])

    def sorted_in_reverse(words, size):
        """Of equally frequent words the last comes first. Count the sorted words instead,
        or sort by `(-count, word)`, without `reverse`."""
        ordered = sorted(set(words), key=lambda word: (words.count(word), word), reverse=True)
        return number([*ordered[: size - 1], "<|unk|>"])

    def rarest_first(words, size):
        """The rarest words come first. Sort by descending count: `-counts[word]`."""
        ordered = sorted(set(words), key=lambda word: (words.count(word), word))
        return number([*ordered[: size - 1], "<|unk|>"])

    def by_code_point(words, size):
        """These are the first words in code-point order. Sort by the counts first."""
        return number([*sorted(set(words))[: size - 1], "<|unk|>"])


class join_documents(Exercise):
    """White space on both sides makes it a token of its own.

    Hint: Where does `split_words` cut? Not at the characters `<`, `|` and `>`.
    Hint: It cuts at white space. On which sides of the special token does a word stand?
    Hint: White space is needed on both sides: `" <|endoftext|> "`.
    """

    cases = [
        (["The sea let go", "James barked."],),
        (["A tea?", "In", "the end."],),
        (["One line"],),
    ]

    def call(answer, documents):
        return split_words(answer(documents))

    def right(documents):
        return " <|endoftext|> ".join(documents)

    def glued_on_both_sides(documents):
        """The special token is still glued to a word on both sides."""
        return "<|endoftext|>".join(documents)

    def glued_to_the_word_after(documents):
        """The special token is glued to the word after it. It needs a space there too."""
        return " <|endoftext|>".join(documents)

    def glued_to_the_word_before(documents):
        """The special token is glued to the word before it. It needs a space there too."""
        return "<|endoftext|> ".join(documents)

    def without_special_token(documents):
        """There is no special token between the documents."""
        return " ".join(documents)

    def one_after_the_last(documents):
        """There is one after the last document too. The exercise asks for one between any two."""
        return "".join(f"{document} <|endoftext|> " for document in documents)
