"""Writes safetensors, as `src/guard/models/weights-file.ts` reads them."""

import json
from pathlib import Path

import numpy as np

KINDS = {"uint8": "U8", "int8": "I8", "float32": "F32", "float64": "F64"}


def write(path: Path, tensors: dict[str, np.ndarray], notes: dict[str, str]) -> None:
    header, offset = {"__metadata__": notes}, 0
    for name, tensor in tensors.items():
        end = offset + tensor.nbytes
        header[name] = {"dtype": KINDS[tensor.dtype.name], "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            file.write(np.ascontiguousarray(tensor).tobytes())
