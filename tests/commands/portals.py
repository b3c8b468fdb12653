"""The commands as an operator runs them: in a process of their own, with a home of their own.

Commands are forked from a process that has loaded the program once: loading it takes a second, and
they are many. What `Operator.types` and what `Operator.serving` starts loads it itself.
"""

import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import httpx

from portal.commands.main import main
from portal.kernel.web.csrf import csrf_token

_loaded = multiprocessing.get_context("forkserver")
_loaded.set_forkserver_preload(["portal.commands.main"])
ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Operator:
    """Somebody at the machine, with one home and, when it is set, one other database."""

    home: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return self.home / "bihuan.db"

    def __post_init__(self) -> None:
        known = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.environ = {
            **known,
            "BIHUAN_HOME": str(self.home),
            "BIHUAN_LANGUAGE": "en",
            **self.environ,
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        with TemporaryDirectory() as folder:
            said = Path(folder, "out"), Path(folder, "err")
            process = _loaded.Process(target=_command, args=(words, self.environ, said))
            process.start()
            process.join(60)
            if process.exitcode is None:
                process.kill()
                raise AssertionError(f"{words} does not end")
            return subprocess.CompletedProcess(
                words, process.exitcode, *(file.read_text("utf-8") for file in said)
            )

    def types(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run it as it is typed."""
        return subprocess.run(
            [sys.executable, "-m", "portal", *words],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def says(self, *words: str) -> str:
        """What a command that succeeds prints."""
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def fails(self, *words: str) -> str:
        """The one line in which a command refuses."""
        done = self.run(*words)
        assert done.returncode not in (0, -9), done.stdout
        last = done.stderr.strip().splitlines()[-1]
        assert last.startswith("bihuan: "), done.stderr
        assert "Traceback" not in done.stderr
        return last.removeprefix("bihuan: ")

    @contextmanager
    def serving(self, *words: str) -> Iterator["Serving"]:
        """Serve on a free port, from the moment it says where."""
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "portal", "serve", *words],
            cwd=ROOT,
            env={**self.environ, "PORT": str(port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout
            said = _until(process.stdout, f"Bihuan is at http://127.0.0.1:{port}")
            assert said, process.communicate()
            yield Serving(process, port, said)
        finally:
            process.kill()
            process.communicate()

    @contextmanager
    def serving_quickly(self) -> Iterator["Address"]:
        """The same from the loaded program; it can only be killed."""
        port = free_port()
        with TemporaryDirectory() as folder:
            said = Path(folder, "out"), Path(folder, "err")
            os.mkfifo(said[0])
            environ = {**self.environ, "PORT": str(port)}
            process = _loaded.Process(target=_command, args=(("serve",), environ, said))
            process.start()
            try:
                with said[0].open(encoding="utf-8") as out:
                    ready = _until(out, f"Bihuan is at http://127.0.0.1:{port}")
                    assert ready, said[1].read_text(encoding="utf-8")
                    yield Address(process, port)
            finally:
                process.kill()
                process.join()


def _command(words: Sequence[str], environ: Mapping[str, str], said: Sequence[Path]) -> None:
    """What a process does that was started with these words."""
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environ)
    sys.stdout, sys.stderr = (file.open("w", encoding="utf-8") for file in said)
    for number, stream in enumerate((sys.stdout, sys.stderr), start=1):
        os.dup2(stream.fileno(), number)
    sys.argv[1:] = words
    main()


def _until(out: Iterable[str], last: str) -> str:
    """What is said up to the ``last`` line; nothing where it stops before."""
    said = ""
    for line in out:
        said += line
        if line.strip() == last:
            return said
    return ""


class Killable(Protocol):
    """A process, however it was started."""

    def kill(self) -> None: ...


@dataclass
class Address:
    """Where a portal serves."""

    process: Killable
    port: int

    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            timeout=20,
            trust_env=False,
            headers={"accept": "text/html", "accept-language": "en"},
        )


@dataclass
class Serving(Address):
    """A portal started as it is typed; `said` is what it has printed."""

    process: subprocess.Popen[str]
    said: str

    def stop(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        """Ask it to end; exit code and what it printed meanwhile."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=15)
        return self.process.returncode, out, err


def sign_in(home: Path, client: httpx.Client, login: str, password: str) -> str:
    """Sign in; the token that this browser's forms carry from then on."""
    client.get("/sign-in")
    form = {"login": login, "password": password, "_csrf": token(home, client)}
    answer = client.post("/sign-in", data=form)
    assert answer.status_code == 303, answer.text
    return token(home, client)


def token(home: Path, client: httpx.Client) -> str:
    secret = bytes.fromhex((home / "secret.key").read_text())
    return csrf_token(secret, client.cookies["bihuan"])


LINK = re.compile(r"http://127\.0\.0\.1:\d+(/invitations/[A-Za-z0-9_-]{43})")
