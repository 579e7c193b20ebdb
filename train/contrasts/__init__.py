"""Texts of our own making, free to ship (CC0): harmful requests and their harmless twins, crossed so that neither a word, a
form, a language nor a style tells the two apart. No test set's sentences are in here."""

import random

from contrasts import attacks, everyday, hate, howto, languages, ordinary, requests, responses, twins
from sources import Example


def examples(seed: int) -> list[Example]:
    result = []
    for part in (twins, requests, hate, everyday, howto, ordinary, languages, attacks, responses):
        chooser = random.Random(f"{seed} {part.__name__}")
        seen = set()
        for example in part.examples(chooser):
            key = (example.prompt, example.response)
            if key not in seen:
                seen.add(key)
                result.append(example)
    return result
