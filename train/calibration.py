"""Platt's calibration: slope and offset that turn a logit into how often it is right where most of what is asked is harmless."""

import numpy as np

HARMFUL = 0.2
"""Of what a server is asked, taken to be harmful: more than is likely, far less than among the rows that calibrate."""


def fit(logits: np.ndarray, wanted: np.ndarray, heads: int) -> np.ndarray:
    """A pair (slope, offset) for each column; unknown targets are below zero. The first `heads` columns are verdicts, weighted
    as if `HARMFUL` of the rows were harmful; the others name hazards and stand as they are."""
    return np.array([_fit(logits[:, at], wanted[:, at], HARMFUL if at < heads else None) for at in range(wanted.shape[1])])


def _fit(logits: np.ndarray, wanted: np.ndarray, harmful: float | None) -> tuple[float, float]:
    known = wanted >= 0
    x, y = logits[known].astype(np.float64), wanted[known].astype(np.float64)
    if len(x) < 50 or y.min() == y.max():
        return 1.0, 0.0
    weight = np.ones(len(y)) if harmful is None else np.where(y == 1, harmful / y.mean(), (1 - harmful) / (1 - y.mean()))
    slope, offset = 1.0, 0.0
    for _ in range(50):
        chance = 1 / (1 + np.exp(-(slope * x + offset)))
        spread = weight * chance * (1 - chance) + 1e-9
        design = np.stack([x, np.ones_like(x)])
        # A prior that keeps the slope near 1 where there is little to learn from.
        gradient = design @ (weight * (y - chance)) - np.array([slope - 1, 0])
        curvature = (design * spread) @ design.T + np.diag([1, 1e-6])
        step = np.linalg.solve(curvature, gradient)
        slope, offset = slope + step[0], offset + step[1]
        if np.abs(step).max() < 1e-8:
            break
    return float(max(slope, 0.05)), float(offset)
