"""Forms: what was typed is kept, each error stands next to its field, in the reader's language."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from litestar import connection
from litestar._parsers import parse_url_encoded_form_data
from litestar.datastructures import FormMultiDict
from wtforms import Field, FileField, HiddenField
from wtforms import Form as WtForm
from wtforms.meta import DefaultMeta

from portal.kernel.i18n import N_, Language
from portal.kernel.problems import CONFLICT, INVALID, Difference, Problem
from portal.kernel.web.page import Page
from portal.kernel.web.render import AnyRequest

# Parsed forms are not kept: the framework remembers the last thousand whole bodies, passwords
# among them, whatever their size.
_uncached = parse_url_encoded_form_data.__wrapped__
setattr(connection.request, "parse_url_encoded_form_data", _uncached)  # noqa: B010

# Legal in neither database, and nobody can type them: NUL and lone surrogates.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

# What the form library says by itself; listed so that translation finds it.
LIBRARY_MESSAGES = (
    N_("This field is required."),
    N_("Not a valid choice."),
    N_("Not a valid choice"),
    N_("Not a valid integer value."),
    N_("Not a valid decimal value."),
    N_("Not a valid float value."),
    N_("Not a valid date value."),
    N_("Not a valid time value."),
    N_("Not a valid datetime value."),
    N_("Invalid input."),
    N_("Invalid Choice: could not coerce."),
    N_("'%(value)s' is not a valid choice for this field."),
    N_("Number must be between %(min)s and %(max)s."),
)


class Rejected(Exception):
    """Raised with the page that shows the form again: what the unit had written rolls back."""

    def __init__(self, page: Page) -> None:
        page.status = 422
        self.page = page


class _Messages:
    def __init__(self, language: Language) -> None:
        self.gettext = language.gettext
        self.ngettext = language.ngettext


class Form(WtForm):
    """Base of all forms. Classes give labels as msgids or as data; made by `submitted`, `asked` or
    `blank`, a form has labels and `errors` in the reader's language. Choices stay msgids."""

    class Meta(DefaultMeta):
        language: Language

        def get_translations(self, form: Any) -> Any:
            return _Messages(self.language)

    def say(self, name: str, message: str) -> None:
        """Put ``message`` (a msgid) next to the field ``name``."""
        field = self[name]
        field.errors = [*field.errors, self.meta.language.gettext(message)]


FormT = TypeVar("FormT", bound=Form)
# The choices of a field: (value, what people read).
Choices = Sequence[tuple[str, str]]


class VersionedForm(Form):
    """A form that edits a row: it carries the version of the row that it shows."""

    version = HiddenField()

    def refuse_stale(self, stored: Mapping[str, Any]) -> None:
        """Raise the 409 problem with both sides when the row has changed since.

        ``stored`` holds the row's present values by field name, ``version`` among them.
        """
        if self.version.data == str(stored["version"]):
            return
        sides = [
            Difference(field.label.text, self._shown(field, field.data), self._shown(field, value))
            for field, value in ((self[name], stored[name]) for name in stored)
            if field is not self.version
        ]
        raise Problem(CONFLICT, differences=[side for side in sides if side.yours != side.stored])

    def _shown(self, field: Any, value: Any) -> str:
        say = self.meta.language.gettext
        if not hasattr(field, "choices"):
            return str(value or "")
        names = {key: say(label) for key, label in field.choices}
        chosen = value if isinstance(value, list) else [value]
        return ", ".join(names.get(str(key or ""), "") for key in sorted(chosen))


class _Typed(dict[str, list[Any]]):
    """A submitted form in the shape that the form library reads."""

    def getlist(self, name: str) -> list[Any]:
        return self.get(name, [])


async def read_form(request: AnyRequest) -> FormMultiDict:
    """What a form sent. Raises the ``invalid`` problem for a body that cannot be read."""
    try:
        return await request.form()
    except (LookupError, ValueError) as error:  # an unknown charset, or bytes that are not in it
        raise Problem(INVALID) from error


async def once_key(request: AnyRequest) -> str:
    """The key that the page minted for this form, as `portal.kernel.once` takes it."""
    return str((await read_form(request)).get("_once", ""))


async def submitted(request: AnyRequest, form: type[FormT], **choices: Choices) -> FormT:
    """``form`` filled with what the request brought; ``choices`` by field name."""
    return _fill(request, form, await read_form(request), choices)


def asked(request: AnyRequest, form: type[FormT], **choices: Choices) -> FormT:
    """``form`` filled from the address (filters, searches)."""
    return _fill(request, form, request.query_params, choices)


def blank(
    request: AnyRequest,
    form: type[FormT],
    values: Mapping[str, Any] | None = None,
    **choices: Choices,
) -> FormT:
    """``form`` as first shown, filled with ``values``."""
    made = form(None, data=values, meta={"language": request.state.language})
    return _offer(made, choices)


def _fill(request: AnyRequest, form: type[FormT], given: Any, choices: dict[str, Choices]) -> FormT:
    typed = _Typed()
    for name, value in given.multi_items():
        field = getattr(form, name, None)
        takes_file = issubclass(getattr(field, "field_class", Field), FileField)
        if isinstance(value, str) and not takes_file:
            typed.setdefault(name, []).append(_UNSTORABLE.sub("", value))
        elif takes_file and not isinstance(value, str):
            typed.setdefault(name, []).append(value)
    return _offer(form(typed, meta={"language": request.state.language}), choices)


def _offer(form: FormT, choices: dict[str, Choices]) -> FormT:
    for name, offered in choices.items():
        field: Any = form[name]
        field.choices = offered
    # Here and not in templates: a label may come from data (a skill, a field of a procedure), and
    # what templates translate they take for markup.
    for each in form:
        each.label.text = form.meta.language.gettext(each.label.text)
    return form
