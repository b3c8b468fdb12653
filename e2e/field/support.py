"""What the browser tests of the phone share: who makes a phone, and what the server then holds."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from e2e.phones import Phone

NewPhone = Callable[..., Phone]


@contextmanager
def reading(home: Path) -> Iterator[sqlite3.Connection]:
    """The server's database, to look at beside it."""
    found = next(home.glob("*.db"))
    connection = sqlite3.connect(f"file:{found}?mode=ro", uri=True)
    try:
        yield connection
    finally:
        connection.close()


def ledger_of(home: Path, job: str) -> list[tuple[str, str]]:
    """What the server's ledger holds of a job: kind and outcome, phone by phone in the order they
    registered, each in the order it made them (its numbers are its own)."""
    with reading(home) as db:
        query = "SELECT kind, outcome FROM field_op WHERE job = ? ORDER BY device_id, seq"
        return list(db.execute(query, (job,)))


def nth_job(page: Page, nth: int) -> str:
    """The number of the nth job of the day."""
    found = page.locator(".job-card").nth(nth).get_attribute("id") or ""
    return found.removeprefix("job-")


def at_work(phone: NewPhone, nth: int, **more: Any) -> tuple[Phone, Page, str]:
    """A phone whose engineer has signed in, its page, and the number of the nth job of the day."""
    one = phone(**more)
    one.open()
    page = one.sign_in()
    return one, page, nth_job(page, nth)


def arrive(page: Page) -> None:
    """Sign for the job that is shown, be there and start the timer."""
    page.tap("#do-receipt")
    page.tap("#do-arrive")
    page.tap("#confirm-yes")
    page.tap("#do-timer-start")
    expect(page.locator("#do-timer-stop")).to_contain_text("00:0")
