"""Texts written by hand for this guard (`texts/`, CC0): everyday messages, requests that only sound grave, groups spoken of without
hatred, harmless answers; and, of the same words and topics, harmful requests, contempt for groups, answers that comply (their attitude
only: no working instructions). In a line, `\\n` stands for a new line. About a seventh never trains: thresholds are chosen on it."""

import json
from pathlib import Path

from contrasts.making import answered, safe, unsafe
from sources import Example, share

TEXTS = Path(__file__).parent / "texts"
ENGLISH = {"everyday-en": "written_everyday", "lookalikes-en": "written_lookalike", "groups-en": "written_group"}
MANY = {"everyday-many": "written_everyday", "lookalikes-many": "written_lookalike", "groups-many": "written_group"}
HARMFUL = {"unsafe-en": "written_unsafe", "unsafe-many": "written_unsafe", "hate-en": "written_hate", "hate-many": "written_hate"}
"""In their lines a text comes after its language and its hazards."""


def load() -> tuple[list[Example], list[Example]]:
    """Examples to train on, and those held back."""
    found = [safe(source, _text(line)) for name, source in ENGLISH.items() for line in _lines(f"{name}.txt")]
    for name, source in MANY.items():
        for line in _lines(f"{name}.tsv"):
            language, text = line.split("\t", 1)
            found.append(safe(source, _text(text), language))
    for name, source in HARMFUL.items():
        for line in _lines(f"{name}.tsv"):
            language, hazards, text = line.split("\t", 2)
            found.append(unsafe(source, _text(text), hazards, language))
    for name, harm in (("answers-safe", 0.0), ("answers-unsafe", 1.0)):
        for row in map(json.loads, _lines(f"{name}.jsonl")):
            found.append(answered("written_answer", row["prompt"], row["response"], harm, row.get("hazard", ""), row["lang"]))
    back = [share(f"written {e.prompt}") < 0.15 for e in found]
    return [e for e, held in zip(found, back) if not held], [e for e, held in zip(found, back) if held]


def _lines(name: str) -> list[str]:
    return [line for line in (TEXTS / name).read_text(encoding="utf-8").splitlines() if line.strip()]


def _text(line: str) -> str:
    return line.replace("\\n", "\n").strip()
