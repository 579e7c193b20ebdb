"""The screen's features, as `src/guard/screen/features.ts` computes them."""

import re
import unicodedata

import numpy as np

PLACES = 1 << 18
MULTIPLIER, PAIR_MULTIPLIER = np.uint32(0x01000193), np.uint32(0x85EBCA6B)
WORD, PAIR, RUN = np.uint32(0x9E3779B9), np.uint32(0x7F4A7C15), 0x2545F491
WINDOW = 600
_HIDDEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ue000-\uf8ff\U000e0000-\U000e0fff]+")


def folded(text: str) -> str:
    return f" {_HIDDEN.sub(' ', unicodedata.normalize('NFKC', text).lower()).strip()} "


def places(text: str) -> np.ndarray:
    """Places of a folded text, each once."""
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2").astype(np.uint32)
    found = []
    with np.errstate(over="ignore"):
        hashes = units
        for length in range(2, 6):
            if len(units) < length:
                break
            hashes = hashes[:-1] * MULTIPLIER + units[length - 1 :]
            found.append(hashes + np.uint32((length - 1) * RUN & 0xFFFFFFFF))
        words = np.array([_hash(word) for word in text.split(" ") if word], np.uint32)
        before = np.concatenate([np.zeros(1, np.uint32), words[:-1]]) if len(words) else words
        found += [words ^ WORD, (before * PAIR_MULTIPLIER + words) ^ PAIR]
        mixed = np.concatenate(found)
        mixed ^= mixed >> np.uint32(16)
        mixed *= np.uint32(0x7FEB352D)
        mixed ^= mixed >> np.uint32(15)
        mixed *= np.uint32(0x846CA68B)
        mixed ^= mixed >> np.uint32(16)
    return np.unique(mixed & np.uint32(PLACES - 1))


_known: dict[str, int] = {}


def _hash(word: str) -> int:
    value = _known.get(word)
    if value is None:
        value = 0
        for unit in np.frombuffer(word.encode("utf-16-le", "surrogatepass"), "<u2").tolist():
            value = (value * int(MULTIPLIER) + unit) & 0xFFFFFFFF
        _known[word] = value
    return value
