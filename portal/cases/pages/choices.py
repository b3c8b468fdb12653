"""The people, departments, documents, skills and devices that a step's form may name."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.owning import role_for
from portal.cases.reading import Full
from portal.cases.step_forms import role_key
from portal.customers.models import Device
from portal.kernel.act import Act
from portal.kernel.i18n import N_, Language
from portal.kernel.web.forms import Choices
from portal.people.access import visible_departments
from portal.people.listing import colleagues
from portal.people.models import Person, RoleGrant, Skill
from portal.people.standing_in import Presence
from portal.procedures.definition import Field, FieldType
from portal.procedures.storing import definition_of

_PEOPLE = {FieldType.PERSON, FieldType.PEOPLE}
_DEPARTMENTS = {FieldType.DEPARTMENT, FieldType.DEPARTMENTS}


async def offered_choices(
    db: AsyncSession, act: Act, full: Full, presence: Presence, language: Language
) -> dict[str, Choices]:
    """What the open steps of a case may name, by kind; people who are away are marked."""
    fields = list(_fields(full))
    kinds = {field.type for field in fields}
    definition = definition_of(full.case.version)
    roles = {field.role for field in fields} | {
        role_for(definition, task.step) for task in full.tasks if task.is_open
    }
    people = await colleagues(db, act.actor)
    away = language.gettext(N_("away"))
    named = {
        person.id: f"{person.name} ({away})" if person.id in presence.away else person.name
        for person in people
    }
    holders: dict[str, list[tuple[str, str]]] = {role_key(role): [] for role in roles}
    grants = select(RoleGrant.person_id, RoleGrant.role).where(RoleGrant.role.in_(roles))
    held = {(person, role) for person, role in await db.execute(grants)}
    for role in roles:
        holders[role_key(role)] = [
            (str(person), name) for person, name in named.items() if (person, role) in held
        ]
    rows: dict[str, Any] = {"departments": [], "skills": [], "devices": []}
    if kinds & _DEPARTMENTS:
        rows["departments"] = await db.scalars(visible_departments(act.actor))
    if FieldType.SKILL in kinds:
        rows["skills"] = await db.scalars(select(Skill).order_by(Skill.name))
    if FieldType.DEVICE in kinds:
        own = select(Device).where(Device.customer_id == full.case.customer_id)
        rows["devices"] = await db.scalars(own.order_by(Device.id))
    return {
        "people": [(str(person), name) for person, name in named.items()],
        "documents": [(str(document.id), document.name) for document in full.documents],
        "departments": [(str(one.id), one.name) for one in rows["departments"]],
        "skills": [(str(one.id), one.name) for one in rows["skills"]],
        "devices": [(str(one.id), f"{one.model} {one.serial}".strip()) for one in rows["devices"]],
        **holders,
    }


async def names_in(
    db: AsyncSession, full: Full, offered: Mapping[str, Choices]
) -> dict[str, dict[str, str]]:
    """What the keys in the answers of a case mean, by type of field; people also after leaving."""
    people = {key: name for key, name in offered["people"]}  # noqa: C416 - for the checker
    answers = [task.answer.fields for task in full.tasks if task.answer]
    keys = {field.key for field in _fields(full) if field.type in _PEOPLE}
    found = (fields[key] for fields in answers for key in keys if key in fields)
    asked = {one for value in found for one in (value if isinstance(value, list) else [value])}
    if gone := [int(one) for one in asked - people.keys() if one.isdecimal()]:
        query = select(Person.id, Person.name).where(Person.id.in_(gone))
        people |= {str(person): name for person, name in await db.execute(query)}
    return {
        FieldType.PERSON: people,
        FieldType.PEOPLE: people,
        FieldType.DEPARTMENT: dict(offered["departments"]),
        FieldType.DEPARTMENTS: dict(offered["departments"]),
        FieldType.ATTACHMENTS: dict(offered["documents"]),
        FieldType.SKILL: dict(offered["skills"]),
        FieldType.DEVICE: dict(offered["devices"]),
    }


def _fields(full: Full) -> Iterator[Field]:
    steps = {task.step for task in full.tasks}
    for step in definition_of(full.case.version).steps:
        if step.key in steps:
            yield from step.fields
