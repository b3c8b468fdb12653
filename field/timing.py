"""When something on site happened, as far as a phone's clock can be believed (rule 21). Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MOST_SKEW = timedelta(minutes=5)
# What answers take on the way, and clocks drift since they were compared.
_SLACK = timedelta(seconds=10)
_EARLIEST, _LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Times:
    """What the phone said, that with its offset, and what counts; `flags` say what is odd."""

    claimed_at: datetime
    corrected_at: datetime
    at: datetime
    flags: tuple[str, ...] = ()


def effective(
    claimed: datetime,
    offset: float,
    since: datetime,
    received: datetime,
    before: datetime | None = None,
) -> Times:
    """The time that counts lies between ``since``, when the device was heard of last before it made
    the operation, and ``received``. ``offset`` in seconds; ``before`` is the corrected time of the
    operation made before it, where that is known."""
    claimed = min(max(claimed, _EARLIEST), _LATEST).astimezone(UTC)
    wanted = claimed.timestamp() + offset
    corrected = datetime.fromtimestamp(
        min(max(wanted, _EARLIEST.timestamp()), _LATEST.timestamp()), UTC
    )
    flags = []
    if abs(timedelta(seconds=offset)) > _MOST_SKEW:
        flags.append("skew")
    if corrected > received + _SLACK:
        flags.append("future")
    if corrected < since - _SLACK:
        flags.append("early")
    if before is not None and corrected < before:
        flags.append("not_monotone")
    return Times(claimed, corrected, max(min(corrected, received), since), tuple(flags))
