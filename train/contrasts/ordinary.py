"""Harmless texts as people send them: plain questions in many languages, and long pasted texts with or without a request.
Of a long text the product reads windows, so pieces from the middle of one are in here too."""

import ast
import inspect
import random
from collections.abc import Iterator

from contrasts.everyday import SLOTS
from contrasts.making import safe, some
from contrasts.pasted import LINES, NOTES
from contrasts.plain import PLAIN
from sources import Example

MODULES = (
    "argparse", "ast", "bisect", "calendar", "configparser", "csv", "dataclasses", "datetime", "difflib", "fractions", "functools", "gettext", "heapq",
    "html.parser", "inspect", "json.decoder", "logging", "mailbox", "pathlib", "pprint", "queue", "random", "shutil", "statistics", "string", "tempfile",
    "textwrap", "timeit", "turtle", "unittest.case", "urllib.parse", "zipfile",
)  # fmt: skip
CODE_ASKS = (
    "", "Explain this code:\n", "what does this do?\n", "Fix the bug.\n", "Add type hints\n", "Refactor please:\n", "write tests for\n",
    "Why is this slow?\n", "¿Qué hace este código?\n", "Was macht dieser Code?\n", "解释这段代码：\n", "Объясни этот код:\n", "convert to Go:\n",
)  # fmt: skip


def examples(chooser: random.Random) -> Iterator[Example]:
    yield from _questions(chooser)
    yield from _long(chooser)
    yield from _code(chooser)
    yield from _records(chooser)


def _questions(chooser: random.Random) -> Iterator[Example]:
    for language, plain in PLAIN.items():
        for ask in plain["ask"]:
            for topic in some(chooser, plain["topics"], 6):
                yield safe("ordinary", ask.format(topic), language)
        for whole in plain["whole"]:
            yield safe("ordinary", whole, language)


def _long(chooser: random.Random) -> Iterator[Example]:
    for language, plain in PLAIN.items():
        for _ in range(45):
            text = " ".join(some(chooser, plain["sentences"], chooser.randint(2, len(plain["sentences"]))))
            dice = chooser.random()
            if dice < 0.55:
                text = f"{chooser.choice(plain['over'])}\n\n{text}"
            elif dice < 0.75:
                text = f"{text}\n\n{chooser.choice(plain['over'])}"
            elif dice < 0.85:
                text = text[chooser.randint(5, 30) :]
            yield safe("ordinary", text, language)


def _code(chooser: random.Random) -> Iterator[Example]:
    """Pieces of Python's own library."""
    for name in MODULES:
        source = inspect.getsource(__import__(name, fromlist=["_"]))
        lines = source.splitlines()
        for _ in range(7):
            begin = chooser.randrange(max(1, len(lines) - 12))
            piece = "\n".join(lines[begin : begin + chooser.randint(4, 25)])
            if piece.strip():
                yield safe("code", chooser.choice(CODE_ASKS) + piece)
        spoken = [ast.get_docstring(node) for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
        for text in some(chooser, [text for text in spoken if text and len(text) > 60], 5):
            yield safe("code", chooser.choice(("", "Reword this documentation: ", "Summarise: ", "Translate into German: ")) + text)


def _records(chooser: random.Random) -> Iterator[Example]:
    """Logs, tables, lists, e-mails and notes."""

    def fill(text: str) -> str:
        drawn = {name: chooser.choice(values) for name, values in SLOTS.items()}
        return text.format(**drawn, h=chooser.randint(10, 23), m=chooser.randint(10, 59), n=chooser.randint(2, 9000), p=chooser.randint(1, 99))

    for kind, (asks, lines) in LINES.items():
        for _ in range(60):
            body = "\n".join(fill(chooser.choice(lines)) for _ in range(chooser.randint(3, 14)))
            yield safe(kind, chooser.choice(asks) + body)
    for note in NOTES:
        for _ in range(10):
            yield safe("note", fill(note))
