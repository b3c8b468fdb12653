"""Instants as whole microseconds since 1970 UTC: integers neither round nor change their clocks."""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta, tzinfo

SECOND = 1_000_000
HOUR = 3600 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
YEARS = range(1900, 9000)  # leaves a century to count in before ``datetime`` ends


def instant_of(at: datetime) -> int:
    """The instant of an aware ``at``; ``ValueError`` for a naive one or one outside ``YEARS``."""
    if at.utcoffset() is None:
        raise ValueError(f"a time without its zone cannot be counted from: {at.isoformat()}")
    _check_year(at)
    return (at - EPOCH) // MICROSECOND


def datetime_of(instant: int) -> datetime:
    """``instant`` as a datetime in UTC."""
    return EPOCH + instant * MICROSECOND


def date_of(instant: int, zone: tzinfo) -> date:
    """The date on the calendar of ``zone`` at ``instant``."""
    return datetime_of(instant).astimezone(zone).date()


def midnight(day: date) -> datetime:
    """The naive wall-clock time at which ``day`` begins; ``ValueError`` outside ``YEARS``."""
    _check_year(day)
    return datetime.combine(day, time())


def on_wall(local: datetime, zone: tzinfo) -> int:
    """The instant at which the clocks of ``zone`` show the naive ``local``.

    Shown twice (clocks put back): the first. Skipped (clocks put forward): the instant of the
    jump, so that a later wall-clock time is never an earlier instant.
    """
    first, second = (instant_of(local.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    if first <= second:
        return first
    seconds = range(second // SECOND, first // SECOND + 1)
    jump = bisect_left(
        seconds, local, key=lambda s: datetime.fromtimestamp(s, zone).replace(tzinfo=None)
    )
    return seconds[jump] * SECOND


def _check_year(day: date) -> None:
    if day.year not in YEARS:
        raise ValueError(f"a time outside the years that can be counted: {day.isoformat()}")
