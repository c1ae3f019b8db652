"""How many threads the linear algebra may use."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


def one_thread() -> AbstractContextManager[Any]:
    """Keep matrix products in one thread for a while.

    Fits are made of many small products. Spread over threads each of them waits for all threads, which costs more
    than it gains, and ten times as much where other programs use the processors too.

    Returns
    -------
    context manager
        Within it the limit holds for the process.

    Examples
    --------
    >>> with one_thread():
    ...     import numpy
    ...     numpy.eye(2) @ numpy.eye(2)
    array([[1., 0.],
           [0., 1.]])
    """
    return threadpool_limits(limits=1, user_api="blas")
