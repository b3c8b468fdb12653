"""Mail: a real conversation with a server on this machine."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope

from portal.kernel.db.unit import Database
from portal.kernel.i18n import language
from portal.kernel.settings import BadSetting, Settings, read_settings
from portal.notices.channels import CHANNELS, open_channels
from portal.notices.mail import Mail
from portal.notices.sending import deliver
from portal.notices.transport import Message, TransportError
from tests.notices.support import ids, letters, told
from tests.people.support import person
from tests.support.cast import NOON

LETTER = Message(
    dedupe="mail:1",
    name="陈晓燕",
    email="clerk@example.com",
    language=language("zh_CN"),
    at=NOON,
    title="A-1已保存。",
    link="http://127.0.0.1:8000/people",
    urgent=True,
)


@dataclass
class Server:
    """A mail server that answers RCPT and DATA as told."""

    on_recipient: str = "250 OK"
    on_text: str = "250 OK"
    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(self, _s: Any, _e: Any, envelope: Envelope, to: str, _o: Any) -> str:  # noqa: N802
        if self.on_recipient.startswith("2"):
            envelope.rcpt_tos.append(to)
        return self.on_recipient

    async def handle_DATA(self, _s: Any, _e: Any, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append(mail)
        return self.on_text


@pytest.fixture
async def server() -> Server:
    return Server()


@pytest.fixture
async def settings(settings: Settings, server: Server) -> AsyncIterator[Settings]:
    """As installed, with that server."""

    def serve() -> SMTP:
        return SMTP(server, hostname="localhost")

    listening = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    yield replace(settings, smtp_url=f"smtp://127.0.0.1:{port}", mail_from="portal@bihuan.example")
    listening.close()


async def send(database: Database, settings: Settings) -> None:
    """Tell the clerk something urgent, and run the job once."""
    database.info.update(open_channels(settings))
    await told(database, await ids(database, "clerk"), urgent=True)
    await deliver(database, settings, NOON, chance=lambda: 0.5)


async def test_a_notice_arrives_as_a_short_text_with_a_link(
    database: Database, settings: Settings, server: Server
) -> None:
    await send(database, settings)
    (mail,) = server.mails
    assert mail["To"] == "陈晓燕 <clerk@example.com>"
    assert mail["From"] == "闭环 <portal@bihuan.example>"
    assert mail["Subject"] == "A-1已保存。"
    assert (mail["Auto-Submitted"], mail["Importance"]) == ("auto-generated", "high")
    assert mail.get_content().split()[:2] == ["A-1已保存。", "http://127.0.0.1:8000/people"]
    (letter,) = await letters(database)
    assert letter.done_at == NOON
    assert mail["X-Bihuan-Dedupe"] == letter.dedupe


@pytest.mark.parametrize("part", ["on_recipient", "on_text"])
async def test_a_4xx_is_tried_again_under_the_same_number(
    database: Database, settings: Settings, server: Server, part: str
) -> None:
    setattr(server, part, "451 4.7.1 greylisted")
    await send(database, settings)
    (letter,) = await letters(database)
    assert (letter.dead_at, letter.tries) == (None, 1)
    assert letter.error == "451 4.7.1 greylisted"
    assert letter.next_try_at
    setattr(server, part, "250 OK")
    await deliver(database, settings, letter.next_try_at)
    assert (await letters(database))[0].done_at == letter.next_try_at
    assert len({mail["Message-ID"] for mail in server.mails}) == 1


@pytest.mark.parametrize("part", ["on_recipient", "on_text"])
async def test_a_5xx_is_dead(
    database: Database, settings: Settings, server: Server, part: str
) -> None:
    setattr(server, part, "550 5.1.1 nobody of that name")
    await send(database, settings)
    (letter,) = await letters(database)
    assert (letter.dead_at, letter.error) == (NOON, "550 5.1.1 nobody of that name")


async def test_a_server_that_is_away_is_tried_again(database: Database, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    await send(database, replace(settings, smtp_url=f"smtp://127.0.0.1:{port}"))
    (letter,) = await letters(database)
    assert (letter.dead_at, letter.tries) == (None, 1)
    assert "SMTPConnectError" in letter.error


async def test_a_password_that_the_server_does_not_take_kills_no_mail(
    settings: Settings,
) -> None:
    address = settings.smtp_url.replace("//", "//portal:wrong@")
    with pytest.raises(TransportError) as caught:
        await Mail().send(replace(settings, smtp_url=address), LETTER)
    assert not caught.value.permanent


@pytest.mark.parametrize("address", ["clerk@", "a b@example.com", "clerk@example.com\nBcc: x@y.z"])
async def test_an_address_that_is_none_is_dead(settings: Settings, address: str) -> None:
    with pytest.raises(TransportError) as caught:
        await Mail().send(settings, replace(LETTER, email=address))
    assert caught.value.permanent


async def test_a_title_cannot_write_headers(settings: Settings, server: Server) -> None:
    await Mail().send(settings, replace(LETTER, title="x\r\nBcc: thief@example.com"))
    assert server.mails[0]["Bcc"] is None
    assert server.mails[0]["Subject"] == "x Bcc: thief@example.com"


async def test_people_without_an_address_get_no_letter(
    database: Database, settings: Settings
) -> None:
    async with database.writing() as db:
        (await person(db, "clerk")).email = ""
    await send(database, settings)
    assert not await letters(database)


async def test_without_a_server_mail_is_closed(settings: Settings) -> None:
    assert open_channels(settings)["open_channels"].keys() == CHANNELS.keys()
    closed = open_channels(replace(settings, smtp_url=""))
    assert closed["open_channels"] == {}


@pytest.mark.parametrize("address", ["mail.example.com", "http://mail/", "smtp:///x", "smtp://a:b"])
async def test_a_server_is_written_as_an_address(settings: Settings, address: str) -> None:
    environ = {"BIHUAN_HOME": str(settings.home), "BIHUAN_SMTP_URL": address}
    with pytest.raises(BadSetting, match="BIHUAN_SMTP_URL") as caught:
        read_settings({**environ, "BIHUAN_MAIL_FROM": "a@b.example"})
    assert address not in str(caught.value)


@pytest.mark.parametrize("sender", ["", "portal", "a@b@c", "闭环@例子.中国"])
async def test_a_server_needs_an_address_to_send_from(settings: Settings, sender: str) -> None:
    environ = {"BIHUAN_HOME": str(settings.home), "BIHUAN_SMTP_URL": "smtp://mail"}
    with pytest.raises(BadSetting, match="BIHUAN_MAIL_FROM"):
        read_settings({**environ, "BIHUAN_MAIL_FROM": sender})
