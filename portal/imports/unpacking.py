"""Unpacking: a workbook becomes rows of text in a process of its own (`unpack` is that process).

Whoever looks at a workbook reads those rows: the workbook itself is opened once.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import BoundedSemaphore
from typing import BinaryIO

import structlog

from portal.imports import unpack

log = structlog.get_logger()

# A machine that does much else may take long over the seconds that `unpack` allows.
WALL_SECONDS = 120.0
_AT_ONCE = BoundedSemaphore(2)
_SCRIPT = str(Path(unpack.__file__).resolve())


class Lost(Exception):
    """A workbook that cannot be unpacked; `code` is one of those of `unpack` where it says why,
    anything else where the process was lost to a limit."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


def unpack_workbook(path: Path, rows: Path, *limits: int) -> None:
    """Write the rows of the workbook at ``path`` to ``rows``; raises `Lost`. Blocks."""
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=rows.parent)
    draft = Path(name)
    try:
        with _AT_ONCE, os.fdopen(handle, "wb") as out:
            code = _run([str(path.resolve()), *map(str, limits)], out)
            os.fsync(out.fileno())
        if code != 0:
            log.warning("import.not_unpacked", code=code)
            raise Lost(code)
        draft.replace(rows)
    finally:
        draft.unlink(missing_ok=True)


def _run(words: list[str], out: BinaryIO) -> int | None:
    """How the child ended; None: it was stopped for taking too long."""
    try:
        ended = subprocess.run(
            [sys.executable, "-I", _SCRIPT, *words],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.DEVNULL,
            cwd="/",
            # No setting of the portal goes along.
            env={name: os.environ[name] for name in ("PATH",) if name in os.environ},
            start_new_session=True,
            timeout=WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return ended.returncode
