"""Which servers use a home: each leaves its address there for as long as it runs.

The address stands in a file that its server holds locked. The system gives the lock back however
the server ends, so that what one that was killed has left is known as such.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from portal.commands.running import say
from portal.kernel.i18n import N_
from portal.kernel.settings import Settings, is_given

_FOLDER = "servers"


@contextmanager
def known_here(home: Path, origin: str) -> Iterator[list[str]]:
    """Leave ``origin`` for other commands while the block runs; the addresses of those servers
    that use the home already, the latest first."""
    folder = home / _FOLDER
    folder.mkdir(exist_ok=True)
    others = running_servers(home)
    # Under its name only once it is locked and whole.
    draft = folder / f".{secrets.token_hex(4)}"
    place = folder / draft.name[1:]
    with draft.open("x") as file:
        with suppress(OSError):  # a file system without locks: others do not hear of this one
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.write(origin)
        file.flush()
        draft.rename(place)
        try:
            yield others
        finally:
            place.unlink(missing_ok=True)


def running_servers(home: Path) -> list[str]:
    """The addresses of the servers that use the home now, the latest first; what others have left
    behind is taken away."""
    found: list[tuple[float, str]] = []
    for place in (home / _FOLDER).glob("[!.]*"):
        with suppress(FileNotFoundError), place.open() as file:
            held = _is_held(file.fileno())
            if held:
                found.append((os.fstat(file.fileno()).st_mtime, file.read()))
            elif held is False:
                place.unlink(missing_ok=True)
    return [origin for _, origin in sorted(found, reverse=True)]


def origin_for_links(settings: Settings) -> str:
    """Under which address a link of this command leads to the portal: as the settings say, else
    that of the server that runs. Where none is known, or several are, a line says so."""
    if is_given("port", "public_url"):
        return settings.origin
    running = running_servers(settings.home)
    origin = running[0] if running else settings.origin
    if not running:
        text = N_(
            "No running server is known here: the link is made for %(origin)s."
            " PORT or BIHUAN_PUBLIC_URL say another address."
        )
        say(text, err=True, origin=origin)
    elif len(running) > 1:
        text = N_("Several servers use this home: the link is made for the latest, %(origin)s.")
        say(text, err=True, origin=origin)
    return origin


def _is_held(file: int) -> bool | None:
    """None on a file system without locks, where nobody knows."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    return False
