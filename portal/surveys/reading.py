"""Reading surveys: that of a case, the list of all, and averages by group (P13.1, P13.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from portal.cases.models import Case
from portal.kernel.act import Actor
from portal.kernel.db.keyset import Order, Slice, fetch
from portal.kernel.problems import NOT_FOUND, Problem
from portal.surveys.access import visible_surveys
from portal.surveys.models import Rating, Survey
from portal.surveys.templates import Group, Template, newest_templates, template_of

# What a list of surveys shows, by state; `since` by its key, in days.
STATES = ("answered", "low", "waiting", "all")
PERIODS = {"30": 30, "90": 90, "365": 365, "": None}


@dataclass(frozen=True, slots=True)
class Asked:
    """A survey with what it asks; `ratings` by item are empty while it waits."""

    survey: Survey
    template: Template

    @property
    def ratings(self) -> Mapping[str, int]:
        return {rating.item: rating.value for rating in self.survey.ratings}


@dataclass(frozen=True, slots=True)
class Average:
    """How a group was rated, from 1 to 5, by how many customers."""

    group: Group
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a period: how many were asked and answered, the mean score, and each group's average."""

    asked: int
    answered: int
    low: int
    score: Decimal | None
    groups: list[Average]

    @property
    def share(self) -> int | None:
        """How many of a hundred answered; 80 is what P13.1 asks for."""
        return self.answered * 100 // self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is asked for: `state` one of `STATES`, `period` a key of `PERIODS`."""

    state: str = "answered"
    period: str = "90"
    cursor: str = ""


async def asked_of(db: AsyncSession, case_id: int) -> Asked | None:
    """The last survey of a case; whoever calls this may see that case."""
    query = _whole(select(Survey).where(Survey.case_id == case_id))
    survey = await db.scalar(query.order_by(Survey.id.desc()).limit(1))
    return Asked(survey, template_of(survey.template)) if survey else None


async def surveys_of(db: AsyncSession, actor: Actor, case_id: int) -> list[Asked]:
    """The surveys of a case, and of the one that it is the improvement of; those that the actor
    may see, the newest first."""
    query = visible_surveys(actor)
    query = query.where(or_(Survey.case_id == case_id, Survey.improvement_id == case_id))
    surveys = await db.scalars(_whole(query).order_by(Survey.id.desc()))
    return [Asked(survey, template_of(survey.template)) for survey in surveys]


async def find_survey(db: AsyncSession, actor: Actor, survey_id: int) -> Asked:
    """A survey that the actor may see; raises ``not-found``."""
    survey = await db.scalar(_whole(visible_surveys(actor).where(Survey.id == survey_id)))
    if survey is None:
        raise Problem(NOT_FOUND)
    return Asked(survey, template_of(survey.template))


async def list_surveys(
    db: AsyncSession, actor: Actor, wanted: Wanted, now: datetime
) -> Slice[Survey]:
    """The page of surveys that is wanted, the last asked first."""
    query = visible_surveys(actor).where(*_conditions(wanted, now))
    case = joinedload(Survey.case, innerjoin=True)
    query = query.options(case.joinedload(Case.customer), joinedload(Survey.improvement))
    order = Order(Survey.invited_at, Survey.id, falls=True)
    return await fetch(db, query, order, wanted.cursor)


async def figures(db: AsyncSession, actor: Actor, wanted: Wanted, now: datetime) -> Figures:
    """What the surveys asked in the period of ``wanted`` say, whatever state it shows."""
    within = visible_surveys(actor).where(*_since(wanted, now))
    seen = within.with_only_columns(Survey.id).subquery()
    counted = select(
        func.count(),
        func.count(Survey.answered_at),
        func.count(Survey.improvement_id),
        func.sum(Survey.score),
    ).where(Survey.id.in_(select(seen.c.id)))
    asked, answered, low, total = (await db.execute(counted)).one()
    by_item = select(Rating.item, func.sum(Rating.value), func.count())
    by_item = by_item.where(Rating.survey_id.in_(select(seen.c.id))).group_by(Rating.item)
    sums = {item: (int(points), count) for item, points, count in await db.execute(by_item)}
    groups = _merged(await newest_templates(db))
    return Figures(
        asked=asked,
        answered=answered,
        low=low,
        score=Decimal(int(total)) / answered / 100 if total is not None else None,
        groups=[Average(group, _mean(group, sums)) for group in groups],
    )


def _merged(templates: Sequence[Template]) -> list[Group]:
    """Each group once, as the first template calls it, with its items of all of them."""
    groups: dict[str, Group] = {}
    for group in (group for template in templates for group in template.groups):
        first = groups.get(group.key, group)
        items = {item.key: item for item in (*first.items, *group.items)}
        groups[group.key] = msgspec.structs.replace(first, items=tuple(items.values()))
    return list(groups.values())


def _mean(group: Group, sums: Mapping[str, tuple[int, int]]) -> Decimal | None:
    """Each rating of the group's items counts the same."""
    found = [sums[item.key] for item in group.items if item.key in sums]
    count = sum(number for _, number in found)
    return Decimal(sum(points for points, _ in found)) / count if count else None


def _conditions(wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    conditions = _since(wanted, now)
    if wanted.state in ("answered", "low"):
        conditions.append(Survey.answered_at.is_not(None))
    if wanted.state == "low":
        conditions.append(Survey.improvement_id.is_not(None))
    if wanted.state == "waiting":
        conditions.append(Survey.answered_at.is_(None))
    return conditions


def _since(wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    days = PERIODS.get(wanted.period)
    return [Survey.invited_at >= now - timedelta(days=days)] if days else []


def _whole(query: Select[Any]) -> Select[Any]:
    return query.options(
        joinedload(Survey.template, innerjoin=True),
        joinedload(Survey.case, innerjoin=True),
        joinedload(Survey.improvement),
        joinedload(Survey.by),
        selectinload(Survey.ratings),
    )
