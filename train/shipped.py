"""Reads the judge that ships back into the work folder, to train it on: `shipped.py MODELS WORK`. Its matrices come back in the seven
bits in which they ship, its vocabulary as it is."""

import json
import sys
from pathlib import Path

import numpy as np
import torch

import base_model
import vocabulary
from encoder import from_base
from export import ZERO

KINDS = {"F32": np.float32, "F64": np.float64, "U8": np.uint8}


def main() -> None:
    models, out = Path(sys.argv[1]), Path(sys.argv[2])
    tensors = read(models / "judge.safetensors")
    base = base_model.read(base_model.fetch(out))
    pieces = bytes(tensors["vocabulary"]).decode().split("\n")
    places = {piece: place for place, piece in enumerate(base.pieces)}
    kept = np.array([places[piece] for piece in pieces])
    assert (base.four_bit_words[kept] == tensors["words"]).all(), "other words than the base model's"
    vocabulary.save(out / "vocabulary.json", pieces, base.scores[kept], kept)
    layers = len({name.split(".")[1] for name in tensors if name.startswith("layers.")})
    judge = from_base(base, kept, list(range(layers)))
    with torch.no_grad():
        for name, parameter in judge.named_parameters():
            value, scale = tensors[name], tensors.get(name.replace(".weight", ".scale"))
            if value.dtype == np.uint8:
                value = (value.astype(np.float32) - ZERO) * scale[:, None]
            # Positions beyond what the product reads do not ship.
            parameter[: len(value)].copy_(torch.from_numpy(value))
    torch.save(judge.state_dict(), out / "shipped.pt")


def read(path: Path) -> dict[str, np.ndarray]:
    data = path.read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    header.pop("__metadata__", None)
    spans = {name: (header[name]["data_offsets"], header[name]["dtype"], header[name]["shape"]) for name in header}
    return {
        name: np.frombuffer(data[begin + first : begin + last], KINDS[kind]).reshape(shape).copy()
        for name, ((first, last), kind, shape) in spans.items()
    }


if __name__ == "__main__":
    main()
