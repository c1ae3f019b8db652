"""Fill in missing values several times, by chained equations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from analyses.findings import Findings
from analyses.inputs import BoolArray, FloatArray, Rows, as_frame, factor, require_column
from analyses.notes import Note, warned
from omop_etl.errors import CannotAnswerError, UsageError

if TYPE_CHECKING:
    from analyses.plots.labels import Labels

Filling = Literal["predictive mean matching", "logistic"]
"""How a column is filled in: numbers by values of similar rows, categories by a logistic model."""

_RIDGE = 1e-5
_PENALTY = 100.0
_MUCH = 0.4


@dataclass(frozen=True, kw_only=True)
class Imputed(Findings):
    """What was filled in: columns ``column, method, missing, share``.

    Attributes
    ----------
    datasets : tuple of pandas.DataFrame
        The data sets without missing values in the columns named; all else is as it was.
    """

    method: ClassVar[str] = "imputation"
    title: ClassVar[str] = "Imputation by chained equations"

    datasets: tuple[pd.DataFrame, ...]

    def plot(self, labels: Labels | None = None) -> Any:
        """Draw the share of missing values by column."""
        from analyses.plots import estimate_chart

        return estimate_chart(self.findings[["column", "share"]], labels)


def impute(
    data: Any,
    *,
    columns: Sequence[str],
    seed: int,
    imputations: int = 20,
    iterations: int = 10,
    donors: int = 5,
) -> Imputed:
    """Fill in missing values several times.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per person.
    columns : sequence of str
        Columns of the analysis, the outcome among them: for a survival analysis the event and the Nelson-Aalen estimate
        of the hazard. Each is filled in from all others.
    seed : int
        Of the random numbers: the same seed gives the same data sets.
    imputations : int
        How many data sets.
    iterations : int
        Rounds through the columns for each.
    donors : int
        Rows of similar prediction, one of which gives its value to a missing number.

    Returns
    -------
    Imputed
        The data sets, to be analysed one by one and pooled with `pool_models`.

    Raises
    ------
    UsageError
        A column does not exist, or a number is below 1.
    CannotAnswerError
        A column has no value, or fewer values than donors; a number is infinite.

    Notes
    -----
    van Buuren (2018), Flexible imputation of missing data; predictive mean matching with a draw of the coefficients
    (Little, 1988, J Bus Econ Stat 6:287), categories from a logistic model of a bootstrap sample. White and Royston
    (2009), Stat Med 28:1982, for survival. Assumes that what is missing depends on what is seen.

    Examples
    --------
    >>> data = {"age": [61, 45, 50, 58, 70, 62, 49, 40], "bmi": [24.1, None, 22.0, 27.5, None, 26.0, 21.2, 20.4]}
    >>> found = impute(data, columns=["age", "bmi"], seed=1, imputations=3, donors=2)
    >>> len(found.datasets), int(found.datasets[0]["bmi"].isna().sum())
    (3, 0)
    """
    for name, value in (("imputations", imputations), ("iterations", iterations), ("donors", donors)):
        if value < 1:
            raise UsageError("{name}={value} is below 1", todo="use 20, 10 and 5", name=name, value=value)
    frame = as_frame(data)
    parts = [_Column.of(frame, name, donors) for name in dict.fromkeys(columns)]
    incomplete = sorted((part for part in parts if part.missing.any()), key=lambda part: int(part.missing.sum()))
    if len(parts) < 2 and incomplete:
        raise UsageError("one column cannot be filled in from others", todo="name the columns of the analysis")
    filled = []
    for child in np.random.SeedSequence(seed).spawn(imputations):
        random = np.random.default_rng(child)
        codes = _chained(parts, incomplete, iterations, donors, random)
        filled.append(frame.assign(**{part.name: part.values(frame, codes[part.name]) for part in incomplete}))
    table = pd.DataFrame(
        [(part.name, part.method, int(part.missing.sum()), float(part.missing.mean())) for part in incomplete],
        columns=["column", "method", "missing", "share"],
    )
    much = [part.name for part in incomplete if part.missing.mean() > _MUCH]
    note = Note(
        "{columns}: more than {share:.0%} of the values are missing; the result rests on the model",
        code="much_missing",
        columns=", ".join(much),
        share=_MUCH,
    )
    return Imputed(
        rows=Rows(len(frame), len(frame)),
        settings={
            "columns": list(columns),
            "seed": seed,
            "imputations": imputations,
            "iterations": iterations,
            "donors": donors,
        },
        notes=(warned(note),) if much else (),
        findings=table,
        datasets=tuple(filled),
    )


@dataclass(frozen=True)
class _Column:
    """A column as numbers: itself, or the codes of its levels."""

    name: str
    method: Filling
    code: FloatArray
    missing: BoolArray
    levels: tuple[Any, ...]

    @classmethod
    def of(cls, frame: pd.DataFrame, name: str, donors: int) -> _Column:
        require_column(frame, name)
        column = frame[name]
        missing = column.isna().to_numpy()
        seen = frame.loc[~missing, [name]]
        if len(seen) < max(donors, 2):
            raise CannotAnswerError(
                "column {column} has {rows} values only", todo="leave it out", column=name, rows=len(seen)
            )
        code = np.full(len(frame), np.nan)
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            values = seen[name].to_numpy(dtype=float)
            if not np.isfinite(values).all():
                raise CannotAnswerError(
                    "column {column} is infinite in {rows} of {total} rows",
                    todo="find out where these values come from",
                    column=name,
                    rows=int((~np.isfinite(values)).sum()),
                    total=len(frame),
                )
            code[~missing] = values
            if not np.isin(values, (0.0, 1.0)).all():
                return cls(name, "predictive mean matching", code, missing, ())
        levels = factor(seen, name)
        code[~missing] = levels.codes
        return cls(name, "logistic", code, missing, levels.levels)

    def predictors(self, code: FloatArray) -> FloatArray:
        """Standardised columns for the models of other columns."""
        if not self.levels:
            x = code[:, None]
        else:
            x = (code[:, None] == np.arange(1, len(self.levels))).astype(float)
        spread = x.std(axis=0)
        found: FloatArray = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
        return found

    def values(self, frame: pd.DataFrame, code: FloatArray) -> pd.Series:
        """Fill the column in."""
        column = frame[self.name].copy()
        if not self.levels:
            return pd.Series(np.where(self.missing, code, self.code), index=frame.index, name=self.name)
        drawn = [self.levels[int(at)] for at in code[self.missing]]
        column[self.missing] = drawn
        return column


def _chained(
    parts: list[_Column], incomplete: list[_Column], iterations: int, donors: int, random: np.random.Generator
) -> dict[str, FloatArray]:
    codes = {}
    for part in parts:
        start = part.code.copy()
        start[part.missing] = random.choice(part.code[~part.missing], int(part.missing.sum()))
        codes[part.name] = start
    for _ in range(iterations):
        for part in incomplete:
            others = [other.predictors(codes[other.name]) for other in parts if other is not part]
            x = np.column_stack([np.ones(len(part.code)), *others])
            draw = _from_similar if not part.levels else _from_model
            codes[part.name][part.missing] = draw(part, x, donors, random)
    return codes


def _from_similar(part: _Column, x: FloatArray, donors: int, random: np.random.Generator) -> FloatArray:
    """Draw from the rows whose prediction is nearest to that with drawn coefficients."""
    seen, y = x[~part.missing], part.code[~part.missing]
    gram = seen.T @ seen
    inverse = np.linalg.inv(gram + _RIDGE * np.diag(np.maximum(np.diag(gram), 1e-12)))
    coef = inverse @ (seen.T @ y)
    df = max(len(y) - seen.shape[1], 1)
    sigma = np.sqrt(np.sum((y - seen @ coef) ** 2) / random.chisquare(df))
    root = np.linalg.cholesky((inverse + inverse.T) / 2)
    drawn = coef + sigma * root @ random.standard_normal(len(coef))
    fitted, wanted = seen @ coef, x[part.missing] @ drawn
    order = np.argsort(fitted, kind="stable")
    size = min(donors, len(y))
    middle = np.searchsorted(fitted[order], wanted)
    window = np.clip(middle[:, None] + np.arange(-size, size), 0, len(y) - 1)
    apart = np.abs(fitted[order][window] - wanted[:, None])
    nearest = np.argsort(apart, axis=1, kind="stable")[:, :size]
    chosen = nearest[np.arange(len(wanted)), random.integers(0, size, len(wanted))]
    found: FloatArray = y[order][window[np.arange(len(wanted)), chosen]]
    return found


def _from_model(part: _Column, x: FloatArray, donors: int, random: np.random.Generator) -> FloatArray:
    """Draw levels from a logistic model of a bootstrap sample in which every level occurs."""
    from sklearn.linear_model import LogisticRegression

    seen, y = x[~part.missing], part.code[~part.missing].astype(int)
    drawn = random.integers(0, len(y), len(y))
    drawn = np.concatenate([drawn, [int(np.flatnonzero(y == level)[0]) for level in np.unique(y)]])
    if len(part.levels) == 1:
        return np.zeros(int(part.missing.sum()))
    model = LogisticRegression(C=_PENALTY, max_iter=500).fit(seen[drawn, 1:], y[drawn])
    share = np.cumsum(model.predict_proba(x[part.missing, 1:]), axis=1)
    at = np.sum(random.random((len(share), 1)) > share, axis=1)
    return np.asarray(model.classes_[np.minimum(at, len(model.classes_) - 1)], dtype=float)
