"""What people read on the screen, in their language: gettext catalogues, English where there is none.

Files that programs read (JSON, CSV, kept results) and the sentences of errors stay English.
"""

from __future__ import annotations

import gettext
from importlib import resources
from pathlib import Path
from typing import Final

LANGUAGES: Final = {"en": "English", "de": "Deutsch", "es": "Español", "zh_CN": "简体中文"}
"""Languages with a complete catalogue, each in its own words."""
DOMAIN: Final = "lipfd"

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"


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
    _catalogue = gettext.translation(DOMAIN, catalogues(), [language], fallback=True)


def current() -> str:
    """The language that is spoken, a key of :data:`LANGUAGES`."""
    return _language


def mark(message: str) -> str:
    """``message`` itself: puts the words of a table into the catalogues, to be given to :func:`tr` when shown."""
    return message


def tr(message: str, **fields: object) -> str:
    """``message`` in the user's language, with ``{name}`` fields filled in after it was looked up."""
    words = _catalogue.gettext(message) if message else ""
    return words.format(**fields) if fields else words


def trn(one: str, many: str, count: int, **fields: object) -> str:
    """``one`` or ``many``, as ``count`` demands in the user's language; ``{count}`` is a field."""
    return _catalogue.ngettext(one, many, count).format(count=count, **fields)
