"""Fine-tunes the judge. Weights are kept in float32, arithmetic is in bfloat16 or float32; the same seed draws the same batches.

With `--teacher` it begins as some layers of a judge of more layers, and learns half from the labels and half from what that one says
(distillation; Hinton et al., 2015; beginning as the teacher's layers: Sanh et al., 2019)."""

import argparse
import copy
import dataclasses
import math
import random
import time
from pathlib import Path

import torch
from torch import Tensor, nn

import base_model
import batches
import contrasts
import measure
import mixture
import sources
import vocabulary
import written
from dressing import slipped
from encoder import HEADS, Judge, begin_anew, from_base, loaded

LAYERS = [0, 2, 4, 6, 8, 10]
BATCH_TOKENS = 4096
RATE, HEAD_RATE = 2e-4, 1e-3
WARM_UP = 200
HAZARD_WEIGHT = 0.15
TAUGHT = 0.5
"""How much of a target is the teacher's word, where there is one: what it says of the text without slips."""
SLIPPED = 0.25
"""Share of the prompts of a pass that get slips."""
DRAWS = 3
"""Passes that differ in what they draw; for each the teacher is asked once. Slips differ in every pass."""
GLANCE_WEIGHT = 0.3
"""How much the heads after half of the layers count: what they need must be there by then. `fit_glance.py` fits them once more afterwards."""


def loss_of(logits: Tensor, wanted: Tensor, weights: Tensor) -> Tensor:
    """Cross entropy over what is known of each example; hazards together count less than the verdict."""
    known = (wanted >= 0).float() * weights[:, None]
    # Labels are noisy: certainty beyond this is not asked for.
    each = nn.functional.binary_cross_entropy_with_logits(logits, wanted.clamp(0.01, 0.99), reduction="none")
    verdict = (each * known)[:, : len(HEADS)].sum() / known[:, : len(HEADS)].sum().clamp(min=1)
    hazards = (each * known)[:, len(HEADS) :].sum(1).sum() / known[:, len(HEADS)].sum().clamp(min=1)
    return verdict + HAZARD_WEIGHT * hazards


class Trainer:
    """`judge` computes; `master` holds what is learned in float32 (the same one where that is what it computes in)."""

    def __init__(self, judge: Judge, steps: int, rate: float, minutes: float, kind: torch.dtype) -> None:
        begun = time.time()
        self.master = judge.float()
        self.master.words = judge.words.bfloat16()
        self.judge = self.master if kind == torch.float32 else copy.deepcopy(judge).to(kind)
        head = [p for name, p in self.master.named_parameters() if name.startswith(("head", "glance"))]
        body = [p for name, p in self.master.named_parameters() if not name.startswith(("head", "glance"))]
        groups = [{"params": body, "lr": rate}, {"params": head, "lr": HEAD_RATE}]
        self.optimiser = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.98), fused=True)

        def pace(step: int) -> float:
            done = min(1, max(step / steps, (time.time() - begun) / 60 / minutes))
            return min(1, (step + 1) / WARM_UP) * (0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2)

        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimiser, pace)

    def step(self, tokens: Tensor, types: Tensor, present: Tensor, wanted: Tensor, weights: Tensor) -> float:
        last, glance = self.judge(tokens, types, present)
        loss = loss_of(last, wanted, weights)
        (loss + GLANCE_WEIGHT * loss_of(glance, wanted, weights)).backward()
        pairs = [] if self.judge is self.master else list(zip(self.master.parameters(), self.judge.parameters()))
        for kept, used in pairs:
            if used.grad is not None:
                kept.grad = used.grad.float()
                used.grad = None
        nn.utils.clip_grad_norm_(self.master.parameters(), 1.0)
        self.optimiser.step()
        self.schedule.step()
        self.optimiser.zero_grad()
        if pairs:
            with torch.no_grad():
                torch._foreach_copy_([used for _, used in pairs], [kept for kept, _ in pairs])
        return loss.item()


def taught(teacher: Judge, encoded: list, wanted: Tensor) -> Tensor:
    """Targets (examples × outputs) that are in part the teacher's word; what is not known of an example stays unknown."""
    said = torch.zeros_like(wanted)
    with torch.no_grad():
        for batch in batches.batches(encoded, 16_384, None):
            said[batch] = torch.sigmoid(teacher(*batches.collate(encoded, batch))[0])
    return torch.where(wanted >= 0, (1 - TAUGHT) * wanted + TAUGHT * said, wanted)


def student_of(teacher: Judge, chosen: list[int]) -> Judge:
    """The layers `chosen` of a judge, all else as there; its glance begins anew."""
    student = Judge(teacher.words, len(chosen))
    state = {name: value for name, value in teacher.state_dict().items() if not name.startswith("layers.")}
    student.load_state_dict(state, strict=False)
    for place, number in enumerate(chosen):
        student.layers[place].load_state_dict(teacher.layers[number].state_dict())
    begin_anew(student.glance)
    return student


def varied(example: sources.Example, around: list[str], chooser: random.Random) -> sources.Example:
    """The same words in another dress, so that neither case nor a full stop tells a source, and no slip hides what is asked."""
    text, dice = example.prompt, chooser.random()
    if example.response is None and len(text) < 600 and chooser.random() < SLIPPED:
        text = slipped(text, around, chooser)
    if dice < 0.12:
        text = text.lower()
    elif dice < 0.15 and len(text) < 200:
        text = text.upper()
    elif dice < 0.2:
        text = text[:1].upper() + text[1:]
    if chooser.random() < 0.2:
        text = text.rstrip(".?!。？！ ")
    elif chooser.random() < 0.1 and text[-1:].isalnum():
        text += "." if chooser.random() < 0.5 else "?"
    return dataclasses.replace(example, prompt=text)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--teacher", type=Path, help="weights of a judge of more layers to learn from; `--layers` are then layers of it")
    parser.add_argument("--save", default="judge.pt")
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--layers", type=int, nargs="+", default=LAYERS)
    parser.add_argument("--batch-tokens", type=int, default=BATCH_TOKENS)
    parser.add_argument("--minutes", type=float, default=math.inf, help="ends then with a low rate, however far it came")
    parser.add_argument("--dtype", choices=["bfloat16", "float32"], default="bfloat16", help="bfloat16 is fast where the processor has it")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(2)
    torch.set_flush_denormal(True)
    chooser = random.Random(options.seed)
    tokenizer, _, _, kept = vocabulary.load(options.out / "vocabulary.json")
    train, back = sources.load(options.data)
    base = base_model.read(base_model.fetch(options.out))
    kind = getattr(torch, options.dtype)
    teacher = loaded(base, kept, options.teacher) if options.teacher else None
    judge = student_of(teacher, options.layers) if teacher else from_base(base, kept, options.layers)
    if teacher:
        teacher = teacher.to(kind)
    schedule, known = [], []
    while options.epochs > len(schedule):
        number = len(schedule)
        if teacher and number >= DRAWS:
            drawn, wanted, weights = known[number % DRAWS]
        else:
            # Our own texts are drawn anew for each pass.
            seed = 100 * options.seed + number
            drawn = mixture.mixed(train, contrasts.examples(seed), seed)
            wanted, weights = batches.targets(drawn)
            if teacher:
                wanted = taught(teacher, batches.encode(tokenizer, drawn), wanted)
                known.append((drawn, wanted, weights))
                print(f"taught pass {number + 1}", flush=True)
        around = mixture.plain(drawn)
        encoded = batches.encode(tokenizer, [varied(example, around, chooser) for example in drawn])
        order = batches.batches(encoded, options.batch_tokens, chooser)
        order = order[: math.ceil(len(order) * min(1, options.epochs - number))]
        schedule.append((encoded, wanted, weights, order))
    planned = sum(len(order) for *_, order in schedule)
    trainer, begun, done, recent, tokens_seen = Trainer(judge, planned, options.rate, options.minutes, kind), time.time(), 0, [], 0
    saved = begun
    print(f"{len(schedule[0][0])} examples, {planned} steps", flush=True)
    for encoded, wanted, weights, order in schedule:
        for batch in order:
            if time.time() - begun > 60 * options.minutes:
                break
            inputs = batches.collate(encoded, batch)
            recent.append(trainer.step(*inputs, wanted[batch], weights[batch]))
            done, tokens_seen = done + 1, tokens_seen + inputs[0].numel()
            if done % 50 == 0:
                spent = time.time() - begun
                mean = sum(recent) / len(recent)
                print(f"step {done}/{planned} loss {mean:.4f} {tokens_seen / spent:.0f} tokens/s {spent:.0f} s", flush=True)
                recent = []
            if time.time() - saved > 120:
                saved = time.time()
                torch.save(trainer.master.state_dict(), options.out / f"{options.save}.part")
    torch.save(trainer.master.state_dict(), options.out / options.save)
    measure.report(trainer.judge, tokenizer, [*back, *written.load()[1]])


if __name__ == "__main__":
    main()
