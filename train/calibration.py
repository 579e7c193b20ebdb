"""Platt's calibration: slope and offset that turn a logit into how often it is right, with every source counting alike."""

import numpy as np


def fit(logits: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """A pair (slope, offset) for each column; unknown targets are below zero."""
    return np.array([_fit(logits[:, head], wanted[:, head]) for head in range(wanted.shape[1])])


def _fit(logits: np.ndarray, wanted: np.ndarray) -> tuple[float, float]:
    known = wanted >= 0
    x, y = logits[known].astype(np.float64), wanted[known].astype(np.float64)
    if len(x) < 50 or y.min() == y.max():
        return 1.0, 0.0
    slope, offset = 1.0, 0.0
    for _ in range(50):
        chance = 1 / (1 + np.exp(-(slope * x + offset)))
        spread = chance * (1 - chance) + 1e-9
        design = np.stack([x, np.ones_like(x)])
        # A prior that keeps the slope near 1 where there is little to learn from.
        gradient = design @ (y - chance) - np.array([slope - 1, 0])
        curvature = (design * spread) @ design.T + np.diag([1, 1e-6])
        step = np.linalg.solve(curvature, gradient)
        slope, offset = slope + step[0], offset + step[1]
        if np.abs(step).max() < 1e-8:
            break
    return float(max(slope, 0.05)), float(offset)
