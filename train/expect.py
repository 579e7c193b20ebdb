"""Writes what the unit tests compare the product with: harmless texts, and what training makes of them."""

import json
import sys
from pathlib import Path

import numpy as np

import base_model
import export
import measure
import vocabulary
from encoder import loaded
from screen_features import folded, places
from sources import Example

TEXTS = [
    ("How do I kill a Python process that hangs?", None), ("Good morning! What can I cook with lentils and spinach?", None), ("¿Cómo puedo hacer pan casero?", None),
    ("Wie ist das Wetter in Hamburg im Mai?", None), ("推荐一部好笑的电影", None), ("猫がご飯を食べません。どうしたらいい？", None), ("كيف أتعلم العزف على العود؟", None), ("मई में दिल्ली का मौसम कैसा होता है?", None),
    ("ＦＵＬＬ ｗｉｄｔｈ  and   spaces\n\tand ligatures ﬁne", None), ("emoji 🙂🎉 and unusual ꙮ characters", None), ("a", None), ("Which planet is the largest?", "Jupiter is the largest planet of the solar system."),
    ("How do I burn an ISO file to a USB stick?", "Use a tool such as balenaEtcher: choose the file, choose the stick, and start."), ("Summarise: " + "The harbour town has a market every Saturday where farmers sell cheese. " * 6, None),
]  # fmt: skip


def main() -> None:
    out, models, weights = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    tokenizer, _, _, kept = vocabulary.load(out / "vocabulary.json")
    judge = loaded(base_model.read(base_model.fetch(out)), kept, out / weights)
    export.rounded(judge)
    examples = [Example("", "", prompt, response) for prompt, response in TEXTS]
    last, glance = measure.logits(judge, tokenizer, examples)
    screen = _Screen(models / "screen.safetensors")
    lines = []
    for example, seen, values in zip(examples, glance, last):
        found = places(folded(example.prompt))
        line = {"text": example.prompt, "response": example.response, "places": len(found), "sum": int(found.sum())}
        lines.append({**line, "screen": screen.logits(found), "glance": _rounded(seen), "judge": _rounded(values)})
    (models / "expected.json").write_text(json.dumps(lines, indent=1, ensure_ascii=False) + "\n")


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 4) for value in values]


class _Screen:
    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        begin = 8 + int.from_bytes(data[:8], "little")
        self.header, self.data = json.loads(data[8:begin]), data[begin:]
        self.weights = self._tensor("weights", np.int8)

    def _tensor(self, name: str, kind: type) -> np.ndarray:
        begin, end = self.header[name]["data_offsets"]
        return np.frombuffer(self.data[begin:end], kind).reshape(self.header[name]["shape"])

    def logits(self, found: np.ndarray) -> list[float]:
        sums = self.weights[found].astype(np.float64).sum(0) * self._tensor("scales", np.float32) / np.sqrt(len(found))
        return [round(float(value), 5) for value in sums + self._tensor("bias", np.float32)]


if __name__ == "__main__":
    main()
