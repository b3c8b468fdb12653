"""From a row of a source to what is kept of it, or to the reasons why it is not. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from portal.customers.phones import normal
from portal.imports.instants import Instant, read_instant
from portal.imports.mapping import CLOSED_STATES, FIELD, Mapping, levelled
from portal.imports.reading import Row
from portal.kernel.i18n import N_

CLOSED_BEFORE_CREATED = "closed_before_created"
_TITLE, _NAME, _ADDRESS, _SHORT = 200, 80, 200, 60
_AMOUNT = re.compile(r"[-+]?[\d,]+(?:\.\d+)?")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row is not taken: a msgid with its params. ``field`` among them is a msgid, too."""

    text: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Value:
    """What is kept of a row, apart from its cells as they are."""

    title: str
    happened_at: datetime
    happened_on: date
    has_time: bool
    closed_at: datetime | None
    is_open: bool
    flags: tuple[str, ...]
    latitude: float | None
    longitude: float | None
    details: str = ""
    answer: str = ""
    kind: str = ""
    state: str = ""
    channel: str = ""
    source_id: str = ""
    customer: str = ""
    contact: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    device: str = ""
    serial: str = ""
    cost: str = ""


class Reader:
    """Reads rows of one heading by one mapping."""

    def __init__(self, header: Sequence[str], mapping: Mapping) -> None:
        self._places = {
            key: header.index(name) for key, name in mapping.columns.items() if name in header
        }
        self._width = len(header)
        self._mapping = mapping
        self._zone = ZoneInfo(mapping.zone)

    def read(self, row: Row) -> Value | list[Reason]:
        """What the row holds, or every reason against it."""
        if row.fault:
            return [Reason(row.fault)]
        if len(row.cells) != self._width:
            counts = {"cells": len(row.cells), "columns": self._width}
            text = N_("The row has %(cells)s cells, the heading has %(columns)s.")
            return [Reason(text, counts)]
        if any(_UNSTORABLE.search(cell) for cell in row.cells):
            return [Reason(N_("The row holds a character that cannot be stored (NUL)."))]
        return _Reading(self._texts(row), self._mapping, self._zone).value()

    def private(self) -> frozenset[int]:
        """The places of cells that name or reach a person: their text is kept in the files only."""
        return frozenset(self._places[key] for key in ("phone", "email") if key in self._places)

    def _texts(self, row: Row) -> dict[str, str]:
        return {key: row.cells[place].strip() for key, place in self._places.items()}


class _Reading:
    """One row: its texts by field, and the reasons found so far."""

    def __init__(self, texts: dict[str, str], mapping: Mapping, zone: ZoneInfo) -> None:
        self.texts = texts
        self.mapping = mapping
        self.zone = zone
        self.reasons: list[Reason] = []

    def value(self) -> Value | list[Reason]:
        say = self.texts.get
        for key in ("title", "happened"):
            if not say(key, ""):
                self._refuse(key, N_("%(field)s is empty."))
        happened, closed = self._instant("happened"), self._instant("closed")
        latitude, longitude = self._degrees("latitude", 90), self._degrees("longitude", 180)
        cost, phone = self._amount("cost"), say("phone", "")
        if phone and not normal(phone):
            self._refuse("phone", N_("%(field)s “%(value)s” is no phone number."))
        if self.reasons or happened is None:
            return self.reasons
        has_position = latitude is not None and longitude is not None
        state = say("state", "")
        return Value(
            title=say("title", "")[:_TITLE],
            happened_at=happened.at,
            happened_on=happened.on,
            has_time=happened.has_time,
            closed_at=closed.at if closed else None,
            is_open=bool(state) and levelled(state) not in CLOSED_STATES,
            flags=_flags(happened, closed),
            latitude=latitude if has_position else None,
            longitude=longitude if has_position else None,
            details=say("details", ""),
            answer=say("answer", ""),
            kind=say("kind", "")[:_NAME],
            state=state[:_SHORT],
            channel=say("channel", "")[:_SHORT],
            source_id=say("id", ""),
            customer=(say("customer", "") or self.mapping.owner)[:_NAME],
            contact=say("contact", "")[:_NAME],
            phone=phone,
            email=say("email", "")[:120],
            address=say("address", "")[:_ADDRESS],
            device=say("device", "")[:_NAME],
            serial=say("serial", "")[:_SHORT],
            cost=cost,
        )

    def _refuse(self, key: str, text: str) -> None:
        params = {"field": FIELD[key].label, "value": self.texts.get(key, "")[:60]}
        self.reasons.append(Reason(text, params))

    def _instant(self, key: str) -> Instant | None:
        text = self.texts.get(key, "")
        found = read_instant(text, self.zone, month_first=self.mapping.month_first)
        if text and found is None:
            self._refuse(key, N_("%(field)s “%(value)s” is no time."))
        return found

    def _degrees(self, key: str, most: int) -> float | None:
        text = self.texts.get(key, "")
        if not text:
            return None
        try:
            degrees = float(text)
        except ValueError:
            degrees = most + 1.0
        if not -most <= degrees <= most:
            self._refuse(key, N_("%(field)s “%(value)s” is no position."))
            return None
        return degrees

    def _amount(self, key: str) -> str:
        text = self.texts.get(key, "").lstrip("¥￥$ ")
        if not text:
            return ""
        try:
            if not _AMOUNT.fullmatch(text) or len(text) > 25:
                raise InvalidOperation
            return f"{Decimal(text.replace(',', '')):f}"
        except InvalidOperation:
            self._refuse(key, N_("%(field)s “%(value)s” is no amount."))
            return ""


def _flags(happened: Instant, closed: Instant | None) -> tuple[str, ...]:
    flags = [one.oddity for one in (happened, closed) if one and one.oddity]
    if closed and _precedes(closed, happened):
        flags.append(CLOSED_BEFORE_CREATED)
    return tuple(dict.fromkeys(flags))


def _precedes(one: Instant, other: Instant) -> bool:
    """Whether one moment lies before another; days are compared where one of them is a day."""
    if one.has_time and other.has_time:
        return one.at < other.at
    return one.on < other.on
