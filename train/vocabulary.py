"""Fewer pieces than the base model has: those our languages need, so that the embeddings fit into the product."""

import json
from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import Unigram

from base_model import BaseModel

BEGIN, PAD, END, UNKNOWN = range(4)


def tokenizer_of(pieces: list[str], scores: list[float]) -> Tokenizer:
    tokenizer = Tokenizer(Unigram(list(zip(pieces, scores)), unk_id=UNKNOWN, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"[\s\p{C}]+"), " "), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    return tokenizer


def prune(base: BaseModel, texts: list[str], size: int) -> np.ndarray:
    """Which pieces of the base model stay: the special ones, those `texts` use, then the likeliest of all."""
    tokenizer = tokenizer_of(base.pieces, base.scores.tolist())
    counts = np.zeros(len(base.pieces), np.int64)
    for start in range(0, len(texts), 2000):
        for encoding in tokenizer.encode_batch(texts[start : start + 2000]):
            np.add.at(counts, encoding.ids, 1)
    # A piece that was seen twice stays before a likelier one that was not seen.
    likely = base.scores.astype(np.float64).copy()
    likely[counts >= 2] += 100
    # Every single character of any script stays, else a word of another language is only an unknown.
    single = np.array([len(piece.removeprefix("▁")) <= 1 for piece in base.pieces])
    likely[single] += 200
    likely[:4] += 1000
    likely[base.pieces.index("<mask>")] = -1000
    return np.sort(np.argsort(-likely, kind="stable")[:size])


def save(path: Path, pieces: list[str], scores: np.ndarray, kept: np.ndarray) -> None:
    path.write_text(json.dumps({"pieces": pieces, "scores": [round(float(s), 4) for s in scores], "kept": kept.tolist()}))


def load(path: Path) -> tuple[Tokenizer, list[str], list[float], list[int]]:
    stored = json.loads(path.read_text())
    return tokenizer_of(stored["pieces"], stored["scores"]), stored["pieces"], stored["scores"], stored["kept"]
