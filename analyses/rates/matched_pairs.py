"""Pairs that differ: McNemar's test and the odds ratio of matched pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.stats import chi2

from analyses.findings import Ratios
from analyses.inputs import Rows
from analyses.options import require_level
from analyses.rates.binomial import clopper_pearson, two_sided_p_by_likelihood
from analyses.rates.counts import whole_counts
from omop_etl.errors import CannotAnswerError


@dataclass(frozen=True, kw_only=True)
class McNemar(Ratios):
    """Odds ratio of matched pairs: columns ``measure, estimate, lower, upper``.

    The further table ``tests`` has the columns ``test, chisq, p``.
    """

    method: ClassVar[str] = "mcnemar"
    title: ClassVar[str] = "Matched pairs"


def mcnemar(first_only: float, second_only: float, *, conf_level: float = 0.95) -> McNemar:
    """Compare the two members of pairs.

    Parameters
    ----------
    first_only, second_only : int
        Pairs of which only the first, only the second, has the event.
    conf_level : float
        Level of the exact limits.

    Returns
    -------
    McNemar
        Odds ratio with exact limits, chi-square with and without correction, exact p-value.

    Raises
    ------
    CannotAnswerError
        They are no counts, or both 0.

    Notes
    -----
    McNemar (1947), Psychometrika 12:153. Equals R's ``mcnemar.test`` and ``exact2x2(paired = TRUE)``.

    Examples
    --------
    >>> mcnemar(25, 11).table.round(4)
          measure  estimate   lower   upper
    0  odds_ratio    2.2727  1.0787  5.1172
    """
    require_level(conf_level)
    b, c = whole_counts("pairs", [first_only, second_only])
    total = b + c
    if not total:
        raise CannotAnswerError("no pair differs", todo="there is nothing to compare")
    low, high = clopper_pearson(b, total, conf_level)
    with np.errstate(divide="ignore"):
        ratio, upper = float(np.divide(b, c)), float(np.divide(high, 1 - high))
    plain = float((b - c) ** 2 / total)
    corrected = float((max(abs(b - c) - 1, 0)) ** 2 / total)
    tests = [
        ("mcnemar", plain, float(chi2.sf(plain, 1))),
        ("corrected", corrected, float(chi2.sf(corrected, 1))),
        ("exact", np.nan, two_sided_p_by_likelihood(int(b), int(total), 0.5)),
    ]
    return McNemar(
        rows=Rows(int(total), int(total)),
        settings={"first_only": first_only, "second_only": second_only, "conf_level": conf_level},
        findings=pd.DataFrame(
            [("odds_ratio", ratio, low / (1 - low), upper)], columns=["measure", "estimate", "lower", "upper"]
        ),
        further={"tests": pd.DataFrame(tests, columns=["test", "chisq", "p"])},
    )
