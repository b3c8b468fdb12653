"""Documents: files of a case, kept under their content's digest."""

import re
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.models import Case, Document
from portal.kernel.act import Act, LinkHolder
from portal.kernel.attachments import Stored, store
from portal.kernel.journal.recording import record
from portal.kernel.problems import NOT_FOUND, Problem
from portal.people.access import me

MOST_BYTES = 25 * 1024 * 1024
# A file's name may hold what neither database takes.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def folder_of(home: Path) -> Path:
    """Where attachments lie in the home of the portal."""
    return home / "attachments"


async def keep_file(home: Path, content: bytes) -> Stored:
    """Put a file on the disk, before and outside the unit that makes it a document."""
    return await store(folder_of(home), content, limit=MOST_BYTES)


async def add_document(
    db: AsyncSession, act: Act, case: Case, name: str, stored: Stored
) -> Document:
    """Make a stored file a document of the case, under the name it was sent with; nobody's of the
    staff where it comes by a customer's link."""
    document = Document(
        case_id=case.id,
        sha256=stored.sha256,
        size=stored.size,
        mime=stored.mime,
        name=_UNSTORABLE.sub("", name)[-200:],
        at=act.at,
        by_id=None if isinstance(act.actor, LinkHolder) else me(act),
    )
    db.add(document)
    await db.flush()
    record(db, act, "document.added", f"case:{case.id}", document=document.id, sha256=stored.sha256)
    return document


async def find_document(db: AsyncSession, case: Case, document_id: int) -> Document:
    """A document of this case; raises ``not-found`` for another one's."""
    query = select(Document).where(Document.id == document_id, Document.case_id == case.id)
    document = await db.scalar(query)
    if document is None:
        raise Problem(NOT_FOUND)
    return document
