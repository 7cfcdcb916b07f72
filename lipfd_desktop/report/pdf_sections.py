"""The sections of the PDF, in the order in which they are read."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether, Table, TableStyle

from lipfd_desktop import __version__
from lipfd_desktop.report import method as method_words
from lipfd_desktop.report import wording
from lipfd_desktop.report.document import Report, Still
from lipfd_desktop.report.figure import style
from lipfd_desktop.report.gaps import describe_gaps
from lipfd_desktop.report.pdf_layout import (
    CELL,
    HALF_WIDTH,
    HEADING,
    SMALL,
    SUBHEADING,
    TEXT_WIDTH,
    TITLE,
    VERDICT,
    Flowable,
    banner,
    beside,
    box,
    bullets,
    facts,
    grid,
    picture,
    text,
)
from lipfd_desktop.report.pictures import Rgb, framed, jpeg
from lipfd_desktop.report.plots import answers_both, plot_figure
from lipfd_desktop.report.text import clock, file_size, number, plural, share, subject
from lipfd_desktop.result import TIERS, AnalysisResult, InputContract

PLOT_DPI: Final = 200
PLOT_WIDTH: Final = 8.5
"""Inches; a little wider than on paper, so that the letters come out smaller than the text."""
PHOTO_WIDTHS: Final = (85 * mm, 40 * mm, 40 * mm)
"""Widest frame, face crop and lips crop."""
MAX_ROWS: Final = 60
"""Rows of a table on paper; the CSV and the JSON have all of them."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A PNG file and its width and height in pixels."""

    png: bytes
    size: tuple[int, int]


def summary(report: Report) -> list[Flowable]:
    """Title, warnings, verdict box, and the facts that identify file and model."""
    result = report.result
    verdict = [
        text(wording.verdict_title(report), VERDICT),
        text("Findings", SUBHEADING),
        *bullets(wording.findings(report)),
        text("Error rates of the verdict", SUBHEADING),
        *bullets(method_words.calibration(result)),
        text("What this means", SUBHEADING),
        text(wording.meaning(report)),
        text("What this does not mean", SUBHEADING),
        text(wording.no_meaning(report)),
    ]
    identity = [
        ("File", result.media.path.name),
        ("SHA-256 at analysis", result.sha256),
        ("SHA-256 at export", wording.hash_check(report)),
        ("Label in the JSON output", wording.label(result)),
        *_questions(result),
        ("Model", f"{result.model.name}, {result.model.input_contract} input contract"),
        ("Model SHA-256", result.model.sha256),
        ("Computed on", result.device.description),
        ("Analysis started", f"{result.started_at}, took {result.processing_time:.1f} s"),
        ("Report made", f"{report.created_at} with LipFD Desktop {__version__}"),
    ]
    return [
        text("Examination for lip-sync forgery", TITLE),
        text(f"{wording.AID_NOT_PROOF} All times are presentation times (PTS) of the file.", SMALL),
        *(banner(warning) for warning in wording.warnings(report)),
        box(verdict),
        facts(identity),
        *_notices(result),
    ]


def file_and_streams(report: Report) -> list[Flowable]:
    """What the file says about itself, and both hashes."""
    media, video, audio = report.result.media, report.result.media.video, report.result.media.audio
    name, ascii_name = media.path.name, ascii(media.path.name)[1:-1]
    container = [
        ("File name", name),
        *([("File name, escaped", ascii_name)] if ascii_name != name else []),
        ("Folder", str(media.path.parent)),
        ("Size", file_size(media.size_bytes)),
        ("Last modified", media.modified),
        ("SHA-256 at analysis", report.result.sha256),
        ("SHA-256 at export", report.sha256_at_export or "not available"),
        ("Comparison", wording.hash_check(report)),
        ("Container", media.format_name),
        ("Streams", str(media.streams)),
        ("Start, duration", f"{media.start_time:.6f} s, {media.duration:.6f} s"),
        ("Bit rate", _bits(media.bit_rate)),
        *((f"Tag {key}", value) for key, value in sorted(media.tags.items())),
    ]
    picture_facts = [
        ("Stream", str(video.index)),
        ("Codec, profile", f"{video.codec}, {video.profile or 'not stated'}"),
        ("Size as displayed", f"{video.width} x {video.height} pixels"),
        ("Rotation", f"{video.rotation}°"),
        ("Pixel format", video.pixel_format or "not stated"),
        ("Pixel aspect", video.sample_aspect_ratio or "not stated"),
        ("Average rate", f"{video.average_fps:.6g} frames/s"),
        ("Time base", f"{video.time_base} s"),
        ("Start", f"{video.start:.6f} s"),
        ("Duration", _seconds(video.duration)),
        ("Frames declared", "not stated" if video.declared_frames is None else f"{video.declared_frames:,}"),
        ("Bit rate", _bits(video.bit_rate)),
    ]
    sound_facts = [("Stream", "none")]
    if audio is not None:
        sound_facts = [
            ("Stream", str(audio.index)),
            ("Codec, profile", f"{audio.codec}, {audio.profile or 'not stated'}"),
            ("Sample rate", f"{audio.sample_rate:,} Hz"),
            ("Channels", f"{audio.channels} ({audio.layout})"),
            ("Start", f"{audio.start:.6f} s"),
            ("Duration", _seconds(audio.duration)),
            ("Bit rate", _bits(audio.bit_rate)),
        ]
    video_table = [text("Video stream examined", SUBHEADING), facts(picture_facts, width=HALF_WIDTH, labels=0.42)]
    audio_table = [text("Audio stream examined", SUBHEADING), facts(sound_facts, width=HALF_WIDTH, labels=0.42)]
    return [text("File and streams", HEADING), facts(container), beside(video_table, audio_table)]


def render_plot(report: Report) -> Plot:
    """The curves at :data:`PLOT_DPI`."""
    with mpl.rc_context(style()):
        figure = plot_figure(report, width=PLOT_WIDTH)
        figure.set_dpi(PLOT_DPI)
        canvas = FigureCanvasAgg(figure)
        stream = io.BytesIO()
        canvas.print_png(stream, metadata={"Software": None})
        return Plot(stream.getvalue(), canvas.get_width_height())


def curves(report: Report, plot: Plot) -> list[Flowable]:
    """Scores and weights over time."""
    caption = (
        "Fake score of every window at the middle of its time, with the threshold; suspicious spans are shaded and "
        "those with a still numbered; grey stretches were not analysed. "
    )
    if answers_both(report.result):
        caption += (
            "Below, the answers to the two questions for the deciding face: was the picture generated, and is the "
            "sound foreign to these lips; the second curve is interrupted where that cannot be told. "
        )
    caption += (
        "Below, how much each crop counted for the deciding face or the whole picture: the axis is fitted to the "
        "real range, which is narrow by construction."
    )
    image = picture(io.BytesIO(plot.png), plot.size, width=TEXT_WIDTH, height=165 * mm)
    return [KeepTogether([text("Scores over time", HEADING), image, text(caption, SMALL)])]


def spans(report: Report) -> list[Flowable]:
    """Table of the suspicious spans, then their stills."""
    flowables = [text("Suspicious windows", HEADING)]
    if report.spans:
        rows = [
            (
                str(rank),
                "picture" if span.face is None else str(span.face),
                f"{clock(span.start)} – {clock(span.end)}",
                f"{span.end - span.start:.2f}",
                f"{span.windows:,}",
                number(span.mean_score),
                number(span.peak.score),
                f"{clock(report.moment(span))} (window {span.peak.index})",
            )
            for rank, span in enumerate(report.spans[:MAX_ROWS], start=1)
        ]
        header = ("No.", "Face", "Span", "Seconds", "Windows", "Mean", "Peak", "Peak at")
        flowables.append(grid(header, rows, (5, 9, 27, 10, 10, 9, 9, 21)))
        if len(report.spans) > MAX_ROWS:
            flowables.append(text(f"{len(report.spans) - MAX_ROWS:,} more spans are in the JSON output.", SMALL))
    else:
        flowables.append(text(f"No window reached the threshold of {number(report.result.threshold, 4)}."))
    if report.evidence.problem:
        flowables.append(text(report.evidence.problem))
    if report.evidence.stills:
        flowables += _stills(report)
    return flowables


def coverage(report: Report) -> list[Flowable]:
    """What was looked at and what was not, with reasons."""
    result, covered = report.result, report.result.coverage
    frames = [
        (name, f"{count:,} ({share(count, covered.frames_total)})") for name, count in covered.frames_by_path.items()
    ]
    total = sum(covered.windows_by_reason.values())
    windows = [(name, f"{count:,} ({share(count, total)})") for name, count in covered.windows_by_reason.items()]
    frame_table = [text(f"{plural(covered.frames_total, 'frame')} planned, by face box", SUBHEADING)]
    window_table = [text(f"{plural(total, 'window position')} by the best outcome of any face", SUBHEADING)]
    flowables = [
        text("Coverage", HEADING),
        text(
            f"Analysed {covered.seconds_analysed:.2f} s of {covered.seconds_total:.2f} s "
            f"({share(covered.seconds_analysed, covered.seconds_total)}); {covered.windows_analysed:,} of "
            f"{plural(covered.windows_total, 'window position')}. "
            + ("The examination is complete." if covered.complete else "The examination is NOT complete.")
        ),
        KeepTogether(
            beside(
                [*frame_table, facts(frames, width=HALF_WIDTH, labels=0.42)],
                [*window_table, facts(windows, width=HALF_WIDTH, labels=0.66)],
            )
        ),
    ]
    return [*flowables, *map(text, describe_gaps(result, limit=MAX_ROWS))]


def faces(report: Report) -> list[Flowable]:
    """One row a face, with its scores where faces have scores of their own."""
    header = ["Face", "Seen", "Frames", "Boxes", "Height"]
    widths = [6, 25, 8, 23, 9]
    rows = [
        [
            str(face.id),
            f"{clock(face.start)} – {clock(face.end)}",
            f"{face.frames:,}",
            ", ".join(f"{name} {count:,}" for name, count in face.frames_by_path.items() if count),
            f"{face.median_height:.0f} px",
        ]
        for face in report.result.faces[:MAX_ROWS]
    ]
    if not rows:
        return [text("Faces", HEADING), text("No face was found.")]
    if report.result.model.input_contract is InputContract.OFFICIAL:
        return [text("Faces", HEADING), grid(header, rows, widths), text(method_words.NO_SCORES_A_FACE)]
    header += ["Windows", "Mean score", "Highest"]
    widths += [10, 9, 10]
    for row, face in zip(rows, report.result.faces, strict=False):
        row += [f"{face.windows_analysed:,}", number(face.mean_score), number(face.max_score)]
    return [text("Faces", HEADING), grid(header, rows, widths)]


def method(report: Report) -> list[Flowable]:
    """How the scores and the verdict came about."""
    result = report.result
    contract = result.model.input_contract
    return [
        text("Method", HEADING),
        text(method_words.NETWORKS[contract]),
        text(method_words.CONTRACTS[contract]),
        text("Rule of the verdict", SUBHEADING),
        text(f"{method_words.decision(result)} Limits and error rates are on the first page."),
        text("What the record of this model states", SUBHEADING),
        *bullets(method_words.model_record(result)),
    ]


def limitations(report: Report) -> list[Flowable]:
    """What a reader must bear in mind."""
    return [text("Limitations", HEADING), *bullets(method_words.limitations(report.result))]


def reproducibility(report: Report) -> list[Flowable]:
    """All that must agree before two results may be compared, and a place to sign."""
    result, model, plan = report.result, report.result.model, report.result.plan
    chosen = "model default" if result.request.threshold is None else "chosen"
    setting = "automatic" if plan.stride_is_automatic else "chosen"
    rows = [
        ("Program", f"LipFD Desktop {__version__}"),
        ("Model", f"{model.name} ({model.input_contract} input contract)"),
        ("Model SHA-256", model.sha256),
        ("Model source, licence", f"{model.source}; {model.licence}"),
        ("Range", f"{clock(plan.start)} – {clock(plan.end)}" + ("" if result.request.time_range else " (whole file)")),
        ("Window, stride", f"{plan.window_frames} frames, {plural(plan.stride, 'frame')} ({setting})"),
        ("Face", "every face" if result.request.face is None else f"face {result.request.face} only"),
        ("Threshold", f"{number(result.threshold)} ({chosen})"),
        ("Limits of the verdict", _limits(result)),
        ("Arithmetic", method_words.ARITHMETIC[result.request.exactness]),
        ("Device", f"{result.device.name}: {result.device.description} (asked for: {result.device.requested})"),
        ("Computed", _computed(result)),
        ("Versions", ", ".join(f"{name} {version}" for name, version in sorted(result.versions.items()))),
    ]
    intro = "Two results may be compared only when all of this agrees. The file is identified by its SHA-256 alone."
    line = "_" * 34
    signature = Table(
        [[text("Examiner", CELL), text("Place and date", CELL), text("Signature", CELL)], [text(line, SMALL)] * 3],
        colWidths=[TEXT_WIDTH / 3] * 3,
        rowHeights=[12 * mm, 6 * mm],
        style=TableStyle([("VALIGN", (0, 0), (-1, -1), "BOTTOM"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]),
    )
    return [text("Reproducibility", HEADING), text(intro), facts(rows), KeepTogether([signature])]


def _questions(result: AnalysisResult) -> list[tuple[str, str]]:
    """The two answers for the whole clip, where the model gives them."""
    verdict = result.verdict
    if verdict.generated is None:
        return []
    heard = "cannot tell" if verdict.foreign_sound is None else number(verdict.foreign_sound)
    return [("Generated, foreign sound", f"{number(verdict.generated)}, {heard} (of the whole clip)")]


def _computed(result: AnalysisResult) -> str:
    if result.from_cache:
        return f"by an earlier analysis of the same content, started {result.started_at}, whose scores were kept"
    return "anew; no earlier result was used"


def _limits(result: AnalysisResult) -> str:
    rule = result.model.rule
    if rule is None or not result.verdict.calibrated:
        return "the threshold and a margin (not calibrated)"
    curves = [("score" if rule.foreign_sound is None else "generated", rule.generated)]
    if rule.foreign_sound is not None:
        curves.append(("foreign sound", rule.foreign_sound))
    return (
        f"{number(rule.authentic_below)} and {number(rule.manipulated_from)}, from the record of the model; "
        + "; ".join(f"{name}: slope {curve.slope:.4g}, offset {curve.offset:.4g}" for name, curve in curves)
        + f"; span {rule.span_seconds:g} s"
    )


def _notices(result: AnalysisResult) -> list[Flowable]:
    if not result.notices:
        return []
    return [text("Notices of the analysis", SUBHEADING), *bullets(notice.message for notice in result.notices)]


def _stills(report: Report) -> list[Flowable]:
    note = (
        "Left the frame as displayed with the outlines of face and lips, then face and lips cut from it. Pictures are "
        "reduced and JPEG-compressed for this report; for pixels go to the file at the time stated."
    )
    heading = [text(wording.stills_title(report), SUBHEADING), text(note, SMALL)]
    entries = [_still_entry(rank, still) for rank, still in enumerate(report.evidence.stills, start=1)]
    return [KeepTogether([*heading, *entries[0]]), *(KeepTogether(entry) for entry in entries[1:])]


def _still_entry(rank: int, still: Still) -> list[Flowable]:
    window = still.window
    weights = window.weights
    caption = (
        f"No. {rank}: frame at {clock(still.pts)}, {subject(window.face)}, score {number(window.score)}, "
        f"logit {number(window.logit)}, "
        f"window {window.index} ({clock(window.start)} – {clock(window.end)})"
    )
    if window.generated is not None:
        caption += f"; generated {number(window.generated)}, foreign sound {number(window.foreign_sound)}"
    if weights is not None:
        caption += "; weights " + ", ".join(f"{tier} {number(weights[tier])}" for tier in TIERS)
    if window.face is None and still.face is not None:
        caption += f"; boxes of face {still.face}, the largest in this frame"
    pictures = [framed(still.image, still.face_box, still.lips_box), still.face_crop, still.lips_crop]
    photos = [_photo(image, width) for image, width in zip(pictures, PHOTO_WIDTHS, strict=True) if image is not None]
    row = Table(
        [photos],
        colWidths=[photo.drawWidth + 3 * mm for photo in photos],
        style=TableStyle([("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]),
        hAlign="LEFT",
    )
    return [row, text(caption, SMALL)]


def _photo(image: Rgb, width: float) -> Flowable:
    return picture(jpeg(image), (image.shape[1], image.shape[0]), width=width, height=48 * mm)


def _bits(rate: int | None) -> str:
    return "not stated" if rate is None else f"{rate / 1000:,.0f} kbit/s"


def _seconds(duration: float | None) -> str:
    return "not stated" if duration is None else f"{duration:.6f} s"
