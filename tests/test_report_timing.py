"""Gaps in the timestamps, the rate as they have it, and lengths that do not agree."""

from __future__ import annotations

import dataclasses
import hashlib
import io

import numpy as np
import pytest
from pypdf import PdfReader

from lipfd_desktop.media.info import MediaInfo
from lipfd_desktop.report.details import ReportDetails, Section
from lipfd_desktop.report.document import build_report
from lipfd_desktop.report.pdf import render_pdf
from lipfd_desktop.report.timing import MAX_GAPS, describe_lengths, describe_timestamp_gaps, interval_words, timing_of
from tests import report_support as support
from tests.media_support import write_video

STEADY = support.frame_times()
LENGTH = support.FRAMES / support.FPS


def media_of(path="interview.mp4", **streams: dict[str, object]) -> MediaInfo:
    media = support.make_media(path)
    changed = {name: dataclasses.replace(getattr(media, name), **fields) for name, fields in streams.items()}
    return dataclasses.replace(media, **changed)


def test_a_constant_rate_has_no_gap():
    timing = timing_of(STEADY)
    assert (timing.start, timing.end) == (5.0, pytest.approx(5.0 + LENGTH))
    assert interval_words(timing) == "constant: 0.040000 s"
    (words,) = describe_timestamp_gaps(timing)
    assert words.startswith("The timestamps of the picture have no gap")
    rounded = np.round(STEADY, 3) + np.tile([0, 0.001], len(STEADY) // 2)
    assert timing_of(rounded).gaps == ()


def test_gaps_say_where_and_how_long():
    times = np.delete(STEADY, [30, 60, 61, 62])
    timing = timing_of(times)
    assert np.allclose(timing.gaps, [(STEADY[29], STEADY[31]), (STEADY[59], STEADY[63])])
    (words,) = describe_timestamp_gaps(timing)
    assert "2 gaps, intervals longer than 1.75 times the median of 0.0400 s" in words
    assert "00:06.160 – 00:06.240 (0.080 s); 00:07.360 – 00:07.520 (0.160 s)." in words
    assert interval_words(timing) == "variable: shortest 0.040000 s, median 0.040000 s, longest 0.160000 s"


def test_the_longest_of_many_gaps_are_listed_in_order_of_time():
    intervals = np.full(200, 0.04)
    intervals[5::10] = 0.1
    intervals[77] = 1.0
    timing = timing_of(np.concatenate([[0.0], np.cumsum(intervals)]))
    assert len(timing.gaps) == 21
    (words,) = describe_timestamp_gaps(timing)
    assert words.count(" – ") == MAX_GAPS
    assert "(1.000 s)" in words
    assert "9 shorter ones are not listed." in words
    starts = [part.split(" – ")[0] for part in words.split(": ", 1)[1].split("; ")]
    assert starts == sorted(starts)


def test_one_frame_has_no_intervals():
    timing = timing_of(np.array([2.0]))
    assert interval_words(timing) == "a single frame"
    assert describe_timestamp_gaps(timing) == []
    assert timing.end > timing.start


def test_lengths_that_agree_are_not_explained():
    assert describe_lengths(timing_of(STEADY), media_of(), LENGTH) == []
    nearly = media_of(video={"duration": LENGTH + 0.03}, audio={"duration": LENGTH - 0.03})
    assert describe_lengths(timing_of(STEADY), nearly, LENGTH) == []


@pytest.mark.parametrize(
    ("media", "examined", "words"),
    [
        (media_of(video={"duration": 6.0}), LENGTH, "The video stream declares 1.200 s more than its frames fill"),
        (media_of(video={"duration": 4.0}), LENGTH, "The frames fill 0.800 s more than the video stream declares"),
        (media_of(audio={"duration": 5.3}), LENGTH, "The sound goes on for 0.500 s after the last frame."),
        (media_of(audio={"duration": 4.3}), LENGTH, "The sound ends 0.500 s before the picture does."),
        (media_of(audio={"start": 5.2, "duration": 4.6}), LENGTH, "The sound begins 0.200 s after the picture."),
        (media_of(audio={"start": 4.8, "duration": 5.0}), LENGTH, "The sound begins 0.200 s before the picture."),
        (media_of(), 2.0, "Only the range that was asked for was analysed, not the whole file."),
        (
            dataclasses.replace(media_of(audio={"duration": 5.3}), duration=5.3),
            LENGTH,
            "The container lasts from the first to the last of its streams, as these declare it.",
        ),
        (
            dataclasses.replace(media_of(video={"duration": 4.0}, audio={"duration": 4.0}), duration=4.0),
            LENGTH,
            "The container lasts from the first to the last of its streams, as these declare it.",
        ),
        (
            dataclasses.replace(media_of(), duration=9.0),
            LENGTH,
            "The container's duration is a number written in the file, which its streams do not bear out.",
        ),
    ],
)
def test_lengths_that_differ_say_why(media, examined, words):
    (paragraph,) = describe_lengths(timing_of(STEADY), media, examined)
    assert words in paragraph
    assert paragraph.startswith(f"Lengths: container declares {media.duration:.3f} s, video stream declares")
    assert f"the frames fill {LENGTH:.3f} s, range to analyse {examined:.3f} s." in paragraph


def test_a_file_of_one_stream_may_declare_nothing():
    media = dataclasses.replace(media_of(video={"duration": None}), audio=None)
    assert describe_lengths(timing_of(STEADY), media, LENGTH) == []


def test_the_pages_tell_gaps_and_rate_of_the_real_file(tmp_path):
    path = tmp_path / "dropped.mp4"
    kept = [*range(50), *range(56, support.FRAMES)]
    frames = [*support.talking_frames()]
    times = [support.START + number / support.FPS for number in kept]
    write_video(path, (frames[number] for number in kept), pts=times)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    result = support.make_result(path, sha256=digest)
    sections = frozenset({Section.FILE})
    details = ReportDetails(date=support.CREATED, sections=sections)
    pdf = render_pdf(build_report(result, details=details))
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())
    assert "1 gap, an interval longer than 1.75 times the median" in text
    assert "00:06.960 – 00:07.240 (0.280 s)." in text
    assert "variable: shortest 0.040000 s, median 0.040000 s, longest 0.280000 s" in text
    known = render_pdf(build_report(result, details=details, frame_times=np.array(times)))
    assert known == pdf
