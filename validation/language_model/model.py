"""The language model, its text, and its training in float.

The text is the manual of the Python language that every CPython carries for `help()` (`pydoc_data.topics`): 460,000
characters of technical English and code under the PSF licence, on every machine that runs this script, without a
download. Its version is that of the interpreter; `result.json` records it with a digest of the text.
"""

import hashlib
from pydoc_data import topics

import numpy as np
import torch
from torch import nn
from torch.nn import functional

CONTEXT, WIDTH, HEADS, HIDDEN, LAYERS = 64, 64, 4, 128, 2
SYMBOLS = "\n" + "".join(map(chr, range(32, 127)))  # what is not among them is left out
HELD_OUT = 0.1  # share of the text, at its end, that nothing is trained on


def text() -> str:
    """Return the manual, its pages in alphabetical order."""
    pages = (topics.topics[name] for name in sorted(topics.topics))
    return "".join(character for character in "\n".join(pages) if character in SYMBOLS)


def digest(content: str) -> str:
    """Return the first half of the SHA-256 of the text."""
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def symbols(content: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the characters (n,): of the text to train on, and of that held out."""
    numbers = np.array([SYMBOLS.index(character) for character in SYMBOLS])
    table = dict(zip(SYMBOLS, numbers, strict=True))
    found = np.array([table[character] for character in content])
    cut = round(len(found) * (1 - HELD_OUT))
    return found[:cut], found[cut:]


def windows(numbers: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return characters (len(starts), CONTEXT) and those that follow each, from given places on."""
    places = starts[:, None] + np.arange(CONTEXT)
    return numbers[places], numbers[places + 1]


def drawn_windows(numbers: np.ndarray, count: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Return `count` windows at drawn places, as `windows` does."""
    x, y = windows(numbers, rng.integers(len(numbers) - CONTEXT - 1, size=count))
    return torch.as_tensor(x), torch.as_tensor(y)


class LanguageModel(nn.Module):
    """A transformer over characters: numbers (batch, CONTEXT) to logits (batch, symbols, CONTEXT) of the next ones."""

    mask: torch.Tensor

    def __init__(self) -> None:
        """Begin with drawn weights."""
        super().__init__()
        self.symbol, self.place = nn.Embedding(len(SYMBOLS), WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(WIDTH, HEADS, HIDDEN, dropout=0.0, batch_first=True, norm_first=True)
            for _ in range(LAYERS)
        )
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, len(SYMBOLS))
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(CONTEXT), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits of the character after each."""
        h = self.symbol(x.long()) + self.place.weight
        for block in self.blocks:
            h = block(h, src_mask=self.mask, is_causal=True)
        return self.head(self.norm(h)).transpose(1, 2)


def train(model: LanguageModel, numbers: np.ndarray, *, steps: int, batch: int = 32, seed: int = 0) -> LanguageModel:
    """Train a model in float on the characters `numbers` (n,)."""
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    falling = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    for _ in range(steps):
        x, y = drawn_windows(numbers, batch, rng)
        optimizer.zero_grad()
        functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        falling.step()
    return model.eval()


def perplexity(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the perplexity a character of logits (windows, symbols, CONTEXT) for the characters that came."""
    return float(functional.cross_entropy(torch.as_tensor(logits).double(), torch.as_tensor(labels)).exp())
