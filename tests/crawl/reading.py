"""Reading pages as a crawler does: links, forms with their fields, and what people see."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_SEEN_ATTRIBUTES = (
    "aria-label",
    "placeholder",
    "title",
    "alt",
    "data-label",
)


@dataclass
class Form:
    """A form of a page, with the values that it would send as it stands."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)


class PageReader(HTMLParser):
    """One page, read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.texts: list[str] = []
        self._form: Form | None = None
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.texts += [given[name] for name in _SEEN_ATTRIBUTES if given.get(name)]
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get"))
            self.forms.append(self._form)
        elif tag in ("input", "select", "textarea") and self._form and "name" in given:
            unchecked = given.get("type") in ("checkbox", "radio") and "checked" not in given
            self._form.values.setdefault(given["name"], "" if unchecked else given.get("value", ""))
        elif tag in ("script", "style"):
            self._silent += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag in ("script", "style"):
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.texts.append(data.strip())
