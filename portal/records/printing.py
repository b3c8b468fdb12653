"""Printing: HTML to PDF in a process of its own, a few at a time (`press` is that process)."""

import asyncio
import os
import re
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import structlog

from portal.kernel.problems import Problem
from portal.records import press
from portal.records.problems import PRINTING_BUSY, PRINTING_FAILED, PRINTING_MISSING

log = structlog.get_logger()

# A machine that does much else may take long over the seconds that `press` allows.
WALL_SECONDS = 60.0
AT_ONCE, MOST_WAITING = 2, 8
# Whoever installs what is missing need not start the portal anew.
_LOOK_AGAIN = 60.0
_SCRIPT = str(Path(press.__file__).resolve())
# What no page of paper shows, and what turns a line round.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


@dataclass
class Press:
    """Prints for one process of the portal. `command` is how the child is run, less its
    arguments."""

    command: tuple[str, ...] = (sys.executable, "-I", _SCRIPT)
    wall: float = WALL_SECONDS
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _waiting: int = 0
    _missing: str = ""
    _looked_at: float | None = None

    async def missing(self) -> str:
        """The packages to install before PDF files can be made; empty when all is there."""
        is_known = self._looked_at is not None and not self._missing
        if is_known or (self._looked_at and monotonic() - self._looked_at < _LOOK_AGAIN):
            return self._missing
        code, out = await self._run(b"", "--check")
        self._missing = out.decode().strip() if code == 0 else ""
        self._looked_at = monotonic()
        return self._missing

    async def pdf(self, draw: Callable[[], Awaitable[str]]) -> bytes:
        """What ``draw`` makes, HTML whole with its style, as a PDF. Drawing costs as much as
        printing does, and waits for the same turn.

        Raises ``printing-missing``, ``printing-busy`` when too many wait, and ``printing-failed``.
        """
        if packages := await self.missing():
            raise Problem(PRINTING_MISSING, {"packages": packages})
        if self._waiting >= MOST_WAITING:
            raise Problem(PRINTING_BUSY, headers={"retry-after": "60"})
        self._waiting += 1
        try:
            async with self._turns:
                html = await draw()
                code, made = await self._run(_UNPRINTABLE.sub("", html).encode())
        finally:
            self._waiting -= 1
        if code == press.UNLOADABLE:
            packages = " ".join(press.LIBRARIES.values())
            raise Problem(PRINTING_MISSING, {"packages": packages})
        if code != 0 or not made.startswith(b"%PDF-"):
            log.error("printing.failed", code=code, bytes=len(html))
            raise Problem(PRINTING_FAILED)
        return made

    async def _run(self, sent: bytes, *words: str) -> tuple[int | None, bytes]:
        """How the child ended (None: it was stopped for taking too long), and what it wrote."""
        child = await asyncio.create_subprocess_exec(
            *self.command,
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd="/",
            # The fonts' cache lies in the home; no setting of the portal goes along.
            env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            start_new_session=True,
        )
        try:
            made, _ = await asyncio.wait_for(child.communicate(sent), self.wall)
        except TimeoutError:
            return None, b""
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        return child.returncode, made
