"""What the file says about itself, how the scores came about, and all that must agree to repeat them."""

from __future__ import annotations

from lipfd_desktop import __version__
from lipfd_desktop.language import tr
from lipfd_desktop.report import method as method_words
from lipfd_desktop.report import wording
from lipfd_desktop.report.blocks import Columns, Facts, Paragraph, Part, Subheading
from lipfd_desktop.report.document import Report
from lipfd_desktop.report.text import clock, file_size, number, plural, printable
from lipfd_desktop.report.timing import interval_words
from lipfd_desktop.result import AnalysisResult

Rows = tuple[tuple[str, str], ...]


def file_and_streams(report: Report) -> Part:
    """What the file says about itself, and both hashes."""
    media = report.result.media
    name, ascii_name = printable(media.path.name), ascii(media.path.name)[1:-1]
    container = (
        ("File name", name),
        *((("File name, escaped", ascii_name),) if ascii_name != name else ()),
        ("Folder", printable(media.path.parent)),
        ("Size", file_size(media.size_bytes)),
        ("Last modified", media.modified),
        ("SHA-256 at analysis", report.result.sha256),
        ("SHA-256 at export", report.sha256_at_export or "not available"),
        ("Comparison", wording.hash_check(report)),
        ("Container", media.format_name),
        ("Streams", str(media.streams)),
        ("Start, duration", f"{media.start_time:.6f} s, {media.duration:.6f} s"),
        ("Bit rate", _bits(media.bit_rate)),
        *((f"Tag {printable(key)}", printable(value)) for key, value in sorted(media.tags.items())),
    )
    picture, sound = "Video stream examined", "Audio stream examined"
    return Part(
        "File and streams",
        (
            Facts("File", container),
            Columns(
                (Subheading(picture), Facts(picture, (*_video(report.result), *_intervals(report)), 0.42)),
                (Subheading(sound), Facts(sound, _audio(report.result), 0.42)),
            ),
        ),
    )


def _video(result: AnalysisResult) -> Rows:
    video = result.media.video
    return (
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
    )


def _intervals(report: Report) -> Rows:
    timing = report.pages.timing
    return () if timing is None else ((tr("Frame intervals"), interval_words(timing)),)


def _audio(result: AnalysisResult) -> Rows:
    audio = result.media.audio
    if audio is None:
        return (("Stream", "none"),)
    return (
        ("Stream", str(audio.index)),
        ("Codec, profile", f"{audio.codec}, {audio.profile or 'not stated'}"),
        ("Sample rate", f"{audio.sample_rate:,} Hz"),
        ("Channels", f"{audio.channels} ({audio.layout})"),
        ("Start", f"{audio.start:.6f} s"),
        ("Duration", _seconds(audio.duration)),
        ("Bit rate", _bits(audio.bit_rate)),
    )


def method(report: Report) -> Part:
    """How the scores and the verdict came about."""
    contract = report.result.model.input_contract
    return Part(
        "Method",
        (
            Paragraph(method_words.NETWORKS[contract]),
            Paragraph(method_words.CONTRACTS[contract]),
            Subheading("Rule of the verdict"),
            Paragraph(f"{method_words.decision(report.result)} Limits and error rates are on the first page."),
        ),
    )


def reproducibility(report: Report) -> Part:
    """All that must agree before two results may be compared."""
    result, model, plan = report.result, report.result.model, report.result.plan
    chosen = "model default" if result.request.threshold is None else "chosen"
    setting = "automatic" if plan.stride_is_automatic else "chosen"
    rows = (
        ("Program", f"LipFD Desktop {__version__}"),
        ("Model", f"{printable(model.name)} ({model.input_contract} input contract)"),
        ("Model SHA-256", model.sha256),
        ("Model source", printable(model.source).rstrip(".")),
        ("Model licence", printable(model.licence)),
        ("Range", f"{clock(plan.start)} – {clock(plan.end)}" + ("" if result.request.time_range else " (whole file)")),
        ("Window, stride", f"{plan.window_frames} frames, {plural(plan.stride, 'frame')} ({setting})"),
        ("Face", "every face" if result.request.face is None else f"face {result.request.face} only"),
        ("Threshold", f"{number(result.threshold)} ({chosen})"),
        ("Limits of the verdict", _limits(result)),
        ("Arithmetic", method_words.ARITHMETIC[result.request.exactness]),
        ("Device", f"{result.device.name}: {result.device.description} (asked for: {result.device.requested})"),
        ("Computed", _computed(result)),
        ("Versions", ", ".join(f"{name} {version}" for name, version in sorted(result.versions.items()))),
    )
    intro = "Two results may be compared only when all of this agrees. The file is identified by its SHA-256 alone."
    return Part("Reproducibility", (Paragraph(intro), Facts("What must agree", rows)))


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


def _bits(rate: int | None) -> str:
    return "not stated" if rate is None else f"{rate / 1000:,.0f} kbit/s"


def _seconds(duration: float | None) -> str:
    return "not stated" if duration is None else f"{duration:.6f} s"
