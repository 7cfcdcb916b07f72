"""Whether two results can be compared, and where their settings differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lipfd_desktop.language import tr
from lipfd_desktop.report.terms import exactness_words
from lipfd_desktop.result import AnalysisResult

_RATE_APART: Final = 1.1
"""A window of five frames then lasts a tenth longer in one file; 24 and 25 frames a second are nearer than that."""
_SIZE_APART: Final = 1.5
"""The network sees faces at one size: one of half as many pixels again was enlarged where the other was not."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not the same in both results; with a serious one their scores cannot be compared."""

    words: str
    is_serious: bool
    is_curable: bool = False
    """Analysing the second file with the settings of the first removes it."""


def differences(first: AnalysisResult, second: AnalysisResult) -> list[Difference]:
    """All that differs and matters, the serious ones first."""
    found = [
        *(Difference(words, is_serious=True, is_curable=True) for words in _of_settings(first, second)),
        *(Difference(words, is_serious=True) for words in _of_files(first, second)),
        *(Difference(words, is_serious=False) for words in _minor(first, second)),
    ]
    if first.sha256 == second.sha256:
        found.append(Difference(tr("both are the same file, byte for byte"), is_serious=False))
    return found


def _of_settings(first: AnalysisResult, second: AnalysisResult) -> Iterator[str]:
    one, two = first.model, second.model
    if one.sha256 != two.sha256:
        yield tr(
            "model {first} ({first_hash}…) against {second} ({second_hash}…)",
            first=one.name, first_hash=one.sha256[:8], second=two.name, second_hash=two.sha256[:8],
        )  # fmt: skip
    if first.plan.stride != second.plan.stride:
        yield tr("stride {first} against {second} frames", first=first.plan.stride, second=second.plan.stride)
    if first.plan.window_frames != second.plan.window_frames:
        yield tr(
            "windows of {first} against {second} frames",
            first=first.plan.window_frames, second=second.plan.window_frames,
        )  # fmt: skip
    if first.request.exactness != second.request.exactness:
        yield tr(
            "arithmetic {first} against {second}",
            first=exactness_words(first.request.exactness), second=exactness_words(second.request.exactness),
        )  # fmt: skip
    if second.cancelled:
        yield tr("only a part of {letter} was analysed", letter="B")


def _of_files(first: AnalysisResult, second: AnalysisResult) -> Iterator[str]:
    if not (first.model.trained and second.model.trained):
        yield tr("test weights, whose scores are meaningless")
    for letter, is_partial in (
        ("A", not first.coverage.complete),
        ("B", not second.coverage.complete and not second.cancelled),
    ):
        if is_partial:
            yield tr("only a part of {letter} was analysed", letter=letter)
    one, two = first.media.video, second.media.video
    if _apart(one.average_fps, two.average_fps) > _RATE_APART:
        yield tr("{first:.2f} against {second:.2f} frames a second", first=one.average_fps, second=two.average_fps)
    if _apart(one.width * one.height, two.width * two.height) > _SIZE_APART**2:
        yield tr(
            "picture of {first} against {second} pixels",
            first=f"{one.width}×{one.height}", second=f"{two.width}×{two.height}",
        )  # fmt: skip
    heights = [_face_height(result) for result in (first, second)]
    if heights[0] and heights[1] and _apart(*heights) > _SIZE_APART:
        yield tr("face {first:.0f} against {second:.0f} pixels high", first=heights[0], second=heights[1])


def _minor(first: AnalysisResult, second: AnalysisResult) -> Iterator[str]:
    if first.threshold != second.threshold:
        yield tr("threshold {first:.2f} against {second:.2f}", first=first.threshold, second=second.threshold)
    if first.device.name.partition(":")[0] != second.device.name.partition(":")[0]:
        yield tr(
            "computed on {first} against {second}", first=first.device.description, second=second.device.description
        )
    for letter, result in (("A", first), ("B", second)):
        if result.request.time_range is not None:
            yield tr("of {letter} only a chosen stretch of time was analysed", letter=letter)
        if result.request.face is not None:
            yield tr("of {letter} only one chosen face was analysed", letter=letter)
    others = sorted(
        name
        for name in first.versions.keys() | second.versions.keys()
        if first.versions.get(name) != second.versions.get(name)
    )
    if others:
        yield tr("other versions of {names}", names=tr(", ").join(others))


def _apart(one: float, two: float) -> float:
    """How many times the larger is the smaller."""
    small, large = sorted((one, two))
    return large / small if small > 0 else 1.0


def _face_height(result: AnalysisResult) -> float:
    """Median height in pixels of the face with most frames; 0 where there is none."""
    return max(((face.frames, face.median_height) for face in result.faces), default=(0, 0.0))[1]
