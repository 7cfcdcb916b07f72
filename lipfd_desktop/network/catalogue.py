"""Published weights of LipFD that are known to this program, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lipfd_desktop.language import mark
from lipfd_desktop.network.config import OFFICIAL_NETWORK
from lipfd_desktop.result import InputContract


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRate:
    """What somebody measured with the weights: on which videos, with what result, and who says so."""

    data: str
    result: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedModel:
    """Weights that the user may download; the program never downloads anything itself.

    ``sha256`` is None where the publisher states no checksum: then nobody can tell a download from a forgery.
    """

    name: str
    file_name: str
    size: str
    source: str
    how_to_get: str
    licence: str
    sha256: str | None
    config: str
    input_contract: InputContract
    error_rates: tuple[ErrorRate, ...]
    limits: tuple[str, ...]

    @property
    def checksum_note(self) -> str:
        """What can be said about the origin of a download."""
        if self.sha256 is None:
            return mark("No checksum was published, so nobody can tell whether a download is the authors' file.")
        return f"SHA-256 {self.sha256}."

    @property
    def notes(self) -> tuple[str, ...]:
        """How to get the weights, and how they can fail, sentence by sentence."""
        return self.how_to_get, *self.limits


AUTHORS_MODEL: Final = PublishedModel(
    name="LipFD (authors)",
    file_name="ckpt.pth",
    size=mark("about 1.7 GB"),
    source="https://github.com/AaronComo/LipFD",
    how_to_get=mark("Follow the Google Drive link in the README of that repository, then import the file."),
    licence=mark("none stated by the authors"),
    sha256=None,
    config=OFFICIAL_NETWORK,
    input_contract=InputContract.OFFICIAL,
    error_rates=(
        ErrorRate(data="AVLips and others", result="average accuracy above 95.3 %", source="the authors' abstract"),
        ErrorRate(data="AVLips", result="accuracy 95.27 %, AP 0.93, AUC 0.95", source="DF-MoE paper"),
        ErrorRate(data="AVLips test set", result="real 97.9 % right, fake 69.1 % right", source="DeepSpeak study"),
        ErrorRate(data="DeepSpeak", result="real 98.8 % right, fake 3.5 % right", source="DeepSpeak study"),
        ErrorRate(data="FakeAVCeleb", result="AUC 0.732", source="X-AVDT paper"),
        ErrorRate(data="FaceForensics++", result="AUC 0.528", source="X-AVDT paper"),
        ErrorRate(data="MMDF", result="AUC 0.576", source="X-AVDT paper"),
        ErrorRate(data="FakeAVCeleb, real picture with fake sound", result="AUC 0.513", source="a public fork"),
    ),
    limits=(
        "The authors trained on AVLips; on fakes of other kinds most were missed (DeepSpeak: 3.5 % of fakes found).",
        "Swapping only the sound hardly moves the score (AUC 0.513 on real picture with fake sound).",
        "Looks at whole frames resized to a square, without face detection; all five crops come from the first frame.",
        "The authors published no checksum and no licence: the origin of the file cannot be verified.",
    ),
)
"""The authors' weights; the sources of the figures are quoted as those papers state them."""

CATALOGUE: Final = (AUTHORS_MODEL,)
