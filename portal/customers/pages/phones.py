"""The answer to "Show" beside a masked phone: the number in its place, or a page that shows it."""

from dataclasses import dataclass
from typing import ClassVar

from portal.customers.models import Contact
from portal.customers.phones import dialled, shown
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, is_partial, render


@dataclass(kw_only=True)
class PhonePage(Page):
    """The number in words and as a link; `back` is where it was asked for."""

    template: ClassVar[str] = "customers/phone.html"
    contact: Contact
    back: str

    @property
    def number(self) -> str:
        return shown(self.contact.phone)

    @property
    def link(self) -> str:
        return dialled(self.contact.phone)


@dataclass(kw_only=True)
class PhoneFragment(PhonePage):
    """The same, alone: it takes the place of the masked number."""

    template: ClassVar[str] = "customers/shown.html"


def phone_answer(request: AnyRequest, contact: Contact, back: str) -> Answer:
    """Show the number of ``contact``; no browser and nothing between keeps it."""
    shape = PhoneFragment if is_partial(request) else PhonePage
    answer = render(request, shape(contact=contact, back=back))
    answer.headers["cache-control"] = "no-store"
    return answer
