"""What the keys in the answers of a case mean: people by name, also those who have left."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.customers.models import Device
from portal.people.models import Department, Person, Skill
from portal.procedures.definition import FieldType
from portal.records.reading import File

_DEVICE: ColumnElement[str] = Device.model + " " + Device.serial
_NAMED: tuple[tuple[frozenset[FieldType], Any, Any], ...] = (
    (frozenset({FieldType.PERSON, FieldType.PEOPLE}), Person.id, Person.name),
    (frozenset({FieldType.DEPARTMENT, FieldType.DEPARTMENTS}), Department.id, Department.name),
    (frozenset({FieldType.SKILL}), Skill.id, Skill.name),
    (frozenset({FieldType.DEVICE}), Device.id, _DEVICE),
)


async def names_of(db: AsyncSession, file: File) -> Mapping[str, Mapping[str, str]]:
    """By type of field and key; a statement for each kind that the answers name."""
    names: dict[str, Mapping[str, str]] = {
        FieldType.ATTACHMENTS: {str(key): one.name for key, one in file.documents.items()}
    }
    for kinds, key, name in _NAMED:
        if ids := _named(file, kinds):
            rows = await db.execute(select(key, name).where(key.in_(ids)))
            found = {str(one): said for one, said in rows}
            names |= {str(kind): found for kind in kinds}
    return names


def _named(file: File, kinds: frozenset[FieldType]) -> set[int]:
    found: set[str] = set()
    for task in file.done:
        given = task.answer.fields if task.answer else {}
        for one in file.step(task).fields:
            if one.type in kinds and one.key in given:
                value = given[one.key]
                found |= set(value) if isinstance(value, list) else {str(value)}
    return {int(one) for one in found if one.isdecimal() and len(one) < 19}
