"""Storing procedures: each edition once, by its digest; new cases take the one in force (R4)."""

from datetime import date

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.kernel.problems import NOT_FOUND, Problem
from portal.people.roles import Role
from portal.procedures.checking import Known
from portal.procedures.definition import Definition
from portal.procedures.loading import digest, load, shipped
from portal.procedures.models import ProcedureVersion

# What procedures may name outside themselves. Effects and child cases are added here by the room
# that carries them out: a file that names one sooner is refused.
KNOWN = Known(effects=frozenset(), procedures={}, roles=frozenset(str(role) for role in Role))


async def store_shipped(db: AsyncSession, act: Act) -> list[ProcedureVersion]:
    """Store the procedures that come with the program and are not stored yet; those stored now.

    Raises `FaultyProcedure` when a file is faulty.
    """
    stored = set(await db.scalars(select(ProcedureVersion.digest)))
    new = []
    for _, text in shipped():
        definition = load(text, KNOWN)
        if digest(definition) not in stored:
            new.append(_row(act, definition))
    db.add_all(new)
    await db.flush()
    for version in new:
        subject = f"procedure:{version.code}"
        record(db, act, "procedure.stored", subject, edition=version.edition, digest=version.digest)
    return new


async def in_force(db: AsyncSession, code: str, on: date) -> ProcedureVersion:
    """The version of ``code`` that a case opened on a day takes; raises ``not-found``."""
    query = select(ProcedureVersion).where(
        ProcedureVersion.code == code, ProcedureVersion.effective_on <= on
    )
    query = query.order_by(ProcedureVersion.effective_on.desc(), ProcedureVersion.id.desc())
    version = await db.scalar(query.limit(1))
    if version is None:
        raise Problem(NOT_FOUND)
    return version


async def all_in_force(db: AsyncSession, on: date) -> list[ProcedureVersion]:
    """Every procedure in force on a day, by code."""
    codes = await db.scalars(select(ProcedureVersion.code).distinct().order_by("code"))
    versions = []
    for code in list(codes):
        try:
            versions.append(await in_force(db, code, on))
        except Problem:
            continue
    return versions


def definition_of(version: ProcedureVersion) -> Definition:
    """What a stored version says."""
    return msgspec.json.decode(version.body, type=Definition)


def _row(act: Act, definition: Definition) -> ProcedureVersion:
    return ProcedureVersion(
        code=definition.code,
        edition=definition.edition,
        effective_on=definition.effective_on,
        digest=digest(definition),
        body=msgspec.json.encode(definition, order="deterministic").decode(),
        stored_at=act.at,
    )
