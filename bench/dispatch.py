"""How fast an engineer is proposed, and how much is driven, against an optimiser.

``.venv/bin/python -m bench.dispatch``. One proposal is held against the best place anywhere in the
crew's plans, to the minute. A day's jobs, given out one after another as they come in, are held
against the best plan by somebody who knew them all beforehand, and against "nearest and free".
"""

import random
from statistics import mean, median
from time import perf_counter

from portal.repairs.ranking import rank
from portal.repairs.travel import leg
from portal.repairs.windows import Booked, offers
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
    with_visit,
)

SEEDS = range(20)
CHOOSERS = (proposed, nearest_and_free)


def speed() -> None:
    dice = random.Random(6)
    engineers = crew(50, 10)
    for number in range(50):
        for _ in range(8):
            job = a_job(dice, 10)
            offer = dice.choice(list(offers(engineers[number], job)))
            visit = Booked(*offer.window, job.position)
            engineers[number] = with_visit(engineers[number], offer.on, visit)
    taken = []
    for _ in range(100):
        job = a_job(dice, 10)
        leg.cache_clear()
        start = perf_counter()
        rank(job, engineers)
        taken.append((perf_counter() - start) * 1e3)
    taken.sort()
    print("one proposal, 50 engineers × 8 visits, 10 days, no way remembered from before:")
    print(f"median {median(taken):.1f} ms, p95 {taken[94]:.1f} ms")


def one_proposal() -> None:
    print("\none proposal into days half booked, against the best place in them to the minute")
    print(f"{'seed':>4}{'best, min':>11}{'portal':>9}{'nearest and free':>18}")
    ours, others = [], []
    for seed in SEEDS:
        dice = random.Random(seed)
        plans, job = half_booked(dice, 6, 3, 16), a_job(dice, 3, 90)
        before, best = driven(plans), best_anywhere(plans, job)
        after = [dispatched(plans, [job], choose) for choose in CHOOSERS]
        adds = [driven(plan) - before for plan in after if plan]
        ours.append((before + adds[0]) / (before + best))
        others.append((before + adds[1]) / (before + best))
        print(f"{seed:>4}{best:>11}{adds[0]:>9}{adds[1]:>18}")
    print(f"all that the crew drives: mean {mean(ours):.3f}, worst {max(ours):.3f};", end=" ")
    print(f"nearest and free {mean(others):.3f}, worst {max(others):.3f}")


def a_day(minutes: int) -> None:
    print(f"\n8 jobs of {minutes} minutes for 4 engineers in a day, against hindsight")
    print(f"{'seed':>4}{'best, min':>11}{'portal':>9}{'nearest and free':>18}")
    ours, others = [], []
    for seed in SEEDS:
        dice = random.Random(seed)
        jobs = [a_job(dice, 1, minutes) for _ in range(8)]
        best = best_in_hindsight(crew(4, 1), jobs)
        plans = [dispatched(crew(4, 1), jobs, choose) for choose in CHOOSERS]
        if not best or not plans[0]:
            print(f"{seed:>4}{'they do not fit':>20}")
            continue
        ratios = [driven(plan) / best if plan else None for plan in plans]
        ours.append(ratios[0] or 0)
        others += [ratios[1]] if ratios[1] else []
        shown = [f"{ratio:.3f}" if ratio else "does not fit" for ratio in ratios]
        print(f"{seed:>4}{best:>11}{shown[0]:>9}{shown[1]:>18}")
    print(f"mean {mean(ours):.3f}, worst {max(ours):.3f}; nearest and free {mean(others):.3f}")


def main() -> None:
    speed()
    one_proposal()
    for minutes in (60, 90, 120):
        a_day(minutes)


if __name__ == "__main__":
    main()
