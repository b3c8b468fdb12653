"""How far it is from one place to another, by figures of our own: there is no map inside."""

from enum import StrEnum
from functools import lru_cache
from math import asin, ceil, cos, radians, sin, sqrt
from typing import NamedTuple

EARTH_KM = 6371.0088
# Roads are longer than the straight line; 1.3 to 1.4 is what is found in Chinese cities.
DETOUR = 1.4
TOWN_KM_H = 30
# What lies beyond the first TOWN_KM of a way is driven outside the town.
TOWN_KM = 20
COUNTRY_KM_H = 60
# A way of which one end is not known: half an hour's quarter of a city, and never nothing.
ASSUMED_KM = 10.0
# A place known by its district only is never nearer than this: the middle of a district is not
# where its engineers and customers live.
DISTRICT_KM = 3.0


class Source(StrEnum):
    """Where a position comes from, the best first."""

    ARRIVAL = "arrival"  # the phone, when the engineer first arrived
    TYPED = "typed"
    REGION = "region"  # the middle of the district


class Position(NamedTuple):
    """A place in degrees (WGS 84)."""

    latitude: float
    longitude: float
    source: Source


class Leg(NamedTuple):
    """A way: road kilometres, whole minutes of driving, and whether an end had to be assumed."""

    km: float
    minutes: int
    assumed: bool = False


@lru_cache(maxsize=65_536)  # a proposal asks for the same few ways thousands of times
def leg(start: Position | None, end: Position | None) -> Leg:
    """The way from ``start`` to ``end``; an unknown end makes it `ASSUMED_KM` long."""
    if start is None or end is None:
        return Leg(ASSUMED_KM, driving_minutes(ASSUMED_KM), assumed=True)
    km = _straight_km(start, end) * DETOUR
    if Source.REGION in (start.source, end.source):
        km = max(km, DISTRICT_KM)
    return Leg(km, driving_minutes(km))


def driving_minutes(km: float) -> int:
    """Minutes of driving for ``km`` of road, the begun one counted in full."""
    in_town = min(km, TOWN_KM)
    # Rounded first: a millimetre of floating point is no minute.
    return ceil(round((in_town / TOWN_KM_H + (km - in_town) / COUNTRY_KM_H) * 60, 6))


def _straight_km(start: Position, end: Position) -> float:
    north, south = radians(start.latitude), radians(end.latitude)
    across = sin((south - north) / 2) ** 2
    along = sin(radians(end.longitude - start.longitude) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, across + cos(north) * cos(south) * along)))
