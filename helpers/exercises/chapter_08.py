"""The exercises of chapter 8, from text to tensors. helpers/check.py says how one is written."""

from .judge import Exercise, Milestone
from .tables import (
    SENTENCE,
    Guesses,
    continuation,
    ids_for,
    known,
    loss,
    probabilities,
    sizes,
    tensor,
    where,
)


class count_weights(Exercise):
    """With the smallest GPT-2's sizes, 92 in 100 weights would be in the token table.

    Hint: Three parts: a vector for each token, a vector for each position, and four matrices.
    Hint: A vector has `dim` numbers, and there is one for each token and one for each position. A
        matrix has two sides.
    Hint: `dim` for each vector, `dim * dim` for each `nn.Linear`; the tied output adds none.
    """

    cases = [(512, 32, 64), (211, 16, 32), (6, 7, 5)]

    def right(vocab, context, dim):
        return vocab * dim + context * dim + 4 * dim * dim

    def counts_the_tokens_twice(vocab, context, dim):
        """The token vectors are counted twice. The output is tied: it uses the same ones."""
        return 2 * vocab * dim + context * dim + 4 * dim * dim

    def counts_one_matrix(vocab, context, dim):
        """Attention has four matrices here: query, key, value and out. One was counted."""
        return vocab * dim + context * dim + dim * dim

    def counts_three_matrices(vocab, context, dim):
        """Attention has four matrices here. The one called `out` is missing."""
        return vocab * dim + context * dim + 3 * dim * dim

    def counts_vectors_for_matrices(vocab, context, dim):
        """A matrix of attention has dim * dim numbers, not dim."""
        return vocab * dim + context * dim + 4 * dim

    def counts_positions_for_vectors(vocab, context, dim):
        """A position has a vector of `dim` numbers, not one number."""
        return vocab * dim + context + 4 * dim * dim


class shuffled_token(Exercise):
    """Shuffling moves whole windows; inside one the order stays the same.

    Hint: `numbers` is a list. Which of its entries belongs to this window of the batch?
    Hint: `numbers` has one entry for each window of the batch, in the order of the batch.
    Hint: `number = numbers[window]`; the other line stays as it is.
    """

    cases = [([7, 0, 3, 5], 4, 0, 2), ([2, 9, 4, 1, 5], 3, 1, 1)]
    cases += [([6, 1, 0, 2], 2, 3, 0), ([1, 0], 5, 1, 3)]

    def right(numbers, stride, window, position):
        return numbers[window] * stride + position

    def takes_the_number_in_the_batch(numbers, stride, window, position):
        """Not answered yet: as given, the window's number in the batch stands for the text's."""
        return window * stride + position

    def looks_for_the_number(numbers, stride, window, position):
        """This asks where in the batch the window with that number lies. Say which lies there."""
        return numbers.index(window) * stride + position

    def takes_4_for_the_stride(numbers, stride, window, position):
        """This takes 4 for the stride. Use the argument `stride`."""
        return numbers[window] * 4 + position

    def takes_1_for_the_stride(numbers, stride, window, position):
        """Windows start `stride` tokens apart. Leave the last line as it was."""
        return numbers[window] + position


class next_token_loss(Exercise):
    """The shift is made once, by the loader.

    Hint: Who shifts? Print `inputs[0]` and `targets[0]` of a batch from the loader.
    Hint: `targets[0]` is `inputs[0]` one token further on. So what does a second shift of the
        targets ask for?
    Hint: Remove the line with the shift; the line with `F.cross_entropy` was right.
    """

    def cases():
        import torch

        chance, cases = torch.Generator().manual_seed(8), []
        for batch, tokens, size in ((2, 4, 5), (1, 3, 9), (3, 3, 3)):
            logits = torch.randn(batch, tokens, size, generator=chance)
            cases.append((logits, torch.randint(size, (batch, tokens), generator=chance)))
        return cases

    def right(logits, targets):
        return loss(logits, targets)

    def shifts_again(logits, targets):
        """It still shifts: the targets from the loader are one token further on already."""
        return loss(logits[:, :-1], targets[:, 1:])

    def shifts_back(logits, targets):
        """This shifts the other way, so each logit meets its own token. No shift is needed."""
        return loss(logits[:, 1:], targets[:, :-1])

    def leaves_out_the_last(logits, targets):
        """The last position is left out. Its target is in the batch too."""
        return loss(logits[:, :-1], targets[:, :-1])

    def adds_up(logits, targets):
        """This is the sum over all positions. The mean is asked for."""
        return loss(logits, targets, reduction="sum")


class trace(Exercise):
    """Stride, position, bytes: that is the whole way back.

    Hint: Which token is it, counted from 0? Section 2 has the formula for a stride of 4.
    Hint: A token starts where the bytes of those before it end, and is as long as its own bytes.
    Hint: It is `pieces[window * stride + position]`; add up the lengths of all pieces before it.
    """

    def cases():
        wave = [b" \xf0\x9f", b"\x91\x8b"]  # two tokens, one character
        pieces = [b"The", b" wall", b" walk", b"er", *wave, b"!", b"er", b" c", b"."]
        spots = [(4, 1, 2), (2, 2, 1), (1, 1, 1), (3, 0, 0), (5, 1, 2)]
        return [(pieces, *spot) for spot in spots]

    def right(pieces, stride, window, position):
        return where(sizes(pieces), window * stride + position)

    def leaves_out_the_stride(pieces, stride, window, position):
        """The stride is left out: window 1 does not start at token 1."""
        return where(sizes(pieces), window + position)

    def takes_4_for_the_stride(pieces, stride, window, position):
        """This takes 4 for the stride. Use the argument `stride`."""
        return where(sizes(pieces), window * 4 + position)

    def takes_the_number_of_section_2(pieces, stride, window, position):
        """No piece has that number. Is it still section 2's 22? Compute it from the arguments."""
        return where(sizes(pieces), 22)

    def stops_at_the_window(pieces, stride, window, position):
        """This is where the window starts. Go on to its position."""
        return where(sizes(pieces), window * stride)

    def counts_tokens(pieces, stride, window, position):
        """These are numbers of tokens. Give bytes: add up the lengths of the pieces."""
        return window * stride + position, window * stride + position + 1

    def forgets_to_join(pieces, stride, window, position):
        """The `len` of a list counts its tokens. Join their bytes, or add up their lengths."""
        token = window * stride + position
        return token, token + len(pieces[token])

    def gives_the_length(pieces, stride, window, position):
        """The second number is how long the token is. Say where it ends: `first` plus that."""
        first, end = where(sizes(pieces), window * stride + position)
        return first, end - first

    def ends_too_early(pieces, stride, window, position):
        """The second number is one too small: it stands after the last byte, as in a slice."""
        first, end = where(sizes(pieces), window * stride + position)
        return first, end - 1

    def ends_too_late(pieces, stride, window, position):
        """The second number is one too large: it stands after the last byte, as in a slice."""
        first, end = where(sizes(pieces), window * stride + position)
        return first, end + 1

    def gives_the_bytes(pieces, stride, window, position):
        """Give two numbers, where the bytes lie; you gave the bytes themselves."""
        return pieces[window * stride + position]

    def gives_the_start(pieces, stride, window, position):
        """This is where the bytes start. Also say where they end: (first, end)."""
        return where(sizes(pieces), window * stride + position)[0]

    def joins_text(pieces, stride, window, position):
        """The pieces are bytes, and "".join takes text. Write b"".join, or add up their lengths."""
        token = window * stride + position
        first = len("".join(pieces[:token]))
        return first, first + len(pieces[token])

    def counts_characters(pieces, stride, window, position):
        """This counts characters. A token need not be whole characters: count bytes."""
        texts = [piece.decode("utf-8", "replace") for piece in pieces]
        return where(sizes(texts), window * stride + position)


class trained_input(Milestone):
    """Your lookup and your sum are what goes into a real model.

    Hint: The first table has a vector for each id. How do you look up several at once?
    Hint: The ids choose the token vectors. The position vectors are the first in their table,
        as many as there are ids.
    Hint: `token_table[ids]` and `position_table[: len(ids)]`; their sum is the input.
    """

    part = "input_tensor"

    def cases():
        return [(known([4, 1, 4]),), (known([2, 0, 3, 7, 7]),)]

    def call(answer, model):
        model = model or known([4, 1, 4])  # without the trained model
        return answer(model.token_table, model.position_table, ids_for(model))

    def look(whose, answer, model):
        import torch

        from .. import show

        if model is None:
            said = "The trained model is missing, so a table with known numbers stands in for it."
            total, names = trained_input.call(answer, model), ["id 4", "id 1", "id 4"]
            return show.note(said) + show.heat(total, names)
        ids, total = ids_for(model), trained_input.call(answer, model)
        total = model.layer_norm(total + model.segment_table[0], "embeddings")
        equal = "yes" if torch.equal(total, model.embed(ids)) else "no"
        row = [whose, str(list(total.shape)), equal]
        caption = f"“{SENTENCE}”, between a start and an end token"
        titles = ["whose sum", "shape", "equals the model's, after LayerNorm"]
        return show.table([row], titles, caption)

    def right(tokens, positions, ids):
        return tokens[ids] + positions[: len(ids)]

    def forgets_the_positions(tokens, positions, ids):
        """These are the token vectors alone. Add the vectors of the positions."""
        return tokens[ids]

    def looks_up_positions_by_ids(tokens, positions, ids):
        """Position vectors were chosen by id. They are counted from 0, whatever the ids are."""
        return tokens[ids] + positions[ids]

    def takes_one_token(tokens, positions, ids):
        """You took one row of the token table, number `len(ids)`. Take those of all `ids`."""
        return tokens[len(ids)] + positions[: len(ids)]

    def takes_the_whole_table(tokens, positions, ids):
        """You added all rows of the position table. Take as many as there are ids."""
        return tokens[ids] + positions

    def takes_ten_positions(tokens, positions, ids):
        """You added ten position vectors, as one sentence needs. Take as many as `len(ids)`."""
        return tokens[ids] + positions[:10]

    def counts_along_a_second_axis(tokens, positions, ids):
        """These ids have one axis, so `ids.shape[1]` does not exist. Count them: `len(ids)`."""
        return tokens[ids] + positions[: ids.shape[1]]

    def takes_the_position_after(tokens, positions, ids):
        """That is vector `len(ids)` alone. A colon in front takes all before: `[: len(ids)]`."""
        return tokens[ids] + positions[len(ids)]

    def counts_from_1(tokens, positions, ids):
        """The first position is 0, not 1."""
        return tokens[ids] + positions[1 : len(ids) + 1]

    def takes_one_position(tokens, positions, ids):
        """All tokens got the vector of one position. Each position has its own."""
        return tokens[ids] + positions[0]


class next_token(Milestone):
    """That is the whole way, from your text to the token that comes next.

    Hint: What does `model(window)` give? Section 3 has its shape, [batch, tokens, vocab_size].
    Hint: Only the last position (-1) has read all tokens. Which id has the greatest logit there?
    Hint: `model(window)[0, -1]`, and then `logits.argmax().item()`.
    """

    part = "next_token"

    def cases():
        return [(Guesses(seed), ids) for seed, ids in enumerate(([3, 1, 4], [5], [2, 6]))]

    def call(answer, model, ids, tokenizer=None):
        return answer(model, ids)

    def look(whose, answer, model, ids, tokenizer):
        return continuation(whose, answer, model, ids, tokenizer)

    def right(model, ids):
        return probabilities(model, ids).argmax().item()

    def reads_the_first_position(model, ids):
        """These are the logits at position 0, which has read one token. Take the last: -1."""
        return probabilities(model, ids[:1]).argmax().item()

    def gives_the_logit(model, ids):
        """This is the greatest logit. Which id has it? `argmax` says where the greatest stands."""
        return model(tensor([ids]))[0, -1].max().item()

    def gives_the_probability(model, ids):
        """This is the greatest probability. Which id has it? `argmax` says where it stands."""
        return probabilities(model, ids).max().item()

    def gives_the_greatest_logit(model, ids):
        """This is the greatest of all logits. Take the last position's, and its id (`argmax`)."""
        return model(tensor([ids])).max().item()

    def gives_all_positions(model, ids):
        """You gave an id for every position. Take the last: `model(window)[0, -1]`."""
        return model(tensor([ids]))[0].argmax(dim=-1)

    def counts_through_all_logits(model, ids):
        """This counts through all positions' logits. Of the one window take the last: `[0, -1]`."""
        return model(tensor([ids]))[0].argmax().item()

    def gives_the_logits(model, ids):
        """These are the logits of all tokens. Which id has the greatest of them?"""
        return model(tensor([ids]))[0, -1]
