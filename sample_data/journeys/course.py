"""The course of a tumour under treatment: size and spread as reports and notes describe them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sample_data.people.cohort import Truth
from sample_data.people.population import Days

LOBES = ("右肺上叶", "右肺中叶", "右肺下叶", "左肺上叶", "左肺下叶")
HISTOLOGY_NAMES = ("肺腺癌", "肺鳞状细胞癌", "小细胞肺癌", "肺大细胞癌")

_DAYS_TO_BEST_RESPONSE = 90.0


def size_on(truth: Truth, person: Days, day: Days) -> NDArray[np.float64]:
    """Longest diameter of the tumour in mm on a day: shrinks under treatment, grows after progression."""
    tumours = truth.tumours
    draw = tumours.response_draw[person]
    best = np.select([draw < 0.04, draw < 0.58], [0.15, 0.55], 0.93)
    treated = np.clip((day - tumours.index[person]) / _DAYS_TO_BEST_RESPONSE, 0.0, 1.0)
    responding = 1.0 + (best - 1.0) * treated * (tumours.regimen[person, 0] >= 0)
    years_after = np.clip((day - tumours.progressed[person]) / 365.25, 0.0, 3.0)
    growth = np.where(years_after > 0, 1.35 + 0.5 * years_after, 1.0)
    return np.clip(tumours.size_mm[person] * responding * growth, 3.0, 140.0)


def metastatic_sites(truth: Truth, person: Days, day: Days) -> Days:
    """Which metastases a person has, as the sum of 1 (liver), 2 (lung), 4 (bone) and 8 (brain)."""
    return (
        truth.onsets.has("LIVER_METASTASIS", person, day) * 1
        + truth.onsets.has("LUNG_METASTASIS", person, day) * 2
        + truth.tumours.bone[person] * 4
        + truth.tumours.brain[person] * 8
    )


def site_phrases() -> tuple[str, ...]:
    """Phrase for each value of `metastatic_sites`."""
    names = ("肝", "肺内", "骨", "脑")
    phrases = ["未见明确远处转移征象"]
    for sites in range(1, 16):
        phrases.append("伴" + "、".join(name for bit, name in enumerate(names) if sites >> bit & 1) + "转移")
    return tuple(phrases)
