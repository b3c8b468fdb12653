"""How much more is driven than an optimiser would drive, on instances that never change."""

import random
from statistics import mean

import pytest

from tests.repairs.fleet import (
    a_job,
    best_anywhere,
    best_in_hindsight,
    crew,
    dispatched,
    driven,
    half_booked,
    nearest_and_free,
    proposed,
)

SEEDS = range(12)


def test_a_proposal_drives_within_a_tenth_of_the_best_place_in_all_the_plans() -> None:
    """P06.3: and less than sending whoever is nearest and free."""
    ours: list[float] = []
    nearest: list[float] = []
    for seed in SEEDS:
        dice = random.Random(seed)
        plans, job = half_booked(dice, 6, 3, 16), a_job(dice, 3, 90)
        best = driven(plans) + best_anywhere(plans, job)
        for ratios, choose in ((ours, proposed), (nearest, nearest_and_free)):
            after = dispatched(plans, [job], choose)
            assert after
            ratios.append(driven(after) / best)
    assert mean(ours) <= 1.02
    assert sorted(ours)[-2] <= 1.1
    assert mean(ours) < mean(nearest)


@pytest.mark.parametrize("minutes", [60, 90])
def test_a_day_of_jobs_as_they_come_drives_within_a_tenth_of_hindsight(minutes: int) -> None:
    ratios = []
    for seed in SEEDS:
        dice = random.Random(seed)
        jobs = [a_job(dice, 1, minutes) for _ in range(8)]
        best = best_in_hindsight(crew(4, 1), jobs)
        after = dispatched(crew(4, 1), jobs, proposed)
        if best and after:
            ratios.append(driven(after) / best)
    assert len(ratios) >= 10
    assert mean(ratios) <= 1.1
