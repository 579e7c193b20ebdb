"""How the makers of texts write an example down."""

import random
from collections.abc import Sequence

from encoder import HAZARDS
from sources import UNKNOWN, Example


def hazard_targets(names: str | None) -> list[float]:
    """Targets of all hazards from names such as `S2 cyber`; none of them for an empty name, unknown for None."""
    if names is None:
        return [UNKNOWN] * len(HAZARDS)
    return [1.0 if hazard in names.split() else 0.0 for hazard in HAZARDS]


def safe(source: str, text: str, language: str = "en", attack: float = 0.0) -> Example:
    return Example(f"own_{source}", language, text, None, 0.0, UNKNOWN, attack, hazard_targets(""))


def unsafe(source: str, text: str, hazards: str | None, language: str = "en", attack: float = 0.0) -> Example:
    return Example(f"own_{source}", language, text, None, 1.0, UNKNOWN, attack, hazard_targets(hazards))


def answered(source: str, prompt: str, response: str, harm: float, hazards: str | None, language: str = "en") -> Example:
    return Example(f"own_{source}", language, prompt, response, UNKNOWN, harm, UNKNOWN, hazard_targets(hazards))


def some(chooser: random.Random, values: Sequence, most: int) -> list:
    return chooser.sample(list(values), min(most, len(values)))


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
