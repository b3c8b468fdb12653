"""Any procedure the checker lets through, driven by any events: the rows stay what the engine
says, and every time what the calendar says."""

from random import Random

import pytest

from portal.kernel.db.unit import Database
from portal.procedures.definition import Definition
from portal.procedures.events import (
    ChildClosed,
    Event,
    FactsChanged,
    LimitLapsed,
    PauseBegun,
    PauseEnded,
    ReceiptProven,
    Reopened,
    TaskAnswered,
    Withdrawn,
)
from portal.procedures.state import State
from tests.cases.support import Matter, happen, matter, state_of, store_content
from tests.procedures.driving import fields_for
from tests.procedures.random_definitions import random_content
from tests.procedures.samples import faults_of
from tests.procedures.test_random_definitions import FACTS
from tests.support.cast import NOON

pytestmark = pytest.mark.every_value

EVENTS = 14


def any_event(it: Matter, definition: Definition, state: State, random: Random) -> Event:
    """One event of any kind, about any row, sensible or not."""
    task = random.choice(state.tasks)
    if state.open_tasks and random.random() < 0.8:
        task = random.choice(state.open_tasks)
    step = definition.step[task.key.step]
    chosen = random.choice([*(one.key for one in step.outcomes), "no_such"])
    fields = fields_for(step, random, filled=random.random() < 0.7)
    answer = TaskAnswered(task.key, chosen, fields, on_behalf=random.random() < 0.2)
    events: list[Event] = [
        answer,
        answer,
        answer,
        LimitLapsed(task.key, random.choice(["due", "lapse", "sign_for"]), random.random() < 0.5),
        ReceiptProven(task.key, random.random() < 0.5),
        ChildClosed(task.key, chosen),
        PauseBegun("等配件", random.choice([None, task.key])),
        PauseEnded(random.choice([None, task.key])),
        FactsChanged(random.choice(FACTS), "客户来电"),
        Reopened("又坏了"),
        Withdrawn("不修了"),
    ]
    return random.choice(events)


@pytest.mark.parametrize("seed", range(8))
async def test_what_is_stored_is_what_the_engine_says(company: Database, seed: int) -> None:
    random = Random(seed)
    whole = random_content(random)
    while faults_of(whole):
        whole = random_content(random)
    definition = await store_content(company, whole)
    it = await matter(company, code="T01")
    for number in range(EVENTS):
        state = await state_of(company, it.id)
        event = any_event(it, definition, state, random)
        at = NOON.replace(hour=2 + number // 6, minute=number % 6 * 10)
        await happen(company, it.id, event, at)
