"""Stable paging: a page starts after a row, not after a number of rows, so that rows coming or
going meanwhile neither repeat nor hide any."""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Order:
    """By which column, with the id to break ties; `falls` is from high to low."""

    column: InstrumentedAttribute[Any]
    id: InstrumentedAttribute[int]
    falls: bool = False

    def of(self, row: Any) -> list[Any]:
        """Where ``row`` stands in this order, as JSON values."""
        value = getattr(row, self.column.key)
        return [value.isoformat() if isinstance(value, datetime) else value, row.id]


@dataclass(frozen=True, slots=True)
class Slice(Generic[Row]):
    """One page of rows, and the cursors of the pages beside it, None at the ends."""

    rows: list[Row]
    newer: str | None
    older: str | None


async def fetch(
    db: AsyncSession, query: Select[Row], order: Order, cursor: str = "", size: int = 50
) -> Slice[Row]:
    """The page of ``query`` that ``cursor`` (from an earlier `Slice`) leads to.

    A cursor that cannot be read leads to the first page.
    """
    back, place = _decode(cursor, order)
    falls = order.falls != back
    if place:
        row, at = tuple_(order.column, order.id), tuple_(*place)
        query = query.where(row < at if falls else row > at)
    both = (order.column, order.id)
    query = query.order_by(*(c.desc() for c in both)) if falls else query.order_by(*both)
    found = list(await db.scalars(query.limit(size + 1)))
    goes_on, rows = len(found) > size, found[:size]
    if back:
        rows.reverse()
    has_newer = goes_on if back else place is not None
    has_older = True if back else goes_on
    return Slice(
        rows,
        newer=_encode("<", order.of(rows[0])) if rows and has_newer else None,
        older=_encode(">", order.of(rows[-1])) if rows and has_older else None,
    )


def _encode(direction: str, place: list[Any]) -> str:
    text = json.dumps([direction, *place], separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, order: Order) -> tuple[bool, list[Any] | None]:
    if not cursor:
        return False, None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        direction, value, row_id = json.loads(urlsafe_b64decode(padded))
        kind = order.column.type.python_type
        value = datetime.fromisoformat(value) if issubclass(kind, datetime) else kind(value)
        return direction == "<", [value, int(row_id)]
    except (binascii.Error, ValueError, TypeError):
        return False, None
