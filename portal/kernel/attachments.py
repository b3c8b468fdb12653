"""Files that people send in, kept under the sha256 of their content; the same content is one file.

A file that has its name is whole and on the disk. Nothing here deletes: which files are still
needed only the tables know.
"""

import asyncio
import hashlib
import os
import re
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import structlog

from portal.kernel.i18n import N_
from portal.kernel.problems import NOT_FOUND, TOO_LARGE, Kind, Problem
from portal.kernel.sniffing import mime_of

log = structlog.get_logger()

EMPTY_FILE = Kind(
    "empty-file",
    422,
    N_("The file is empty"),
    N_("The file you sent has no content."),
    todo=N_("Open the file on your device to see whether it is whole, then send it again."),
)
NOT_STORED = Kind(
    "not-stored",
    507,
    N_("The file could not be stored"),
    N_("The disk of the portal is full or cannot be written to."),
    todo=N_("Keep the file and tell the administrator; send it again later."),
)
DAMAGED_FILE = Kind(
    "damaged-file",
    500,
    N_("The file is damaged"),
    N_("The stored file is no longer what was sent in."),
    todo=N_("Tell the administrator: the file can be taken from a backup."),
)

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in the store: ``size`` in bytes, ``mime`` by its content."""

    sha256: str
    size: int
    mime: str


async def store(folder: Path, content: bytes | AsyncIterable[bytes], *, limit: int) -> Stored:
    """Keep ``content`` (at most ``limit`` bytes) under ``folder``; when this returns it is on disk.

    Raises the problems ``too-large``, ``empty-file`` and ``not-stored``; then nothing is kept.
    """
    with _told(folder):
        draft = await asyncio.to_thread(_Draft, folder)
    try:
        async for chunk in _chunks(content):
            if draft.size + len(chunk) > limit:
                raise Problem(TOO_LARGE)
            with _told(folder):
                await asyncio.to_thread(draft.write, chunk)
        if not draft.size:
            raise Problem(EMPTY_FILE)
        with _told(folder):
            return await asyncio.to_thread(draft.keep)
    finally:
        draft.drop()


def path_of(folder: Path, sha256: str) -> Path:
    """Where a file lies or would lie. Raises ``not-found`` for what is no sha256 in hex."""
    if not _SHA256.fullmatch(sha256):
        raise Problem(NOT_FOUND)
    return folder / sha256[:2] / sha256[2:4] / sha256


def open_file(folder: Path, sha256: str, *, verify: bool = False) -> BinaryIO:
    """The file, for reading; ``verify`` reads it once before. Blocks: call it in a thread.

    Raises ``not-found``, and ``damaged-file`` where the content is no longer what was stored.
    """
    path = path_of(folder, sha256)
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        log.error("attachment.missing", sha256=sha256)
        raise Problem(NOT_FOUND) from error
    if verify:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            file.close()
            log.error("attachment.damaged", sha256=sha256)
            raise Problem(DAMAGED_FILE)
        file.seek(0)
    return file


class _Draft:
    """A file that is being received."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
        self._folder = folder
        self._path = Path(name)
        self._file = os.fdopen(handle, "wb")
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._digest.update(chunk)
        self.size += len(chunk)

    def keep(self) -> Stored:
        """Give the file its name; it takes the place of the same file, were that damaged."""
        self._file.flush()
        os.fsync(self._file.fileno())
        stored = Stored(self._digest.hexdigest(), self.size, mime_of(self._path))
        path = path_of(self._folder, stored.sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path.replace(path)
        for folder in (path.parent, path.parent.parent, self._folder):
            _sync(folder)
        return stored

    def drop(self) -> None:
        """Leave nothing behind of what was not kept."""
        with suppress(OSError):  # what it still holds may not fit on the disk
            self._file.close()
        self._path.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """A new name is safe from a power cut only when its folder is on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


async def _chunks(content: bytes | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    async for chunk in content:
        yield chunk


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """What the disk refuses is a problem that the sender can understand."""
    try:
        yield
    except OSError as error:
        log.error("attachment.not_stored", folder=str(folder), error=str(error))
        raise Problem(NOT_STORED) from error
