"""The mean of weights that come from one another (Wortsman et al., 2022, "Model soups"): it forgets less than the last alone."""

import sys
from pathlib import Path

import torch


def main() -> None:
    out, *names, result = sys.argv[1:]
    states = [torch.load(Path(out) / name) for name in names]
    mean = {name: (sum(state[name].float() for state in states) / len(states)).to(value.dtype) for name, value in states[-1].items()}
    torch.save(mean, Path(out) / result)


if __name__ == "__main__":
    main()
