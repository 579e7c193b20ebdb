"""Fits the heads that look after half of the layers, all else as it is: `fit_glance.py DATA WORK WEIGHTS`. What they are sure is harmless
goes no further in the product (BranchyNet; Teerapittayanon et al., 2016)."""

import sys
from pathlib import Path

import torch

import base_model
import batches
import contrasts
import measure
import mixture
import sources
import vocabulary
import written
from encoder import GLANCE_LAYERS, HEADS, OUTPUTS, loaded
from fit import loss_of

SEED, ROUNDS, ROWS, RATE = 22, 60, 1024, 3e-3
SPREAD, ROUNDING = 0.2, 0.02
"""How far the numbers that are looked at lie apart, about, and what activations in eight bits change of them at most."""


def main() -> None:
    data, out, weights = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    torch.manual_seed(SEED)
    tokenizer, _, _, kept = vocabulary.load(out / "vocabulary.json")
    judge = loaded(base_model.read(base_model.fetch(out)), kept, out / weights)
    train, back = sources.load(data)
    back += written.load()[1]
    examples = mixture.mixed(train, contrasts.examples(SEED), SEED)
    seen, wanted, known = _seen(judge, tokenizer, examples)
    print(f"{len(examples)} examples, {seen.shape[1]} numbers of each after {GLANCE_LAYERS} layers", flush=True)
    mean = seen.mean(0)
    seen = (seen - mean) / SPREAD
    head = torch.nn.Linear(seen.shape[1], OUTPUTS)
    optimiser = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, ROUNDS)
    for round_number in range(ROUNDS):
        for rows in torch.randperm(len(examples)).split(ROWS):
            # The product rounds: what hangs on less than that is not to be learnt.
            rounded = seen[rows] + torch.randn(len(rows), seen.shape[1]) * ROUNDING / SPREAD
            loss = loss_of(head(rounded), wanted[rows], known[rows])
            loss.backward()
            optimiser.step()
            optimiser.zero_grad()
        schedule.step()
    print(f"loss {loss.item():.4f}")
    with torch.no_grad():
        judge.glance.weight.copy_(head.weight / SPREAD)
        judge.glance.bias.copy_(head.bias - head.weight @ mean / SPREAD)
    torch.save(judge.state_dict(), out / weights)
    _, glance = measure.logits(judge, tokenizer, back)
    measure.by_source(glance, back, HEADS.index("attack"))


def _seen(judge, tokenizer, examples):
    """What the heads would look at, what they should say, and how much each example counts."""
    encoded = batches.encode(tokenizer, examples)
    seen = torch.zeros(len(examples), judge.glance.in_features)
    with torch.no_grad():
        for batch in batches.batches(encoded, 8192, None):
            seen[batch] = judge.glimpse(*batches.collate(encoded, batch))
    return seen, *batches.targets(examples)


if __name__ == "__main__":
    main()
