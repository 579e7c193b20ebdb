"""The last stage's mixture: what people ask every day comes about twice as often as harm, as it does in use."""

import random
from collections.abc import Iterator

from contrasts.making import safe
from sources import SCARCE, Example, share

EVERYDAY = {
    "clinc150", "nlu_eval_home", "medquad_prompts", "medquad_pairs", "caia_pairs", "gsm8k", "humaneval", "bbh_sample", "awesome_prompts", "arena_hard_v01",
    "mtbench_vicuna", "truthfulqa", "certified_safe_prompts", "notinject",
}  # fmt: skip
"""Sources of plain requests, all of which are taken."""

OVER = ("", "", "", "Summarise this:\n\n", "Translate into Spanish:\n\n", "Rewrite the text below.\n", "proofread: ", "What follows from this?\n\n")


def mostly_harmless(train: list[Example], own: list[Example], seed: int) -> list[Example]:
    chosen = [e for e in [*train, *own] if share(f"mixture {seed} {e.source} {e.prompt} {e.response}") < _part(e)]
    return [*chosen, *pasted(train, seed)]


def _part(example: Example) -> float:
    unsafe = max(example.prompt_harm, example.response_harm) == 1.0
    if example.response is not None:
        return 0.3
    if example.source.startswith("own_"):
        return 0.65 if unsafe else 1.0
    if unsafe:
        return 0.5 if example.source in SCARCE else 0.25
    if example.source in EVERYDAY or example.source in SCARCE:
        return 1.0
    return 0.5


def pasted(train: list[Example], seed: int) -> list[Example]:
    """Windows of long harmless answers, and several plain requests at once."""
    return list(_pasted(train, random.Random(f"{seed} pasted")))


def _pasted(train: list[Example], chooser: random.Random) -> Iterator[Example]:
    answers = [e.response for e in train if e.source in {"caia_pairs", "medquad_pairs", "gsm8k"} and e.response]
    for text in answers:
        begin = chooser.randrange(max(1, len(text) - 200))
        yield safe("pasted", chooser.choice(OVER) + text[begin : begin + chooser.randint(150, 700)])
    plain = [e.prompt for e in train if e.response is None and e.source in EVERYDAY and e.prompt_harm == 0 and len(e.prompt) < 300]
    for _ in range(900):
        yield safe("several", chooser.choice((" ", "\n", "\n\n", ". ")).join(chooser.sample(plain, chooser.randint(2, 7))))
