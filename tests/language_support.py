"""A language that marks every word that was looked up."""

from __future__ import annotations

import gettext
import re

OPEN, CLOSE = "⟦", "⟧"


class Marked(gettext.NullTranslations):
    """Puts every message between brackets."""

    def gettext(self, message: str) -> str:
        return f"{OPEN}{message}{CLOSE}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"{OPEN}{msgid1 if n == 1 else msgid2}{CLOSE}"


def unmarked(words: str, data: re.Pattern[str]) -> str:
    """What of ``words`` was not looked up and is no ``data``; empty where nobody can read a word in it."""
    rest = words
    while rest != (rest := re.sub(rf"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", " ", rest)):
        pass
    rest = data.sub(" ", rest)
    return rest if re.search(r"[A-Za-z]{2}", rest) else ""
