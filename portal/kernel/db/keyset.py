"""Stable paging: a page starts after a row, not after a number of rows, so that rows coming or
going meanwhile neither repeat nor hide any."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, literal, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Order:
    """By which column (never null), with the id to break ties; `falls` is from high to low."""

    column: InstrumentedAttribute[Any]
    id: InstrumentedAttribute[int]
    falls: bool = False

    def of(self, row: Any) -> list[Any]:
        """Where ``row`` stands in this order, as JSON values."""
        return [_json(getattr(row, self.column.key)), row.id]


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

    A cursor that cannot be read leads to the first page. So does one that leads back before
    rows which are all gone; one that leads on to rows which are all gone gives an empty page
    with a way back.
    """
    back, place = _decode(cursor, order)
    found, goes_on = await _read(db, query, order, place, size, back=back)
    if place and not found:
        if back:
            return await fetch(db, query, order, size=size)
        return Slice([], newer=_encode("<", _just_after(place, order)), older=None)
    has_newer = goes_on if back else place is not None
    has_older = True if back else goes_on
    return Slice(
        found,
        newer=_encode("<", order.of(found[0])) if found and has_newer else None,
        older=_encode(">", order.of(found[-1])) if found and has_older else None,
    )


async def _read(
    db: AsyncSession,
    query: Select[Row],
    order: Order,
    place: list[Any] | None,
    size: int,
    *,
    back: bool,
) -> tuple[list[Row], bool]:
    """Up to ``size`` rows next to ``place``, and whether there are more beyond them."""
    falls = order.falls != back
    if place:
        # Typed like the columns: an untyped time would be compared as another spelling of it.
        typed = (literal(place[0], order.column.type), literal(place[1], order.id.type))
        row, at = tuple_(order.column, order.id), tuple_(*typed)
        query = query.where(row < at if falls else row > at)
    both = (order.column, order.id)
    query = query.order_by(*(c.desc() for c in both)) if falls else query.order_by(*both)
    found = list(await db.scalars(query.limit(size + 1)))
    rows = found[:size]
    return (rows[::-1] if back else rows), len(found) > size


def _just_after(place: list[Any], order: Order) -> list[Any]:
    """A place such that what lies before it includes the row at ``place``."""
    value, row_id = place
    return [_json(value), row_id - 1 if order.falls else row_id + 1]


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _encode(direction: str, place: list[Any]) -> str:
    text = json.dumps([direction, *place], separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, order: Order) -> tuple[bool, list[Any] | None]:
    if not cursor:
        return False, None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        direction, value, row_id = json.loads(urlsafe_b64decode(padded))
        return direction == "<", [_typed(order.column.type.python_type, value), _whole(row_id)]
    except (ValueError, TypeError, OverflowError, RecursionError):
        return False, None


def _typed(kind: type[Any], value: Any) -> Any:
    """``value`` as its column holds it; `ValueError` for what no database takes."""
    if issubclass(kind, datetime):
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError("a time without a zone")
        return at.astimezone(UTC)
    if issubclass(kind, date):
        return kind.fromisoformat(value)
    if not isinstance(value, kind):
        raise TypeError(f"not of {kind}")
    if isinstance(value, str):
        value.encode()  # not for a lone surrogate
        if "\x00" in value:
            raise ValueError("a NUL")
    return _whole(value) if isinstance(value, int) else value


def _whole(number: Any) -> int:
    if not isinstance(number, int) or not -(2**63) < number < 2**63 - 1:
        raise ValueError("not a number that a row can have")
    return number
