"""Missing values: results of imputed data sets pooled into one."""

from analyses.missing.pooling import Pooled, pool, pool_models

__all__ = ["Pooled", "pool", "pool_models"]
