"""Mail by SMTP: a short plain text with a link to the page."""

from email.headerregistry import Address
from email.message import EmailMessage
from hashlib import sha256
from urllib.parse import unquote, urlsplit

import aiosmtplib

from portal.kernel.i18n import N_
from portal.kernel.settings import Settings
from portal.notices.transport import Message, TransportError
from portal.people.models import Person

# Seconds for each step of the conversation.
_PATIENCE = 10.0
_FOOT = N_("You get this mail from Bihuan. Under Inbox you choose which notices are mailed.")


class Mail:
    """By ``smtp://`` with TLS where the server offers it, by ``smtps://`` always."""

    def is_open(self, settings: Settings) -> bool:
        return bool(settings.smtp_url)

    def reaches(self, person: Person) -> bool:
        return bool(person.email)

    async def send(self, settings: Settings, message: Message) -> None:
        try:
            written = write(settings, message)
        except (ValueError, IndexError) as error:  # so the library refuses an address
            raise TransportError(str(error), permanent=True) from error
        server = urlsplit(settings.smtp_url)
        try:
            await aiosmtplib.send(
                written,
                hostname=server.hostname,
                port=server.port,
                username=unquote(server.username) if server.username else None,
                password=unquote(server.password) if server.password else None,
                use_tls=server.scheme == "smtps",
                timeout=_PATIENCE,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            raise TransportError(_reason(error), permanent=_is_permanent(error)) from error


def write(settings: Settings, message: Message) -> EmailMessage:
    """``message`` as a mail. Raises `ValueError` or `IndexError` for an address that is none."""
    say = message.language.gettext
    title = " ".join(message.title.split())
    mail = EmailMessage()
    sender = Address(say("Bihuan"), addr_spec=settings.mail_from)
    mail["From"] = sender
    mail["To"] = Address(message.name, addr_spec=message.email)
    mail["Subject"] = title
    mail["Date"] = message.at
    # The same each time it is sent, so that mail programs show it once.
    mail["Message-ID"] = f"<{sha256(message.dedupe.encode()).hexdigest()[:32]}@{sender.domain}>"
    mail["X-Bihuan-Dedupe"] = message.dedupe
    # No answers from people who are away, please.
    mail["Auto-Submitted"] = "auto-generated"
    if message.urgent:
        mail["Importance"] = "high"
    mail.set_content(f"{title}\n\n{message.link}\n\n-- \n{say(message.foot or _FOOT)}\n")
    return mail


def _is_permanent(error: Exception) -> bool:
    """Only what the server says of this recipient or this text: a wrong password or a sender it
    does not like is a fault of the settings, and mending them must not find every mail dead."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(refused.code >= 500 for refused in error.recipients)
    return isinstance(error, aiosmtplib.SMTPDataError) and error.code >= 500


def _reason(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return "; ".join(f"{refused.code} {refused.message}" for refused in error.recipients)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"
    return f"{type(error).__name__}: {error}"
