"""The short phrases of a procedure file: who, when, by when, where to, how many."""

import re
from decimal import Decimal

from portal.calendar.durations import Duration, Unit
from portal.procedures.conditions import parse_conditions
from portal.procedures.definition import (
    ACCEPTED,
    REFUSED,
    Anchor,
    AnchorKind,
    Direction,
    Join,
    JoinKind,
    Predicate,
    Target,
    TargetKind,
    TimeRule,
    Who,
    WhoKind,
)
from portal.procedures.tables import Table
from portal.procedures.timing import parse_time_rule

_NOUGHT = Duration(Decimal(0), Unit.CLOCK_HOUR)
_NAMED = (WhoKind.ROLE, WhoKind.DEPARTMENT, WhoKind.PERSON)
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_PERCENT = re.compile(r"(\d{1,3})\s*%")
PART_RESERVED = frozenset({"case"})
FIELD_RESERVED = frozenset({"closed", "receipt", "on_behalf"})
_TARGETS = {"then": TargetKind.GO, "ends": TargetKind.ENDS, "closes": TargetKind.CLOSES}


def read_key(table: Table, reserved: frozenset[str] = frozenset()) -> str:
    """The ``key`` of a part: it names rows and paths, so it is plain, and no ``reserved`` word."""
    key = plain_key(table, table.text("key"), "key")
    if key in reserved:
        table.note("bad_key", "key", name=key)
    return key


def plain_key(table: Table, key: str, where: str = "") -> str:
    """``key``, noted as a fault of ``where`` if it cannot be one."""
    if key and not _KEY.fullmatch(key):
        table.note("bad_key", where, name=key)
    return key


def read_who(table: Table, key: str) -> Who:
    """``role clerk``, ``department assess.unit``, ``each person``, ``complainant``, …"""
    text = table.text(key)
    for kind in WhoKind:
        name = text.removeprefix(f"{kind} ")
        if kind in _NAMED and name != text and name.strip():
            return Who(kind, name.strip())
        if kind not in _NAMED and text == kind:
            return Who(kind)
    if text:
        table.note("bad_who", key, name=text)
    return Who(WhoKind.CASE_OWNER)


def read_when(table: Table, key: str = "when") -> Predicate:
    """One line of conditions, or a list of lines of which any suffices."""
    if table.is_text(key):
        lines: tuple[str, ...] = (table.text(key),)
    else:
        lines = table.texts(key)
    predicate = []
    for line in lines:
        try:
            predicate.append(parse_conditions(line))
        except ValueError:
            table.note("bad_condition", key, name=line)
    return tuple(predicate)


def read_time(table: Table, key: str = "at") -> TimeRule:
    """``3 wd after receipt``."""
    return time_rule(table, key, table.text(key))


def time_rule(table: Table, key: str, text: str) -> TimeRule:
    """``text`` as a time rule, noted as a fault of ``key`` if it is none."""
    try:
        return parse_time_rule(text)
    except ValueError:
        if text:
            table.note("bad_time_rule", key, name=text)
        return TimeRule(_NOUGHT, Direction.AFTER, Anchor(AnchorKind.OPENED))


def read_target(table: Table) -> Target:
    """Exactly one of ``then``, ``ends``, ``closes``."""
    written = [key for key in _TARGETS if table.has(key)]
    if len(written) != 1:
        table.note("bad_target")
    targets = [Target(_TARGETS[key], table.text(key)) for key in written]
    for target in targets:
        if target.kind is TargetKind.ENDS and target.name not in {ACCEPTED, REFUSED}:
            table.note("not_one_of", "ends", name=target.name, choices=f"{ACCEPTED}, {REFUSED}")
    return next(iter(targets), Target(TargetKind.GO, ""))


def read_join(table: Table) -> Join:
    """``all``, ``any`` or ``60 %``."""
    text = table.text("join")
    if text in (JoinKind.ALL, JoinKind.ANY):
        return Join(JoinKind(text))
    match = _PERCENT.fullmatch(text)
    if match and 1 <= int(match[1]) <= 100:
        return Join(JoinKind.PERCENT, int(match[1]))
    if text:
        table.note("bad_join", "join", name=text)
    return Join(JoinKind.ALL)
