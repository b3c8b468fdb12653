"""What the page of a case shows of its surveys, to those who see every case."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.models import Case
from portal.cases.pages.asides import Aside
from portal.kernel.act import Act, Staff
from portal.surveys.answering import MAY_ENTER
from portal.surveys.reading import Asked, surveys_of


@dataclass(frozen=True, slots=True)
class CaseSurveys:
    """The surveys of a case; `may_enter`: the reader may take down an answer on the phone."""

    surveys: list[Asked]
    may_enter: bool
    is_open: bool


async def survey_aside(db: AsyncSession, act: Act, case: Case) -> Aside | None:
    """The surveys of ``case``, or of the one it is the improvement of."""
    surveys = await surveys_of(db, act.actor, case.id)
    if not surveys:
        return None
    roles = act.actor.roles if isinstance(act.actor, Staff) else frozenset()
    shown = CaseSurveys(surveys, bool(roles & set(MAY_ENTER)), case.is_open)
    return Aside("surveys/_case.html", shown)
