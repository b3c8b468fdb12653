"""Inviting: when a case closes, its customer is asked (P06.7). An effect of the closing answer, and
no step: a solved case does not stay open until somebody rates it. A repair that belongs to
an open complaint is rated with the complaint: nobody is asked twice about one matter."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.effects import Happening
from portal.cases.gating import is_part_of_open
from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.surveys.models import Survey
from portal.surveys.templates import newest_template


async def invite_survey(db: AsyncSession, act: Act, happening: Happening) -> None:
    """Ask the customer of the case. A case closed a second time has one survey to answer: what
    was asked before and not answered is asked again, by the newest template."""
    case_id = happening.case.id
    if await is_part_of_open(db, case_id):
        return
    template = await newest_template(db, happening.case.code)
    waiting = select(Survey).where(Survey.case_id == case_id, Survey.answered_at.is_(None))
    survey = await db.scalar(waiting)
    if survey is None:
        survey = Survey(case_id=case_id, template_id=template.id, invited_at=act.at)
        db.add(survey)
    survey.template_id = template.id
    survey.invited_at = act.at
    await db.flush()
    record(db, act, "survey.invited", f"case:{case_id}", survey=survey.id)
