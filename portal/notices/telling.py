"""Telling people something, inside the unit of work in which it became true."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.act import Act, Staff
from portal.kernel.db.inserting import insert_or
from portal.kernel.i18n import language
from portal.kernel.journal.recording import record
from portal.notices.channels import channels_of
from portal.notices.models import Letter, Mailing, Notice, NoticePreference
from portal.notices.wording import Value, packed, wording
from portal.people.models import Departure, Person


@dataclass(frozen=True, slots=True)
class News:
    """What there is to tell.

    `word` is its kind (``task.assigned``); `title` a msgid with ``%(name)s`` places for `values`;
    `href` the page of the portal to go to; `dedupe` what makes it one and the same: whoever was
    told it once is not told again. `urgent` reaches people who want urgent mail only. `asks`:
    there is something to do that shows nowhere else, so whoever brought it about is told as well.
    """

    word: str
    title: str
    href: str
    dedupe: str
    values: Mapping[str, Value] = field(default_factory=dict)
    urgent: bool = False
    asks: bool = False
    case_id: int | None = None

    def __post_init__(self) -> None:
        if not self.href.startswith("/") or self.href.startswith("//"):
            raise ValueError(f"not a page of the portal: {self.href!r}")


async def tell(db: AsyncSession, act: Act, person_ids: Iterable[int], news: News) -> int:
    """Put ``news`` into the inboxes and on the open channels; how many people it is new to.

    Whoever has left the company is told nothing, and nobody is told of what they did themselves: a
    task that falls to them by it stands on their desk. Nothing leaves before the unit commits.
    """
    own = {act.actor.person_id} if isinstance(act.actor, Staff) and not news.asks else set()
    people = await _present(db, set(person_ids) - own)
    if not people:
        return 0
    told = await _fill_inboxes(db, act, sorted(people), news)
    letters = [
        _letter(act, notice_id, name, person_id)
        for person_id, notice_id in told.items()
        for name, channel in channels_of(db).items()
        if channel.reaches(people[person_id][0]) and _wants(people[person_id][1], news)
    ]
    if letters:
        await db.execute(insert(Letter), letters)
    if told:
        record(db, act, "notice.told", _subject(news.case_id), kind=news.word, people=sorted(told))
    return len(told)


async def withdraw(
    db: AsyncSession, act: Act, *, case_id: int | None = None, dedupe_prefix: str = ""
) -> int:
    """Take back letters that have not been sent, dead ones too; the inbox keeps its notices.

    Of a case, or those whose dedupe begins with ``dedupe_prefix``, or both. One that is being
    sent at this moment still arrives. Returns how many were taken back.
    """
    if case_id is None and not dedupe_prefix:
        raise ValueError("withdraw what?")
    meant = select(Notice.id).where(Notice.dedupe.startswith(dedupe_prefix, autoescape=True))
    if case_id is not None:
        meant = meant.where(Notice.case_id == case_id)
    taken = await db.scalars(
        update(Letter)
        .where(or_(Letter.next_try_at.is_not(None), Letter.dead_at.is_not(None)))
        .where(Letter.notice_id.in_(meant))
        .values(withdrawn_at=act.at, next_try_at=None, dead_at=None)
        .returning(Letter.id)
        .execution_options(synchronize_session=False)
    )
    count = len(taken.all())
    if count:
        record(db, act, "notice.withdrawn", _subject(case_id), prefix=dedupe_prefix, letters=count)
    return count


async def _present(
    db: AsyncSession, person_ids: Iterable[int]
) -> dict[int, tuple[Person, str | None]]:
    """Of these people those who work here, with what they want mailed."""
    query = (
        select(Person, NoticePreference.mailing)
        .outerjoin(NoticePreference, NoticePreference.person_id == Person.id)
        .where(Person.id.in_(set(person_ids)))
        .where(Person.id.not_in(select(Departure.person_id)))
    )
    return {person.id: (person, mailing) for person, mailing in await db.execute(query)}


async def _fill_inboxes(
    db: AsyncSession, act: Act, person_ids: Sequence[int], news: News
) -> dict[int, int]:
    """The new notices by person. In order of people: two who tell the same must not wait for each
    other in a circle."""
    values = packed(news.values)
    # Fails here, and not for each reader, when the title has a place without a value.
    wording(language("en"), UTC)(news.title, values)
    rows = [
        {
            "person_id": person_id,
            "at": act.at,
            "word": news.word,
            "title": news.title,
            "values": values,
            "href": news.href,
            "urgent": news.urgent,
            "case_id": news.case_id,
            "dedupe": news.dedupe,
        }
        for person_id in person_ids
    ]
    new = insert_or(db, Notice).on_conflict_do_nothing(index_elements=["person_id", "dedupe"])
    # The rows are given here: written into it, each number of rows would be compiled anew.
    return dict((await db.execute(new.returning(Notice.person_id, Notice.id), rows)).all())


def _letter(act: Act, notice_id: int, channel: str, person_id: int) -> dict[str, Any]:
    return {
        "dedupe": f"{channel}:{notice_id}",
        "notice_id": notice_id,
        "channel": channel,
        "recipient_id": person_id,
        "next_try_at": act.at,
    }


def _wants(mailing: str | None, news: News) -> bool:
    return mailing in (None, Mailing.ALL) or (mailing == Mailing.URGENT and news.urgent)


def _subject(case_id: int | None) -> str:
    return f"case:{case_id}" if case_id is not None else "notices:all"
