"""What an answer names must be there: people who work here and hold the role, the case's own
documents and devices. The page offers nothing else; this is the check that counts."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.models import Case, Document
from portal.cases.problems import NOT_ANSWERABLE
from portal.customers.models import Device
from portal.kernel.problems import Problem
from portal.people.models import Department, Departure, Person, RoleGrant, Skill
from portal.procedures.definition import Field, FieldType, Step
from portal.procedures.forms import Value


async def refuse_strangers(
    db: AsyncSession, case: Case, step: Step, fields: Mapping[str, Value]
) -> None:
    """Raise ``not-answerable`` where ``fields`` name what is not there, or not of this case."""
    for field in step.fields:
        query = _there(case, field)
        keys = _keys(fields.get(field.key))
        if query is None or not keys:
            continue
        ids = {int(key) for key in keys if key.isdecimal() and len(key) < 19}
        column = query.selected_columns[0]
        found = await db.scalar(
            select(func.count()).select_from(query.where(column.in_(ids)).subquery())
        )
        if len(ids) != len(keys) or found != len(ids):
            raise Problem(NOT_ANSWERABLE)


def _keys(value: Value | None) -> set[str]:
    if value in (None, ""):
        return set()
    several: Iterable[Any] = value if isinstance(value, tuple) else (value,)
    return {str(one) for one in several}


def _there(case: Case, field: Field) -> Select[int] | None:
    """The ids that ``field`` may name; None for a field that names nothing."""
    if field.type in (FieldType.PERSON, FieldType.PEOPLE):
        people = select(Person.id).where(Person.id.not_in(select(Departure.person_id)))
        holders = select(RoleGrant.person_id).where(RoleGrant.role == field.role)
        return people.where(Person.id.in_(holders)) if field.role else people
    if field.type in (FieldType.DEPARTMENT, FieldType.DEPARTMENTS):
        return select(Department.id)
    if field.type is FieldType.ATTACHMENTS:
        return select(Document.id).where(Document.case_id == case.id)
    if field.type is FieldType.DEVICE:
        return select(Device.id).where(Device.customer_id == case.customer_id)
    if field.type is FieldType.SKILL:
        return select(Skill.id)
    return None
