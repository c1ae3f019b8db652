"""Creatinine and estimated glomerular filtration rate, by the CKD-EPI equation of 2021."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

UMOL_PER_MG_DL = 88.4


def _constants(male: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    return np.where(male, 0.9, 0.7), np.where(male, -0.302, -0.241), np.where(male, 1.0, 1.012)


def egfr(creatinine: NDArray[np.float64], age: NDArray[np.float64], male: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Estimated glomerular filtration rate from creatinine.

    Parameters
    ----------
    creatinine
        Serum creatinine in umol/L.
    age
        Age in years.
    male
        Sex.

    Returns
    -------
    numpy.ndarray
        mL/min/1.73 m2, by CKD-EPI 2021 without race (Inker et al. 2021, N Engl J Med 385:1737-1749).

    Examples
    --------
    >>> import numpy as np
    >>> egfr(np.array([88.4, 88.4]), np.array([50.0, 50.0]), np.array([True, False])).round(1).tolist()
    [91.7, 68.6]
    """
    kappa, alpha, female = _constants(male)
    ratio = creatinine / UMOL_PER_MG_DL / kappa
    return 142.0 * np.minimum(ratio, 1.0) ** alpha * np.maximum(ratio, 1.0) ** -1.2 * 0.9938**age * female


def creatinine(rate: NDArray[np.float64], age: NDArray[np.float64], male: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Creatinine (umol/L) at which `egfr` gives this rate.

    Examples
    --------
    >>> import numpy as np
    >>> age, male = np.array([63.0]), np.array([True])
    >>> bool(np.isclose(egfr(creatinine(np.array([35.0]), age, male), age, male), 35.0))
    True
    """
    kappa, alpha, female = _constants(male)
    relative = rate / (142.0 * 0.9938**age * female)
    ratio = np.where(relative <= 1.0, relative ** (-1 / 1.2), relative ** (1 / alpha))
    return kappa * ratio * UMOL_PER_MG_DL
