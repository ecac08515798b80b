"""The exercises of chapter 3, byte-pair encoding; helpers/check.py says how one is written."""
from __future__ import annotations

from collections import Counter

from ..check import Exercise


def _pairs(text):
    """Pairs of one-byte tokens: "st es" are s + t and e + s."""
    return [(pair[:1], pair[1:]) for pair in text.encode().split()]


def _merged(tokens, ranks, choose):
    """Merge the pairs whose sum has a rank, the one that `choose` takes first, until there is none."""
    while pairs := [p for p in zip(tokens, tokens[1:], strict=False) if p[0] + p[1] in ranks]:
        best, place, row = choose(pairs), 0, []
        while place < len(tokens):
            fits = tuple(tokens[place:place + 2]) == best
            row.append(best[0] + best[1] if fits else tokens[place])
            place += 1 + fits
        tokens = row
    return tokens


bytes_per_token = Exercise(
    "bytes_per_token", chapter="03", why="Bytes measure every script alike; a character may be one byte or four.",
    hints=("Two lengths: of the text written as bytes, and of the list of ids.",
           "Divide the number of bytes by the number of ids. Section 1 turns a text into bytes.",
           'The bytes are `text.encode("utf-8")`, the tokens `ids`.'),
    cases=[("low", [9319]), ("café 👋", [66, 1878, 2634, 50169, 233]), ("日本", [33768, 98, 17312, 105]),
           ("la la la", [5031, 8591, 8591])],
    right=lambda text, ids: len(text.encode()) / len(ids),
    wrong={"This counts characters: é is one character and two bytes. Encode the text first.":
           lambda text, ids: len(text) / len(ids),
           "This is upside down: tokens per byte. Divide the bytes by the tokens.":
           lambda text, ids: len(ids) / len(text.encode()),
           "This counts each token once. A token that comes again takes room again: count all ids.":
           lambda text, ids: len(text.encode()) / len(set(ids)),
           "This is bytes per character. The measure is about tokens: divide by the number of ids.":
           lambda text, ids: len(text.encode()) / len(text)})

choose_pair = Exercise(
    "choose_pair", chapter="03", why="The pair itself decides a tie, and not the order of the text.",
    hints=("`max` has one thing to compare, the count. Which second thing decides when two counts are equal?",
           "A key may hold two values: the count, then the pair of tokens. One is to be large, the other small.",
           "`min(counts, key=lambda pair: (-counts[pair], pair))`"),
    cases=lambda: [(Counter(dict(zip(pairs, numbers, strict=True))),) for pairs, numbers in (
        (_pairs("st es we ab"), (9, 9, 8, 1)), (_pairs("ba ca ac aa"), (2, 2, 2, 1)), (_pairs("ca xy xb"), (1, 5, 3)),
        (_pairs("bb ba ab"), (3, 4, 4)), (_pairs("lo"), (1,)), (_pairs("ac ba ca"), (2, 2, 2)),
        (_pairs("ba ab ca"), (7, 7, 7)), (_pairs("xb xa ab"), (3, 3, 1)), ([(b"aa", b"z"), (b"a", b"b")], (2, 2)))],
    right=lambda counts: min(counts, key=lambda pair: (-counts[pair], pair)),
    wrong={"Not answered yet: of equal pairs this still takes the one that was seen first. Change the last line, "
           "so that the pair itself decides where counts are equal.": lambda counts: max(counts, key=counts.get),
           "Of equal pairs this takes the one that sorts last. `max` wants all parts of its key large: take `min`, and "
           "the count with a minus.": lambda counts: max(counts, key=lambda pair: (counts[pair], pair)),
           "Of equal pairs this takes the one that was seen last. Let the pair itself decide, not its place.":
           lambda counts: sorted(counts, key=counts.get)[-1],
           "Of equal pairs this compares the first token only. Compare the whole pair.":
           lambda counts: min(counts, key=lambda pair: (-counts[pair], pair[0])),
           "Of equal pairs this goes by the second token. `sorted` looks at the first token first.":
           lambda counts: min(counts, key=lambda pair: (-counts[pair], pair[1])),
           "This compares the two tokens glued together. `sorted` compares the pairs, first token first.":
           lambda counts: min(counts, key=lambda pair: (-counts[pair], pair[0] + pair[1])),
           "This is the rarest pair. With `min`, the count needs a minus.":
           lambda counts: min(counts, key=lambda pair: (counts[pair], pair)),
           "This looks at the pairs alone, and not at how often each one occurs.": min,
           "This is the pair that sorts last, however rare it is. Compare counts first.": max,
           "This is a pair with its count. Give the pair alone.": lambda counts: min(
               counts.items(), key=lambda item: (-item[1], item[0])),
           "This is the count. Give the pair that has it.": lambda counts: max(counts.values())})


def _spellings(word, tokens):
    starts = [size for size in range(1, len(word) + 1) if word[:size] in tokens]
    return sum(_spellings(word[size:], tokens) for size in starts) if word else 1


def _one_more(word, tokens):
    starts = [size for size in range(1, len(word) + 1) if word[:size] in tokens]
    return sum(1 + _one_more(word[size:], tokens) for size in starts) if word else 1


def _up_to_a_token(word, tokens):
    starts = [size for size in range(1, len(word)) if word[:size] in tokens]
    return 1 if not word or word in tokens else sum(_up_to_a_token(word[size:], tokens) for size in starts)


count_spellings = Exercise(
    "count_spellings", chapter="03", why="A model could write a word in each of these ways, and encode uses one.",
    hints=("Which tokens can come first? For each of them, how many ways are there to spell the rest?",
           "Call the function itself on `word[size:]` for each size with `word[:size] in tokens`, and add up.",
           "It must stop somewhere: a word without letters has one spelling, so return 1 for it."),
    cases=[("low", {"l", "o", "w", "lo", "low"}), ("aaaa", {"a", "aa"}), ("aaa", {"a", "aa"}),
           ("xyz", {"x", "y"}), ("", {"a"})],
    right=_spellings,
    wrong={"This counts the tokens that occur in the word. Count the rows of tokens that spell all of it.":
           lambda word, tokens: sum(token in word for token in tokens),
           "This stops after two tokens. The rest may take any number of tokens: ask your function for it.":
           lambda word, tokens: 1 if not word else (word in tokens) + sum(
               word[:n] in tokens and word[n:] in tokens for n in range(1, len(word))),
           "This finds spellings of two tokens only. The rest may be cut again: call the function itself on it.":
           lambda word, tokens: 1 if not word else sum(
               word[:n] in tokens and word[n:] in tokens for n in range(1, len(word))),
           "This finds one spelling and stops. Add up over all tokens that can come first.":
           lambda word, tokens: min(1, _spellings(word, tokens)),
           "This stops at a rest that is itself a token. That rest may have other spellings too.": _up_to_a_token,
           "This adds 1 for each token that can come first. Add up only the ways to spell the rest.": _one_more,
           "An empty word has one spelling, the empty row. The case that stops the function returns 1.":
           lambda word, tokens: _spellings(word, tokens) if word else 0,
           "No spelling is found: what does the function return when no letters are left? It should be 1.":
           lambda word, tokens: 0})

apply_merges = Exercise(
    "apply_merges", chapter="03", why="The smallest rank is the merge that was learned first.",
    hints=("Copy the function. The loop is right: which line chooses a pair, and does it ask for the rank?",
           "`min(pairs)` compares the letters of the pairs. `min` can be told what to compare, with a key.",
           "`min(pairs, key=lambda pair: ranks[pair[0] + pair[1]])`"),
    cases=[(list("abcd"), {"bc": 0, "ab": 1, "cd": 2, "abc": 3, "bcd": 4}),
           (list("cab"), {"ab": 0, "ca": 1}), (list("cab"), {"ca": 0, "ab": 1}), (list("xyz"), {}),
           (["a", "b", "cd"], {"cd": 0, "ab": 1, "bcd": 2})],
    right=lambda tokens, ranks: _merged(
        tokens, ranks, lambda pairs: min(pairs, key=lambda pair: ranks[pair[0] + pair[1]])),
    wrong={"The pair is still chosen by the alphabet: min(pairs) compares letters. Let it compare ranks.":
           lambda tokens, ranks: _merged(tokens, ranks, min),
           "This takes the merge learned last. The smallest rank was learned first.":
           lambda tokens, ranks: _merged(
               tokens, ranks, lambda pairs: max(pairs, key=lambda pair: ranks[pair[0] + pair[1]])),
           "This takes the first pair from the left, whatever its rank.":
           lambda tokens, ranks: _merged(tokens, ranks, lambda p: p[0]),
           "This takes the pair that sorts last, whatever its rank. Let min compare ranks.":
           lambda tokens, ranks: _merged(tokens, ranks, max),
           "This takes the pair that makes the longest token. Let min compare ranks.":
           lambda tokens, ranks: _merged(
               tokens, ranks, lambda pairs: max(pairs, key=lambda pair: len(pair[0] + pair[1])))})
