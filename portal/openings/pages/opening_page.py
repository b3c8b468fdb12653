"""What the customers' pages share: a layout of their own, whoever is signed in beside it."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from portal.kernel.i18n import LANGUAGES
from portal.kernel.web.page import Page


@dataclass(kw_only=True)
class OpeningPage(Page):
    """A page for customers. `address` is where it is asked for again, also after a form."""

    address: str
    query: dict[str, str] = field(default_factory=dict)

    @property
    def languages(self) -> list[tuple[str, str, str]]:
        """Code, name and address of this page in each language."""
        return [
            (code, label, f"{self.address}?{urlencode({**self.query, 'lang': code})}")
            for code, label in LANGUAGES.items()
        ]
