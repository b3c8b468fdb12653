"""Photos that customers send: a few, not too large, and of pictures nothing but the pixels."""

from collections.abc import Sequence
from pathlib import Path, PurePath

from litestar.datastructures import UploadFile
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.documenting import add_document, keep_file
from portal.cases.models import Case
from portal.cases.taking_in import Photo
from portal.kernel.act import Act
from portal.kernel.attachments import EMPTY_FILE
from portal.kernel.i18n import N_
from portal.kernel.pictures import BAD_PICTURE, PAGE, derivative
from portal.kernel.problems import Problem

MOST = 5
MOST_BYTES = 10 * 1024 * 1024
# What a form with all of them weighs at most.
MOST_SENT = MOST * MOST_BYTES + 262_144
# Named one by one: phones then convert what they take (HEIC) into one of these.
ACCEPTED = "image/jpeg,image/png,image/webp,image/gif,application/pdf"
TOO_MANY = N_("At most 5 files at a time.")
TOO_BIG = N_("A file may have 10 MB at most.")
NOT_A_PHOTO = N_("Only photos (JPEG, PNG, WebP, GIF) and PDF files, whole ones.")


class BadPhoto(Exception):
    """A file that is not taken; the message is a msgid."""


def chosen_files(sent: Sequence[object]) -> list[UploadFile]:
    """The files among what a field for files sent: without any it sends one that has no name."""
    return [file for file in sent if isinstance(file, UploadFile) and file.filename]


async def keep_photos(
    home: Path, sent: Sequence[object], before: Sequence[Photo] = ()
) -> list[Photo]:
    """Put what was sent on the disk, before and outside the unit that makes documents of it; all
    of the form's photos, with those that came ``before``. The same file twice is one.

    Pictures are written anew: whatever hid in them, and where they were taken, is gone. Raises
    `BadPhoto`.
    """
    files = chosen_files(sent)
    kept = {photo.stored.sha256: photo for photo in before}
    if len(kept) + len(files) > MOST:
        raise BadPhoto(TOO_MANY)
    for file in files:
        content = await file.read()
        if len(content) > MOST_BYTES:
            raise BadPhoto(TOO_BIG)
        photo = await _keep(home, file.filename, content)
        kept.setdefault(photo.stored.sha256, photo)
    return list(kept.values())


async def add_photos(db: AsyncSession, act: Act, case: Case, photos: Sequence[Photo]) -> None:
    """Make them documents of the case."""
    for photo in photos:
        await add_document(db, act, case, photo.name, photo.stored)


async def _keep(home: Path, name: str, content: bytes) -> Photo:
    try:
        if content.startswith(b"%PDF-"):
            return Photo(name, await keep_file(home, content))
        clean = await derivative(content, PAGE)
        return Photo(f"{PurePath(name).stem or 'photo'}.jpg", await keep_file(home, clean))
    except Problem as problem:
        if problem.kind in (BAD_PICTURE, EMPTY_FILE):
            raise BadPhoto(NOT_A_PHOTO) from problem
        raise
