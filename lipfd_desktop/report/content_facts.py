"""What the file says about itself, how the scores came about, and all that must agree to repeat them."""

from __future__ import annotations

from lipfd_desktop import __version__
from lipfd_desktop.language import tr, trn
from lipfd_desktop.report import method as method_words
from lipfd_desktop.report import wording
from lipfd_desktop.report.blocks import Columns, Facts, Paragraph, Part, Subheading
from lipfd_desktop.report.document import Report
from lipfd_desktop.report.record import translated
from lipfd_desktop.report.terms import answer_words, contract_words
from lipfd_desktop.report.text import file_size, listed, number, printable, stretch, together
from lipfd_desktop.report.timing import interval_words
from lipfd_desktop.result import AnalysisResult

Rows = tuple[tuple[str, str], ...]


def file_and_streams(report: Report) -> Part:
    """What the file says about itself, and both hashes."""
    media = report.result.media
    name, ascii_name = printable(media.path.name), ascii(media.path.name)[1:-1]
    container = (
        (tr("File name"), name),
        *(((tr("File name, escaped"), ascii_name),) if ascii_name != name else ()),
        (tr("Folder"), printable(media.path.absolute().parent)),
        (tr("Size"), file_size(media.size_bytes)),
        (tr("Last modified"), media.modified),
        (tr("SHA-256 at analysis"), report.result.sha256),
        (tr("SHA-256 at export"), report.sha256_at_export or tr("not available")),
        (tr("Comparison"), wording.hash_check(report)),
        (tr("Container"), media.format_name),
        (tr("Streams"), str(media.streams)),
        (tr("Start, duration"), f"{media.start_time:.6f} s, {media.duration:.6f} s"),
        (tr("Bit rate"), _bits(media.bit_rate)),
        *((tr("Tag {name}", name=printable(key)), printable(value)) for key, value in sorted(media.tags.items())),
    )
    picture, sound = tr("Video stream examined"), tr("Audio stream examined")
    return Part(
        tr("File and streams"),
        (
            Facts(tr("File"), container),
            Columns(
                (Subheading(picture), Facts(picture, (*_video(report.result), *_intervals(report)), 0.42)),
                (Subheading(sound), Facts(sound, _audio(report.result), 0.42)),
            ),
        ),
    )


def _video(result: AnalysisResult) -> Rows:
    video = result.media.video
    return (
        (tr("Stream"), str(video.index)),
        (tr("Codec, profile"), listed((video.codec, video.profile or tr("not stated")))),
        (tr("Size as displayed"), tr("{width} x {height} pixels", width=video.width, height=video.height)),
        (tr("Rotation"), f"{video.rotation}°"),
        (tr("Pixel format"), video.pixel_format or tr("not stated")),
        (tr("Pixel aspect"), video.sample_aspect_ratio or tr("not stated")),
        (tr("Average rate"), tr("{rate:.6g} frames/s", rate=video.average_fps)),
        (tr("Time base"), f"{video.time_base} s"),
        (tr("Start"), f"{video.start:.6f} s"),
        (tr("Duration"), _seconds(video.duration)),
        (tr("Frames declared"), tr("not stated") if video.declared_frames is None else f"{video.declared_frames:,}"),
        (tr("Bit rate"), _bits(video.bit_rate)),
    )


def _intervals(report: Report) -> Rows:
    timing = report.pages.timing
    return () if timing is None else ((tr("Frame intervals"), interval_words(timing)),)


def _audio(result: AnalysisResult) -> Rows:
    audio = result.media.audio
    if audio is None:
        return ((tr("Stream"), tr("none")),)
    return (
        (tr("Stream"), str(audio.index)),
        (tr("Codec, profile"), listed((audio.codec, audio.profile or tr("not stated")))),
        (tr("Sample rate"), f"{audio.sample_rate:,} Hz"),
        (tr("Channels"), f"{audio.channels} ({audio.layout})"),
        (tr("Start"), f"{audio.start:.6f} s"),
        (tr("Duration"), _seconds(audio.duration)),
        (tr("Bit rate"), _bits(audio.bit_rate)),
    )


def method(report: Report) -> Part:
    """How the scores and the verdict came about."""
    contract = report.result.model.input_contract
    return Part(
        tr("Method"),
        (
            Paragraph(tr(method_words.NETWORKS[contract])),
            Paragraph(tr(method_words.CONTRACTS[contract])),
            Subheading(tr("Rule of the verdict")),
            Paragraph(
                together(method_words.decision(report.result), tr("Limits and error rates are on the first page."))
            ),
        ),
    )


def reproducibility(report: Report) -> Part:
    """All that must agree before two results may be compared."""
    result, model, plan = report.result, report.result.model, report.result.plan
    stretch_words = stretch(plan.start, plan.end)
    face = result.request.face
    rows = (
        (tr("Program"), f"LipFD Desktop {__version__}"),
        (
            tr("Model"),
            tr(
                "{model} ({contract} input contract)",
                model=printable(model.name),
                contract=contract_words(model.input_contract),
            ),
        ),
        (tr("Model SHA-256"), model.sha256),
        (tr("Model source"), translated(model.source).rstrip(".。")),
        (tr("Model licence"), printable(model.licence)),
        (tr("Range"), stretch_words if result.request.time_range else tr("{range} (whole file)", range=stretch_words)),
        (tr("Window, stride"), _window_and_stride(result)),
        (tr("Face"), tr("every face") if face is None else tr("face {face} only", face=face)),
        (tr("Threshold"), _threshold(result)),
        (tr("Limits of the verdict"), _limits(result)),
        (tr("Arithmetic"), tr(method_words.ARITHMETIC[result.request.exactness])),
        (
            tr("Device"),
            tr(
                "{device}: {description} (asked for: {requested})",
                device=result.device.name,
                description=result.device.description,
                requested=result.device.requested,
            ),
        ),
        (tr("Computed"), _computed(result)),
        (tr("Versions"), listed(f"{name} {version}" for name, version in sorted(result.versions.items()))),
    )
    intro = tr("Two results may be compared only when all of this agrees. The file is identified by its SHA-256 alone.")
    return Part(tr("Reproducibility"), (Paragraph(intro), Facts(tr("What must agree"), rows)))


def _window_and_stride(result: AnalysisResult) -> str:
    plan = result.plan
    if plan.stride_is_automatic:
        return trn(
            "{frames} frames, {count:,} frame (automatic)",
            "{frames} frames, {count:,} frames (automatic)",
            plan.stride, frames=plan.window_frames,
        )  # fmt: skip
    return trn(
        "{frames} frames, {count:,} frame (chosen)",
        "{frames} frames, {count:,} frames (chosen)",
        plan.stride, frames=plan.window_frames,
    )  # fmt: skip


def _threshold(result: AnalysisResult) -> str:
    threshold = number(result.threshold)
    if result.request.threshold is None:
        return tr("{threshold} (model default)", threshold=threshold)
    return tr("{threshold} (chosen)", threshold=threshold)


def _computed(result: AnalysisResult) -> str:
    if result.from_cache:
        return tr(
            "by an earlier analysis of the same content, started {started}, whose scores were kept",
            started=result.started_at,
        )
    return tr("anew; no earlier result was used")


def _limits(result: AnalysisResult) -> str:
    rule = result.model.rule
    if rule is None or not result.verdict.calibrated:
        return tr("the threshold and a margin (not calibrated)")
    curves = [(tr("score") if rule.foreign_sound is None else answer_words("generated"), rule.generated)]
    if rule.foreign_sound is not None:
        curves.append((answer_words("foreign sound"), rule.foreign_sound))
    limits = tr(
        "{low} and {high}, from the record of the model",
        low=number(rule.authentic_below),
        high=number(rule.manipulated_from),
    )
    calibrations = (
        tr("{name}: slope {slope:.4g}, offset {offset:.4g}", name=name, slope=curve.slope, offset=curve.offset)
        for name, curve in curves
    )
    return tr("; ").join((limits, *calibrations, tr("span {seconds:g} s", seconds=rule.span_seconds)))


def _bits(rate: int | None) -> str:
    return tr("not stated") if rate is None else f"{rate / 1000:,.0f} kbit/s"


def _seconds(duration: float | None) -> str:
    return tr("not stated") if duration is None else f"{duration:.6f} s"
