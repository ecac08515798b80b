"""The exercises of chapter 3, byte-pair encoding; helpers/check.py says how one is written."""
from __future__ import annotations

from ..check import Exercise


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
           'text.encode("utf-8") are the bytes; they stand above the line, the ids below.'),
    cases=[("low", [9319]), ("café 👋", [66, 1878, 2634, 50169, 233]), ("日本", [33768, 98, 17312, 105])],
    right=lambda text, ids: len(text.encode()) / len(ids),
    wrong={"This counts characters: é is one character and two bytes. Encode the text first.":
           lambda text, ids: len(text) / len(ids),
           "This is upside down: tokens per byte. Divide the bytes by the tokens.":
           lambda text, ids: len(ids) / len(text.encode())})

apply_merges = Exercise(
    "apply_merges", chapter="03", why="The smallest rank is the merge that was learned first.",
    hints=("Copy the function. The loop is right: which line chooses a pair, and does it ask for the rank?",
           "min takes a key: key=lambda pair: ranks[pair[0] + pair[1]]"),
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
           "This takes the pair that makes the longest token. Let min compare ranks.":
           lambda tokens, ranks: _merged(
               tokens, ranks, lambda pairs: max(pairs, key=lambda pair: len(pair[0] + pair[1])))})


def _spellings(word, tokens):
    starts = [size for size in range(1, len(word) + 1) if word[:size] in tokens]
    return sum(_spellings(word[size:], tokens) for size in starts) if word else 1


def _up_to_a_token(word, tokens):
    starts = [size for size in range(1, len(word)) if word[:size] in tokens]
    return 1 if not word or word in tokens else sum(_up_to_a_token(word[size:], tokens) for size in starts)


count_spellings = Exercise(
    "count_spellings", chapter="03", why="GPT-2 could write ` unbelievable` in 1,660 ways, and encode uses one.",
    hints=("Which tokens can come first? For each of them, how many ways are there to spell the rest?",
           "Call the function itself on word[size:] for each size with word[:size] in tokens, and add up."),
    cases=[("low", {"l", "o", "w", "lo", "low"}), ("aaaa", {"a", "aa"}), ("xyz", {"x", "y"}), ("", {"a"})],
    right=_spellings,
    wrong={"This counts the tokens that occur in the word. Count the rows of tokens that spell all of it.":
           lambda word, tokens: sum(token in word for token in tokens),
           "This stops after two tokens. The rest may take any number of tokens: ask your function for it.":
           lambda word, tokens: 1 if not word else (word in tokens) + sum(
               word[:n] in tokens and word[n:] in tokens for n in range(1, len(word))),
           "This finds one spelling and stops. Add up over all tokens that can come first.":
           lambda word, tokens: min(1, _spellings(word, tokens)),
           "This stops at a rest that is itself a token. That rest may have other spellings too.": _up_to_a_token,
           "An empty word has one spelling, the empty row. The case that stops the function returns 1.":
           lambda word, tokens: _spellings(word, tokens) if word else 0,
           "No spelling is found: what does the function return when no letters are left? It should be 1.":
           lambda word, tokens: 0})
