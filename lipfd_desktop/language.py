"""What people read, on the screen and in reports, in their language: gettext catalogues, English where there is none.

Files that programs read (JSON, CSV, kept results) and logs stay English.  What is kept in memory until it is known who
reads it, such as the sentence of an error, is :class:`Phrase`.

A program speaks one language, chosen by :func:`use`.  What is made for somebody else, such as a report, is made
inside :func:`speaking`, which changes the language of its own thread alone.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

LANGUAGES: Final = {"en": "English", "de": "Deutsch", "es": "Español", "zh_CN": "简体中文"}
"""Languages with a complete catalogue, each in its own words."""
DOMAIN: Final = "lipfd"

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"
_for_a_while: ContextVar[str | None] = ContextVar("language", default=None)
"""The language of :func:`speaking`; every thread has its own."""


def catalogues() -> Path:
    """The folder of the catalogues, ``<language>/LC_MESSAGES/lipfd.po`` and ``.mo``."""
    return Path(str(resources.files("lipfd_desktop").joinpath("locale")))


def closest(name: str) -> str:
    """The language of :data:`LANGUAGES` that serves a locale such as ``de_AT.UTF-8`` or ``zh-Hans-SG`` best."""
    wanted = name.replace("-", "_").split(".")[0]
    if wanted in LANGUAGES:
        return wanted
    head = wanted.split("_")[0].lower()
    return next((known for known in LANGUAGES if known.split("_")[0] == head), "en")


def use(language: str) -> None:
    """Speak ``language``, a key of :data:`LANGUAGES`, from now on; what is on the screen already stays."""
    global _catalogue, _language  # noqa: PLW0603  (there is one user)
    _language = language if language in LANGUAGES else "en"
    _catalogue = catalogue_of(_language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak ``language``, a key of :data:`LANGUAGES`, on this thread until the block ends; not for generators."""
    before = _for_a_while.set(language if language in LANGUAGES else "en")
    try:
        yield
    finally:
        _for_a_while.reset(before)


def current() -> str:
    """The language that is spoken on this thread, a key of :data:`LANGUAGES`."""
    return _for_a_while.get() or _language


def tag(language: str) -> str:
    """``language`` as HTML and PDF name it (BCP 47), such as ``zh-CN``."""
    return language.replace("_", "-")


@cache
def catalogue_of(language: str) -> gettext.NullTranslations:
    """The translations into ``language``; none into English."""
    return gettext.translation(DOMAIN, catalogues(), [language], fallback=True)


def mark(message: str) -> str:
    """``message`` itself: puts the words of a table into the catalogues, to be given to :func:`tr` when shown."""
    return message


def tr(message: str, **fields: object) -> str:
    """``message`` in the language that is spoken, with ``{name}`` fields filled in after it was looked up."""
    words = _spoken().gettext(message) if message else ""
    return words.format(**fields) if fields else words


def trn(one: str, many: str, count: int, **fields: object) -> str:
    """``one`` or ``many``, as ``count`` demands in the language that is spoken; ``{count}`` is a field."""
    return _spoken().ngettext(one, many, count).format(count=count, **fields)


class Phrase:
    """A sentence, or a part of one, that is said whenever ``str`` asks for it, in the language that is spoken then.

    Parameters
    ----------
    message
        As for :func:`tr`.
    fields
        Phrases again, or whatever can be formatted; the parts of a tuple are listed.
    """

    def __init__(self, message: str, /, **fields: object) -> None:
        self._message, self._fields = message, fields

    def __str__(self) -> str:
        said = {
            name: tr(", ").join(map(str, value)) if isinstance(value, tuple) else value
            for name, value in self._fields.items()
        }
        return tr(self._message, **said)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


def _spoken() -> gettext.NullTranslations:
    language = _for_a_while.get()
    return _catalogue if language is None else catalogue_of(language)
