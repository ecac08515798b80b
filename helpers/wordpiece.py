"""WordPiece, BERT's tokenizer: a word is cut into the longest known pieces (chapters 3 and 8).

Devlin et al. 2019; the steps and the limit are those of Hugging Face's tokenizers.
"""

import re
import string
import unicodedata

# A punctuation mark is a token of its own, and so is each of these, where no spaces separate words.
IDEOGRAPH = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ceaf]")
INVISIBLE = (
    "Cc",
    "Cf",
    "Cs",
    "Co",
)  # Unicode's categories of control, format, half a pair, private
LONGEST = 100  # letters; a longer word is [UNK]


def plain_words(text: str) -> list[str]:
    """The words and punctuation of a text in lowercase, without accents.

    >>> plain_words("Déjà vu, 早上!")
    ['deja', 'vu', ',', '早', '上', '!']
    """
    if not isinstance(text, str):
        raise TypeError(
            f"Got {type(text).__name__}; expected one string. "
            "Encode the texts of a list one by one."
        )
    kept = []
    # NFD parts a letter from its accents, which then are of the category Mn.
    for letter in unicodedata.normalize("NFD", text):
        kind = unicodedata.category(letter)
        if letter in "\t\n\r" or kind.startswith("Z"):
            kept.append(" ")
        elif kind in INVISIBLE or kind == "Mn" or letter == "\ufffd":
            continue
        elif letter in string.punctuation or kind.startswith("P") or IDEOGRAPH.match(letter):
            kept.append(f" {letter} ")
        else:
            kept.append(letter.lower())
    return "".join(kept).split()


def longest_piece(word: str, start: int, vocab: dict[str, int]) -> str:
    """The longest token that `word` has from `start` on, without its ##; "" if there is none."""
    mark = "##" if start else ""
    for end in range(len(word), start, -1):  # the first that is known is the longest
        if mark + word[start:end] in vocab:
            return word[start:end]
    return ""


class WordPiece:
    """Text to ids by a vocabulary {token: id}, which must hold [UNK], [CLS] and [SEP].

    >>> tokens = ["[UNK]", "[CLS]", "[SEP]", "walk", "walked", "##er", "##s"]
    >>> tokenizer = WordPiece({token: number for number, token in enumerate(tokens)})
    >>> tokenizer.pieces("walkers"), tokenizer.pieces("walking")
    (['walk', '##er', '##s'], ['[UNK]'])
    >>> tokenizer.encode("Walked walkers")
    [1, 4, 3, 5, 6, 2]
    """

    def __init__(self, vocab: dict[str, int]):
        self.vocab = vocab
        self.tokens = {number: token for token, number in vocab.items()}

    def pieces(self, word: str) -> list[str]:
        """The tokens of one plain word; ## says that a token goes on within the word."""
        found, start = [], 0
        while start < len(word):
            piece = longest_piece(word, start, self.vocab)
            # If any part is unknown, or the word is too long, the whole word is unknown.
            if not piece or len(word) > LONGEST:
                return ["[UNK]"]
            found.append("##" + piece if start else piece)
            start += len(piece)
        return found

    def encode(self, text: str) -> list[int]:
        """The ids of a text between those of [CLS] and [SEP], which nobody can write in a text."""
        pieces = ["[CLS]"]
        for word in plain_words(text):
            pieces += self.pieces(word)
        return [self.vocab[piece] for piece in [*pieces, "[SEP]"]]
