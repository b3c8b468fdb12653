"""Whose phone it is: a session that ends, another user, a phone that is revoked (rules 8, 27)."""

from pathlib import Path

from playwright.sync_api import expect

from e2e.field.support import NewPhone, at_work, ledger_of, reading
from e2e.phones import all_sent, enter
from portal.demonstration.accounts import PASSWORD


def test_an_ended_session_is_renewed_in_place_and_the_outbox_is_untouched(
    phone: NewPhone, home: Path
) -> None:
    """Rule 27: writing goes on, by the device's key even sending does."""
    one, page, job = at_work(phone, 0, language="en")
    one.context.set_offline(True)
    one.go(f"#/jobs/{job}/work", ".rows")
    enter(page, "note", text="before the end of the session")
    one.context.clear_cookies()
    one.context.set_offline(False)
    expect(page.locator("#banner-session")).to_be_visible()
    all_sent(page)
    enter(page, "note", text="after the end of the session")
    all_sent(page)
    notes = [entry for entry in ledger_of(home, job) if entry[0] == "note"]
    assert notes[-2:] == [("note", "applied")] * 2
    page.tap("#sign-in-again")
    page.fill("#login", "zhao")
    page.fill("#password", "wrong")
    page.tap("#do-sign-in")
    expect(page.locator("#door-error")).to_have_text("Login or password is wrong.")
    assert page.input_value("#login") == "zhao"
    page.fill("#password", PASSWORD)
    page.tap("#do-sign-in")
    page.wait_for_selector(".job-card")
    expect(page.locator("#banner-session")).to_have_count(0)


def test_another_user_of_the_phone_sends_what_the_first_one_left(
    phone: NewPhone, home: Path
) -> None:
    """Rule 8."""
    one, page, job = at_work(phone, 0)
    one.context.set_offline(True)
    one.go(f"#/jobs/{job}/work", ".rows")
    enter(page, "note", text="下班前没发出去")
    before = len(ledger_of(home, job))
    one.go("#/account", "#do-sign-out")
    page.tap("#do-sign-out")
    expect(page.locator("#confirm-title")).to_contain_text("1")
    page.tap("#confirm-yes")
    page.wait_for_selector("#do-again")
    expect(page.locator("#bar")).to_contain_text("1 条待上传")
    one.context.clear_cookies()
    one.context.set_offline(False)
    page.tap("#do-again")
    page.wait_for_selector("#login")
    one.sign_in("yang")
    expect(page.locator(f"#job-{job}")).to_have_count(0)
    all_sent(page)
    ledger = ledger_of(home, job)
    assert len(ledger) == before + 1
    assert ledger[-1] == ("note", "applied")


def test_consent_is_a_persons_and_not_the_phones(phone: NewPhone) -> None:
    one = phone()
    one.open()
    page = one.sign_in()
    one.go("#/account", "#position")
    page.check("#position")
    page.tap("#do-sign-out")
    page.wait_for_selector("#login")
    one.sign_in("yang")
    one.go("#/account", "#position")
    expect(page.locator("#position")).not_to_be_checked()
    page.tap("#do-sign-out")
    page.wait_for_selector("#login")
    one.sign_in()
    one.go("#/account", "#position")
    expect(page.locator("#position")).to_be_checked()


_REVOKE = """(id) => fetch("/field/v1/me").then((answer) => answer.json()).then(({ csrf }) =>
  fetch(`/devices-in-field/${id}/revocation`, { method: "POST", headers: { "x-csrftoken": csrf } })
).then((answer) => answer.status)"""


def test_a_phone_that_is_revoked_says_so_and_shows_no_customer(phone: NewPhone, home: Path) -> None:
    """Rule 27: what it holds is sent on, to the inbox, and the app says where it is."""
    one, page, job = at_work(phone, 0)
    with reading(home) as db:  # the one that registered last
        (device,) = db.execute("SELECT max(id) FROM field_device").fetchone()
    assert page.evaluate(_REVOKE, device) == 200
    one.go(f"#/jobs/{job}/work", ".rows")
    enter(page, "note", text="停用以后")
    expect(page.locator("#banner-revoked")).to_contain_text("停用")
    all_sent(page)
    one.go("#/outbox", ".outbox-line")
    expect(page.locator(".entry-why")).to_contain_text("收件箱")
    one.go("#/", ".empty, .job-card")
    expect(page.locator(f"#job-{job}")).to_have_count(0)
    assert ledger_of(home, job)[-1] == ("note", "parked")
