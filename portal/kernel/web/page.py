"""A page is a typed object: the template gets exactly what its class documents."""

from dataclasses import dataclass, field
from typing import ClassVar

from portal.kernel.i18n import Language


@dataclass(kw_only=True)
class Page:
    """Base of all pages. Subclasses name their template and add what it shows."""

    template: ClassVar[str]
    status: int = 200


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the navigation; `label` is in the reader's language."""

    label: str
    href: str
    icon: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Me:
    """The reader, where one is signed in."""

    name: str
    initials: str
    role_labels: list[str]


@dataclass(kw_only=True)
class Here:
    """What every page knows of its reader and its place: language, navigation, notices."""

    language: Language
    path: str
    csrf: str
    me: Me | None = None
    nav: list[tuple[str, list[NavItem]]] = field(default_factory=list)
    flash: list[tuple[str, str]] = field(default_factory=list)
    languages: list[tuple[str, str, str]] = field(default_factory=list)
    # Unread notices; None where there is no inbox for this reader.
    inbox: int | None = None
    # Where the search box leads; empty where this reader has nothing to search.
    search: str = ""
    # The page answers a form, and has no address of its own to come back to.
    is_answer: bool = False

    @property
    def locale(self) -> str:
        return self.language.code
