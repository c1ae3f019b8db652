"""The library as a page of the documentation: ``python -m cohorts.library.reference FILE``."""

from __future__ import annotations

import sys
from pathlib import Path

from cohorts.library.catalogue import phenotypes


def library_reference() -> str:
    """Write what every phenotype finds, how, where it fails and what it rests on, as Markdown.

    Examples
    --------
    >>> "## Type 2 diabetes · 2 型糖尿病" in library_reference()
    True
    """
    lines = [
        "# The phenotype library",
        "",
        "Written from `cohorts.library` by `python -m cohorts.library.reference`. `rwe cohort library show NAME` "
        "gives a document, `rwe cohort library score` holds all of them against the truth of a sample extract and says "
        "sensitivity, specificity, and positive and negative predictive value.",
    ]
    for known in phenotypes().values():
        lines += [
            "",
            f"## {known.title['en']} · {known.title['zh']}",
            "",
            f"`{known.name}`, version {known.version}",
            "",
            f"* {known.description['en']} {known.description['zh']}",
            f"* **How.** {known.logic['en']} {known.logic['zh']}",
            f"* **Limits.** {known.limits['en']} {known.limits['zh']}",
            f"* **Rests on.** {'; '.join(known.references)}",
        ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(library_reference(), "utf-8")
