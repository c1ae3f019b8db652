"""Evaluate expressions of the mapping language on a few rows, as the compiler runs them on a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import TypeAdapter

from omop_etl.mapping.compiler.rows import RowSource, plan_rows
from omop_etl.mapping.expressions import Expr
from omop_etl.mapping.expressions.values import Name
from omop_etl.mapping.runner import load_language
from omop_etl.mapping.scope import Scope
from omop_etl.mapping.sql import mapped
from omop_etl.vocabulary.lookups import make_lookups
from omop_etl.vocabulary.starter import starter_tables
from omop_etl.working import Working

_EXPRESSION: TypeAdapter[Any] = TypeAdapter(Expr)


class Language:
    """The mapping language over the starter vocabulary."""

    def __init__(self, folder: Path) -> None:
        self.working = Working(folder, threads=1)
        self.working.run("CREATE SCHEMA cdm")
        for name, table in starter_tables().items():
            self.working.connection.register("incoming", table)
            self.working.run(f"CREATE TABLE cdm.{name} AS SELECT * FROM incoming")
        make_lookups(self.working.connection, "cdm")
        load_language(self.working)

    def values(self, expression: Any, rows: Sequence[dict[str, str | None]], **scope: Any) -> list[Any]:
        """Value of an expression for each row; a missing cell is an empty one, as in a file."""
        return self.lets({"value": expression}, rows, **scope)["value"]

    def value(self, expression: Any, **scope: Any) -> Any:
        """Value of an expression that needs no column."""
        return self.values(expression, [{"anything": "x"}], **scope)[0]

    def lets(self, lets: dict[str, Any], rows: Sequence[dict[str, str | None]], **scope: Any) -> dict[str, list[Any]]:
        """Values of several expressions, which may use each other."""
        names = list(rows[0])
        columns: dict[str, Any] = {"line": range(2, len(rows) + 2)}
        columns |= {mapped(name)[1:-1]: [row[name] or "" for row in rows] for name in names}
        self.working.connection.register("given", pa.table(columns))
        parsed = {name: _EXPRESSION.validate_python(value) for name, value in lets.items()}
        source = RowSource("given", ("line",), tuple(names))
        plan = plan_rows("w.rows", source, parsed, [Name(name=name) for name in lets], Scope("test", **scope))
        self.working.run("DROP SCHEMA w CASCADE; CREATE SCHEMA w")
        for statement in plan.statements:
            self.working.run(statement)
        selected = ", ".join(mapped(name) for name in lets)
        found = self.working.rows(f"SELECT {selected} FROM w.rows ORDER BY line")
        return {name: [row[i] for row in found] for i, name in enumerate(lets)}
