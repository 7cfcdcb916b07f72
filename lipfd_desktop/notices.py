"""What an analysis has to say beside its result: a sentence a notice, English in records and spoken in any language."""

from __future__ import annotations

import string
from typing import Final

from lipfd_desktop.language import mark, speaking, tr
from lipfd_desktop.result import Notice

_SENTENCES: Final = {
    "no-audio": (
        mark(
            "{name}: this video has no audio track; LipFD compares the lips with the sound, so choose a file with both."
        ),
    ),
    "silent-audio": (
        mark(
            "{name}: the audio track is silent from start to end; LipFD compares the lips with the sound, so there is "
            "nothing to compare. Choose a file with its original sound."
        ),
    ),
    "audio-starts-late": (
        mark("The sound starts {seconds:.2f} s after the picture; windows before it are not analysed."),
    ),
    "audio-ends-early": (
        mark("The sound ends {seconds:.2f} s before the picture; windows after it are not analysed."),
    ),
    "audio-longer": (mark("The sound goes on {seconds:.2f} s after the last frame; that part is not analysed."),),
    "official-drift": (
        mark(
            "Sound and picture of {name} differ by up to {seconds:.2f} s at their ends; the official contract cuts the "
            "sound by frame count, so its strips are off by up to as much."
        ),
    ),
    "untrained-model": (
        mark("{model} holds test weights that were never trained: its scores mean nothing."),
    ),
    "file-changed": (mark("{name} was changed on disk since it was opened; analyse it again."),),
    "device-memory": (
        mark("{device} ran out of memory; the batch was halved to {windows} windows and the analysis went on."),
    ),
    "time-jumps": (
        mark(
            "The time stamps of {name} jump back; {frames} frames whose time had passed already were left out."
        ),
        mark(
            "The time stamps of {name} jump back; up to {most_frames} frames whose time had passed already were left "
            "out."
        ),
    ),
    "damaged": (
        mark(
            "{name} is damaged: {missing} of {planned} frames are missing and {packets} packets could not be decoded; "
            "what could be read was analysed."
        ),
        mark(
            "{name} is damaged: {missing} of {planned} frames are missing and up to {most_packets} packets could not "
            "be decoded; what could be read was analysed."
        ),
        mark(
            "{name} is damaged: {missing} of {planned} frames are missing and {packets} packets could not be decoded; "
            "its pictures break off at {end:.2f} s of a declared {declared:.2f} s; what could be read was analysed."
        ),
        mark(
            "{name} is damaged: {missing} of {planned} frames are missing and up to {most_packets} packets could not "
            "be decoded; its pictures break off at {end:.2f} s of a declared {declared:.2f} s; what could be read was "
            "analysed."
        ),
    ),
}  # fmt: skip
"""By the code of the notice; of several sentences the one that has exactly the fields of the notice is meant."""


def make_notice(code: str, **fields: str | int | float) -> Notice:
    """The notice of this code with these names and numbers."""
    sentence = next(one for one in _SENTENCES[code] if _names(one) == fields.keys())
    with speaking("en"):
        return Notice(code, tr(sentence, **fields), fields)


def say(notice: Notice) -> str:
    """``notice`` in the language that is spoken; in its own English words where the record has no more of it."""
    for sentence in _SENTENCES.get(notice.code, ()):
        if _names(sentence) == notice.fields.keys():
            try:
                return tr(sentence, **notice.fields)
            except (TypeError, ValueError):  # a text where a number belongs: the file was not written by this program
                break
    return notice.message


def _names(sentence: str) -> set[str]:
    """The names of the fields of a sentence."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}
