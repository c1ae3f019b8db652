"""Options that name one of several ways, and the confidence level that every interval has."""

from __future__ import annotations

from typing import Any, get_args

from scipy.stats import norm

from analyses.inputs import FloatArray
from omop_etl.errors import UsageError


def require_known(name: str, given: object, known: Any) -> None:
    """Refuse a value that an option does not have.

    Parameters
    ----------
    name : str
        Name of the option.
    given : object
        What was asked for.
    known : Literal type or collection of str
        What there is.

    Raises
    ------
    UsageError
        `given` is none of `known`.

    Examples
    --------
    >>> require_known("ties", "none", ("efron", "breslow"))
    Traceback (most recent call last):
    omop_etl.errors.UsageError: ties=none is not known
      what to do: use one of: efron, breslow
    """
    values = get_args(known) or tuple(known)
    if given not in values:
        raise UsageError(
            "{name}={given} is not known", todo="use one of: {known}", name=name, given=given, known=", ".join(values)
        )


def quantile_of_level(conf_level: float) -> float:
    """Give the normal quantile of a two-sided confidence level, 1.96 for 0.95."""
    require_level(conf_level)
    return float(norm.ppf((1 + conf_level) / 2))


def require_level(conf_level: float) -> None:
    """Refuse a confidence level that is not between 0 and 1."""
    if not 0 < conf_level < 1:
        raise UsageError("conf_level={level} is not between 0 and 1", todo="use 0.95, for example", level=conf_level)


def two_sided_p(z: FloatArray | float) -> Any:
    """Give the two-sided p-value of a standard normal statistic."""
    return 2 * norm.sf(abs(z))
