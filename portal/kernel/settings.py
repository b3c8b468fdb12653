"""Settings: one typed table, read from the environment once, at the start of a command."""

import contextlib
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from portal.kernel.i18n import N_, Worded

_KEY_BYTES = 32
_SQLITE = "bihuan.db"


class BadSetting(Worded):
    """A setting that cannot be used; the line names the variable."""


@dataclass(frozen=True, slots=True)
class Option:
    """One environment variable."""

    variable: str
    default: str
    says: str
    read: Callable[[str], Any] = str
    secret: bool = False


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65_536:
        raise ValueError(N_("a port is a number from 1 to 65535"))
    return int(text)


def _yes(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(N_("write 1 for yes or 0 for no"))
    return text == "1"


def _smtp(text: str) -> str:
    server = urlsplit(text)
    try:
        has_port = server.port != 0
    except ValueError:  # it would quote what it took for a port: part of a password, maybe
        has_port = False
    if text and (server.scheme not in ("smtp", "smtps") or not server.hostname or not has_port):
        raise ValueError(
            N_("write smtp://user:password@host:port, or smtps:// for TLS from the start")
        )
    return text


def _sender(text: str) -> str:
    if text and not re.fullmatch(r"[\w.+-]+@[\w.-]+", text, re.ASCII):
        raise ValueError(N_("write an address like portal@example.com"))
    return text


OPTIONS = {
    "home": Option("BIHUAN_HOME", ".bihuan", "the folder of all data", lambda t: Path(t).resolve()),
    "host": Option("HOST", "127.0.0.1", "the address to listen on"),
    "port": Option("PORT", "8000", "the port to listen on", _port),
    "database_url": Option(
        "BIHUAN_DATABASE_URL", "", "PostgreSQL; empty means SQLite in the home", secret=True
    ),
    "public_url": Option("BIHUAN_PUBLIC_URL", "", "the address customers and phones use"),
    "smtp_url": Option(
        "BIHUAN_SMTP_URL", "", "smtp://user:password@host:port; empty: no mail", _smtp, secret=True
    ),
    "mail_from": Option("BIHUAN_MAIL_FROM", "", "the address that mail comes from", _sender),
    "secure": Option("BIHUAN_TLS", "0", "1 when browsers reach the portal over TLS", _yes),
    "company": Option("BIHUAN_COMPANY", "", "the company's name, at the head of its forms"),
    "zone": Option("BIHUAN_ZONE", "Asia/Shanghai", "the company's time zone", ZoneInfo),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What `OPTIONS` say, and what follows from it."""

    home: Path
    host: str
    port: int
    # Not shown where settings are: in a traceback, in a log.
    database_url: str = field(repr=False)
    public_url: str
    smtp_url: str = field(repr=False)
    mail_from: str
    secure: bool
    company: str
    zone: ZoneInfo
    secret: bytes = field(repr=False)

    @property
    def origin(self) -> str:
        """The address under which people find the portal."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"

    @property
    def attachments(self) -> Path:
        """Where files that people send in are kept."""
        return self.home / "attachments"

    @property
    def anchors_file(self) -> Path:
        """Day heads of the journal, outside the database."""
        return self.home / "journal-heads.txt"


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read `OPTIONS`; ``NAME_FILE`` gives the path of a file that holds the value of ``NAME``.

    An empty variable counts as none. Makes the home folder and, once, its secret key. Raises
    `BadSetting` in one line.
    """
    values = _values(environ)
    if values["smtp_url"] and not values["mail_from"]:
        raise BadSetting(N_("BIHUAN_MAIL_FROM is needed where there is BIHUAN_SMTP_URL"))
    home: Path = values["home"]
    secret = _prepare(home)
    values["database_url"] = values["database_url"] or f"sqlite+aiosqlite:///{home / _SQLITE}"
    return Settings(**values, secret=secret)


def listening_address(environ: Mapping[str, str] = os.environ) -> tuple[str, int]:
    """Host and port to listen on, read before anything is made for it."""
    values = _values(environ)
    return values["host"], values["port"]


def own_database(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The SQLite file in the home, also while there is none; None where the database is another."""
    values = _values(environ)
    home: Path = values["home"]
    return None if values["database_url"] else home / _SQLITE


def is_given(*names: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether any of these `OPTIONS` was set by whoever started the command."""
    variables = [OPTIONS[name].variable for name in names]
    return any(environ.get(one) or environ.get(f"{one}_FILE") for one in variables)


def _values(environ: Mapping[str, str]) -> dict[str, Any]:
    return {name: _value(option, environ) for name, option in OPTIONS.items()}


def _value(option: Option, environ: Mapping[str, str]) -> Any:
    text = environ.get(option.variable) or option.default
    path = environ.get(f"{option.variable}_FILE")
    try:
        if path:
            text = Path(path).read_text().strip()
        return option.read(text)
    except (ValueError, OSError, KeyError) as error:
        # Of a secret neither what it is.
        given = option.variable if option.secret else f"{option.variable} = {text!r}"
        raise BadSetting(N_("%(given)s: %(reason)s"), given=given, reason=str(error)) from error


def _prepare(home: Path) -> bytes:
    key = home / "secret.key"
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = home / ".writable"
        probe.touch()
        probe.unlink(missing_ok=True)  # another process may be starting and have removed it
        if not key.exists():
            _make_key(key)
        secret = bytes.fromhex(key.read_text().strip())
        if len(secret) != _KEY_BYTES:
            raise ValueError(N_("secret.key is damaged"))
        return secret
    except (OSError, ValueError) as error:
        text = N_("BIHUAN_HOME = %(home)s cannot be used: %(reason)s")
        raise BadSetting(text, home=repr(str(home)), reason=str(error)) from error


def _make_key(key: Path) -> None:
    # Linked into place complete: of two starts at once one wins, and neither reads half a key.
    draft = key.with_suffix(f".{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(_KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, key)
    draft.unlink()
