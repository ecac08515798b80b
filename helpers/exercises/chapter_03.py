"""The exercises of chapter 3, byte-pair encoding. helpers/check.py says how one is written."""

from collections import Counter
from functools import cache

from ..bpe import GPT2_PATTERN, BytePairTokenizer, replace_pair
from .judge import Exercise, Milestone


class bytes_per_token(Exercise):
    """It compares tokenizers on one text, not scripts: a character may be one byte or four.

    Hint: Two lengths: of the text written as bytes, and of the list of ids.
    Hint: Divide the number of bytes by the number of ids. Section 1 turns a text into bytes.
    Hint: The bytes are `text.encode("utf-8")`, the tokens `ids`.
    """

    cases = [("low", [9319]), ("café 👋", [66, 1878, 2634, 50169, 233])]
    cases += [("日本", [33768, 98, 17312, 105]), ("la la la", [5031, 8591, 8591])]

    def right(text, ids):
        return len(text.encode()) / len(ids)

    def counts_characters(text, ids):
        """This counts characters: é is one character and two bytes. Encode the text first."""
        return len(text) / len(ids)

    def upside_down(text, ids):
        """This is upside down: tokens per byte. Divide the bytes by the tokens."""
        return len(ids) / len(text.encode())

    def counts_each_token_once(text, ids):
        """This counts each token once. A token that recurs takes room again: count all ids."""
        return len(text.encode()) / len(set(ids))

    def bytes_per_character(text, ids):
        """This is bytes per character. The measure is about tokens: divide by the number of ids."""
        return len(text.encode()) / len(text)


def counted(pairs, *counts):
    """A case: "st es" are the pairs of tokens s + t and e + s."""
    pairs = [(pair[:1], pair[1:]) for pair in pairs.encode().split()]
    return (Counter(dict(zip(pairs, counts, strict=True))),)


class own_text(Milestone):
    """That is a whole tokenizer: your merges, and the way there and back.

    Hint: `tokens` has the bytes of every id. How do you look one up? And what is joined?
    Hint: First the bytes of each id, then all of them joined, and only then read as text.
    Hint: `tokens[token_id]` for each id; `b"".join(pieces)` joins them.
    """

    part = "decode"

    def cases():
        tokens = [b" ", b"e", b"th", b"\x91\x8b", b"\xf0\x9f"]  # the last two are one character
        return [([2, 1, 0, 4, 3], tokens), ([2, 4], tokens), ([], tokens)]

    def look(whose, answer, ids, tokens):
        from .. import show

        # A learner may cut the ids in the middle of a character.
        same = "yes" if answer(ids, tokens) == own_text.right(ids, tokens) else "no"
        row = [whose, show.tokens([tokens[token_id] for token_id in ids], ids), same]
        return show.table([row], ["whose decode", f"{len(ids)} tokens", "the same text again"])

    def right(ids, tokens):
        return b"".join(tokens[token_id] for token_id in ids).decode("utf-8", errors="replace")

    def decodes_each_token(ids, tokens):
        """A character may be spread over several tokens. Join the bytes first, then decode once."""
        return "".join(tokens[token_id].decode("utf-8", errors="replace") for token_id in ids)

    def decodes_each_token_strictly(ids, tokens):
        """A token may be a part of a character. Join the bytes first, then decode once."""
        return "".join(tokens[token_id].decode("utf-8") for token_id in ids)

    def joins_all_tokens(ids, tokens):
        """These are all tokens there are. Join those of `ids`: `pieces`."""
        return b"".join(tokens).decode("utf-8", errors="replace")

    def leaves_out_half_characters(ids, tokens):
        """Half a character is dropped here. Leave `errors="replace"`, so that it can be seen."""
        return own_text.right(ids, tokens).replace("�", "")

    def stops_at_half_a_character(ids, tokens):
        """Half a character ends in an error here. Leave `errors="replace"` as it was."""
        return b"".join(tokens[token_id] for token_id in ids).decode("utf-8")

    def gives_bytes(ids, tokens):
        """These are bytes, and a text is asked for. Leave the call of `.decode` at the end."""
        return b"".join(tokens[token_id] for token_id in ids)

    def joins_with_spaces(ids, tokens):
        """The tokens are joined with something between them, but their spaces are in the bytes
        already. Join with `b""`."""
        return b" ".join(tokens[token_id] for token_id in ids).decode("utf-8", errors="replace")

    def joins_the_ids(ids, tokens):
        """These are ids, and not their bytes. Look each one up: `tokens[token_id]`."""
        return b"".join(ids).decode("utf-8", errors="replace")


class choose_pair(Exercise):
    """The pair itself decides a tie, and not the order of the text.

    Hint: `max` has one thing to compare, the count. Which second thing decides if two are equal?
    Hint: A key written on the spot is `lambda pair: ...`. It may give two values: the count, then
      the pair of tokens. One is to be large, the other small.
    Hint: `min(counts, key=lambda pair: (-counts[pair], pair))`
    """

    cases = [
        counted("st es we ab", 9, 9, 8, 1),
        counted("ba ca ac aa", 2, 2, 2, 1),
        counted("ca xy xb", 1, 5, 3),
        counted("bb ba ab", 3, 4, 4),
        counted("lo", 1),
        counted("ac ba ca", 2, 2, 2),
        counted("ba ab ca", 7, 7, 7),
        counted("xb xa zz", 3, 3, 1),
        counted("xa xb zz", 3, 3, 1),
        (Counter({(b"aa", b"z"): 2, (b"a", b"b"): 2}),),
    ]

    def right(counts):
        return min(counts, key=lambda pair: (-counts[pair], pair))

    def as_it_came(counts):
        """Not answered yet: of equal pairs this still takes the one that was seen first. Change the
        last line, so that the pair itself decides where counts are equal."""
        return max(counts, key=counts.get)

    def last_in_order(counts):
        """Of equal pairs this takes the one that sorts last. Take `min` and minus the count."""
        return max(counts, key=lambda pair: (counts[pair], pair))

    def first_token_only(counts):
        """Of equal pairs this compares the first token only. Compare the whole pair."""
        return min(counts, key=lambda pair: (-counts[pair], pair[0]))

    def rarest(counts):
        """This is the rarest pair. With `min` or `sorted`, the count needs a minus."""
        return min(counts, key=lambda pair: (counts[pair], pair))

    def without_counts(counts):
        """This looks at the pairs alone, and not at how often each one occurs."""
        return min(counts)

    def with_its_count(counts):
        """This is a pair with its count. Give the pair alone."""
        return min(counts.items(), key=lambda item: (-item[1], item[0]))

    def count_alone(counts):
        """This is the count. Give the pair that has it."""
        return max(counts.values())


def first_sizes(word, tokens):
    """The lengths of all tokens that a word can begin with."""
    return [size for size in range(1, len(word) + 1) if word[:size] in tokens]


class count_spellings(Exercise):
    """A model could write a word in any of these ways, and encode uses one.

    Hint: Which tokens can come first? For each of them, how many ways are there to spell the rest?
    Hint: Call the function on `word[size:]` for each size with `word[:size] in tokens`; add up.
    Hint: It must stop somewhere: `if not word: return 1`. Then add up what it gives for the rest.
    """

    cases = [
        ("low", {"l", "o", "w", "lo", "low"}),
        ("aaaa", {"a", "aa"}),
        ("aaa", {"a", "aa"}),
        ("xyz", {"x", "y"}),
        ("", {"a"}),
    ]

    def right(word, tokens):
        if not word:
            return 1
        rests = [word[size:] for size in first_sizes(word, tokens)]
        return sum(count_spellings.right(rest, tokens) for rest in rests)

    def counts_tokens(word, tokens):
        """This counts the tokens that occur in the word. Count the lists that spell all of it."""
        return sum(token in word for token in tokens)

    def two_tokens_only(word, tokens):
        """This finds spellings of two tokens only. The rest may be cut again: call the function
        itself on it."""
        halves = [(word[:n], word[n:]) for n in range(1, len(word))]
        return sum(tokens.issuperset(pair) for pair in halves) if word else 1

    def first_spelling_only(word, tokens):
        """This finds one spelling only. Add up over all tokens that can come first."""
        return min(1, count_spellings.right(word, tokens))

    def stops_at_a_token(word, tokens):
        """This stops at a remainder that is itself a token. It may have other spellings too."""
        if not word or word in tokens:
            return 1
        rests = [word[size:] for size in first_sizes(word, tokens)]
        return sum(count_spellings.stops_at_a_token(rest, tokens) for rest in rests)

    def adds_one_each(word, tokens):
        """This adds 1 for each first token. Add up only the ways to spell the rest."""
        if not word:
            return 1
        rests = [word[size:] for size in first_sizes(word, tokens)]
        return sum(1 + count_spellings.adds_one_each(rest, tokens) for rest in rests)

    def empty_word_has_none(word, tokens):
        """An empty word has one spelling, the empty one: where the function stops, return 1."""
        return count_spellings.right(word, tokens) if word else 0

    def stops_with_0(word, tokens):
        """No spelling is found: what should come back when no letters are left? 1."""
        return 0


def merge_all(tokens, ranks, choose):
    """The tokens when no pair has a rank any more; choose({pair: rank}) says which goes next."""
    while True:
        pairs = {}
        for left, right in zip(tokens, tokens[1:], strict=False):
            if left + right in ranks:
                pairs[left, right] = ranks[left + right]
        if not pairs:
            return tokens
        left, right = choose(pairs)
        tokens = replace_pair(tokens, (left, right), left + right)


class apply_merges(Exercise):
    """The smallest rank belongs to the merge that was learned first.

    Hint: Copy the function. The loop is right: which line chooses a pair, and does it ask the rank?
    Hint: `min(known)` compares the letters of the pairs. A key says what to compare instead:
      `key=lambda pair: ...`.
    Hint: `min(known, key=lambda pair: ranks[pair[0] + pair[1]])`
    """

    def cases():
        written = [("a b c d", "bc ab cd abc bcd"), ("c a b", "ab ca"), ("c a b", "ca ab")]
        written += [("a b c", "bc ab"), ("x y z", "")]
        written += [("a b cd a b", "cd ab bcd"), ("a b cd a b", "cd bcd ab")]
        return [
            (tokens.encode().split(), {merge: n for n, merge in enumerate(merges.encode().split())})
            for tokens, merges in written
        ]

    def right(tokens, ranks):
        return merge_all(tokens, ranks, lambda pairs: min(pairs, key=pairs.get))

    def by_the_alphabet(tokens, ranks):
        """The pair is still chosen by the alphabet: `min(known)` compares letters, not ranks."""
        return merge_all(tokens, ranks, min)

    def learned_last(tokens, ranks):
        """This takes the merge learned last. The smallest rank was learned first."""
        return merge_all(tokens, ranks, lambda pairs: max(pairs, key=pairs.get))

    def from_the_left(tokens, ranks):
        """This takes the first from the left or the most frequent. Only `ranks` says the order."""
        return merge_all(tokens, ranks, lambda pairs: list(pairs)[0])

    def looks_the_pair_up(tokens, ranks):
        """The keys of `ranks` are tokens, not pairs, so `ranks.get` gives `None` for a pair. Ask
        for the token that the pair becomes: `pair[0] + pair[1]`."""
        return merge_all(tokens, ranks, lambda pairs: min(pairs, key=ranks.get))

    def asks_for_the_rank_of_a_pair(tokens, ranks):
        """The keys of `ranks` are tokens, not pairs. Ask for both joined: `pair[0] + pair[1]`."""
        return merge_all(tokens, ranks, lambda pairs: min(pairs, key=ranks.__getitem__))


@cache  # an answer is tried on many texts, and the file takes a second to read
def gpt2_ranks():
    return BytePairTokenizer.pretrained("gpt2").ids


def encode(text, apply_merges):
    """The ids of a text whose chunks are merged by a function."""
    import regex

    if not isinstance(text, str) or not text:
        raise ValueError(f"Got {text!r}; expected a text. Put it between quotation marks.")
    ids, ranks = [], dict(gpt2_ranks())  # an answer may change its own
    for chunk in regex.findall(GPT2_PATTERN, text):
        single = [bytes([byte]) for byte in chunk.encode("utf-8")]
        ids += [ranks[token] for token in apply_merges(single, ranks)]
    return ids


class gpt2_ids(Milestone):
    """Your functions read GPT-2's 50,000 merges and give its ids, number for number.

    Hint: It is the function of exercise 3. Which pair is merged next, of those that have a rank?
    Hint: The loop goes on until no pair of neighbours has a rank, and takes the lowest rank each
      time.
    Hint: `min(known, key=lambda pair: ranks[pair[0] + pair[1]])`
    """

    part = "apply_merges"
    cases = [(" Devonshire",), ("tokenization is untokenizable",), ("café 👋 日本",)]
    cases += [(" antidisestablishmentarianism",)]

    def call(answer, text):
        return encode(text, answer)

    def look(whose, answer, text):
        from .. import show
        from ..bpe import gpt2_tokenizer

        tiktoken, rows = gpt2_tokenizer(), []
        both = {whose: encode(text, answer), "GPT-2": tiktoken.encode_ordinary(text)}
        for name, ids in both.items():
            ids = ids[:40]  # enough to see, of a long text
            pieces = [tiktoken.decode_single_token_bytes(token_id) for token_id in ids]
            rows.append([name, len(both[name]), show.tokens(pieces, ids)])
        return show.table(rows, ["whose ids", "tokens", "the first 40"])

    right = apply_merges.right

    def by_the_alphabet(tokens, ranks):
        """On `tokenization is untokenizable` these aren't GPT-2's ids: the alphabet chooses the
        next pair. Choose the one whose token has the lowest rank, as in exercise 3."""
        return apply_merges.by_the_alphabet(tokens, ranks)

    def from_the_left(tokens, ranks):
        """On ` Devonshire` these aren't GPT-2's ids: the first or the most frequent pair is merged,
        whatever its rank. Choose the lowest rank."""
        return apply_merges.from_the_left(tokens, ranks)

    looks_the_pair_up = apply_merges.looks_the_pair_up

    def learned_last(tokens, ranks):
        """On ` Devonshire` these aren't GPT-2's ids: the merge learned last goes first here. Take
        the lowest rank."""
        return apply_merges.learned_last(tokens, ranks)

    def one_merge_only(tokens, ranks):
        """There are too many tokens, since your function stops after one merge. Is the `return`
        inside the loop?"""
        pairs = [pair for pair in zip(tokens, tokens[1:], strict=False) if b"".join(pair) in ranks]
        if not pairs:
            return tokens
        pair = min(pairs, key=lambda pair: ranks[b"".join(pair)])
        return replace_pair(tokens, pair, b"".join(pair))

    def no_merge(tokens, ranks):
        """These are the ids of the bytes: nothing was merged. Does your function return what
        `replace_pair` returned?"""
        return tokens
