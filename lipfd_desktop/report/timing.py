"""What the timestamps of the examined video stream say: intervals, gaps, and lengths that do not agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from lipfd_desktop.language import mark, tr, trn
from lipfd_desktop.media.info import MediaInfo
from lipfd_desktop.media.timeline import FrameTimes, frame_end, is_variable_rate
from lipfd_desktop.report.text import clock, listed, together
from lipfd_desktop.result import AnalysisResult

GAP: Final = 1.75
"""Intervals of more median intervals than this are gaps: one dropped frame makes an interval of two, and rounding to
milliseconds less than a tenth more or less."""
MAX_GAPS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameTiming:
    """Intervals between the frames of a file, in seconds of PTS.

    Attributes
    ----------
    start, end
        First PTS; last PTS and the median interval.
    shortest, median, longest
        Intervals; all 0 for a single frame.
    gaps
        ``(start, end)`` of intervals of more than :data:`GAP` medians, in order of time.
    """

    frames: int
    start: float
    end: float
    shortest: float
    median: float
    longest: float
    is_variable: bool
    gaps: tuple[tuple[float, float], ...]


def timing_of(times: FrameTimes) -> FrameTiming:
    """Measure (n,) PTS in seconds, ascending."""
    intervals = np.diff(times) if len(times) > 1 else np.zeros(1)
    median = float(np.median(intervals))
    wide = np.flatnonzero(intervals > GAP * median) if len(times) > 1 else np.empty(0, np.intp)
    return FrameTiming(
        frames=len(times),
        start=float(times[0]),
        end=frame_end(times, -1),
        shortest=float(intervals.min()),
        median=median,
        longest=float(intervals.max()),
        is_variable=is_variable_rate(times),
        gaps=tuple((float(times[at]), float(times[at + 1])) for at in wide),
    )


def describe_times(timing: FrameTiming | None, result: AnalysisResult) -> list[str]:
    """Gaps and lengths; nothing where the timestamps are not known."""
    if timing is None:
        return []
    return [
        *describe_timestamp_gaps(timing),
        *describe_lengths(timing, result.media, result.plan.end - result.plan.start),
    ]


def interval_words(timing: FrameTiming) -> str:
    """The rate as the timestamps have it, for one line of a table."""
    if timing.frames < 2:
        return tr("a single frame")
    if not timing.is_variable:
        return tr("constant: {median:.6f} s", median=timing.median)
    return tr(
        "variable: shortest {shortest:.6f} s, median {median:.6f} s, longest {longest:.6f} s",
        shortest=timing.shortest, median=timing.median, longest=timing.longest,
    )  # fmt: skip


def describe_timestamp_gaps(timing: FrameTiming) -> list[str]:
    """Where the timestamps jump; that there is no such place is said too."""
    if timing.frames < 2:
        return []
    if not timing.gaps:
        return [
            tr(
                "The timestamps of the picture have no gap: no interval is longer than {factor:g} times the median of "
                "{median:.4f} s.",
                factor=GAP, median=timing.median,
            )
        ]  # fmt: skip
    longest_first = sorted(timing.gaps, key=lambda gap: gap[0] - gap[1])[:MAX_GAPS]
    gaps = tr("; ").join(
        tr("{start} – {end} ({seconds:.3f} s)", start=clock(start), end=clock(end), seconds=end - start)
        for start, end in sorted(longest_first)
    )
    words = trn(
        "The timestamps of the picture have {count:,} gap, an interval longer than {factor:g} times the median of "
        "{median:.4f} s: {listed}.",
        "The timestamps of the picture have {count:,} gaps, intervals longer than {factor:g} times the median of "
        "{median:.4f} s: {listed}.",
        len(timing.gaps), factor=GAP, median=timing.median, listed=gaps,
    )  # fmt: skip
    more = len(timing.gaps) - len(longest_first)
    note = tr("A gap can be dropped frames, a cut, or a recorder that waited.")
    rest = trn("{count:,} shorter one is not listed.", "{count:,} shorter ones are not listed.", more) if more else ""
    return [together(words, rest, note)]


def describe_lengths(timing: FrameTiming, media: MediaInfo, examined: float) -> list[str]:
    """Why the lengths that a report names are different numbers, as one paragraph; nothing where they agree.

    Lengths agree when they differ by no more than a frame.

    Parameters
    ----------
    examined
        Seconds of the range that was planned.
    """
    reasons = _reasons(timing, media, examined)
    return [together(_lengths(timing, media, examined), *reasons)] if reasons else []


def _lengths(timing: FrameTiming, media: MediaInfo, examined: float) -> str:
    named = (
        (mark("container declares {seconds:.3f} s"), media.duration),
        (mark("video stream declares {seconds:.3f} s"), media.video.duration),
        (mark("audio stream declares {seconds:.3f} s"), media.audio.duration if media.audio else None),
        (mark("the frames fill {seconds:.3f} s"), timing.end - timing.start),
        (mark("range to analyse {seconds:.3f} s"), examined),
    )
    lengths = listed(tr(words, seconds=seconds) for words, seconds in named if seconds is not None)
    return tr("Lengths: {listed}.", listed=lengths)


def _reasons(timing: FrameTiming, media: MediaInfo, examined: float) -> list[str]:
    filled = timing.end - timing.start
    return [
        *_of_range(timing, filled, examined),
        *_of_video(timing, filled, media.video.duration),
        *_of_sound(timing, media),
        *_of_container(timing, media),
    ]


def _of_range(timing: FrameTiming, filled: float, examined: float) -> list[str]:
    if abs(filled - examined) <= timing.median:
        return []
    return [tr("Only the range that was asked for was analysed, not the whole file.")]


def _of_video(timing: FrameTiming, filled: float, declared: float | None) -> list[str]:
    if declared is None or abs(declared - filled) <= timing.median:
        return []
    if declared > filled:
        return [
            tr(
                "The video stream declares {seconds:.3f} s more than its frames fill by their timestamps; the last "
                "frame, taken to stand as long as the median one, may be meant to stand longer, or frames are missing.",
                seconds=declared - filled,
            )
        ]
    return [
        tr(
            "The frames fill {seconds:.3f} s more than the video stream declares; their timestamps are what is "
            "analysed.",
            seconds=filled - declared,
        )
    ]


def _of_sound(timing: FrameTiming, media: MediaInfo) -> list[str]:
    audio = media.audio
    if audio is None:
        return []
    words = []
    late = audio.start - timing.start
    if late > timing.median:
        words.append(tr("The sound begins {seconds:.3f} s after the picture.", seconds=late))
    elif -late > timing.median:
        words.append(tr("The sound begins {seconds:.3f} s before the picture.", seconds=-late))
    if audio.duration is None:
        return words
    longer = audio.start + audio.duration - timing.end
    if longer > timing.median:
        words.append(tr("The sound goes on for {seconds:.3f} s after the last frame.", seconds=longer))
    elif -longer > timing.median:
        words.append(tr("The sound ends {seconds:.3f} s before the picture does.", seconds=-longer))
    return words


def _of_container(timing: FrameTiming, media: MediaInfo) -> list[str]:
    """The container lasts from the first to the last of its streams, unless it says something else."""
    if abs(media.duration - (timing.end - timing.start)) <= timing.median:
        return []
    declared = [
        stream.start + stream.duration
        for stream in (media.video, media.audio)
        if stream is not None and stream.duration is not None
    ]
    ends = (max(declared, default=timing.end), max([timing.end, *declared]))
    if any(abs(media.start_time + media.duration - end) <= timing.median for end in ends):
        return [tr("The container lasts from the first to the last of its streams, as these declare it.")]
    return [tr("The container's duration is a number written in the file, which its streams do not bear out.")]
