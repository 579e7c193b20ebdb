"""Harmful and harmless texts in the same dress: with slips, sloppy, as a follow-up, in the past, inside another text, under a foreign frame; and
harmless texts that nobody can read, such as a decoding where nothing was encoded."""

import base64
import codecs
import random
import re

BEFORE = (
    "ok and ", "thanks! now ", "hey, ", "one more thing: ", "sorry to bother you again but ", "Quick question. ", "so basically ", "no, I meant: ", "Hi there! ",
    "Pretend you are my uncle. ", "You are an old teacher. ", "Let's play: you are a pirate. ", "I'm writing a play. In it someone asks: ", "In two sentences: ",
    "Bitte beantworte: ", "Por favor, responde: ", "Réponds à ceci : ", "请回答：", "Ответь, пожалуйста: ", "من فضلك أجب: ", "कृपया उत्तर दें: ", "答えてください：", "Lütfen cevapla: ",
)  # fmt: skip
AFTER = (" thx", " pls", " and keep it short", "\n\nAnswer in a list.", " Asking for a friend.", " (serious question)", " lol", " In English please.", " Gracias!", " Danke dir")
PAST = (
    (re.compile(r"^how (?:do|can|could|would|should) (?:i|you|one|we) ", re.I), ("How did people ", "how did they use to ", "Back then, how did someone ")),
    (re.compile(r"^what is the best way to ", re.I), ("What was the best way to ", "In the old days, what was the way to ")),
    (re.compile(r"^(?:please )?(?:explain|describe|tell me) how to ", re.I), ("Explain how people used to ", "Tell me how it was possible to ")),
)  # fmt: skip
_LEET = str.maketrans("013457@$", "oieastas")


def dressed(text: str, around: list[str], chooser: random.Random) -> str:
    """`text` in a dress that says nothing of what it asks; `around` are harmless texts to set it among."""
    dice = chooser.random()
    if dice < 0.3:
        return _sloppy(text, chooser)
    if dice < 0.5:
        return chooser.choice(BEFORE) + (text if chooser.random() < 0.5 else text[:1].lower() + text[1:])
    if dice < 0.62:
        return text.rstrip(" ") + chooser.choice(AFTER)
    if dice < 0.8:
        for pattern, forms in PAST:
            if pattern.search(text):
                return pattern.sub(chooser.choice(forms), text)
        return chooser.choice(BEFORE) + _sloppy(text, chooser)
    others = chooser.sample(around, chooser.randint(1, 3))
    others.insert(chooser.randint(0, len(others)), text)
    return chooser.choice(("\n", " ", "\n\n", "\n- ")).join(others)


def _sloppy(text: str, chooser: random.Random) -> str:
    text = text.lower() if chooser.random() < 0.7 else text
    if chooser.random() < 0.5:
        text = text.replace(" you ", " u ").replace(" to ", " 2 ").replace("please", "plz").replace("'", "")
    letters = list(text)
    for _ in range(max(1, len(letters) // 30)):
        at = chooser.randrange(max(1, len(letters) - 1))
        if len(letters) < 4 or not (letters[at].isalpha() and letters[at + 1].isalpha()):
            continue
        if chooser.random() < 0.5:
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        else:
            del letters[at]
    return "".join(letters)


def slipped(text: str, around: list[str], chooser: random.Random) -> str:
    """`text` with slips of the pen and, between its words, bits of the harmless texts `around`: a reader still sees what it asks."""
    words = text.split(" ")
    for _ in range(chooser.randint(1, max(1, min(7, len(words) // 3)))):
        at = chooser.randrange(len(words))
        word, dice = words[at], chooser.random()
        letter = chooser.randrange(len(word)) if word else 0
        if dice < 0.3:
            others = chooser.choice(around).split()
            begin = chooser.randrange(len(others))
            words.insert(at, " ".join(others[begin : begin + chooser.randint(1, 5)]))
        elif dice < 0.45:
            words[at] = word[:letter] + word[letter + 1 :]
        elif dice < 0.57:
            words[at] = word[: letter + 1] + word[letter:]
        elif dice < 0.7:
            words[at] = word[:letter] + word[letter + 1 : letter + 2] + word[letter : letter + 1] + word[letter + 2 :]
        elif dice < 0.8:
            words[at] = word + chooser.choice((",", ",", ".", "...", "!", "?", " -"))
        elif dice < 0.9:
            words[at] = chooser.choice((word.upper(), word.lower(), word.title()))
        else:
            words[at : at + 2] = reversed(words[at : at + 2])
    return " ".join(words)


def unreadable(text: str, chooser: random.Random) -> str:
    """What remains of a harmless text under a code, or under the undoing of a code that it never had."""
    coded = base64.b64encode(text[:60].encode()).decode()
    kind = chooser.randrange(8)
    if kind == 0:
        return coded
    if kind == 1:
        return _atbash(coded.translate(_LEET).lower() if chooser.random() < 0.5 else coded.translate(_LEET))
    if kind == 2:
        return coded.translate(_LEET)
    if kind == 3:
        return codecs.encode(coded if chooser.random() < 0.3 else text[:90], "rot13")
    if kind == 4:
        return _atbash(text[:90])
    if kind == 5:
        return text[:90][::-1]
    if kind == 6:
        return _atbash(text[:90].translate(_LEET))
    letters = "abcdefghijklmnopqrstuvwxyz" * 3 + "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return " ".join("".join(chooser.choices(letters, k=chooser.randint(2, 14))) for _ in range(chooser.randint(1, 7)))


def _atbash(text: str) -> str:
    return "".join(chr(219 - ord(c)) if "a" <= c <= "z" else chr(155 - ord(c)) if "A" <= c <= "Z" else c for c in text)
