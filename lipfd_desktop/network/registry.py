"""The models that are installed here, and the one that a name, a path or nothing means.

Listing reads small JSON records and file headers; torch is imported only where weights are checked.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

import platformdirs

import lipfd_desktop
from lipfd_desktop.cancellation import IsCancelled, never
from lipfd_desktop.errors import Cancelled, CheckpointError, ModelError, NoModelError, SettingsError
from lipfd_desktop.language import Phrase, mark
from lipfd_desktop.media.digest import sha256_of
from lipfd_desktop.network.card import CheckpointKind, checkpoint_kind, read_safetensors_card, rule_from_json
from lipfd_desktop.network.catalogue import AUTHORS_MODEL, CATALOGUE, PublishedModel
from lipfd_desktop.result import InputContract, ModelInfo

__all__ = ["CATALOGUE", "InstalledModel", "ModelStore", "PublishedModel", "resources_dir"]

MODELS_VARIABLE: Final = "LIPFD_MODELS"
"""Environment variable with the folder of imported models."""

_SUFFIXES: Final = {CheckpointKind.SAFETENSORS: ".safetensors", CheckpointKind.TORCH: ".pth"}
_RECORD_VERSION: Final = 1
_COPY_BYTES: Final = 4 * 2**20
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model and where it came from; ``original_name`` and ``imported_at`` (ISO 8601) are None for bundled ones."""

    info: ModelInfo
    original_name: str | None = None
    imported_at: str | None = None

    @property
    def bundled(self) -> bool:
        return self.imported_at is None


def resources_dir() -> Path:
    """The folder of bundled files: inside the installed package, or beside it in a checkout."""
    package = Path(lipfd_desktop.__file__).parent
    installed = package / "_resources"
    return installed if installed.is_dir() else package.parent / "resources"


class ModelStore:
    """Bundled and imported models.

    Parameters
    ----------
    root
        Folder of imported models; None means the environment variable ``LIPFD_MODELS``, or else the user's data
        folder.  It is made at the first import.
    bundled
        Folder of bundled models; None means that of the program.
    """

    def __init__(self, root: Path | None = None, *, bundled: Path | None = None) -> None:
        self.root = root or default_root()
        self._bundled = bundled or resources_dir()

    def installed(self) -> list[ModelInfo]:
        """All models: imported ones, newest first, then bundled ones by name."""
        return [model.info for model in self.records()]

    def records(self) -> list[InstalledModel]:
        """As :meth:`installed`, with the origin of each; an unreadable record is logged and left out."""
        imported = [_read_or_none(_read_record, path) for path in sorted(self.root.glob("*.json"))]
        bundled = [_read_or_none(_read_bundled, path) for path in sorted(self._bundled.glob("*.safetensors"))]
        newest_first = sorted(filter(None, imported), key=lambda model: model.imported_at or "", reverse=True)
        return [*newest_first, *filter(None, bundled)]

    def default(self) -> ModelInfo | None:
        """The newest imported model that was trained, or else the first bundled one that was; None if none was."""
        return next((info for info in self.installed() if info.trained), None)

    def resolve(self, name_or_path: str | Path | None = None) -> ModelInfo:
        """The model that a name or a path means.

        Parameters
        ----------
        name_or_path
            Name of an installed model, in any case; or path of a checkpoint; or None for :meth:`default`.

        Raises
        ------
        NoModelError
            None is installed, or none of that name and no such file.
        CheckpointError
            The path is not a checkpoint of LipFD.
        """
        if name_or_path is None:
            default = self.default()
            if default is None:
                raise _none_installed()
            return default
        installed = self.installed()
        wanted = str(name_or_path)
        for info in installed:
            if info.name.casefold() == wanted.casefold():
                return info
        path = Path(name_or_path)
        if not _exists(path):
            if not installed:
                raise NoModelError(
                    mark(
                        "There is no installed model and no file “{wanted}”; installed: none. Import a model or give "
                        "the path of a checkpoint."
                    ),
                    wanted=wanted,
                )
            raise NoModelError(
                mark(
                    "There is no installed model and no file “{wanted}”; installed: {names}. Import a model or give "
                    "the path of a checkpoint."
                ),
                wanted=wanted,
                names=tuple(Phrase(mark("“{name}”"), name=info.name) for info in installed),
            )
        from lipfd_desktop.network.checkpoint import read_model_info  # brings torch

        return read_model_info(path)

    def import_file(
        self,
        path: Path,
        name: str | None = None,
        on_progress: Callable[[int, int], None] | None = None,
        is_cancelled: IsCancelled = never,
    ) -> ModelInfo:
        """Check a checkpoint, copy it into the store and record its SHA-256; nothing is left behind on failure.

        Parameters
        ----------
        path
            The user's file; it is only read.
        name
            Name to list it under; None takes the one that the file states, or else its file name.
        on_progress
            Told the bytes copied and the bytes in all.
        is_cancelled
            Asked while hashing and copying.

        Raises
        ------
        CheckpointError
            The file is not a whole, sound checkpoint of LipFD, or changed while it was being copied.
        SettingsError
            The name cannot be a file name, or belongs to a model with other weights.
        ModelError
            The copy cannot be written.
        Cancelled
            ``is_cancelled`` said so.
        """
        from lipfd_desktop.network.checkpoint import load_model, read_model_info  # brings torch

        source = read_model_info(path, is_cancelled)
        chosen = _valid_name(name if name is not None else re.sub(r"[^\w .()-]", "-", source.name))
        if known := self._same_name(chosen):
            if known.sha256 == source.sha256:
                return known
            raise SettingsError(
                mark("A model “{known}” with other weights is installed already; import {name} under another name."),
                known=known.name,
                name=path.name,
            )
        target = self.root / f"{chosen}{_SUFFIXES[checkpoint_kind(path)]}"
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.root, prefix=".import-", ignore_cleanup_errors=True) as folder:
                copy = Path(folder) / path.name
                if _copy(path, copy, on_progress, is_cancelled) != source.sha256:
                    raise CheckpointError(
                        mark("{name}: the file changed while it was being copied; import it again."), name=path.name
                    )
                load_model(copy)
                imported_at = datetime.now(UTC).isoformat(timespec="microseconds")
                model = InstalledModel(replace(source, name=chosen, path=target), path.name, imported_at)
                record = Path(folder) / "record.json"
                record.write_text(_record_text(model), encoding="utf-8")
                copy.replace(target)
                record.replace(target.with_name(f"{chosen}.json"))
        except OSError as error:
            raise ModelError(
                mark(
                    "{name}: the model could not be copied to {folder} ({reason}); free some space or choose another "
                    "folder."
                ),
                name=path.name,
                folder=self.root,
                reason=error.strerror or str(error),
            ) from error
        return model.info

    def verify(self, info: ModelInfo, is_cancelled: IsCancelled = never) -> None:
        """Refuse a model whose file is gone or has changed since its SHA-256 was recorded (CheckpointError)."""
        from lipfd_desktop.network.checkpoint import verify_unchanged  # brings torch

        verify_unchanged(info, is_cancelled)

    def _same_name(self, name: str) -> ModelInfo | None:
        return next((info for info in self.installed() if info.name.casefold() == name.casefold()), None)


def default_root() -> Path:
    """The folder of imported models: ``LIPFD_MODELS``, or ``models`` in the user's data folder."""
    if chosen := os.environ.get(MODELS_VARIABLE):
        return Path(chosen)
    return platformdirs.user_data_path("lipfd-desktop", appauthor=False) / "models"


def _none_installed() -> NoModelError:
    return NoModelError(
        mark(
            "No trained detection model is installed, so nothing can be scored; get the LipFD authors' {file} ({size}; "
            "link in the README at {source}; no checksum was published) and import it (`lipfd models --import FILE`), "
            "or name a checkpoint of your own (`--model FILE`)."
        ),
        file=AUTHORS_MODEL.file_name,
        size=AUTHORS_MODEL.size,
        source=AUTHORS_MODEL.source,
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long, or with a null byte
        return False


def _valid_name(name: str) -> str:
    """A name that is a file name on every system."""
    if re.fullmatch(r"[^\W_][\w .()-]{0,79}", name) is None or name.endswith((".", " ")):
        raise SettingsError(
            mark(
                "“{name}” cannot be the name of a model; use up to 80 letters, digits, spaces, dots, hyphens and "
                "brackets, starting with a letter or a digit."
            ),
            name=name,
        )
    return name


def _copy(
    source: Path,
    target: Path,
    on_progress: Callable[[int, int], None] | None,
    is_cancelled: IsCancelled,
) -> str:
    """Copy a file and return the SHA-256 of what was written."""
    digest = hashlib.sha256()
    total, done = source.stat().st_size, 0
    with source.open("rb") as reader, target.open("wb") as writer:
        while True:
            if is_cancelled():
                raise Cancelled
            block = reader.read(_COPY_BYTES)
            if not block:
                break
            writer.write(block)
            digest.update(block)
            done += len(block)
            if on_progress is not None:
                on_progress(done, total)
        writer.flush()
        os.fsync(writer.fileno())
    return digest.hexdigest()


def _record_text(model: InstalledModel) -> str:
    data = asdict(model.info) | {
        "record_version": _RECORD_VERSION,
        "path": model.info.path.name,
        "original_name": model.original_name,
        "imported_at": model.imported_at,
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _read_record(path: Path) -> InstalledModel:
    data = json.loads(path.read_text(encoding="utf-8"))
    if data.pop("record_version", None) != _RECORD_VERSION:
        raise ValueError("not a record of this version of the program; import the checkpoint again")
    original_name, imported_at = str(data.pop("original_name")), str(data.pop("imported_at"))
    data["path"] = path.parent / Path(data["path"]).name
    data["input_contract"] = InputContract(data["input_contract"])
    data["limits"] = tuple(data["limits"])
    data["rule"] = rule_from_json(data.get("rule"))
    return InstalledModel(ModelInfo(**data), original_name, imported_at)


def _read_bundled(path: Path) -> InstalledModel:
    stat = path.stat()
    return InstalledModel(_bundled_info(path, stat.st_size, stat.st_mtime_ns))


@lru_cache(maxsize=16)
def _bundled_info(path: Path, _size: int, _changed: int) -> ModelInfo:
    """Identity of a bundled model; hashed once a process, and again when the file changes."""
    return read_safetensors_card(path).info(path, sha256_of(path))


def _read_or_none(read: Callable[[Path], InstalledModel], path: Path) -> InstalledModel | None:
    try:
        return read(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, CheckpointError) as error:
        _LOG.warning("The model record %s cannot be used and is left out: %s", path, error)
        return None
