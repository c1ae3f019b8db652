"""Missing values: filled in several times, and the results of the data sets pooled into one."""

from analyses.missing.imputation import Imputed, impute
from analyses.missing.pooling import Pooled, pool, pool_models

__all__ = ["Imputed", "Pooled", "impute", "pool", "pool_models"]
