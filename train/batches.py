"""Examples as batches of tokens: examples of like length together, about as many tokens in each."""

import random

import numpy as np
import torch
from tokenizers import Tokenizer

from encoder import HEADS
from sources import Example
from vocabulary import BEGIN, END, PAD

PROMPT_TOKENS = 128
CONTEXT_TOKENS = 64
RESPONSE_TOKENS = 128


def encode(tokenizer: Tokenizer, examples: list[Example]) -> list[tuple[np.ndarray, int]]:
    """Tokens of each, and where the response begins (the length where there is none)."""
    # Nothing beyond what may be read need be tokenised; a token has rarely more than ten characters.
    prompts = [ids.ids for ids in tokenizer.encode_batch([e.prompt[:4000] for e in examples])]
    responses = [ids.ids for ids in tokenizer.encode_batch([(e.response or "")[:4000] for e in examples])]
    return [
        sequence(prompt, None if example.response is None else response)
        for example, prompt, response in zip(examples, prompts, responses)
    ]


def sequence(prompt: list[int], response: list[int] | None) -> tuple[np.ndarray, int]:
    if response is None:
        ids = [BEGIN, *_ends(prompt, PROMPT_TOKENS - 2), END]
        return np.array(ids, np.int64), len(ids)
    context = [BEGIN, *_ends(prompt, CONTEXT_TOKENS), END]
    return np.array([*context, *response[:RESPONSE_TOKENS], END], np.int64), len(context)


def _ends(ids: list[int], most: int) -> list[int]:
    """Beginning and end of what is too long."""
    return ids if len(ids) <= most else ids[: most - most // 2] + ids[-(most // 2) :]


def batches(encoded: list[tuple[np.ndarray, int]], tokens: int, chooser: random.Random | None) -> list[list[int]]:
    """Places of the examples of each batch; in order of length, or shuffled by `chooser`."""
    noise = (lambda: chooser.random() * 6) if chooser else (lambda: 0)
    order = sorted(range(len(encoded)), key=lambda place: len(encoded[place][0]) + noise())
    result, batch, longest = [], [], 0
    for place in order:
        longest = max(longest, len(encoded[place][0]))
        if batch and longest * (len(batch) + 1) > tokens:
            result.append(batch)
            batch, longest = [], len(encoded[place][0])
        batch.append(place)
    if batch:
        result.append(batch)
    if chooser:
        chooser.shuffle(result)
    return result


def collate(encoded: list[tuple[np.ndarray, int]], batch: list[int]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    longest = max(len(encoded[place][0]) for place in batch)
    tokens = np.full((len(batch), longest), PAD, np.int64)
    types = np.zeros((len(batch), longest), np.int64)
    for line, place in enumerate(batch):
        ids, border = encoded[place]
        tokens[line, : len(ids)] = ids
        types[line, border : len(ids)] = 1
    tensor = torch.from_numpy(tokens)
    return tensor, torch.from_numpy(types), tensor != PAD


def targets(examples: list[Example]) -> tuple[torch.Tensor, torch.Tensor]:
    """Targets (examples × outputs, unknown below zero) and weights."""
    lines = [[*(getattr(e, head) for head in HEADS), *e.hazards] for e in examples]
    return torch.tensor(lines), torch.tensor([e.weight for e in examples])
