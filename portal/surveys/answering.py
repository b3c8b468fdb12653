"""Answering: the customer rates, by the link or on the phone; once. A low rating opens an
improvement in the same transaction (P13.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from portal.cases.models import Case
from portal.kernel.act import Act, LinkHolder
from portal.kernel.journal.recording import record
from portal.kernel.problems import FORBIDDEN, NOT_FOUND, Problem
from portal.people.access import me, require
from portal.people.roles import Role
from portal.surveys.improving import open_improvement, worker_of
from portal.surveys.models import Rating, Survey
from portal.surveys.problems import ANSWERED, NOT_OPEN, OWN_WORK
from portal.surveys.templates import BEST, WORST, Template, is_low, score, template_of

MAY_ENTER = (Role.INTAKE_CLERK, Role.DEPARTMENT_HEAD, Role.QUALITY)
BY_LINK, BY_PHONE = "link", "phone"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a customer thinks: a rating from 1 to 5 for each item, and words."""

    ratings: Mapping[str, int]
    comment: str = ""


async def rate(db: AsyncSession, act: Act, case_id: int, given: Opinion, zone: tzinfo) -> bool:
    """The customer answers the survey of a case by the link; whoever calls this has checked that
    the link is for this case. What is answered already stays as it is; whether this counted.

    Raises ``not-found`` where nothing is asked, ``survey-not-open``.
    """
    if not isinstance(act.actor, LinkHolder):
        raise Problem(FORBIDDEN)
    latest = select(Survey.id).where(Survey.case_id == case_id).order_by(Survey.id.desc())
    survey_id = await db.scalar(latest.limit(1))
    if survey_id is None:
        raise Problem(NOT_FOUND)
    survey = await _lock(db, survey_id)
    if survey.answered_at:
        return False
    survey.via = BY_LINK
    await _settle(db, act, survey, given, zone)
    return True


async def enter(
    db: AsyncSession, act: Act, survey_id: int, spoken_with: str, given: Opinion, zone: tzinfo
) -> None:
    """Take down what the customer said on the phone. Raises ``survey-answered``,
    ``survey-not-open`` and, for whoever did the repair, ``own-work``."""
    require(act.actor, *MAY_ENTER)
    survey = await _lock(db, survey_id)
    if survey.answered_at:
        raise Problem(ANSWERED)
    if me(act) == await worker_of(db, survey.case):
        raise Problem(OWN_WORK)
    survey.via, survey.by_id, survey.spoken_with = BY_PHONE, me(act), spoken_with
    await _settle(db, act, survey, given, zone)


async def _lock(db: AsyncSession, survey_id: int) -> Survey:
    """The survey, read anew under the lock of its case: who comes second sees the answer."""
    case_id = select(Survey.case_id).where(Survey.id == survey_id).scalar_subquery()
    await db.execute(select(Case.id).where(Case.id == case_id).with_for_update())
    query = select(Survey).where(Survey.id == survey_id)
    query = query.options(joinedload(Survey.case), joinedload(Survey.template))
    fresh = {"populate_existing": True}
    survey = await db.scalar(query, execution_options=fresh)
    if survey is None:
        raise Problem(NOT_FOUND)
    return survey


async def _settle(db: AsyncSession, act: Act, survey: Survey, given: Opinion, zone: tzinfo) -> None:
    case = survey.case
    if case.is_open:
        raise Problem(NOT_OPEN)
    template = template_of(survey.template)
    ratings = _checked(template, given.ratings)
    survey.answered_at = act.at
    # Cut, not rounded: 89.996 is no 90.
    survey.score = int(score(template, ratings) * 100)
    survey.lowest = min(ratings.values())
    survey.comment = given.comment
    db.add_all(Rating(survey_id=survey.id, item=key, value=ratings[key]) for key in ratings)
    await db.flush()
    body = {"survey": survey.id, "score": survey.score, "lowest": survey.lowest, "via": survey.via}
    record(db, act, "survey.answered", f"case:{case.id}", **body)
    if is_low(template, ratings):
        survey.improvement_id = await open_improvement(db, act, case, zone)
        await db.flush()


def _checked(template: Template, ratings: Mapping[str, int]) -> dict[str, int]:
    """Every item of the template, each from 1 to 5; pages say at the field what is missing."""
    keys = {item.key for item in template.items}
    if set(ratings) != keys or not all(WORST <= value <= BEST for value in ratings.values()):
        raise ValueError("every item of a survey is rated from 1 to 5")
    return {item.key: ratings[item.key] for item in template.items}
