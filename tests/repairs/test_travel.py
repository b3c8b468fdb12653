"""How far it is from one place to another (P06.3)."""

from itertools import permutations

import pytest

from portal.repairs.travel import (
    ASSUMED_KM,
    DISTRICT_KM,
    Leg,
    Position,
    Source,
    driving_minutes,
    leg,
)

PEOPLES_SQUARE = Position(31.2304, 121.4737, Source.TYPED)
HONGQIAO = Position(31.1979, 121.3363, Source.ARRIVAL)
SUZHOU = Position(31.2990, 120.5853, Source.TYPED)
PUDONG = Position(31.2215, 121.5447, Source.REGION)


def test_a_way_in_town_is_the_detoured_straight_line_at_town_speed() -> None:
    way = leg(PEOPLES_SQUARE, HONGQIAO)
    assert way.km == pytest.approx(13.55 * 1.4, rel=0.01)
    assert way == Leg(way.km, driving_minutes(way.km))
    assert way.minutes == 38


def test_what_lies_beyond_the_town_is_driven_faster() -> None:
    assert driving_minutes(20) == 40
    assert driving_minutes(80) == 40 + 60
    assert leg(PEOPLES_SQUARE, SUZHOU).minutes == 139


def test_a_begun_minute_counts_and_a_hair_of_floating_point_does_not() -> None:
    assert [driving_minutes(km) for km in (0, 0.01, 0.5, 0.5 + 1e-12, 0.51)] == [0, 1, 1, 1, 2]


@pytest.mark.parametrize("ends", [(None, HONGQIAO), (HONGQIAO, None), (None, None)])
def test_an_unknown_end_is_assumed_and_says_so_and_never_counts_as_nothing(
    ends: tuple[Position | None, Position | None],
) -> None:
    assert leg(*ends) == Leg(ASSUMED_KM, 20, assumed=True)


def test_the_middle_of_a_district_is_never_the_same_place_as_one_of_its_houses() -> None:
    house = PUDONG._replace(source=Source.TYPED)
    assert leg(PUDONG, house) == leg(PUDONG, PUDONG) == Leg(DISTRICT_KM, 6)
    assert leg(house, house) == Leg(0, 0)


def test_no_way_is_longer_than_the_way_round_by_a_third_place() -> None:
    for one, other, third in permutations((PEOPLES_SQUARE, HONGQIAO, SUZHOU, PUDONG), 3):
        assert leg(one, other) == leg(other, one)
        assert leg(one, other).minutes <= leg(one, third).minutes + leg(third, other).minutes
        assert leg(one, other).km <= leg(one, third).km + leg(third, other).km


def test_places_on_the_other_side_of_the_earth_are_half_its_round_away() -> None:
    poles = Position(90, 0, Source.TYPED), Position(-90, 0, Source.TYPED)
    assert leg(*poles).km == pytest.approx(20_015 * 1.4, rel=0.001)
