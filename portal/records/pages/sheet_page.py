"""A form on a page and on A4: one sheet, drawn by one template."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from litestar import Response
from markupsafe import Markup

from portal.cases.models import Case
from portal.kernel.i18n import N_
from portal.kernel.web.downloads import disposition
from portal.kernel.web.page import Page
from portal.kernel.web.render import AnyRequest
from portal.procedures.definition import Label
from portal.records.printing import Press
from portal.records.sheets import Pen, Sheet, both

# Fills in a form, with its pictures: when it is its turn, not before.
Fill = Callable[[], Awaitable[Sheet]]
_STYLE = Path(__file__).parents[3] / "static" / "css" / "sheet.css"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the head and the foot of every form say."""

    number: Label
    form: Label
    edition: Label
    kept: Label
    basis: Label
    printed: Label


@dataclass(kw_only=True)
class SheetPage(Page):
    """A form, filled in; `company` stands at its head."""

    sheet: Sheet
    company: str

    @property
    def terms(self) -> Terms:
        return Terms(
            number=both(N_("No.")),
            form=both(N_("Form")),
            edition=both(N_("Edition")),
            kept=both(N_("Kept")),
            basis=both(N_("Basis")),
            printed=both(N_("Printed")),
        )


@dataclass(kw_only=True)
class RecordPage(SheetPage):
    """A form on the screen; `missing` is what the server lacks for making PDF files."""

    template: ClassVar[str] = "records/show.html"
    case: Case
    pdf: str
    missing: str


@dataclass(kw_only=True)
class PrintedPage(SheetPage):
    """A form on paper, with its own style."""

    template: ClassVar[str] = "records/printed.html"

    @property
    def style(self) -> Markup:
        return Markup(_STYLE.read_text(encoding="utf-8"))


def pen_of(request: AnyRequest) -> Pen:
    """How this reader's forms are written."""
    return Pen(request.state.language, request.app.state.settings.zone)


def press_of(request: AnyRequest) -> Press:
    press: Press = request.app.state.press
    return press


async def print_sheet(request: AnyRequest, fill: Fill) -> Response[bytes]:
    """The form as a PDF file, to be looked at; raises what `Press.pdf` raises."""
    state = request.app.state
    name = ""

    async def draw() -> str:
        nonlocal name
        sheet = await fill()
        name = f"{sheet.form.title.zh}-{sheet.number}.pdf"
        page = PrintedPage(sheet=sheet, company=state.settings.company)
        html: str = state.templates.html(page, state.here(request), layout="")
        return html

    made = await press_of(request).pdf(draw)
    headers = {
        "content-disposition": disposition("inline", name),
        "content-security-policy": "sandbox; default-src 'none'",
        "cache-control": "private, no-store",
    }
    return Response(made, media_type="application/pdf", headers=headers)
