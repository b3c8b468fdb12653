"""Job runs: when each recurring job last succeeded and last failed, for whoever watches."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db.base import Table
from portal.kernel.db.inserting import insert_or


class JobRun(Table):
    """A job by its name: when it last succeeded (`at`) and last failed, and with what."""

    __tablename__ = "job_run"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    # The kind of the error only; what it says may hold anything, and is in the log.
    error: Mapped[str] = mapped_column(String(80), default="")


async def note_run(db: AsyncSession, name: str, at: datetime, failure: str = "") -> None:
    """Note that the job succeeded, or failed with ``failure``, at a time."""
    new: dict[str, Any] = {"failed_at": at, "error": failure[:80]} if failure else {"at": at}
    row = insert_or(db, JobRun).values(**{"name": name, "error": "", **new})
    await db.execute(row.on_conflict_do_update(index_elements=["name"], set_=new))


async def last_success(db: AsyncSession, name: str) -> datetime | None:
    """When the job last succeeded; None if it never did."""
    run = await db.get(JobRun, name)
    return run.at if run else None
