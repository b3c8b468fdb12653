"""A portal that is really served: its own process, port and home."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent
_READY = re.compile(r"^Bihuan is at (\S+)$")


class Served:
    """The address of a running portal, and what it said while starting."""

    def __init__(self, origin: str, said: str) -> None:
        self.origin = origin
        self.said = said


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(
    home: Path,
    *options: str,
    root: Path = ROOT,
    port: int | None = None,
    module: Sequence[str] = ("portal", "serve"),
) -> Iterator[Served]:
    """Run ``serve`` with ``options`` over ``home`` until the block ends; ``root`` is the folder of
    the program, ``port`` that of another one before it, ``module`` another way to serve."""
    port = port or free_port()
    environment = {**os.environ, "BIHUAN_HOME": str(home), "PORT": str(port)}
    with (home / "errors.log").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", *module, *options],
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            said = _until_ready(process)
            origin = f"http://127.0.0.1:{port}"
            # It says where it is a moment before it listens.
            with httpx.Client(transport=httpx.HTTPTransport(retries=5)) as client:
                client.get(f"{origin}/healthz")
            yield Served(origin, said)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)
            if process.stdout:
                process.stdout.close()


def _until_ready(process: "subprocess.Popen[str]") -> str:
    said = []
    assert process.stdout
    for line in process.stdout:
        said.append(line)
        if _READY.match(line):
            return "".join(said)
    raise RuntimeError("the portal did not start: " + "".join(said))
