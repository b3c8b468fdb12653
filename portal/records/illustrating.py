"""Pictures for a form, from documents of the case: pixels only, small, within the page itself."""

import asyncio
import base64
from collections.abc import Iterable
from pathlib import Path

from portal.cases.documenting import folder_of
from portal.cases.models import Document
from portal.kernel.attachments import open_file
from portal.kernel.pictures import derivative
from portal.kernel.problems import Problem
from portal.records.sheets import Picture

# Wide enough for a third of A4 in print; what a form shows of one visit at most.
LONGEST, MOST = 480, 24


async def illustrate(home: Path, chosen: Iterable[tuple[Document, str]]) -> tuple[Picture, ...]:
    """The documents that are pictures, each with its caption; what cannot be shown is left out:
    the form says how many there are."""
    shown = []
    for document, caption in chosen:
        if source := await picture(home, document):
            shown.append(Picture(source, caption))
    return tuple(shown)


async def picture(home: Path, document: Document) -> str:
    """A document as a ``data:`` address; empty for what is no picture, or is damaged or gone."""
    if not document.mime.startswith("image/"):
        return ""
    try:
        content = await asyncio.to_thread(_read, home, document.sha256)
        drawn = await derivative(content, LONGEST)
    except (Problem, OSError):
        return ""
    return f"data:image/jpeg;base64,{base64.b64encode(drawn).decode()}"


def _read(home: Path, sha256: str) -> bytes:
    with open_file(folder_of(home), sha256) as file:
        return file.read()
