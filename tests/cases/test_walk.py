"""A repair from the first call to the customer's turn, as the company works on it through pages."""

import re

from portal.kernel.db.unit import Database
from tests.cases.support import Matter, holds_true, told
from tests.people.support import NewBrowser, person_id
from tests.support.browser import Browser


class Worker:
    """Somebody at work: finds the task on the desk, opens the case, answers with the form there."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    async def answer(self, outcome: str, **form: object) -> str:
        """Answer the task that stands on the desk; the page of the case afterwards."""
        desk = (await self.browser.get("/")).text
        link = re.search(r'href="(/cases/\d+)#(task-\d+)"', desk)
        assert link, "the task is on the desk"
        page = (await self.browser.get(link[1])).text
        own = f"{link[1]}/tasks/{link[2].removeprefix('task-')}"
        assert f'action="{own}/answer"' in page
        assert f'name="outcome" value="{outcome}"' in page
        for name in form:
            assert f'name="{name}"' in page, name
        if f'action="{own}/signature"' in page:
            assert (await self.browser.post(f"{own}/signature")).status_code == 303
            assert f'action="{own}/signature"' not in (await self.browser.get(link[1])).text
        answer = await self.browser.post(f"{own}/answer", {"outcome": outcome, **form})
        assert answer.status_code == 303, answer.text
        return (await self.browser.get(link[1])).text


async def test_a_repair_goes_from_the_first_call_to_the_customers_turn_p06(
    company: Database, browser: NewBrowser
) -> None:
    clerk, dispatcher, engineer = [
        Worker(await browser(login)) for login in ("clerk", "dispatcher", "engineer")
    ]
    registered = await clerk.browser.post(
        "/cases",
        {
            "code": "P06",
            "received_at": "2026-11-20T09:30",
            "channel": "phone",
            "customer_name": "孙大爷",
            "customer_phone": "139 1234 5678",
            "subject": "收割机漏油",
            "urgency": "medium",
            "severity": "general",
        },
    )
    assert registered.status_code == 303
    it = Matter(company, int(registered.headers["location"].rpartition("/")[2]))
    assert "139****5678" in (await clerk.browser.get(f"/cases/{it.id}")).text
    await clerk.answer(
        "registered",
        channel="phone",
        symptom="左侧液压管漏油",
        in_scope="yes",
        visit_needed="yes",
    )
    await clerk.answer("visit", verified=["contact", "device"], nature="mechanical", urgency="high")
    chosen = str(await person_id(company, "engineer"))
    await dispatcher.answer("assigned", engineer=chosen, reason="离得最近，会修液压")
    await clerk.answer("agreed", window_from="2026-11-20T14:00", window_to="2026-11-20T16:00")
    assert await it.due("visit") == "2026-11-20 20:00"
    await engineer.answer(
        "repaired", fault="油管老化", tools="扳手", parts="液压管 1 根", minutes="50"
    )
    page = await engineer.answer("told", result="已更换液压管", advice="每季检查接头")
    assert "已更换液压管" in page
    assert "赵磊" in page
    assert await it.open_steps() == ["confirm"]
    # It waits for the customer: nobody of the staff finds a form to answer it.
    page = (await clerk.browser.get(f"/cases/{it.id}")).text
    assert "/answer" not in page
    assert (await it.case()).number in (await clerk.browser.get("/")).text
    assert [login for login, word in await told(company) if word == "task.opened"] == [
        "dispatcher",
        "clerk",
        "engineer",
        "clerk",
    ]
    await holds_true(company, it.id)
