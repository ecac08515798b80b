"""Write tests/model_reference.json: what another library computes from the same trained model.

    python -m tests.tools.reference

Run it in an environment with torch, `transformers`, `tokenizers` and `safetensors`; the tests need
only the file. All is computed in float64, so that no processor's rounding is in the numbers.
"""

import json
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

from helpers.backstage.downloads import fetch

TARGET = Path(__file__).resolve().parents[1] / "model_reference.json"
TEXTS = [
    "she sat on the bank of the river",
    "he put his money in the bank",
    "How do I bake bread?",
    "A recipe for making loaves",
    "The stock market fell today",
    "",
    "Déjà vu: unaffable 早上好, 3.14 and a 🙂!",
    "The wall went on and on, and so did he. " * 42 + "One two three four five six",  # 512 tokens
]
COLUMNS = range(0, 384, 48)
MOST_TOKENS = 12  # of a text; of a longer one every so many, the last among them


def some_tokens(count: int) -> list[int]:
    """Positions spread over all, the first and the last among them."""
    if count <= MOST_TOKENS:
        return list(range(count))
    return [place * (count - 1) // (MOST_TOKENS - 1) for place in range(MOST_TOKENS)]


def reference(text: str, tokenizer, model) -> dict:
    """The ids, the states before and after each block in some places, and the sentence's row."""
    import torch

    ids = tokenizer.encode(text).ids
    with torch.no_grad():
        states = model(torch.tensor([ids]), output_hidden_states=True).hidden_states
    tokens = some_tokens(len(ids))
    rows = torch.cat(states)[:, tokens][:, :, list(COLUMNS)]  # [states, tokens, columns]
    mean = states[-1][0].mean(dim=0)
    return {
        "text": text,
        "ids": ids,
        "tokens": tokens,
        "states": [[[round(x, 6) for x in row] for row in state] for state in rows.tolist()],
        "sentence": [round(x, 6) for x in (mean / mean.norm()).tolist()],
    }


def main() -> None:
    """Compute and write the file."""
    from safetensors.torch import load
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertModel

    with zipfile.ZipFile(fetch("minilm-l6-v2.zip")) as archive:
        weights = load(archive.read("model.safetensors"))
        tokenizer = Tokenizer.from_str(archive.read("tokenizer.json").decode())
        config = BertConfig(**json.loads(archive.read("config.json")))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    config._attn_implementation = "eager"  # attention in its own steps, none of torch's engines
    model = BertModel(config).eval()
    model.load_state_dict(weights, strict=False)
    missing = [name for name in model.state_dict() if name not in weights]
    assert not missing, f"the file lacks {missing}"
    model.double()
    names = ("torch", "transformers", "tokenizers", "safetensors")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    origin = (
        "Written by tests/tools/reference.py: transformers' BertModel with the weights of "
        "all-MiniLM-L6-v2 (minilm-l6-v2.zip in data/README.md), in float64, rounded to 1e-6; "
        f"Python {sys.version.split()[0]}, {versions}. `states` are what goes into the first "
        "block and what comes out of each, for the positions `tokens` and the columns `columns`; "
        "`sentence` is the mean of the last over all tokens, at length 1."
    )
    texts = [reference(text, tokenizer, model) for text in TEXTS]
    found = {"origin": origin, "columns": list(COLUMNS), "texts": texts}
    written = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    TARGET.write_text(written.replace('{"text"', '\n{"text"') + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
