"""The exercises of chapter 4, sliding windows. helpers/check.py says how one is written."""

from .judge import Exercise


class window_pair(Exercise):
    """Input and target have the same length, and the target starts one later.

    Hint: An input of 4 ids that begins at 2 is ids[2:6]. Where does it end, in terms of `start`?
    Hint: The target begins one id later than the input, and ends one id later.
    Hint: `ids[start:start + max_length], ids[start + 1:start + max_length + 1]`
    """

    cases = [
        ([40, 367, 2885, 1464, 1807, 3619], 0, 4),
        (list(range(20, 40)), 3, 5),
        (list(range(9)), 7, 1),
    ]

    def right(ids, start, length):
        return ids[start : start + length], ids[start + 1 : start + length + 1]

    def target_is_the_input(ids, start, length):
        """The target is the input itself. It has to be shifted by one."""
        return ids[start : start + length], ids[start : start + length]

    def target_too_short(ids, start, length):
        """The target is one id too short: its end has to be shifted by one too."""
        return ids[start : start + length], ids[start + 1 : start + length]

    def target_a_window_later(ids, start, length):
        """The target begins where the window ends. The shift is one token, not a whole window."""
        return ids[start : start + length], ids[start + length : start + 2 * length]

    def ends_without_start(ids, start, length):
        """The ends are right only for a window that begins at 0: add `start` to them."""
        return ids[start:length], ids[start + 1 : length + 1]

    def input_too_long(ids, start, length):
        """The target is right. The input is one id too long: a slice stops before its end."""
        return ids[start : start + length + 1], ids[start + 1 : start + length + 1]

    def target_too_long(ids, start, length):
        """The input is right. The target is one id too long: it should be as long as the input."""
        return ids[start : start + length], ids[start + 1 : start + length + 2]

    def both_too_long(ids, start, length):
        """Input and target are both one id too long: a slice stops before its end."""
        return ids[start : start + length + 1], ids[start + 1 : start + length + 2]

    def last_answer_only(ids, start, length):
        """This is one answer, for the last position. There is one for each position of the
        input."""
        return ids[start : start + length], ids[start + length : start + length + 1]

    def last_answer_bare(ids, start, length):
        """This is one answer, for the last position, and not in a list. There is one for each
        position of the input."""
        return ids[start : start + length], ids[start + length]


def inputs(ids, length, stride):
    """The inputs of all windows."""
    return [ids[i : i + length] for i in range(0, len(ids) - length, stride)]


class cut_with_overlap(Exercise):
    """Stride and overlap make up a window: each is `max_length` less the other.

    Hint: By how many tokens does a window of 4 move on, if it shares 1 with the next one?
    Hint: The third argument of `range` is the stride. A window moves on by what it does not share.
    Hint: `range(0, len(ids) - max_length, max_length - overlap)`
    """

    cases = [
        (list(range(12)), 4, 1),
        (list(range(20, 41)), 5, 3),
        (list(range(9)), 4, 0),
        (list(range(8)), 3, 2),
        ([5, 6, 7], 4, 1),
    ]

    def right(ids, length, overlap):
        return inputs(ids, length, length - overlap)

    def as_it_came(ids, length, overlap):
        """Not answered yet: the overlap is still the stride, so windows of 4 that are to share 1
        share 3. Change the `starts` line."""
        return inputs(ids, length, overlap)

    def shares_nothing(ids, length, overlap):
        """Neighbours share nothing here, whatever the overlap."""
        return inputs(ids, length, length)

    def shares_one_more(ids, length, overlap):
        """Neighbours share one token more than asked. The stride is `max_length - overlap`, without
        a further 1."""
        return inputs(ids, length, length - overlap - 1)

    def shares_one_less(ids, length, overlap):
        """Neighbours share one token fewer than asked. The shift of one belongs to the targets, not
        to the stride."""
        return inputs(ids, length, length - overlap + 1)

    def leaves_gaps(ids, length, overlap):
        """The windows move on too far, and leave gaps. What is shared makes the stride smaller."""
        return inputs(ids, length, length + overlap)

    def the_other_way_round(ids, length, overlap):
        """The step is below 0, so no window is cut. Take the overlap from `max_length`, not the
        other way round."""
        return inputs(ids, length, overlap - length)

    def goes_on_to_the_end(ids, length, overlap):
        """The stride is right, but the last windows lack a next token. The second argument of
        `range` was right."""
        return [ids[i : i + length] for i in range(0, len(ids), length - overlap)]

    def goes_on_by_one(ids, length, overlap):
        """The stride is right, but a window may end at the last token, which has nothing after it.
        The second argument of `range` was right."""
        return [ids[i : i + length] for i in range(0, len(ids) - length + 1, length - overlap)]


def count(n_tokens, length, stride):
    """The number of windows."""
    return len(range(0, n_tokens - length, stride))


def lost(n_tokens, length, stride):
    """How many targets no window asks for."""
    asked = set()
    for start in range(0, n_tokens - length, stride):
        asked.update(range(start + 1, start + length + 1))
    return max(0, n_tokens - 1) - len(asked)


class count_lost(Exercise):
    """A gap appears at every seam as soon as the stride is larger than a window.

    Hint: Count the different targets that are seen, and subtract that from n_tokens - 1.
    Hint: The first window asks for max_length targets. Each further one adds `stride` new ones, but
      never more than max_length.
    Hint: Without a window, max(0, n_tokens - 1) targets are lost.
    """

    cases = [
        (14, 4, 4), (14, 4, 5), (25, 10, 10), (40, 4, 1), (4, 4, 2), (3, 8, 1), (0, 4, 4),
        (5, 4, 9), (1, 1, 1), (30, 4, 7), (29, 3, 5),
        (25, 10, 5), (12, 4, 3),
    ]  # fmt: skip

    def right(n, length, stride):
        return lost(n, length, stride)

    def first_token_too(n, length, stride):
        """This counts the first token as lost. It is never a target, so it does not count."""
        return n - max(0, n - 1) + lost(n, length, stride)

    def without_gaps(n, length, stride):
        """This counts only what stands after the last target. With stride 5 and max_length 4 there
        are gaps too."""
        return lost(n, length, stride) if stride <= length else (n - 1 - length) % stride

    def none_without_a_window(n, length, stride):
        """A text without any window loses all of its targets, and there are never fewer than 0."""
        return lost(n, length, stride) if n > length else 0

    def overlap_twice(n, length, stride):
        """Windows that overlap ask for a target more than once. Count it once."""
        return max(0, n - 1) - length * count(n, length, stride)

    def first_window_like_the_others(n, length, stride):
        """The first window asks for max_length targets. Only later windows add no more than the
        stride."""
        return max(0, n - 1) - min(stride, length) * count(n, length, stride)

    def one_gap_only(n, length, stride):
        """This counts one gap only. There is one between any two neighbouring windows."""
        gap, others = max(0, stride - length), max(0, count(n, length, stride) - 2)
        return lost(n, length, stride) - gap * others

    def one_token_a_gap(n, length, stride):
        """This counts one token for each gap. A gap is as long as the stride less a
        window."""
        more, gaps = max(0, stride - length - 1), max(0, count(n, length, stride) - 1)
        return lost(n, length, stride) - more * gaps

    def a_gap_at_the_end(n, length, stride):
        """This counts a gap after the last window too. What stands there belongs to the tail."""
        gap = max(0, stride - length) if n > length else 0
        return lost(n, length, stride) + gap

    def rest_as_a_window(n, length, stride):
        """The rest at the end isn't a short window: its targets are lost."""
        return 0


def windows(ids, length, stride, first, end, more=0):
    """All windows, each with the target that begins and ends so far after the window's start.

    more: how many ids too late the last window may start.
    """
    starts = range(0, len(ids) - length + more, stride)
    return [(ids[i : i + length], ids[i + first : i + end]) for i in starts]


class mended_windows(Exercise):
    """The shift from input to target is 1, whatever the stride.

    Hint: Call it with list(range(12)), max_length 4 and stride 3. What is the answer to 0?
    Hint: Two numbers move something on here: the stride and the shift. Which belongs in the
      `targets` line?
    Hint: `ids[start + 1:start + 1 + max_length]`: the shift is 1, whatever the stride.
    """

    cases = [
        (list(range(12)), 4, 3),
        (list(range(9)), 4, 4),
        (list(range(8)), 3, 1),
        ([5, 6], 2, 1),
        ([40, 367, 2885, 1464, 1807, 3619], 3, 2),
    ]

    def right(ids, length, stride):
        return windows(ids, length, stride, 1, 1 + length)

    def shift_is_the_stride(ids, length, stride):
        """Not answered yet: as given, the target begins a whole stride later. For stride 3 the
        answer to 0 should be 1, not 3."""
        return windows(ids, length, stride, stride, stride + length)

    def mends_the_range(ids, length, stride):
        """The windows move by 1 now, whatever the stride. The range was right as it stood; the line
        that is wrong makes the targets."""
        return windows(ids, length, 1, stride, stride + length)

    def window_missing(ids, length, stride):
        """The targets are right, but a window is missing at the end. The range was right as it
        stood."""
        return windows(ids[:-1], length, stride, 1, 1 + length)

    def target_is_the_input(ids, length, stride):
        """The target is the input itself now. It has to be shifted by one."""
        return windows(ids, length, stride, 0, length)

    def adds_1_to_the_ids(ids, length, stride):
        """You add 1 to the ids. The target holds the ids that stand one position later: take them
        from `ids`."""
        return [(part, [one + 1 for one in part]) for part in inputs(ids, length, stride)]

    def end_by_the_stride(ids, length, stride):
        """The target begins in the right place, but its end still goes by the stride."""
        return windows(ids, length, stride, 1, stride + length)

    def target_too_short(ids, length, stride):
        """The target begins in the right place, but is one id too short: its end is shifted too."""
        return windows(ids, length, stride, 1, length)

    def as_long_as_the_stride(ids, length, stride):
        """The target begins in the right place, but it takes as many ids as the stride says. It
        should be as long as the input."""
        return windows(ids, length, stride, 1, 1 + stride)

    def last_answer_only(ids, length, stride):
        """This is one answer, for the last position. There is one for each position of the
        input."""
        return [(ids[i : i + length], ids[i + length]) for i in range(0, len(ids) - length, stride)]

    def stride_1(ids, length, stride):
        """Now the window itself moves on by one each time, so the stride is lost."""
        return windows(ids, length, 1, 1, 1 + length)
