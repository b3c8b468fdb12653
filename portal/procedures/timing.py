"""Time rules as procedures write them: ``3 wd after receipt``, ``at due``, ``1 month before …``."""

import re
from decimal import Decimal

from portal.calendar.durations import Duration, Unit, parse_duration
from portal.procedures.definition import Anchor, AnchorKind, Direction, TimeRule

_WRITTEN = re.compile(r"(?:at|(?P<duration>.+?)\s+(?P<side>after|before))\s+(?P<anchor>\S+)")
_SIMPLE = {
    kind.value: kind
    for kind in (
        AnchorKind.OPENED,
        AnchorKind.RECEIPT,
        AnchorKind.DUE,
        AnchorKind.CASE_RECEIVED,
        AnchorKind.CASE_OPENED,
    )
}
_OF_STEP = {"receipt": AnchorKind.STEP_RECEIPT, "closed": AnchorKind.STEP_CLOSED}
_STEP_AND_FIELD = re.compile(r"([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)")


def parse_time_rule(text: str) -> TimeRule:
    """Read ``"0.5 wd after opened"``; ``ValueError`` names the text when it is not a rule."""
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a time rule (like '3 wd after receipt'): {text!r}")
    written = match["duration"]
    duration = parse_duration(written) if written else Duration(Decimal(0), Unit.CLOCK_HOUR)
    return TimeRule(duration, Direction(match["side"] or "after"), _anchor(match["anchor"]))


def _anchor(text: str) -> Anchor:
    if text in _SIMPLE:
        return Anchor(_SIMPLE[text])
    match = _STEP_AND_FIELD.fullmatch(text)
    if match is None or match[1] == "case":
        raise ValueError(f"not a moment to count from: {text!r}")
    step, field = match.groups()
    if field in _OF_STEP:
        return Anchor(_OF_STEP[field], step)
    return Anchor(AnchorKind.FIELD, step, field)
