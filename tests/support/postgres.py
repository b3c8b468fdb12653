"""A PostgreSQL cluster of our own, in a temporary folder, over a Unix socket only."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_OPTIONS = (
    "-c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off "
    "-c max_connections=60 -c shared_buffers=64MB"
)


@contextmanager
def cluster() -> Iterator[str]:
    """Start a cluster and give its address with ``{database}`` to fill in; stop it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="bihuan-pg-"))
    owner = _owner()
    try:
        if owner:
            shutil.chown(folder, owner)
        _run("initdb", "-D", f"{folder}/data", "-U", "bihuan", "-A", "trust", "-E", "UTF8", "-N")
        start = ("-D", f"{folder}/data", "-l", f"{folder}/log", "-w", "-o")
        _run("pg_ctl", *start, f"{_OPTIONS} -k {folder}", "start")
        try:
            yield f"postgresql+psycopg://bihuan@/{{database}}?host={folder}"
        finally:
            _run("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


def _run(program: str, *arguments: str) -> None:
    path = _programs() / program
    done = subprocess.run(
        [path, *arguments],
        user=_owner(),
        cwd="/",
        env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode:
        raise RuntimeError(f"{program}: {done.stderr}")


def _programs() -> Path:
    """Debian keeps the server's programs off the PATH."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise RuntimeError("PostgreSQL's server is not installed (Debian: postgresql-15)")
    return found[-1].parent


def _owner() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
