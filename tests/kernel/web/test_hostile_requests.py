"""Requests that no browser makes: refused or ignored, never a fault of ours."""

from collections.abc import Awaitable, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import _parsers
from structlog.testing import capture_logs

from portal.kernel.web.csrf import csrf_token
from tests.support.browser import Browser

NewBrowser = Callable[..., Awaitable[Browser]]


@pytest.fixture
async def clerk(browser: NewBrowser) -> Browser:
    return await browser("clerk")


async def send(browser: Browser, body: bytes, content_type: str, path: str = "/stand/fills") -> int:
    """The status that ``body`` gets, sent with the token in a header."""
    token = csrf_token(browser.portal.settings.secret, browser.token)
    headers = {"content-type": content_type.encode("latin-1"), "x-csrftoken": token.encode()}
    with capture_logs():
        answer = await browser.client.post(path, content=body, headers=headers)  # type: ignore[arg-type]
    return answer.status_code


def part(value: bytes, disposition: str = 'form-data; name="name"', more: str = "") -> bytes:
    head = f"--b\r\nContent-Disposition: {disposition}\r\n{more}\r\n".encode("latin-1")
    return head + value + b"\r\n--b--\r\n"


MULTIPART = "multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (part("陈".encode()), MULTIPART, 200),
        (b"", MULTIPART, 200),
        (b"nonsense", MULTIPART, 422),
        (b"--b\r\n", MULTIPART, 422),
        (part(b"x")[:-9], MULTIPART, 422),
        (part(b"x"), "multipart/form-data", 422),
        (part(b"x"), "multipart/form-data; boundary=", 422),
        (part(b"x"), "multipart/form-data; boundary=\xff", 422),
        (part(b"\xff\xfe"), MULTIPART, 422),
        (part(b"x", more="Content-Type: text/plain; charset=nowhere\r\n"), MULTIPART, 422),
        (part(b"\\ud800", more="Content-Type: a/b; charset=unicode_escape\r\n"), MULTIPART, 200),
        (part(b"x", disposition="form-data"), MULTIPART, 200),
        (part(b"x", disposition='form-data; name="name"; filename="a"'), MULTIPART, 200),
        (b"name=%", "application/x-www-form-urlencoded", 200),
        (b"name=%ff%fe&%00=%00", "application/x-www-form-urlencoded", 200),
        (b"\xff\xfe\x00=&&&;=%u1234", "application/x-www-form-urlencoded", 200),
        (b"__class__=1&data=2&errors=3&_fields=5", "application/x-www-form-urlencoded", 200),
        (b'{"name": "x"}', "application/json", 200),
        (b"\xff", "application/json", 200),
        (b"x", "\xff/\xfe; charset=\xff", 200),
        (b"x", "", 200),
    ],
)  # fmt: skip
async def test_a_body_nobody_sends_is_no_fault(
    clerk: Browser, body: bytes, content_type: str, status: int
) -> None:
    assert await send(clerk, body, content_type) == status


async def test_a_multipart_body_without_a_header_token_is_no_fault_either(clerk: Browser) -> None:
    broken = part(b"x", more="Content-Type: text/plain; charset=nowhere\r\n")
    odd = part(
        b"\\ud800", 'form-data; name="_csrf"', "Content-Type: a/b; charset=unicode_escape\r\n"
    )
    upload = part(b"x", 'form-data; name="_csrf"; filename="a"')
    headers = {"content-type": MULTIPART}
    for body, status in ((broken, 422), (odd, 403), (upload, 403)):
        answer = await clerk.client.post("/stand/fills", content=body, headers=headers)
        assert answer.status_code == status


async def test_what_no_database_takes_is_dropped_from_what_was_typed(clerk: Browser) -> None:
    answer = await clerk.post("/stand/fills", {"name": "陈\x00晓燕"})
    assert answer.json()["name"] == "陈晓燕"


async def test_a_file_where_a_text_is_expected_is_no_text_and_the_other_way_round(
    clerk: Browser,
) -> None:
    token = csrf_token(clerk.portal.settings.secret, clerk.token)
    headers = {"x-csrftoken": token}
    files = {"name": ("a.txt", b"x"), "file": ("b.txt", b"y")}
    answer = await clerk.client.post("/stand/fills", files=files, headers=headers)
    assert answer.json() == {"name": None, "file": "UploadFile"}
    answer = await clerk.client.post("/stand/fills", data={"file": "text"}, headers=headers)
    assert answer.json() == {"name": None, "file": "NoneType"}


async def test_a_body_that_is_too_large_is_refused_as_such(clerk: Browser) -> None:
    large = b"name=" + b"x" * (10 * 1024 * 1024)
    assert await send(clerk, large, "application/x-www-form-urlencoded") == 413
    # Also where the token must be looked for in the body itself.
    answer = await clerk.client.post(
        "/stand/adds", content=large, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 413


async def test_the_framework_does_not_keep_what_people_typed(clerk: Browser) -> None:
    before = _parsers.parse_url_encoded_form_data.cache_info()
    await clerk.post("/stand/fills", {"name": "a password"})
    assert _parsers.parse_url_encoded_form_data.cache_info() == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/stand/skills/1", 200),
        ("/stand/skills/99", 404),
        ("/stand/skills/0", 404),
        ("/stand/skills/-1", 404),
        (f"/stand/skills/{2**31}", 404),
        (f"/stand/skills/{2**63 - 1}", 404),
        ("/stand/skills/1.5", 404),
        ("/stand/skills/x", 404),
        ("/stand/skills/%00", 404),
        ("/stand/skills/%ff", 404),
        ("/stand/skills/１", 200),
        ("/%00", 404),
        ("/%ff%fe", 404),
        ("/%", 404),
        ("/stand/search?q=%E4%B8%AD", 200),
        ("/stand/search?q=%ff%", 200),
        ("/stand/search?q=%ed%a0%80", 200),
        ("/stand/search", 422),
        ("/stand/page?&&==%00;%", 200),
    ],
)  # fmt: skip
async def test_an_address_nobody_links_to_is_no_fault(
    clerk: Browser, path: str, status: int
) -> None:
    answer = await clerk.get(path)
    assert answer.status_code == status


@pytest.mark.parametrize(
    "header",
    ["accept", "accept-language", "hx-request", "content-type", "cookie", "origin", "host"],
)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=st.binary(max_size=40))
async def test_whatever_a_header_holds_is_no_fault(
    clerk: Browser, header: str, value: bytes
) -> None:
    answer = await clerk.client.get("/stand/page", headers={header.encode(): value})
    assert answer.status_code in (200, 400 if header == "host" else 200)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=';"')))
async def test_whatever_waits_as_a_notice_is_no_fault(clerk: Browser, value: str) -> None:
    cookie = f"bihuan-flash={value}".encode()
    answer = await clerk.client.get("/stand/page", headers={b"cookie": cookie})
    assert answer.status_code == 200
