"""A portal for each file of tests, and phones that complain at the end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser

from e2e.field.support import NewPhone
from e2e.phones import Phone
from e2e.serving import Served, serving


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("field")


@pytest.fixture(scope="module")
def portal(home: Path) -> Iterator[Served]:
    with serving(home) as served:
        yield served


@pytest.fixture
def phone(chromium: Browser, portal: Served, tmp_path: Path) -> Iterator[NewPhone]:
    phones: list[Phone] = []

    def new(origin: str = portal.origin, **more: Any) -> Phone:
        made = Phone(chromium, origin, tmp_path / f"phone{len(phones)}", **more)
        phones.append(made)
        return made

    yield new
    for one in phones:
        one.context.close()
    assert [complaint for one in phones for complaint in one.complaints] == []


@pytest.fixture
def photo(tmp_path: Path) -> str:
    """As a camera makes it: large, and telling where it was."""
    image = Image.effect_noise((2400, 1800), 40).convert("RGB")
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2026:11:27 10:00:00"
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (30.0, 33.0, 36.0), "E", (104.0, 16.0, 12.0)
    path = tmp_path / "camera.jpg"
    image.save(path, exif=exif, quality=85)
    return str(path)
