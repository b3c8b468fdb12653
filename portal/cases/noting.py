"""Noting: internal notes with mentions, and the telephone log."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.announcing import announce_mention
from portal.cases.indexing import index_case, lock_case
from portal.cases.models import Call, Case, Mention, Note
from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.people.access import me
from portal.people.listing import colleagues
from portal.people.models import Person


async def add_note(db: AsyncSession, act: Act, case: Case, text: str) -> Note:
    """Write an internal note. Whoever is named in it as @姓名 or @login is told, and from then on
    sees the case."""
    await lock_case(db, case.id)
    note = Note(case_id=case.id, at=act.at, by_id=me(act), text=text, mentions=[])
    for person in named(text, await colleagues(db, act.actor)):
        note.mentions.append(Mention(person_id=person.id))
    db.add(note)
    await db.flush()
    record(db, act, "note.written", f"case:{case.id}", note=note.id)
    await index_case(db, case.id)
    people = [mention.person_id for mention in note.mentions if mention.person_id != note.by_id]
    await announce_mention(db, act, case, note.id, people)
    return note


def named(text: str, people: Sequence[Person]) -> list[Person]:
    """Those whom ``text`` names as @姓名 or @login.

    Of names that begin alike the longest counts: @李建国 gives no sight to 李建.
    """
    names = {name for person in people for name in (person.name, person.login)}
    longest_first = sorted(filter(None, names), key=lambda name: (-len(name), name))
    # Not within an address (wang@plainfield.example), nor the beginning of a longer login.
    one_of = "|".join(map(re.escape, longest_first))
    pattern = rf"(?<![A-Za-z0-9_.+-])@({one_of})(?![A-Za-z0-9._-]*[A-Za-z0-9])"
    found = set(re.findall(pattern, text))
    return [person for person in people if {person.name, person.login} & found]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A telephone call: `direction` is ``in`` or ``out``, `reached` whether anybody answered."""

    called_at: datetime
    direction: str
    reached: bool
    with_whom: str
    text: str


async def log_call(db: AsyncSession, act: Act, case: Case, said: Conversation) -> Call:
    """Enter a call into the telephone log of a case."""
    await lock_case(db, case.id)
    call = Call(
        case_id=case.id,
        at=act.at,
        called_at=said.called_at,
        direction=said.direction,
        reached=said.reached,
        with_whom=said.with_whom,
        text=said.text,
        by_id=me(act),
    )
    db.add(call)
    await db.flush()
    record(db, act, "call.logged", f"case:{case.id}", call=call.id)
    await index_case(db, case.id)
    return call
