"""The mean of two stages' weights: `between.py FIRST SECOND OUT`."""

import sys

import torch


def main() -> None:
    first, second = torch.load(sys.argv[1]), torch.load(sys.argv[2])
    torch.save({name: ((value.float() + second[name].float()) / 2).to(value.dtype) for name, value in first.items()}, sys.argv[3])


if __name__ == "__main__":
    main()
