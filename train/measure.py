"""What the judge makes of rows held back from training, by source."""

from collections import defaultdict

import numpy as np
import torch
from tokenizers import Tokenizer

import batches
import mixture
from encoder import HEADS, OUTPUTS, Judge
from sources import Example


def logits(judge: Judge, tokenizer: Tokenizer, examples: list[Example]) -> tuple[np.ndarray, np.ndarray]:
    """Logits (examples × outputs) of the last layer, and at a glance."""
    encoded = batches.encode(tokenizer, examples)
    result = np.zeros((2, len(examples), OUTPUTS), np.float32)
    with torch.no_grad():
        for batch in batches.batches(encoded, 8192, None):
            result[:, batch] = torch.stack(judge(*batches.collate(encoded, batch))).float().numpy()
    return result[0], result[1]


def average_precision(scores: np.ndarray, labels: np.ndarray) -> float:
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(labels[order])
    return float((found / np.arange(1, len(labels) + 1))[labels[order] == 1].mean()) if labels.any() else float("nan")


def harm(values: np.ndarray, examples: list[Example]) -> np.ndarray:
    return np.where([e.response is None for e in examples], values[:, 0], values[:, 1])


ORDINARY = {"clinc150", "nlu_eval_home", "medquad_prompts", "caia_pairs", "arena_hard_v01", "own_written_everyday"}
"""Of the sources held back in part, those of plain requests."""


def bounds(values: np.ndarray, pairs: np.ndarray, examples: list[Example], chances: tuple[float, ...], side: str) -> None:
    """Prints which share of what is harmful, ordinary or only sounds grave lies beyond chances that a policy may name."""
    slope, offset = pairs[0]
    found = 1 / (1 + np.exp(-(slope * values[:, 0] + offset)))
    groups = {
        "harmful requests": lambda e: e.prompt_harm == 1 and e.source in mixture.ASKED_FOR,
        "other harm": lambda e: e.prompt_harm == 1 and e.source not in mixture.ASKED_FOR,
        "ordinary": lambda e: e.source in ORDINARY and e.response is None,
        "ordinary, ours, English": lambda e: e.source == "own_written_everyday" and e.language == "en",
        "ordinary, ours, not English": lambda e: e.source == "own_written_everyday" and e.language != "en",
        "look-alikes, ours": lambda e: e.source == "own_written_lookalike",
        "groups, ours": lambda e: e.source == "own_written_group",
    }
    for name, belongs in groups.items():
        chosen = found[np.array([belongs(e) for e in examples])]
        shares = [(chosen <= chance).mean() if side == "up to" else (chosen >= chance).mean() for chance in chances]
        print(f"  {name:28} {len(chosen):5}  " + "  ".join(f"{side} {chance}: {part:.3f}" for chance, part in zip(chances, shares)))


def report(judge: Judge, tokenizer: Tokenizer, examples: list[Example]) -> None:
    last, glance = logits(judge, tokenizer, examples)
    by_source(last, examples, HEADS.index("attack"))
    print("at a glance, ", end="")
    summary(glance, examples)


def summary(values: np.ndarray, examples: list[Example]) -> None:
    """Prints loss and average precision over all rows."""
    scores, labels, known = harm(values, examples), _labels(examples), _labels(examples) >= 0
    losses = np.logaddexp(0, np.where(labels == 1, -scores, scores))
    print(f"held back: {known.sum()} rows, loss {losses[known].mean():.4f}, average precision "
          f"{average_precision(scores[known], labels[known]):.4f}")  # fmt: skip


def _labels(examples: list[Example]) -> np.ndarray:
    return np.array([e.prompt_harm if e.response is None else e.response_harm for e in examples])


def by_source(values: np.ndarray, examples: list[Example], attack_head: int) -> None:
    """Prints what share of each source is above a half, by language and label."""
    scores, labels = harm(values, examples), _labels(examples)
    known = labels >= 0
    summary(values, examples)
    groups = defaultdict(list)
    for place, example in enumerate(examples):
        if known[place]:
            groups[example.source, example.language, int(labels[place])].append(place)
    for (source, language, label), places in sorted(groups.items()):
        if len(places) >= 10:
            print(f"  {source:28} {language:6} {'unsafe' if label else 'safe':6} {len(places):5} "
                  f"above a half {(scores[places] > 0).mean():.3f}")  # fmt: skip
    attack = np.array([e.attack for e in examples])
    for label in (0, 1):
        chosen = values[attack == label, attack_head]
        print(f"  attack={label}: {len(chosen)} rows, above a half {(chosen > 0).mean():.3f}")
