"""A seeded generator of a messy extract of a Chinese tertiary hospital, with the truth beside it.

Examples
--------
>>> import tempfile
>>> from pathlib import Path
>>> from sample_data import generate
>>> with tempfile.TemporaryDirectory() as folder:
...     summary = generate(Path(folder), patients=20, seed=1)
>>> summary.rows["患者基本信息.csv"]
20
"""

from sample_data.generator import DEMO_PATIENTS, DEMO_SEED, Summary, generate

__all__ = ["DEMO_PATIENTS", "DEMO_SEED", "Summary", "generate"]
