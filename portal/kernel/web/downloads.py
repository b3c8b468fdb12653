"""Handing out files that people sent in: to be saved, never to be run."""

import re
import unicodedata
from pathlib import Path
from urllib.parse import quote

from litestar.datastructures import ETag
from litestar.response import File

from portal.kernel.attachments import Stored, path_of
from portal.kernel.problems import NOT_FOUND, Problem

_LONGEST_NAME = 120


def serve(folder: Path, stored: Stored, filename: str, *, inline: bool = False) -> File:
    """An answer with the stored file, to be saved as ``filename`` (as its sender called it).

    ``inline`` is for our own re-encoded pictures, which are shown in pages; it counts for JPEG
    only. Raises ``not-found``.
    """
    path = path_of(folder, stored.sha256)
    if not path.is_file():
        raise Problem(NOT_FOUND)
    shown = inline and stored.mime == "image/jpeg"
    return File(
        path,
        media_type=stored.mime,
        etag=ETag(value=stored.sha256),
        headers={
            "content-disposition": disposition("inline" if shown else "attachment", filename),
            "content-security-policy": "sandbox; default-src 'none'",
            "x-content-type-options": "nosniff",
            "cross-origin-resource-policy": "same-origin",
            "cache-control": "private, max-age=3600",
        },
    )


def disposition(kind: str, filename: str) -> str:
    """A ``Content-Disposition`` with the name in ASCII and, by RFC 5987, in full."""
    name = _harmless(filename)
    plain = re.sub(r'[^ -~]|["\\%]', "_", name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _harmless(filename: str) -> str:
    """The last part of a path, without what turns, hides or ends a line; its ending is kept."""
    last = re.split(r"[/\\]", filename)[-1]
    visible = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    stem, dot, ending = visible.strip(" .").rpartition(".")
    if len(ending) > 10 or not stem:
        stem, dot, ending = stem + dot + ending, "", ""
    return (stem[:_LONGEST_NAME] + dot + ending) or "file"
