"""Results that an earlier analysis computed: found again, answered anew, and told as if they had just been computed."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.engine.judging import judge
from lipfd_desktop.engine.opening import OpenFile
from lipfd_desktop.engine.versions import versions
from lipfd_desktop.media.decode import TOLERANCE
from lipfd_desktop.network.device_name import device_name
from lipfd_desktop.result import (
    AnalysisRequest,
    AnalysisResult,
    FacePath,
    FacesFollowed,
    ModelInfo,
    Noticed,
    OnProgress,
    Plan,
    Started,
    WindowsScored,
)
from lipfd_desktop.storage.cache import AUTO, ResultCache, ResultKey

_PIECE: Final = 20_000
"""Rows an event: enough for a ten-minute file in one, and the window is never given more than it can draw at once."""


def find_result(
    cache: ResultCache, request: AnalysisRequest, opened: OpenFile, model: ModelInfo, device: str
) -> AnalysisResult | None:
    """The kept result of the same content, model and settings, with the threshold and the verdict of this request.

    Parameters
    ----------
    device
        Name of the device that must have computed; :data:`~lipfd_desktop.storage.cache.AUTO` takes the one that was
        chosen when the result was computed.
    """
    for asked_for in dict.fromkeys((device, AUTO)):
        kept = cache.get(_key(request, opened.sha256, model, asked_for))
        if kept is None or device not in {AUTO, kept.device.name} or not _fits(kept, opened, model):
            continue
        threshold, verdict = judge(
            kept.scores, request=request, model=model, plan=kept.plan, tracks=kept.tracks, cancelled=False
        )
        return replace(
            kept,
            request=request,
            media=opened.info,
            model=model,
            device=replace(kept.device, requested=request.device),
            threshold=threshold,
            verdict=verdict,
            from_cache=True,
        )
    return None


def keep_result(cache: ResultCache, result: AnalysisResult) -> None:
    """Keep a result, unless it was cancelled or the file changed meanwhile."""
    if not result.cancelled and not any(notice.code == "file-changed" for notice in result.notices):
        cache.put(_key(result.request, result.sha256, result.model, device_name(result.request.device)), result)


def tell(result: AnalysisResult, frame_times: NDArray[np.float64], on_progress: OnProgress) -> None:
    """Say what an analysis says while it runs, in a few large pieces.

    Parameters
    ----------
    frame_times : (n,) float64
        PTS in seconds of every frame of the file.
    """
    on_progress(Started(result.plan, result.model, result.device))
    faces = _faces(result, frame_times)
    for rows in _pieces(len(faces.pts)):
        columns = {name: getattr(faces, name)[rows] for name in FacesFollowed.__slots__}
        on_progress(FacesFollowed(**columns))
    scores, total = result.scores, result.coverage.windows_total
    for rows in _pieces(len(scores)):
        part = scores.take(rows)
        done = total if rows[-1] == len(scores) - 1 else int(part.index[-1]) + 1
        on_progress(WindowsScored(part, done, total, result.processing_time * done / total))
    for notice in result.notices:
        on_progress(Noticed(notice))


def _key(request: AnalysisRequest, file_sha256: str, model: ModelInfo, device: str) -> ResultKey:
    return ResultKey.of(request, file_sha256=file_sha256, model_sha256=model.sha256, device=device)


def _fits(kept: AnalysisResult, opened: OpenFile, model: ModelInfo) -> bool:
    """Whether all that the result says is true of this file, this model and this installation.

    Under another name it is not when a notice has the old one in its text; another suffix may make FFmpeg understand
    the same bytes in another way; and other versions of the libraries may give other numbers.
    """
    now = versions()
    if any(kept.versions.get(name) != version for name, version in now.items() if name != "platform"):
        return False
    names = ((kept.media.path.name, opened.info.path.name), (kept.model.name, model.name))
    outdated = [old for old, new in names if old != new]
    return kept.media.is_same_content(opened.info) and not any(
        name in notice.message for notice in kept.notices for name in outdated
    )


def _pieces(count: int) -> list[NDArray[np.intp]]:
    return [np.arange(first, min(first + _PIECE, count)) for first in range(0, count, _PIECE)]


def _faces(result: AnalysisResult, frame_times: NDArray[np.float64]) -> FacesFollowed:
    """One row a (frame, face), and one a frame without a face, as the analysis tells them."""
    tracks = result.tracks
    seen = np.concatenate([np.empty(0, np.int64), *(track.frames for track in tracks)])
    empty = np.setdiff1d(_frames_of(result.plan, frame_times), seen)
    nowhere = np.full((len(empty), 4), np.nan, np.float32)
    frames = np.concatenate([seen, empty])
    face = np.concatenate([*(np.full(len(track.frames), track.id) for track in tracks), np.full(len(empty), -1)])
    order = np.lexsort((face, frames))
    return FacesFollowed(
        pts=np.concatenate([*(track.pts for track in tracks), frame_times[empty]])[order],
        face=face[order].astype(np.int64),
        boxes=np.concatenate([*(track.boxes for track in tracks), nowhere])[order],
        lips=np.concatenate([*(track.lips for track in tracks), nowhere])[order],
        paths=np.concatenate([*(track.paths for track in tracks), np.full(len(empty), FacePath.NONE, np.uint8)])[order],
    )


def _frames_of(plan: Plan, frame_times: NDArray[np.float64]) -> NDArray[np.int64]:
    """Ordinals of the frames in the range."""
    first, last = np.searchsorted(frame_times, (plan.start - TOLERANCE, plan.end - TOLERANCE))
    return np.arange(first, last)
