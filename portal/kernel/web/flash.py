"""A notice that survives one redirect: in a signed cookie, as a msgid and its values."""

import json
from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie

from portal.kernel.i18n import Language
from portal.kernel.settings import Settings
from portal.kernel.tokens import sign, unsign

_COOKIE = "bihuan-flash"


def put_flash(response: Response[Any], settings: Settings, text: str, **values: Any) -> None:
    """Show ``text`` (a msgid with ``%(name)s`` places) on the page that follows ``response``."""
    content = json.dumps([text, values]).encode()
    response.set_cookie(
        Cookie(
            key=_COOKIE,
            value=sign(settings.secret, "flash", content),
            max_age=60,
            httponly=True,
            secure=settings.secure,
            samesite="lax",
        )
    )


def read_flash(
    request: Request[Any, Any, Any], settings: Settings, language: Language
) -> list[tuple[str, str]]:
    """The waiting notice as ``[(kind, text)]``, empty when there is none."""
    content = unsign(settings.secret, "flash", request.cookies.get(_COOKIE, ""))
    if content is None:
        return []
    text, values = json.loads(content)
    return [("success", language.gettext(text) % values)]


def drop_flash(request: Request[Any, Any, Any], response: Response[Any]) -> None:
    """Forget the notice that this answer has shown."""
    if _COOKIE in request.cookies:
        response.delete_cookie(_COOKIE)
