"""Storing procedures: each edition once, by its digest; new cases take the one in force (R4)."""

from datetime import date
from functools import lru_cache

import msgspec
from sqlalchemy import Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from portal.kernel.act import Act
from portal.kernel.i18n import N_, Worded
from portal.kernel.journal.recording import record
from portal.kernel.problems import NOT_FOUND, Problem
from portal.people.roles import Role
from portal.procedures.checking import Known
from portal.procedures.definition import Definition
from portal.procedures.loading import digest, load, shipped
from portal.procedures.models import ProcedureVersion

# What procedures may name outside themselves; a file that names another effect or page is refused.
# `portal.effects` carries these out, `portal.app` serves these pages.
KNOWN = Known(
    effects=frozenset(
        {
            "book_visit",
            "invite_survey",
            "issue_f02",
            "issue_f03",
            "issue_f04",
            "move_visit",
            "press_by_phone",
            "release_visit",
            "remind_customer",
            "send_closing_link",
            "tell_by_phone",
        }
    ),
    pages=frozenset({"dispatch", "appointment"}),
    procedures={
        "P06": frozenset(
            {"solved", "closed_on_behalf", "out_of_scope", "withdrawn", "not_repairable"}
        )
    },
    roles=frozenset(str(role) for role in Role),
)


class EditionChanged(Worded):
    """A procedure file says something else than its edition did when it was stored (R4)."""


async def store_shipped(db: AsyncSession, act: Act) -> list[ProcedureVersion]:
    """Store the procedures that come with the program and are not stored yet; those stored now.

    Raises `FaultyProcedure` when a file is faulty, and `EditionChanged`, with one line to read,
    when it was changed without raising its edition.
    """
    key = (ProcedureVersion.code, ProcedureVersion.edition)
    stored = {
        (code, edition): kept
        for code, edition, kept in await db.execute(select(*key, ProcedureVersion.digest))
    }
    new = []
    for name, text in shipped():
        definition = load(text, KNOWN)
        kept = stored.get((definition.code, definition.edition))
        if kept is None:
            new.append(_row(act, definition))
        elif kept != digest(definition):
            raise EditionChanged(
                N_(
                    "%(name)s.toml says something else than edition %(edition)s of %(code)s that"
                    " is stored here: give what was changed a new edition"
                ),
                name=name,
                edition=definition.edition,
                code=definition.code,
            )
    db.add_all(new)
    await db.flush()
    for version in new:
        subject = f"procedure:{version.code}"
        record(db, act, "procedure.stored", subject, edition=version.edition, digest=version.digest)
    return new


async def in_force(db: AsyncSession, code: str, on: date) -> ProcedureVersion:
    """The version of ``code`` that a case opened on a day takes; raises ``not-found``."""
    version = await db.scalar(_in_force(on).where(ProcedureVersion.code == code))
    if version is None:
        raise Problem(NOT_FOUND)
    return version


async def all_in_force(db: AsyncSession, on: date) -> list[ProcedureVersion]:
    """Every procedure in force on a day, by code."""
    return list(await db.scalars(_in_force(on).order_by(ProcedureVersion.code)))


def _in_force(on: date) -> Select[ProcedureVersion]:
    """The last of each procedure that is effective on a day; of two of one day, the later stored.

    No version that has begun stands after it.
    """
    later = aliased(ProcedureVersion)
    order = tuple_(later.effective_on, later.id)
    replaced = select(later.id).where(
        later.code == ProcedureVersion.code,
        later.effective_on <= on,
        order > tuple_(ProcedureVersion.effective_on, ProcedureVersion.id),
    )
    begun = select(ProcedureVersion).where(ProcedureVersion.effective_on <= on)
    return begun.where(~replaced.exists())


def definition_of(version: ProcedureVersion) -> Definition:
    """What a stored version says; read once in a process, since a version never changes."""
    return _decoded(version.digest, version.body)


@lru_cache(maxsize=64)
def _decoded(_digest: str, body: str) -> Definition:
    return msgspec.json.decode(body, type=Definition)


def _row(act: Act, definition: Definition) -> ProcedureVersion:
    return ProcedureVersion(
        code=definition.code,
        edition=definition.edition,
        effective_on=definition.effective_on,
        digest=digest(definition),
        body=msgspec.json.encode(definition, order="deterministic").decode(),
        stored_at=act.at,
    )
