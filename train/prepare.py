"""First step: the base model, its vocabulary pruned to what the training texts and common words need."""

import sys
from pathlib import Path

import base_model
import sources
import vocabulary
import written

SIZE = 64_000


def main() -> None:
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    base = base_model.read(base_model.fetch(out))
    train, _ = sources.load(data)
    examples = [*train, *written.load()[0]]
    texts = [example.prompt[:1500] for example in examples] + [(example.response or "")[:800] for example in examples]
    kept = vocabulary.prune(base, texts, SIZE)
    pieces = [base.pieces[place] for place in kept]
    vocabulary.save(out / "vocabulary.json", pieces, base.scores[kept], kept)
    print(f"{len(examples)} examples; {len(pieces)} pieces kept of {len(base.pieces)}")


if __name__ == "__main__":
    main()
