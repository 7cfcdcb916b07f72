"""Contact sheets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from forgery_support import SIDE, window
from PIL import Image

from lipfd_desktop.errors import ExportError
from lipfd_desktop.forgery.perturb import SEVERITIES, Perturbation
from lipfd_desktop.forgery.sheet import LABEL_WIDTH, SheetWindow, forgery_sheet, perturbation_sheet, write_forgery_sheet


def sheet_windows() -> list[SheetWindow]:
    windows = []
    for seed in (0, 10):
        (frames, landmarks), (donor, shapes) = window(seed), window(seed + 1)
        windows.append(SheetWindow(frames=frames, landmarks=landmarks, donor_frames=donor, donor_landmarks=shapes))
    return windows


def test_the_sheet_shows_real_windows_first_and_one_column_for_each(tmp_path: Path) -> None:
    windows = sheet_windows()
    target = tmp_path / "sheet.png"
    write_forgery_sheet(target, windows, seed=5)
    sheet = np.asarray(Image.open(target))
    assert sheet.shape[1] == LABEL_WIDTH + 2 * SIDE
    assert sheet.shape[0] % SIDE == 0
    for column, shown in enumerate(windows):
        left = LABEL_WIDTH + column * SIDE
        np.testing.assert_array_equal(sheet[:SIDE, left : left + SIDE], shown.frames[2])
    np.testing.assert_array_equal(sheet, forgery_sheet(windows, seed=5))
    assert (sheet != forgery_sheet(windows, seed=6)).any()
    assert list(tmp_path.iterdir()) == [target]


def test_generators_get_rows_of_their_own() -> None:
    windows = sheet_windows()
    plain = forgery_sheet(windows, seed=5)
    painted = forgery_sheet(windows, seed=5, generators={"negative": lambda frames: 255 - frames})
    assert painted.shape[0] == plain.shape[0] + 2 * SIDE


def test_a_sheet_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"sheet\.png"):
        write_forgery_sheet(tmp_path / "missing" / "sheet.png", sheet_windows(), seed=5)


def test_the_perturbation_sheet_has_a_row_for_each_kind() -> None:
    sheet = perturbation_sheet(window()[0], seed=0)
    assert sheet.shape == (len(Perturbation) * SIDE, LABEL_WIDTH + (1 + len(SEVERITIES)) * SIDE, 3)
