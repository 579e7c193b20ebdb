"""Writes the judge as the product reads it: seven-bit matrices, four-bit words, calibrated heads, and its vocabulary."""

import argparse
import copy
from pathlib import Path

import numpy as np
import torch

import base_model
import calibration
import measure
import sources
import vocabulary
import weights_file
import written
from encoder import GLANCE_LAYERS, HAZARDS, HEADS, Judge, loaded

MOST_TOKENS = 256
RAISED = {"prompt_harm": 1.4, "response_harm": 1.386}
"""Added to the offsets: policies act from 0.7 on, which a question or an answer then has where its chance is 0.37."""
ZERO, MOST = 64, 63
ACTED_ON, LOST = 0.3, 0.004
"""A glance may clear this share of what is harmful and would come to so much in the last layer, no more."""


def quantised(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows as 1..127 around 64, and each row's scale."""
    scale = np.abs(weight).max(1) / MOST
    return (np.round(weight / scale[:, None]) + ZERO).astype(np.uint8), scale.astype(np.float32)


def tensors_of(judge: Judge, words: np.ndarray) -> dict[str, np.ndarray]:
    state = {name: value.float().numpy() for name, value in judge.state_dict().items() if name != "words"}
    result = {"words": words}
    for name, value in state.items():
        if name in {"positions", "types"} or "norm" in name or name.startswith(("head", "glance")):
            result[name] = value[:MOST_TOKENS] if name == "positions" else value
        elif name.endswith(".weight"):
            result[name], result[name.replace(".weight", ".scale")] = quantised(value)
        else:
            result[name] = value
    return result


def rounded(judge: Judge) -> None:
    """Gives the weights the values that the product computes with."""
    with torch.no_grad():
        for name, value in judge.named_parameters():
            if name.startswith("layers") and value.ndim == 2:
                codes, scale = quantised(value.float().numpy())
                value.copy_(torch.from_numpy((codes.astype(np.float32) - ZERO) * scale[:, None]))


def chances(logits: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-(pairs[:, 0] * logits + pairs[:, 1])))


def clear(last: np.ndarray, glance: np.ndarray, wanted: np.ndarray, examples: list[sources.Example]) -> np.ndarray:
    """For each verdict the chance at a glance below which nothing but `LOST` of what would be acted on lies."""
    bounds = []
    for at, head in enumerate(HEADS):
        acted_on = (wanted[:, at] == 1) & (last[:, at] >= ACTED_ON)
        bounds.append(np.quantile(glance[acted_on, at], LOST) if acted_on.any() else 0.0)
        for name, ordinary in (("ordinary", True), ("other harmless", False)):
            of = np.array([(e.source in measure.ORDINARY) == ordinary for e in examples]) & (wanted[:, at] == 0)
            if of.any():
                print(f"  {head}: below {bounds[-1]:.4f} at a glance {(glance[of, at] < bounds[-1]).mean():.3f} of {of.sum()} {name}")
    return np.array(bounds, np.float32)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("models", type=Path)
    parser.add_argument("--weights", default="judge.pt")
    options = parser.parse_args()
    tokenizer, pieces, scores, kept = vocabulary.load(options.out / "vocabulary.json")
    base = base_model.read(base_model.fetch(options.out))
    judge = loaded(base, kept, options.out / options.weights)
    rounded(judge)
    exact = copy.deepcopy(judge)
    _, back = sources.load(options.data)
    # Half of what is held back is enough for two numbers a head; texts of our own are few.
    back = [*back[::2], *written.load()[1]]
    last, glance = measure.logits(judge, tokenizer, back)
    wanted = np.array([[*(getattr(example, head) for head in HEADS), *example.hazards] for example in back])
    tensors = tensors_of(exact, base.four_bit_words[kept])
    pairs, early = (calibration.fit(logits, wanted, heads=len(HEADS)) for logits in (last, glance))
    for head, raised in RAISED.items():
        pairs[HEADS.index(head), 1] += raised
    tensors["head.calibration"], tensors["glance.calibration"] = pairs.astype(np.float32), early.astype(np.float32)
    tensors["glance.clear"] = clear(chances(last, pairs), chances(glance, early), wanted, back)
    tensors["vocabulary"] = np.frombuffer("\n".join(pieces).encode(), np.uint8)
    tensors["vocabulary.scores"] = np.array(scores, np.float64)
    # Eight-byte values first, so that each tensor stands where its kind may stand.
    ordered = dict(sorted(tensors.items(), key=lambda item: -item[1].itemsize))
    notes = {"layers": str(len(judge.layers)), "glance": str(GLANCE_LAYERS), "pieces": str(len(pieces)), "made_by": "train/export.py", "outputs": " ".join((*HEADS, *HAZARDS))}
    weights_file.write(options.models / "judge.safetensors", ordered, notes)
    measure.by_source(last, back, HEADS.index("attack"))
    measure.bounds(last, pairs, back, (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95), "from")


if __name__ == "__main__":
    main()
