"""A page that lists: what narrows and orders it stands in its address, and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from portal.kernel.web.page import Page


@dataclass(kw_only=True)
class ListPage(Page):
    """Base of the lists that are searched; `path` is where the list is."""

    path: ClassVar[str]

    def filters(self) -> Mapping[str, str]:
        """What narrows it, by the parameter; a filter that is off is empty."""
        raise NotImplementedError

    def order(self) -> Mapping[str, str]:
        """The tab and the sort, by the parameter; empty where it is the usual one."""
        raise NotImplementedError

    @property
    def active(self) -> int:
        """How many filters are on."""
        return sum(bool(value.strip()) for value in self.filters().values())

    def address(self, **changes: str) -> str:
        """This list with other parameters; ``sort="{sort}"`` keeps the place for one."""
        given = {**self.filters(), **self.order(), **changes}
        kept = {name: value for name, value in given.items() if value}
        return f"{self.path}?" + urlencode(kept, safe="{}")
