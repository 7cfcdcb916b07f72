"""``lipfd dataset`` and ``lipfd faces``: training data made, packed, proved level and looked at."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tqdm import tqdm

from lipfd_desktop.cli.main import EXIT_BAD_INPUT, EXIT_DEFECT, EXIT_DONE, one_line
from lipfd_desktop.errors import SettingsError
from lipfd_desktop.report.text import printable

if TYPE_CHECKING:
    from lipfd_desktop.dataset.runner import Outcome
    from lipfd_desktop.dataset.separation import FactTable, Separation
    from lipfd_desktop.dataset.store import Store

MODULE: Final = "dataset_commands"
_NEAR_CHANCE: Final = 0.6
"""AUC up to which the facts are called level: what a few hundred clips give by chance."""


def add_parsers(commands: _SubParsersAction[Any]) -> None:
    """Add the commands of this module to the parser of ``lipfd``."""
    dataset = commands.add_parser("dataset", help="make and examine training data")
    verbs = dataset.add_subparsers(dest="verb", required=True, metavar="VERB")
    dataset.set_defaults(module=MODULE)
    _add_extract(verbs.add_parser("extract", help="extract faces and sound of clips into a store"))
    pack = verbs.add_parser("pack", help="pack a store into shards of at most 64 MiB")
    pack.add_argument("store", type=Path, metavar="STORE")
    pack.add_argument("out", type=Path, metavar="FOLDER", help="a new folder")
    composites = verbs.add_parser("composites", help="write the LipFD authors' PNG composites of clips")
    _add_data(composites)
    composites.add_argument("out", type=Path, metavar="FOLDER")
    composites.add_argument(
        "--windows", type=_whole, default=10, metavar="N", help="composites a clip (default: 10, as the authors)"
    )
    _add_running(composites)
    _add_twins(verbs.add_parser("twins", help="draw pairs of filmed and forged faces for the compact picture branch"))
    facts = verbs.add_parser("facts", help="test whether facts other than the face tell real from fake")
    facts.add_argument("store", type=Path, metavar="STORE")
    facts.add_argument(
        "--levelled", action="store_true", help="give windows the levelling augmentation of the training first"
    )
    facts.add_argument("--seed", type=int, default=0, metavar="N", help="of augmentation and intervals (default: 0)")
    facts.add_argument("--json", type=Path, metavar="F", help="write every figure as JSON")
    facts.add_argument("--quiet", action="store_true", help="no progress bar")
    info = verbs.add_parser("info", help="say what a store holds")
    info.add_argument("store", type=Path, metavar="STORE")
    faces = commands.add_parser(
        "faces",
        help="contact sheet of how each frame's face was found",
        description="Draw how the face of each frame was found, with its crops: the set-up and a clip at a glance.",
    )
    faces.set_defaults(module=MODULE)
    faces.add_argument("video", type=Path, metavar="VIDEO")
    faces.add_argument("--png", type=Path, required=True, metavar="F", help="the sheet to write")
    faces.add_argument(
        "--frames",
        type=_whole,
        default=60,
        metavar="N",
        help="evenly chosen frames, and as many doubtful ones besides (default: 60)",
    )
    faces.add_argument("--quiet", action="store_true", help="no progress bar")


def _add_extract(parser: ArgumentParser) -> None:
    _add_data(parser)
    parser.add_argument("store", type=Path, metavar="STORE", help="the folder to write; an old one is continued")
    parser.add_argument("--longest", type=float, default=60.0, metavar="S", help="seconds kept of a clip (default: 60)")
    parser.add_argument(
        "--quality", type=_whole, default=95, metavar="Q", help="JPEG quality of the images, 1 to 100 (default: 95)"
    )
    _add_running(parser)


def _add_twins(parser: ArgumentParser) -> None:
    parser.description = "Draw pairs of filmed and forged faces once, for all trainings of the compact picture branch."
    parser.add_argument("store", type=Path, metavar="STORE")
    parser.add_argument("out", type=Path, metavar="FOLDER", help="0.4 MB for each pair; an old one is continued")
    parser.add_argument("--count", type=_whole, default=36000, metavar="N", help="pairs to draw (default: 36000)")
    parser.add_argument("--generators", type=Path, metavar="FOLDER", help="generators of our own that paint mouths")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of everything that is drawn (default: 0)")
    _add_running(parser)


def _add_data(parser: ArgumentParser) -> None:
    parser.add_argument(
        "data", type=Path, metavar="DATA", help="a manifest (CSV), or a folder with manifest.csv or 0_real and 1_fake"
    )


def _add_running(parser: ArgumentParser) -> None:
    parser.add_argument("--jobs", type=_whole, metavar="N", help="processes at once (default: one a core)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def _whole(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


def dataset(arguments: Namespace) -> int:
    """Run one verb of ``lipfd dataset``."""
    verbs = {
        "extract": _extract,
        "pack": _pack,
        "composites": _composites,
        "twins": _twins,
        "facts": _facts,
        "info": _info,
    }
    return verbs[arguments.verb](arguments)


def faces(arguments: Namespace) -> int:
    """Write the contact sheet of one video."""
    from lipfd_desktop.dataset.faces import look_at_faces
    from lipfd_desktop.dataset.sheet import write_sheet

    if arguments.png.is_dir():
        raise SettingsError(f"--png {arguments.png}: this is a folder; name the file to write.")
    with _bar(None, "frame", printable(arguments.video.name)[:40], quiet=arguments.quiet) as bar:
        survey = look_at_faces(arguments.video, frames=arguments.frames, on_frame=bar.update)
    write_sheet(survey, arguments.png)
    _say(survey.summary())
    return EXIT_DONE


def _extract(arguments: Namespace) -> int:
    from lipfd_desktop.dataset.extract import ExtractionSettings
    from lipfd_desktop.dataset.extraction import SKIPPED_NAME, extract_store
    from lipfd_desktop.dataset.manifest import read_clips
    from lipfd_desktop.dataset.runner import usual_jobs

    if not 1 <= arguments.quality <= 100:
        raise SettingsError(f"The quality {arguments.quality} must lie between 1 and 100.")
    if not arguments.longest >= 1:
        raise SettingsError(f"--longest {arguments.longest:g} must be 1 second or more.")
    clips = read_clips(arguments.data)
    settings = ExtractionSettings(longest=arguments.longest, jpeg_quality=arguments.quality)
    work = extract_store(clips, arguments.store, settings, jobs=arguments.jobs or usual_jobs())
    return _follow(work, len(clips), quiet=arguments.quiet, table=arguments.store / SKIPPED_NAME)


def _composites(arguments: Namespace) -> int:
    from lipfd_desktop.dataset.composites import WriteComposites
    from lipfd_desktop.dataset.extraction import SKIPPED_NAME, make_folder, write_skipped
    from lipfd_desktop.dataset.manifest import read_clips
    from lipfd_desktop.dataset.runner import run_clips, usual_jobs

    clips = read_clips(arguments.data)
    make_folder(arguments.out)
    table = arguments.out / SKIPPED_NAME
    outcomes: list[Outcome] = []

    def noted() -> Iterator[Outcome]:
        work = WriteComposites(arguments.out, arguments.windows)
        for outcome in run_clips(clips, work, jobs=arguments.jobs or usual_jobs()):
            outcomes.append(outcome)
            yield outcome
        write_skipped(table, outcomes)

    return _follow(noted(), len(clips), quiet=arguments.quiet, table=table)


def _twins(arguments: Namespace) -> int:
    from lipfd_desktop.dataset.runner import usual_jobs
    from lipfd_desktop.dataset.store import Store
    from lipfd_desktop.training.compact_twins import write_twins

    with _bar(arguments.count, "pair", "pairs", quiet=arguments.quiet) as bar:
        write_twins(
            Store.open(arguments.store),
            arguments.out,
            count=arguments.count,
            seed=arguments.seed,
            generators=arguments.generators,
            workers=arguments.jobs or usual_jobs(),
            on_part=bar.update,
        )
    print(f"{arguments.count} pairs of filmed and forged faces in {arguments.out}.")
    return EXIT_DONE


def _follow(outcomes: Iterable[Outcome], total: int, *, quiet: bool, table: Path) -> int:
    """Show progress, then print how it ended and what was skipped; the exit code that belongs to it."""
    from lipfd_desktop.dataset.runner import Ending

    counts: Counter[Ending] = Counter()
    unusable: list[Outcome] = []
    with _bar(total, "clip", "clips", quiet=quiet) as bar:
        for outcome in outcomes:
            bar.update()
            counts[outcome.ending] += 1
            if outcome.ending in {Ending.SKIPPED, Ending.FAILED}:
                unusable.append(outcome)
    for outcome in sorted(unusable, key=lambda one: one.clip.file):
        print(f"{outcome.ending}\t{one_line(outcome.clip.file)}\t{one_line(outcome.reason)}")
    print(
        f"{total} clips: {counts[Ending.DONE]} done, {counts[Ending.KEPT]} there already, {counts[Ending.SKIPPED]} "
        f"skipped, {counts[Ending.FAILED]} failed{f'; the table is {table}' if unusable else ''}."
    )
    if counts[Ending.FAILED]:
        return EXIT_DEFECT
    return EXIT_DONE if counts[Ending.DONE] + counts[Ending.KEPT] else EXIT_BAD_INPUT


def _pack(arguments: Namespace) -> int:
    from lipfd_desktop.dataset.store import Store, pack

    store = Store.open(arguments.store)
    paths = pack(store, arguments.out)
    size = sum(path.stat().st_size for path in paths) / 2**20
    print(f"{len(store.clips)} clips in {len(paths)} shards, {size:.0f} MiB.")
    return EXIT_DONE


def _info(arguments: Namespace) -> int:
    from lipfd_desktop.dataset.manifest import LABELS
    from lipfd_desktop.dataset.store import Store

    store = Store.open(arguments.store)
    files = {clip.file.path for clip in store.clips}
    seconds = sum(clip.record.sound_end - clip.record.sound_start for clip in store.clips)
    size = sum(path.stat().st_size for path in files) / 2**20
    print(
        f"{len(store.clips)} clips in {len(files)} files, {size:.0f} MiB, "
        f"{sum(map(len, store.clips))} frames, {seconds / 60:.1f} minutes."
    )
    for label, name in enumerate(LABELS):
        records = [clip.record for clip in store.clips if clip.label == label]
        people, places = ({getattr(record, key) for record in records} for key in ("speaker", "source"))
        folds = Counter(record.fold for record in records)
        spread = ", ".join(f"{fold}: {count}" for fold, count in sorted(folds.items()))
        print(f"  {name}: {len(records)} clips, {len(people)} speakers, {len(places)} sources; by fold {spread or '–'}")
    for generator, count in Counter(clip.record.generator for clip in store.clips if clip.label).most_common():
        print(f"    {one_line(generator)}: {count}")
    _print_endings(store)
    return EXIT_DONE


def _print_endings(store: Store) -> None:
    """What was cut away, and what was wrong with files that could be used."""
    trimmed = sum(clip.record.trimmed_start + clip.record.trimmed_end for clip in store.clips)
    left_out = sum(clip.record.left_out for clip in store.clips)
    print(f"  cut away: {trimmed:.1f} s of silence at the ends, {left_out:.1f} s of clips that were too long")
    for clip in store.clips:
        for note in clip.record.notes:
            print(f"  {one_line(clip.record.file)}: {one_line(note)}")


def _facts(arguments: Namespace) -> int:
    from lipfd_desktop.dataset.separation import measure
    from lipfd_desktop.dataset.store import Store
    from lipfd_desktop.dataset.tables import file_table, stored_table, window_table

    clips = Store.open(arguments.store).clips
    with _bar(len(clips), "clip", "windows", quiet=arguments.quiet) as bar:
        windows = window_table(clips, levelled=arguments.levelled, seed=arguments.seed, on_clip=bar.update)
    past = "levelled windows" if arguments.levelled else "windows as stored"
    stages: dict[str, FactTable] = {
        "original files": file_table(clips),
        "stored clips": stored_table(clips),
        past: windows,
    }
    found = {stage: measure(table, seed=arguments.seed) for stage, table in stages.items()}
    print("Area under the ROC curve of facts that have nothing to do with lips (0.5: they tell nothing), with the")
    print("95 % interval over speakers; each clip judged by a classifier that never saw its fold.")
    for stage, separations in found.items():
        _print_stage(stage, separations)
    if arguments.json is not None:
        _write_json(arguments.json, found)
    return EXIT_DONE


def _print_stage(stage: str, separations: Sequence[Separation]) -> None:
    print(f"\n{stage}")
    for place, one in enumerate(separations):
        indent = "  " if place < 2 else "    "
        mark = "" if one.auc <= _NEAR_CHANCE else "  tells them apart" if one.low > 0.5 else "  may tell them apart"
        print(f"{indent + one.name:32s}{one.auc:.3f}  [{one.low:.3f}, {one.high:.3f}]{mark}")


def _write_json(path: Path, found: dict[str, tuple[Separation, ...]]) -> None:
    from dataclasses import asdict

    from lipfd_desktop.report.atomic import open_atomic

    document = {stage: [asdict(one) for one in separations] for stage, separations in found.items()}
    with open_atomic(path) as stream:
        stream.write(json.dumps(document, indent=2).encode() + b"\n")


def _bar(total: int | None, unit: str, name: str, *, quiet: bool) -> Any:
    return tqdm(total=total, desc=name, unit=unit, file=sys.stderr, disable=quiet or None, leave=False)


def _say(sentence: str) -> None:
    print(f"lipfd: {one_line(sentence)}", file=sys.stderr)
