"""Reading the hand-kept table of roles and routes, and walking the application's own routes."""

import re
from dataclasses import dataclass
from pathlib import Path

from litestar.routes import HTTPRoute

from portal.app import Portal

TABLE = Path(__file__).parent / "routes.txt"


@dataclass(frozen=True)
class Row:
    """One line: the method, the path template, whose object, and the answer for each column."""

    method: str
    path: str
    whose: str
    answers: dict[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.whose}".strip()


def read_table() -> list[Row]:
    """The rows of `TABLE`."""
    lines = [line for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    columns = lines[0].split()
    rows = []
    for line in lines[1:]:
        method, path, *cells = line.split()
        whose = cells.pop(0) if cells[0].startswith("@") else ""
        rows.append(Row(method, path, whose, dict(zip(columns, cells, strict=True))))
    return rows


def routes_of(portal: Portal) -> set[tuple[str, str]]:
    """Method and path template of every route. What the framework adds by itself is left out."""
    return {
        (method, re.sub(r":\w+}", "}", route.path))
        for route in portal.litestar.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods - {"OPTIONS", "HEAD"}
    }
