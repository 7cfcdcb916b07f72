"""The four numbers that the validation script of LipFD's authors prints, for comparison with theirs.

Two of its habits make them differ from the figures of the same name (their code, read at commit 3ed140a):

- scores are cut at 0.5 *before* the average precision is computed, so that its "ap" is not over scores but over yes
  and no: with few false positives it falls far below the average precision;
- scikit-learn's confusion matrix is unpacked in the wrong order, so that its "fpr" is the false *negative* rate and its
  "fnr" the false *positive* rate.

Theirs are over ten windows of each video, taken from its first 260 frames; these are over all windows of the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from lipfd_desktop.evaluation.metrics import Floats, Labels

THRESHOLD: Final = 0.5
NOTE: Final = (
    "As the authors' validate.py prints them: “ap” is computed on scores already cut at 0.5, “fpr” is the false "
    "negative rate and “fnr” the false positive rate."
)


@dataclass(frozen=True, slots=True)
class AuthorsNumbers:
    """``acc``, ``ap``, ``fpr`` and ``fnr`` as the authors' script names them; NaN without a real or without a fake."""

    acc: float
    ap: float
    fpr: float
    fnr: float


def authors_numbers(label: Labels, score: Floats) -> AuthorsNumbers:
    """What validate.py would print for these windows."""
    from sklearn.metrics import accuracy_score, average_precision_score, confusion_matrix

    answer = (np.asarray(score) >= THRESHOLD).astype(int)
    matrix = confusion_matrix(label, answer, labels=[0, 1])
    # In truth the cells are true negatives, false positives, false negatives, true positives.
    tp, fn, fp, tn = (float(cell) for cell in matrix.ravel())
    both = len(np.unique(label)) == 2
    return AuthorsNumbers(
        acc=float(accuracy_score(label, answer)),
        ap=float(average_precision_score(label, answer)) if both else float("nan"),
        fpr=fp / (fp + tn) if both else float("nan"),
        fnr=fn / (fn + tp) if both else float("nan"),
    )
