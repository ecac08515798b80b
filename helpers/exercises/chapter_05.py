"""The exercises of chapter 5, word vectors. helpers/check.py says how one is written."""

import math

from .judge import Exercise


def floats(*numbers):
    """Numbers, or rows of numbers, as an array of floats."""
    import numpy as np

    return np.array(numbers, dtype=float)


def turned(*degrees):
    """Rows of length 1 that point so many degrees away from the first axis."""
    turns = [math.radians(degree) for degree in degrees]
    return floats(*[(math.cos(turn), math.sin(turn)) for turn in turns])


def spreads(rows):
    """The spread of the rows along each principal component, the greatest first."""
    import numpy as np

    return np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False) ** 2


def shares(rows):
    """The share of each principal component in the spread of the rows."""
    return spreads(rows) / spreads(rows).sum()


def best_row(rows, a, b, c, out, value=-math.inf):
    """The row with the greatest product with b - a + c, if the rows `out` have `value` instead."""
    products = rows @ (rows[b] - rows[a] + rows[c])
    products[out] = value
    return int(products.argmax())


def pairs(words, left, right, first=0):
    """(word, context word), with up to `left` words before and `right` words after each word."""
    found = []
    for i, word in enumerate(words):
        for j in range(max(first, i - left), min(len(words), i + right + 1)):
            if j != i:
                found.append((word, words[j]))
    return found


class distance_from_products(Exercise):
    """At length 1 it is the square root of 2 - 2 * cosine.

    Hint: The rule is given above the cell: a·a + b·b − 2 a·b. Python writes a·b as `a @ b`.
    Hint: The rule has three products of two rows each, and the first one, a·a, is written already.
    Hint: `a @ a + b @ b - 2 * (a @ b)`
    """

    def cases():
        return [(floats(3, 0), floats(0, 5)), (floats(1, 2, 2), floats(2, -4, 1))]

    def right(a, b):
        return (a @ a + b @ b - 2 * (a @ b)) ** 0.5

    def takes_b_for_length_1(a, b):
        """This holds when b has length 1. In place of 1 put `b @ b`."""
        return (a @ a + 1 - 2 * (a @ b)) ** 0.5

    def multiplies_number_by_number(a, b):
        """`a * b` multiplies number by number and gives a row. `a @ b` also adds up."""
        return (a @ a + b @ b - 2 * (a * b)) ** 0.5

    def multiplies_so_in_both_blanks(a, b):
        """`a * b` multiplies number by number, so the result is a row. `a @ b` adds up too. Use it
        in both blanks."""
        return (a @ a + b * b - 2 * (a * b)) ** 0.5

    def multiplies_b_number_by_number(a, b):
        """`b * b` and `b**2` are rows, with a product for each number. `b @ b` adds them up."""
        return (a @ a + b * b - 2 * (a @ b)) ** 0.5

    def takes_the_length_of_b(a, b):
        """This takes the length of b. Its square is needed: `b @ b`."""
        return (a @ a + (b @ b) ** 0.5 - 2 * (a @ b)) ** 0.5

    def takes_the_cosine(a, b):
        """This takes the cosine, not the product. For rows of any length the rule takes
        `a @ b`."""
        cosine = (a @ b) / ((a @ a) * (b @ b)) ** 0.5
        return (a @ a + b @ b - 2 * cosine) ** 0.5


class share_on_map(Exercise):
    """Any sixteen words make a map. The share says whether it is worth a look.

    Hint: Which entry of `spreads` belongs to the first axis of a map, and which to the second?
    Hint: The spreads are sorted, greatest first. Those of a map's axes are the first two: add
        them up.
    Hint: `return spreads[:2].sum() / spreads.sum()`
    """

    def cases():
        flat = floats([0, 0, 0], [4, 0, 0], [0, 3, 0], [4, 3, 2])
        wide = floats([1, 5, 2, 0], [2, 0, 2, 7], [0, 1, 9, 3], [6, 2, 1, 1], [3, 3, 0, 5])
        return [(flat,), (wide,), (floats([1, 1], [2, 5], [0, 3]),)]

    def right(rows):
        return shares(rows)[:2].sum()

    def keeps_one_axis(rows):
        """Not answered yet: a single axis, as given. A map has two; a slice ends before its
        second number."""
        return shares(rows)[0]

    def keeps_the_second_axis(rows):
        """This is the second axis alone. Counting starts at 0, and the first axis belongs to the
        map too."""
        return shares(rows)[1]

    def adds_nothing_up(rows):
        """These are two numbers, a share for each axis. What the map keeps is their sum."""
        return shares(rows)[:2]

    def keeps_three_axes(rows):
        """These are three axes. A slice ends before its second number: `[:2]`."""
        return shares(rows)[:3].sum()

    def divides_the_second_only(rows):
        """Only the second spread was divided: division comes before +. Put the sum in
        parentheses."""
        return spreads(rows)[0] + shares(rows)[1]

    def does_not_divide(rows):
        """This is a spread, not a share of it. Divide by the sum of all spreads."""
        return spreads(rows)[:2].sum()


class answer_row(Exercise):
    """−inf is below every product, but 0 is not.

    Hint: Which rows may not be the answer? And which number is below every product?
    Hint: A list of positions can be set at once: `products[[...]] = ...`. And no number is below
        `-np.inf`.
    Hint: `products[[a, b, c]] = -np.inf`
    """

    def cases():
        first = [(turned(0, 30, 90, 130), 0, 1, 2), (turned(0, 10, 20, 200), 0, 1, 2)]
        rows, others = turned(140, 320, 180, 50, 100), turned(50, 120, 160, 150, 240)
        low = turned(180, 10, 350, 170, 200)  # both rows that are left have products below -2
        more = turned(340, 270, 240, 120, 130), 1, 0, 2
        return [*first, (rows, 1, 4, 3), (others, 2, 4, 1), (low, 0, 1, 2), more]

    def right(rows, a, b, c):
        return best_row(rows, a, b, c, out=[a, b, c])

    def gives_b_the_value_0(rows, a, b, c):
        """Not answered yet: as given, a word of the question can still be the answer."""
        return best_row(rows, a, b, c, out=b, value=0)

    def leaves_out_b(rows, a, b, c):
        """Only b is left out. a and c are words of the question too."""
        return best_row(rows, a, b, c, out=b)

    def leaves_out_b_and_c(rows, a, b, c):
        """a may still be the answer. Leave out all three."""
        return best_row(rows, a, b, c, out=[b, c])

    def leaves_out_a_and_b(rows, a, b, c):
        """c may still be the answer. Leave out all three."""
        return best_row(rows, a, b, c, out=[a, b])

    def leaves_b_in(rows, a, b, c):
        """b may still be the answer. Leave out all three."""
        return best_row(rows, a, b, c, out=c, value=0)

    def leaves_out_nothing(rows, a, b, c):
        """The answer may still be a word of the question. Leave out all three."""
        return best_row(rows, a, b, c, out=[])

    def gives_all_three_the_value_0(rows, a, b, c):
        """All three are set, but to a number that may be greater than all other products. Use
        `-np.inf`."""
        return best_row(rows, a, b, c, out=[a, b, c], value=0)

    def gives_all_three_plus_inf(rows, a, b, c):
        """A word of the question always wins here. `np.inf` is above every product, and `argmax`
        takes nan (which `None` becomes) before all others: use `-np.inf`, and `argmax`."""
        return best_row(rows, a, b, c, out=[a, b, c], value=math.inf)

    def names_the_rows_without_a_list(rows, a, b, c):
        """`products[a, b, c]` asks for one number from an array with three axes, and `products` has
        one axis. Put a list inside: `products[[a, b, c]]`."""
        products = rows @ (rows[b] - rows[a] + rows[c])
        products[a, b, c] = -math.inf
        return int(products.argmax())

    def deletes_them(rows, a, b, c):
        """After `np.delete` a place is no longer the number of a row. Set the three products to
        `-np.inf` instead."""
        products = rows @ (rows[b] - rows[a] + rows[c])
        kept = [product for n, product in enumerate(products) if n not in (a, b, c)]
        return kept.index(max(kept))

    def gives_all_three_minus_1(rows, a, b, c):
        """All three are set, but not low enough: the sum b − a + c need not have length 1, so a
        product may be lower than −1. Use `-np.inf`."""
        return best_row(rows, a, b, c, out=[a, b, c], value=-1)

    def swaps_a_and_b(rows, a, b, c):
        """a and b are swapped: the offset is `rows[b] - rows[a]`."""
        return best_row(rows, b, a, c, out=[a, b, c])


class context_pairs(Exercise):
    """This is what skip-gram takes from a text.

    Hint: Two loops over positions: i for the word, j for its context words. From where to where
        does j run?
    Hint: j runs from i − window to i + window, but not below 0, not past the last word, and it
        skips i itself.
    Hint: `range(max(0, i - window), min(len(words), i + window + 1))`, without i itself.
    """

    cases = [(["a", "b", "c"], 1), ("the sea let go at dawn".split(), 2)]
    cases += [(["the", "sea", "the"], 2), ([], 2), (["a"], 3), (list("abcd"), 3)]

    def call(answer, *case):
        found = answer(*case)
        return found if found is None else sorted(found)  # the pairs may come in any order

    def right(words, window):
        return pairs(words, window, window)

    def looks_to_the_right_only(words, window):
        """Only words to the right. Those to the left count too."""
        return pairs(words, 0, window)

    def pairs_a_word_with_itself(words, window):
        """Each word is its own context word here. Leave out position i."""
        return pairs(words, window, window) + [(word, word) for word in words]

    def compares_words(words, window):
        """You compare words. In "the sea the" the first word has the third as a context word:
        compare positions."""
        return [(word, other) for word, other in pairs(words, window, window) if word != other]

    def counts_from_the_end(words, window):
        """Positions below 0 count from the end of the list. Start at `max(0, i - window)`."""
        return pairs(words, window, window, first=-window)

    def counts_from_the_end_and_ends_too_early(words, window):
        """Positions below 0 count from the end of the list, and the last word to the right is
        missing. Begin at `max(0, i - window)`, and end one later."""
        return pairs(words, window, window - 1, first=-window)

    def runs_past_the_last_word(words, window):
        """j runs past the last word. The range must end at `len(words)` at the latest."""
        places = [
            (i, j) for i in range(len(words)) for j in range(max(0, i - window), i + window + 1)
        ]
        return [(words[i], words[j]) for i, j in places if j != i]

    def ends_too_early(words, window):
        """The last word to the right is missing: the end is one too small."""
        return pairs(words, window, window - 1)

    def pairs_direct_neighbours_only(words, window):
        """Only direct neighbours are paired here, whatever the window. `window` says how far away
        a context word may stand."""
        return pairs(words, 1, 1)

    def looks_to_the_edge_only(words, window):
        """Only words exactly `window` positions away are paired. Those nearer count too."""
        edges = zip(words, words[window:], strict=False)
        return [pair for one, two in edges for pair in ((one, two), (two, one))]

    def pairs_unlike_words_in_a_slice(words, window):
        """A slice that starts below 0 counts from the end of the list, so the first words get
        nothing. Start it at `max(0, i - window)`, and compare positions, not words."""
        slices = [(word, words[i - window : i + window + 1]) for i, word in enumerate(words)]
        return [(word, other) for word, near in slices for other in near if other != word]

    def joins_slices_from_below_0(words, window):
        """For the first words the slice to the left starts below 0, and comes out empty. Start it
        at `max(0, i - window)`."""
        found = []
        for i, word in enumerate(words):
            near = words[i - window : i] + words[i + 1 : i + window + 1]
            found += [(word, other) for other in near]
        return found

    def takes_the_whole_sentence(words, window):
        """All words of the sentence are context words here. Only those at most `window` positions
        away count."""
        return pairs(words, len(words), len(words))
