"""Fits the screen: logistic regression over hashed features, on the rows and texts that the judge learns from."""

import random
import sys
import time
from pathlib import Path

import numpy as np
import torch

import calibration
import contrasts
import measure
import mixture
import sources
import weights_file
import written
from screen_features import PLACES, WINDOW, folded, places

HEADS = ("prompt_harm", "response_harm", "attack")
PASSES, RATE, BATCH = 3, 0.06, 128


def text_of(example: sources.Example) -> str:
    text = example.prompt if example.response is None else example.response
    return folded(text[: 2 * WINDOW])[:WINDOW]


def wanted(example: sources.Example) -> list[float]:
    return [example.prompt_harm, example.response_harm, example.attack]


class Model:
    def __init__(self) -> None:
        self.weights = torch.zeros(PLACES, len(HEADS))
        self.squares = torch.full((PLACES, len(HEADS)), 1e-4)
        self.bias = torch.zeros(len(HEADS), requires_grad=True)

    def logits(self, bags: list[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Logits of a batch, and the table's gradient still to come: weights of its features, and where they stand."""
        at = torch.from_numpy(np.concatenate(bags).astype(np.int64))
        counts = np.array([len(bag) for bag in bags])
        lines = torch.from_numpy(np.repeat(np.arange(len(bags)), counts))
        share = torch.from_numpy((1 / np.sqrt(counts)).astype(np.float32))[lines]
        chosen = self.weights[at].requires_grad_()
        sums = torch.zeros(len(bags), len(HEADS)).index_add(0, lines, chosen * share[:, None])
        return sums + self.bias, chosen, at

    def learn(self, chosen: torch.Tensor, at: torch.Tensor, rate: float) -> None:
        """One step of Adagrad on the features seen."""
        gradient = torch.zeros_like(self.weights).index_add_(0, at, chosen.grad)
        seen = at.unique()
        self.squares[seen] += gradient[seen] ** 2
        self.weights[seen] -= rate * gradient[seen] / self.squares[seen].sqrt()
        with torch.no_grad():
            self.bias -= rate * 0.02 * self.bias.grad
            self.bias.grad = None


def main() -> None:
    data, out, models = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    torch.manual_seed(6)
    torch.set_num_threads(1)
    chooser, begun = random.Random(6), time.time()
    train, back = sources.load(data)
    back += written.load()[1]
    own = contrasts.examples(9)
    train += own + mixture.additions(train, own, 9)
    bags = [places(text_of(example)) for example in train]
    targets = torch.tensor([wanted(example) for example in train])
    weights = torch.tensor([example.weight for example in train])
    model = Model()
    for number in range(PASSES):
        order = list(range(len(train)))
        chooser.shuffle(order)
        total = 0.0
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            logits, chosen, at = model.logits([bags[place] for place in batch])
            aim = targets[batch]
            known = (aim >= 0).float() * weights[batch][:, None]
            each = torch.nn.functional.binary_cross_entropy_with_logits(logits, aim.clamp(0.01, 0.99), reduction="none")
            loss = (each * known).sum()
            loss.backward()
            model.learn(chosen, at, RATE * (1 - number / PASSES))
            total += loss.item()
        print(f"pass {number + 1}: loss {total / len(order):.4f}, {time.time() - begun:.0f} s", flush=True)
    scales = model.weights.abs().quantile(0.9999, dim=0) / 127 if PLACES < 2**14 else model.weights.abs().amax(0) / 127
    table = (model.weights / scales).round().clamp(-127, 127)
    model.weights = table * scales
    with torch.no_grad():
        values = torch.cat([model.logits([places(text_of(e)) for e in back[i : i + BATCH]])[0] for i in range(0, len(back), BATCH)])
    values = values.numpy()
    pairs = calibration.fit(values, np.array([wanted(example) for example in back]), heads=len(HEADS))
    weights_file.write(
        models / "screen.safetensors",
        {
            "weights": table.numpy().astype(np.int8), "scales": scales.numpy().astype(np.float32),
            "bias": model.bias.detach().numpy().astype(np.float32), "calibration": pairs.astype(np.float32),
        },
        {"made_by": "train/fit_screen.py"},
    )  # fmt: skip
    measure.by_source(values, back, len(HEADS) - 1)
    measure.bounds(values, pairs, back, (0.03, 0.05, 0.08, 0.1, 0.15, 0.2, 0.3), "up to")


if __name__ == "__main__":
    main()
