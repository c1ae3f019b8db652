"""Fit a generalised linear model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analyses.collinearity import INTERCEPT, collinear_columns
from analyses.inputs import Missing
from analyses.notes import Note, warned
from analyses.options import quantile_of_level, require_known
from analyses.regression.families import FAMILIES, FamilyName
from analyses.regression.glm_model import GlmModel
from analyses.regression.inputs import RegressionInput, outcome_of, regression_input
from analyses.regression.irls import GlmFit, fit_glm
from analyses.regression.links import LINKS, LinkName
from analyses.regression.sandwich import Covariance, sandwich_covariance
from analyses.survival.cox.estimate import OnTrouble
from analyses.survival.cox.newton import inverse
from omop_etl.errors import CannotAnswerError


def glm(
    data: Any,
    *,
    outcome: str,
    covariates: Sequence[str] = (),
    family: FamilyName = "binomial",
    link: LinkName | None = None,
    trials: str | None = None,
    offset: str | None = None,
    weights: str | None = None,
    covariance: Covariance | None = None,
    cluster: str | None = None,
    quasi: bool = False,
    reference: Mapping[str, Any] | None = None,
    separation: OnTrouble = "refuse",
    collinear: OnTrouble = "refuse",
    conf_level: float = 0.95,
    missing: Missing = "refuse",
) -> GlmModel:
    """Fit a generalised linear model by maximum likelihood.

    Parameters
    ----------
    data : pandas.DataFrame, pyarrow.Table or mapping
        One row per observation.
    outcome : str
        Column of the outcome: 0 and 1 (or events out of `trials`) for the binomial family, counts for the Poisson one.
    covariates : sequence of str
        Columns, and products such as ``"arm:sex"``. Numbers are used as they are, all else is categorical.
    family : {"binomial", "poisson", "gaussian", "gamma"}
        Distribution of the outcome; gamma for positive numbers such as costs.
    link : {"logit", "probit", "cloglog", "log", "identity", "inverse"}, optional
        Link; by default logit, log, identity and log (R's ``Gamma`` has the inverse). Binomial with log gives risk
        ratios, with identity risk differences.
    trials : str, optional
        Column of numbers of trials, where rows are groups.
    offset : str, optional
        Column of a known part of the predictor, such as the logarithm of person-time.
    weights : str, optional
        Column of case weights, such as inverse probabilities.
    covariance : {"model", "sandwich", "HC0", "HC1", "HC2", "HC3"}, optional
        Covariance of the coefficients; by default that of the model, and ``sandwich`` where there is a cluster.
    cluster : str, optional
        Column of what belongs together.
    quasi : bool
        Estimate the dispersion (Pearson's chi-square over residual degrees of freedom) and multiply by it.
    reference : mapping, optional
        Reference level per categorical column; the first level by default.
    separation : {"refuse", "report"}
        What to do where a coefficient runs to infinity, because covariates tell the outcomes apart.
    collinear : {"refuse", "report"}
        What to do where covariates determine each other; reported coefficients are undefined.
    conf_level : float
        Level of the limits.
    missing : {"refuse", "drop"}
        What to do with rows that lack a value.

    Returns
    -------
    GlmModel
        Coefficients with limits, deviance, predictions, marginal standardisation, profile likelihood.

    Raises
    ------
    UsageError
        A column or an option is unknown.
    CannotAnswerError
        Missing or infinite values, an outcome that the family does not know, a constant or collinear covariate,
        separation, or no convergence.

    Notes
    -----
    McCullagh and Nelder (1989), Generalized linear models. Equals R's ``glm`` and ``lm``, ``sandwich::vcovHC``,
    ``vcovCL`` and ``survey::svyglm``. Robust errors of a Poisson model of 0 and 1: Zou (2004), Am J Epidemiol 159:702.

    Examples
    --------
    >>> data = {"ill": [1, 0, 0, 1, 1, 0, 1, 0], "age": [61, 45, 50, 58, 70, 62, 49, 40], "arm": list("aabbaabb")}
    >>> glm(data, outcome="ill", covariates=["age", "arm"]).table[["name", "coef", "se", "estimate", "p"]].round(3)
            name    coef      se  estimate      p
    0  intercept -22.001  19.999     0.000  0.271
    1        age   0.359   0.322     1.432  0.264
    2     arm[b]   4.253   4.429    70.294  0.337
    """
    require_known("family", family, FamilyName)
    distribution = FAMILIES[family]
    chosen = distribution.link if link is None else link
    require_known("link", chosen, LinkName)
    kind: Covariance = covariance or ("model" if cluster is None else "sandwich")
    require_known("covariance", kind, Covariance)
    quantile_of_level(conf_level)
    checked = regression_input(
        data,
        outcome=outcome,
        covariates=covariates,
        reference=reference,
        offset=offset,
        weights=weights,
        cluster=cluster,
        others=[trials],
        missing=missing,
        check_rank=collinear == "refuse",
    )
    response = outcome_of(checked, outcome, family, trials)
    kept, notes = _kept_columns(checked)
    fit = fit_glm(checked.x[:, kept], response, distribution, LINKS[chosen], checked.offset)
    notes += _found_separation(fit, [checked.names[at] for at in kept], separation)
    null = fit if len(kept) == 1 else fit_glm(checked.x[:, :1], response, distribution, LINKS[chosen], checked.offset)
    settled = ~fit.running
    bread = np.full(fit.information.shape, np.nan)
    bread[np.ix_(settled, settled)] = inverse(fit.information[np.ix_(settled, settled)])
    rest = len(fit.x) - len(kept)
    dispersion = fit.pearson_chi2 / rest if (quasi or distribution.estimates_dispersion) and rest else 1.0
    cluster_codes = None if checked.cluster is None else checked.cluster.codes
    model_based = bread * dispersion
    return GlmModel(
        rows=checked.rows,
        settings={
            "outcome": outcome,
            "covariates": list(covariates),
            "family": family,
            "link": chosen,
            "trials": trials,
            "offset": offset,
            "weights": weights,
            "covariance": kind,
            "cluster": cluster,
            "quasi": quasi,
            "reference": dict(reference or {}),
            "conf_level": conf_level,
        },
        notes=tuple(notes),
        design=checked.design,
        frame=checked.frame,
        fit=fit,
        kept=np.asarray(kept),
        dispersion=dispersion,
        bread=bread,
        variance=model_based if kind == "model" else sandwich_covariance(fit, bread, kind, cluster_codes),
        null_deviance=null.deviance,
        null_loglik=null.loglik,
    )


def _kept_columns(checked: RegressionInput) -> tuple[list[int], list[Note]]:
    """Columns that others do not determine, and a note on those that they do."""
    redundant = collinear_columns(checked.x)
    notes = [
        warned(
            Note(
                "{column} is determined by {others}; its coefficient is left undefined",
                code="collinear",
                column=checked.names[column],
                others=", ".join(checked.names[other] for other in others),
            )
        )
        for column, others in redundant.items()
    ]
    return [at for at in range(checked.x.shape[1]) if at not in redundant], notes


def _found_separation(fit: GlmFit, names: list[str], choice: OnTrouble) -> list[Note]:
    if not fit.running.any():
        return []
    runs_away = [name for name, runs in zip(names, fit.running, strict=True) if runs]
    running = ", ".join([name for name in runs_away if name != INTERCEPT] or runs_away)
    if choice == "refuse":
        raise CannotAnswerError(
            "{columns}: the coefficient runs to infinity, because it tells the outcomes apart (separation)",
            todo="merge levels or leave the covariate out; the log likelihood tends to {loglik:.6f}",
            columns=running,
            loglik=fit.loglik,
        )
    note = Note(
        "{columns}: the coefficient runs to infinity, because it tells the outcomes apart (separation)",
        code="separation",
        columns=running,
    )
    return [warned(note)]
