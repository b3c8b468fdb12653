"""From a page object to an answer. Only here is it asked whether HTMX is asking."""

from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Request, Response
from litestar.response import Redirect

from portal.kernel.i18n import LANGUAGES, language
from portal.kernel.settings import Settings
from portal.kernel.tokens import mint
from portal.kernel.web import formats
from portal.kernel.web.assets import Assets
from portal.kernel.web.flash import drop_flash, put_flash
from portal.kernel.web.page import Here, Page

AnyRequest = Request[Any, Any, Any]
Answer = Response[Any]


class Templates:
    """Every template, once for each language."""

    def __init__(self, folder: str, assets: Assets, settings: Settings) -> None:
        self.environments = {
            code: _environment(folder, assets, code, settings.zone) for code in LANGUAGES
        }

    def html(self, page: Page, here: Here, *, layout: str) -> str:
        """``page`` written out."""
        template = self.environments[here.locale].get_template(page.template)
        return template.render(page=page, here=here, layout=layout)


@cache
def _environment(folder: str, assets: Assets, code: str, zone: ZoneInfo) -> Environment:
    """Kept, because what it compiled serves every portal of this process."""
    tongue = language(code)
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        tongue.gettext, tongue.ngettext, newstyle=True
    )
    environment.globals.update(asset=assets.url, icon=assets.icon, mint=mint)
    environment.filters.update(formats.filters(tongue, zone))
    return environment


def is_partial(request: AnyRequest) -> bool:
    """Whether HTMX asks, and so wants the main part only."""
    return request.headers.get("hx-request") == "true"


def render(request: AnyRequest, page: Page) -> Response[str]:
    """Answer with ``page``: whole, or only its main part when HTMX asks for that.

    Written out at once, so that a template that fails still rolls the unit of work back.
    """
    here: Here = request.app.state.here(request)
    name = "fragment" if is_partial(request) else "full" if here.me else "bare"
    layout = f"kernel/layout/{name}.html"
    response = Response(
        request.app.state.templates.html(page, here, layout=layout),
        media_type=MediaType.HTML,
        status_code=page.status,
        headers={"vary": "HX-Request, Cookie, Accept-Language"},
    )
    drop_flash(request, response)
    return response


def redirect(request: AnyRequest, path: str, flash: str = "", **values: Any) -> Answer:
    """Go to ``path`` after a change; ``flash`` is the msgid of the notice shown there."""
    answer: Answer = Redirect(path, status_code=303)
    if flash:
        put_flash(answer, request.app.state.settings, flash, **values)
    return answer
