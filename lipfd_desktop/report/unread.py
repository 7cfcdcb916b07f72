"""Why something could not be shown, for whoever reads the report: no paths of the examiner, nothing to be done."""

from __future__ import annotations

import logging
from typing import Final

from lipfd_desktop.errors import (
    CorruptMediaError,
    LipfdError,
    MediaError,
    ModelError,
    NotKeptError,
    UnreadableMediaError,
)
from lipfd_desktop.language import mark, tr
from lipfd_desktop.result import AnalysisResult

_LOG: Final = logging.getLogger(__name__)
_UNREADABLE: Final = mark("the file could not be read.")
_REASONS: Final = (
    (ModelError, mark("the model of the analysis is gone or has other weights.")),
    (NotKeptError, mark("the result does not hold where the crops lay.")),
    (CorruptMediaError, mark("frames of the file cannot be decoded.")),
    (UnreadableMediaError, _UNREADABLE),
    (MediaError, mark("the file was closed or has changed.")),
)
"""The first kind that fits; each is the end of a sentence."""


def why_no_pictures(result: AnalysisResult, digest: str | None) -> str | None:
    """Why the file may not be shown, by its SHA-256 now (None: it cannot be read); None where it may."""
    if digest is None:
        return tr("The file could not be read when this report was made, so there are no pictures of it.")
    if digest != result.sha256:
        return tr("The file has changed since it was analysed; pictures of other bytes would be no evidence.")
    return None


def why_unread(error: LipfdError | OSError) -> str:
    """The reason by the kind of error; its own sentence, which is for the examiner, goes into the log."""
    _LOG.warning("Left out of a report: %s", error)
    return tr(next((reason for kind, reason in _REASONS if isinstance(error, kind)), _UNREADABLE))
