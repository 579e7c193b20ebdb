"""The judge as PyTorch sees it: a small BERT, pooled, with linear heads after half of its layers and after the last. `judge/kernel.c` computes the same."""

import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from base_model import BaseModel

HEADS = ("prompt_harm", "response_harm", "attack")
HAZARDS = tuple(f"S{number}" for number in range(1, 15)) + ("cyber", "influence", "impersonation")
OUTPUTS = len(HEADS) + len(HAZARDS)
ATTENTION_HEADS = 12
GLANCE_LAYERS = 3
"""After so many layers a head of its own looks: what it is sure is harmless goes no further."""


class Layer(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm1 = nn.LayerNorm(width, eps=1e-12)
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)
        self.norm2 = nn.LayerNorm(width, eps=1e-12)

    def forward(self, x: Tensor, mask: Tensor, dropout: float) -> Tensor:
        batch, tokens, width = x.shape
        size = width // ATTENTION_HEADS
        kind = self.qkv.weight.dtype
        qkv = self.qkv(x.to(kind)).view(batch, tokens, 3, ATTENTION_HEADS, size).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.reshape(3, batch * ATTENTION_HEADS, tokens, size).unbind(0)
        # Torch's fused attention on the CPU is several times slower in its backward pass than these products.
        scores = torch.bmm(q, k.transpose(1, 2)).view(batch, ATTENTION_HEADS, tokens, tokens) / math.sqrt(size)
        weights = (scores + mask).softmax(-1).view(batch * ATTENTION_HEADS, tokens, tokens)
        mixed = torch.bmm(weights, v).view(batch, ATTENTION_HEADS, tokens, size)
        mixed = self.out(mixed.transpose(1, 2).reshape(batch, tokens, width))
        x = _normed(self.norm1, x + nn.functional.dropout(mixed, dropout, self.training))
        moved = self.down(nn.functional.gelu(self.up(x.to(kind))))
        return _normed(self.norm2, x + nn.functional.dropout(moved, dropout, self.training))


class Judge(nn.Module):
    """Word embeddings stay as they came, in four bits; all else is trained."""

    def __init__(self, words: Tensor, layers: int, positions: int = 512, hidden: int = 1536) -> None:
        super().__init__()
        width = words.shape[1]
        self.register_buffer("words", words)
        self.positions = nn.Parameter(torch.zeros(positions, width))
        self.types = nn.Parameter(torch.zeros(2, width))
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.layers = nn.ModuleList(Layer(width, hidden) for _ in range(layers))
        self.glance = nn.Linear(3 * width, OUTPUTS)
        self.head = nn.Linear(3 * width, OUTPUTS)

    def forward(self, tokens: Tensor, types: Tensor, present: Tensor, dropout: float = 0.0) -> tuple[Tensor, Tensor]:
        """Tokens, types and presence (batch × length) to logits (batch × outputs): of the last layer, and at a glance."""
        x, mask = self._begun(tokens, types, present)
        x = _through(self.layers[:GLANCE_LAYERS], x, mask, dropout)
        glance = _of(self.glance, _pooled(x, present))
        return _of(self.head, _pooled(_through(self.layers[GLANCE_LAYERS:], x, mask, dropout), present)), glance

    def glimpse(self, tokens: Tensor, types: Tensor, present: Tensor) -> Tensor:
        """What the heads of a glance look at."""
        x, mask = self._begun(tokens, types, present)
        return _pooled(_through(self.layers[:GLANCE_LAYERS], x, mask, 0.0), present)

    def _begun(self, tokens: Tensor, types: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        x = self.words[tokens].float() + self.positions[: tokens.shape[1]] + self.types[types]
        return _normed(self.norm, x), torch.where(present, 0.0, -1e4).to(self.positions.dtype)[:, None, None, :]


def _normed(norm: nn.LayerNorm, x: Tensor) -> Tensor:
    """In float32, as what goes from layer to layer: in bfloat16 the gradients of lower layers become noise."""
    return nn.functional.layer_norm(x, norm.normalized_shape, norm.weight.float(), norm.bias.float(), norm.eps)


def _through(layers: nn.ModuleList, x: Tensor, mask: Tensor, dropout: float) -> Tensor:
    for layer in layers:
        x = layer(x, mask, dropout)
    return x


def _pooled(x: Tensor, present: Tensor) -> Tensor:
    """The first token's state, the mean of all, the highest of each component."""
    x, here = x.float(), present[:, :, None]
    mean = (x * here).sum(1) / here.sum(1)
    highest = x.masked_fill(~here, -1e4).amax(1)
    return torch.cat([x[:, 0], mean, highest], 1)


def _of(head: nn.Linear, pooled: Tensor) -> Tensor:
    return nn.functional.linear(pooled, head.weight.float(), head.bias.float())


def from_base(base: BaseModel, kept: np.ndarray, chosen: list[int]) -> Judge:
    """The layers `chosen` of the base model, with the pieces `kept`."""
    t = {name: torch.from_numpy(np.array(value)) for name, value in base.tensors.items()}
    judge = Judge(t["emb.word"][torch.as_tensor(kept)].bfloat16(), len(chosen))
    with torch.no_grad():
        judge.positions.copy_(t["emb.pos"])
        judge.types.copy_(t["emb.type"][0].expand(2, -1))
        _norm(judge.norm, t, "emb.ln")
        for layer, number in zip(judge.layers, chosen):
            at = f"l{number}"
            layer.qkv.weight.copy_(torch.cat([t[f"{at}.{part}.w"] for part in "qkv"]))
            layer.qkv.bias.copy_(torch.cat([t[f"{at}.{part}.b"] for part in "qkv"]))
            for ours, theirs in ((layer.out, "ao"), (layer.up, "fi"), (layer.down, "fo")):
                _norm(ours, t, f"{at}.{theirs}")
            _norm(layer.norm1, t, f"{at}.aln")
            _norm(layer.norm2, t, f"{at}.oln")
        for head in (judge.glance, judge.head):
            begin_anew(head)
    return judge


def loaded(base: BaseModel, kept: np.ndarray, path: Path) -> Judge:
    """The judge of a file of weights, of as many layers as it holds."""
    state = torch.load(path)
    layers = len({name.split(".")[1] for name in state if name.startswith("layers.")})
    judge = from_base(base, kept, list(range(layers)))
    # The words are the base model's, whichever pieces of them a vocabulary keeps.
    judge.load_state_dict({**state, "words": judge.words})
    judge = judge.float()
    judge.words = judge.words.bfloat16()
    return judge


def begin_anew(head: nn.Linear) -> None:
    nn.init.normal_(head.weight, std=0.01)
    nn.init.zeros_(head.bias)


def _norm(module: nn.Module, tensors: dict[str, Tensor], name: str) -> None:
    module.weight.copy_(tensors[f"{name}.w"])
    module.bias.copy_(tensors[f"{name}.b"])
