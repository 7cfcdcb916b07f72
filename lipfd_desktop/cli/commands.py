"""What the commands do: ask the engine, print what it says."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tqdm import tqdm

from lipfd_desktop.cli.main import EXIT_BAD_INPUT, EXIT_DEFECT, EXIT_DONE, describe_defect, one_line, parse_range
from lipfd_desktop.engine.facade import Engine
from lipfd_desktop.errors import LipfdError, SettingsError
from lipfd_desktop.language import mark, trn
from lipfd_desktop.report.details import ALL_SECTIONS, ReportDetails, Section
from lipfd_desktop.report.json_report import dumps, error_document, json_pieces
from lipfd_desktop.report.method import rule_words
from lipfd_desktop.report.text import printable
from lipfd_desktop.result import (
    AnalysisRequest,
    AnalysisResult,
    Exactness,
    ModelInfo,
    Noticed,
    ProgressEvent,
    Started,
    WindowsScored,
)
from lipfd_desktop.storage.cache import ResultCache, user_cache

KINDS: Final = ("json", "csv", "png", "pdf", "html")


def analyze(arguments: Namespace) -> int:
    """Analyse every video with one loaded model; a file or a report that fails does not stop the others."""
    engine = Engine(cache=None if arguments.no_cache else user_cache())
    outputs = _outputs(arguments)
    details = _details(arguments)
    requests = [_request(arguments, video) for video in arguments.videos]
    model = engine.resolve_model(arguments.model)
    several, code = len(requests) > 1, EXIT_DONE
    for request in requests:
        try:
            result = _analyze_one(engine, request, model, quiet=arguments.quiet)
        except Exception as error:  # a defect on one file must not take the others with it
            code = _worse(code, _tell(error, request.path))
            if several and not outputs:
                print(dumps(error_document(request.path, error)), flush=True)
            continue
        if outputs:
            for kind, target in _targets(outputs, request.path, several=several):
                code = _worse(code, _export(engine, result, target, kind, details))
            _say(_summary(result))
        else:
            sys.stdout.writelines(json_pieces(result, details, pretty=not several))
            print(flush=True)
            if sys.stdout.isatty():  # somebody reads it, and hundreds of lines have just gone by
                _say(_summary(result))
    return code


def _export(engine: Engine, result: AnalysisResult, target: Path, kind: str, details: ReportDetails) -> int:
    """Write one report; a failure is told and does not stop the others."""
    try:
        engine.export(result, target, kind=kind, details=details)
    except Exception as error:  # as above
        return _tell(error, target)
    return EXIT_DONE


def _tell(error: Exception, path: Path) -> int:
    """Say what went wrong; the exit code that belongs to it."""
    if isinstance(error, LipfdError):
        _say(str(error))
        return EXIT_BAD_INPUT
    tqdm.write(f"lipfd: {printable(path.name)}: {describe_defect(error)}", file=sys.stderr)
    return EXIT_DEFECT


def _worse(code: int, other: int) -> int:
    """A defect of the program weighs more than bad input, and that more than success."""
    return EXIT_DEFECT if EXIT_DEFECT in {code, other} else max(code, other)


def _request(arguments: Namespace, video: Path) -> AnalysisRequest:
    if arguments.threshold is not None and not 0 <= arguments.threshold <= 1:
        raise SettingsError(
            mark("The threshold {threshold:g} must lie between 0 and 1."), threshold=arguments.threshold
        )
    return AnalysisRequest(
        path=video,
        time_range=None if arguments.time_range is None else parse_range(arguments.time_range),
        stride=arguments.stride,
        window_frames=arguments.frames,
        face=arguments.face,
        device=arguments.device,
        threshold=arguments.threshold,
        exactness=Exactness(arguments.exactness),
    )


def _details(arguments: Namespace) -> ReportDetails:
    try:
        return ReportDetails(
            examiner=arguments.examiner,
            organisation=arguments.organisation,
            case_number=arguments.case_number,
            exhibit=arguments.exhibit,
            notes=arguments.notes,
            date=arguments.date,
            sections=ALL_SECTIONS - {Section(name) for name in arguments.without},
            language=arguments.language,
        )
    except ValueError as error:
        raise SettingsError(
            mark("--date {date}: this is no date; write it as in 2026-03-04."), date=arguments.date
        ) from error


def _outputs(arguments: Namespace) -> dict[str, Path]:
    """Report kind to its file, or to its folder when there are several videos; refused before any work is done."""
    outputs: dict[str, Path] = {kind: target for kind in KINDS if (target := getattr(arguments, kind)) is not None}
    try:
        _check_outputs(outputs, arguments.videos)
    except OSError as error:  # such as a name that is too long
        raise SettingsError(
            mark("{path}: cannot be written: {reason}; choose another name."),
            path=error.filename,
            reason=error.strerror,
        ) from error
    return outputs


def _check_outputs(outputs: dict[str, Path], videos: list[Path]) -> None:
    several = len(videos) > 1
    for kind, target in outputs.items():
        if several and not target.is_dir():
            raise SettingsError(
                mark("--{kind} {target}: with several videos this must be an existing folder."),
                kind=kind,
                target=target,
            )
        if not several and target.is_dir():
            raise SettingsError(
                mark("--{kind} {target}: this is a folder; name the file to write."), kind=kind, target=target
            )
        if not several and not target.parent.is_dir():
            raise SettingsError(
                mark("--{kind} {target}: the folder {folder} does not exist; create it first."),
                kind=kind,
                target=target,
                folder=target.parent,
            )
    stems = [video.stem.casefold() for video in videos]
    if outputs and several and len(set(stems)) < len(stems):
        raise SettingsError(mark("Two of the videos have the same name, so one report would replace the other's."))
    if not several and len({target.resolve() for target in outputs.values()}) < len(outputs):
        raise SettingsError(mark("Two reports have the same file name, so one would replace the other."))
    targets = [item for video in videos for item in _targets(outputs, video, several=several)]
    for kind, target in targets:
        if any(_is_same_file(target, video) for video in videos):
            raise SettingsError(
                mark("--{kind} {target}: this is a video to examine, which is never overwritten."),
                kind=kind,
                target=target,
            )


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them does not exist
        return False


def _targets(outputs: dict[str, Path], video: Path, *, several: bool) -> list[tuple[str, Path]]:
    """Kind and file of each report about ``video``."""
    return [(kind, target / f"{video.stem}.{kind}" if several else target) for kind, target in outputs.items()]


def _analyze_one(engine: Engine, request: AnalysisRequest, model: ModelInfo, *, quiet: bool) -> AnalysisResult:
    with _progress(request.path.name, quiet=quiet) as on_progress:
        return engine.analyze(request, model=model, on_progress=on_progress)


@contextmanager
def _progress(name: str, *, quiet: bool) -> Iterator[Callable[[ProgressEvent], None]]:
    """A bar on stderr that counts window positions."""
    with tqdm(desc=printable(name)[:40], unit="win", file=sys.stderr, disable=quiet or None, leave=False) as bar:

        def on_progress(event: ProgressEvent) -> None:
            match event:
                case Started():
                    bar.reset(event.plan.windows_total)
                    stride = f"stride {event.plan.stride}{' (automatic)' if event.plan.stride_is_automatic else ''}"
                    bar.set_postfix_str(f"{stride}, {event.device.name}")
                case WindowsScored():
                    bar.total = event.total
                    bar.update(event.done - bar.n)
                case Noticed():
                    _say(event.notice.message)

        yield on_progress


def _say(sentence: str) -> None:
    tqdm.write(f"lipfd: {one_line(sentence)}", file=sys.stderr)


def _summary(result: AnalysisResult) -> str:
    verdict, coverage = result.verdict, result.coverage
    answer = f"{verdict.outcome}: {verdict.reason}" if result.model.trained else "no verdict: test weights"
    kept = f", kept from {result.started_at}" if result.from_cache else ""
    return (
        f"{result.media.path.name}: {answer}; {coverage.windows_analysed} of "
        f"{coverage.windows_total} windows analysed in {result.processing_time:.1f} s on {result.device.name}{kept}."
    )


def models(arguments: Namespace) -> int:
    """Import a checkpoint when asked to, then list what is installed and what is published."""
    engine = Engine()
    if arguments.import_path is not None:
        info = engine.import_model(arguments.import_path, name=arguments.name)
        print(f"Installed {info.name} ({info.input_contract} contract), SHA-256 {info.sha256}.")
        if not info.trained:
            print("These are test weights that were never trained: their scores mean nothing.")
        return EXIT_DONE
    installed = engine.installed_models()
    print("Installed:" if installed else "No detection model is installed.")
    for info in installed:
        note = "" if info.trained else "  TEST WEIGHTS: scores mean nothing"
        print(f"  {info.name}  {info.input_contract} contract  SHA-256 {info.sha256}{note}")
        for line in rule_words(info) if info.trained else ():
            print(f"    {line}")
    print("\nPublished elsewhere (download, then `lipfd models --import FILE`):")
    for published in engine.catalogue():
        print(f"  {published.name}  {published.size}, licence: {published.licence}")
        print(f"    {published.source}\n    {published.checksum_note}\n    {' '.join(published.notes)}")
        for rate in published.error_rates:
            print(f"    {rate.data}: {rate.result} ({rate.source})")
    return EXIT_DONE


def devices(arguments: Namespace) -> int:  # noqa: ARG001 -- every command takes its arguments
    for device in Engine().devices():
        print(f"{device.name}\t{device.description}")
    return EXIT_DONE


def cache(arguments: Namespace) -> int:
    """Show where results are kept and what they take, after deleting them when asked to."""
    kept = ResultCache()
    if arguments.clear:
        kept.clear()
    size = kept.size()
    results = trn("{count:,} result", "{count:,} results", size.results)
    opened = trn("{count:,} opened file", "{count:,} opened files", size.opened)
    print(kept.folder)
    print(f"{results}, {opened}; ", end="")
    print(f"{size.bytes / 2**20:.1f} of at most {kept.limit_bytes / 2**20:.0f} MiB")
    return EXIT_DONE
