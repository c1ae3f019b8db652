"""Regression of outcomes other than times: generalised linear models and their relatives."""

from analyses.regression.conditional import ConditionalLogistic, conditional_logistic
from analyses.regression.gee import GeeModel, gee
from analyses.regression.glm import glm
from analyses.regression.glm_model import GlmModel
from analyses.regression.mixed import MixedLogistic, mixed_logistic
from analyses.regression.multinomial import Multinomial, multinomial
from analyses.regression.negative_binomial import NegativeBinomial, negative_binomial

__all__ = [
    "ConditionalLogistic",
    "GeeModel",
    "GlmModel",
    "MixedLogistic",
    "Multinomial",
    "NegativeBinomial",
    "conditional_logistic",
    "gee",
    "glm",
    "mixed_logistic",
    "multinomial",
    "negative_binomial",
]
