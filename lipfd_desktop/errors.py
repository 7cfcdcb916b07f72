"""Everything that can go wrong in a way the user can act on.

Each message is one sentence or two: what is wrong, with which file, and what to do.  The command line prints it
on one line and exits with 2; the window shows it in a dialog.  Anything that is not a :class:`LipfdError` is a bug.
"""

from __future__ import annotations

from pathlib import Path

from lipfd_desktop.language import Phrase, tr


class LipfdError(Exception):
    """Base of every error that is told to the user as a sentence, in the language that is spoken when it is told.

    Parameters
    ----------
    sentence
        In English, from :func:`~lipfd_desktop.language.mark` where the catalogues shall have it.  Without ``fields`` it
        is said as it is, braces and all.
    fields
        Its fields, as those of :class:`~lipfd_desktop.language.Phrase`.
    """

    def __init__(self, sentence: str, /, **fields: object) -> None:
        super().__init__(sentence)
        self._phrase = Phrase(sentence, **fields)

    def __str__(self) -> str:
        return str(self._phrase)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class MediaError(LipfdError):
    """A file that cannot be examined.

    Parameters
    ----------
    path
        The file that the sentence is about; its name opens the sentence.
    problem
        The rest of the sentence: what is wrong and what to do.
    fields
        Of ``problem``.
    """

    def __init__(self, path: Path | str, problem: str, /, **fields: object) -> None:
        super().__init__(problem, **fields)
        self.args = (path, problem)  # a pickled error is made again of these
        self.path = Path(path)

    def __str__(self) -> str:
        return tr("{name}: {words}", name=self.path.name or self.path, words=self._phrase)


class UnreadableMediaError(MediaError):
    """The path is missing, a directory, forbidden, empty, or not a video at all."""


class CorruptMediaError(MediaError):
    """The file is a video, but so damaged that no usable frames come out."""


class NotKeptError(MediaError):
    """The result of a file does not hold what is asked for."""


class NoAudioError(MediaError):
    """There is no audio track to compare the lips with."""


class SilentAudioError(MediaError):
    """There is an audio track and it holds nothing but silence."""


class TooFewFramesError(MediaError):
    """The file, or the chosen range, has fewer frames than one window."""


class NoFaceError(MediaError):
    """No face was found in any frame of the chosen range."""


class FaceTooSmallError(MediaError):
    """Faces were found, all of them smaller than the network can use."""


class SettingsError(LipfdError):
    """A setting or an option that does not fit the file, the model or the program."""


class ModelError(LipfdError):
    """A model that is missing, refused or of another network."""


class NoModelError(ModelError):
    """No detection model is installed."""


class CheckpointError(ModelError):
    """A checkpoint file that cannot be trusted or does not hold the expected tensors."""


class DatasetError(LipfdError):
    """A manifest, a data folder or a store of training data that cannot be used."""


class TrainingError(LipfdError):
    """A training that cannot begin, go on or be taken up again."""


class DeviceError(LipfdError):
    """The chosen compute device does not exist here or has too little memory."""


class ExportError(LipfdError):
    """A report could not be written."""


class StorageError(LipfdError):
    """A stored record that is damaged, of another version or out of reach."""


class CaseError(LipfdError):
    """A case file that is damaged, foreign, of a newer program or out of reach."""


class CaseChangedError(CaseError):
    """A case file that somebody else wrote to while it was open here."""


class DisplayError(LipfdError):
    """The window cannot be opened on this machine."""


class Cancelled(Exception):  # noqa: N818 -- not an error: the user asked for it
    """Raised inside a stage when the caller's ``is_cancelled`` says so."""
