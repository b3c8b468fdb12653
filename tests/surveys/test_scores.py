"""Scores by vectors computed by hand, and what counts as low (P13.2)."""

from decimal import Decimal

import msgspec
import pytest

from portal.kernel.act import Act
from portal.kernel.db.unit import Database
from portal.surveys import templates
from portal.surveys.models import SurveyTemplate
from portal.surveys.templates import (
    Template,
    TemplateChanged,
    is_low,
    newest_template,
    read_template,
    score,
    store_templates,
    template_of,
)
from tests.support.cast import system
from tests.surveys.support import ratings, template, weighing

SHIPPED = (templates._CATALOG / "F19.toml").read_text(encoding="utf-8")


def weighed(**weights: str) -> Template:
    return msgspec.convert(weighing(**weights), Template)


@pytest.mark.parametrize(
    ("given", "points", "low"),
    [
        (ratings(5), "100", False),
        (ratings(4), "80", True),
        (ratings(1), "20", True),
        # 20/5 less for each step below five of "works", 15/5 for "prompt", 10/5 for "manner".
        (ratings(5, works=4), "96", False),
        (ratings(5, works=3), "92", False),
        (ratings(5, works=3, manner=4), "90", False),
        (ratings(5, works=3, prompt=4), "89", True),
        (ratings(5, prompt=3, manner=3), "90", False),
        # Enough points, and one item dissatisfied all the same.
        (ratings(5, manner=2), "94", True),
        (ratings(5, manner=3), "96", False),
        (ratings(5, quality=1), "92", True),
        (ratings(3, works=5, quality=5, prompt=5, skill=5), "84", True),
    ],
)
def test_the_shipped_survey_by_hand_p13_2(given: dict[str, int], points: str, low: bool) -> None:
    shipped = read_template(SHIPPED)
    assert score(shipped, given) == Decimal(points)
    assert is_low(shipped, given) is low


@pytest.mark.parametrize(
    ("weights", "given", "points", "low"),
    [
        # 49.95 + 50.05 × 4/5 = 89.99; the other way round 90.01.
        ({"a": "49.95", "b": "50.05"}, {"a": 5, "b": 4}, "89.99", True),
        ({"a": "49.95", "b": "50.05"}, {"a": 4, "b": 5}, "90.01", False),
        ({"a": "50", "b": "50"}, {"a": 5, "b": 4}, "90", False),
        # 49.9975 + 50.0025 × 4/5 = 89.9995: rounded it would be 90.
        ({"a": "49.9975", "b": "50.0025"}, {"a": 5, "b": 4}, "89.9995", True),
    ],
)
def test_a_hundredth_below_ninety_is_below_p13_2(
    weights: dict[str, str], given: dict[str, int], points: str, low: bool
) -> None:
    assert score(weighed(**weights), given) == Decimal(points)
    assert is_low(weighed(**weights), given) is low


@pytest.mark.parametrize("weights", [{"a": "50", "b": "49"}, {"a": "50.5", "b": "50"}])
def test_weights_that_do_not_make_a_hundred_are_refused(weights: dict[str, str]) -> None:
    with pytest.raises(msgspec.ValidationError, match="weights"):
        weighed(**weights)


def test_the_shipped_survey_asks_for_the_three_groups_p06_7() -> None:
    shipped = read_template(SHIPPED)
    assert [group.label.en for group in shipped.groups] == [
        "Product quality",
        "Service",
        "Communication",
    ]
    assert all(item.label.zh and item.label.en for item in shipped.items)
    assert (shipped.enough, shipped.item_enough) == (Decimal(90), 3)


async def test_an_edition_is_stored_once_and_not_changed_afterwards(database: Database) -> None:
    kept = await template(database)
    assert kept == read_template(SHIPPED)
    async with database.writing() as db:
        await store_templates(db, system())
    async with database.writing() as db:
        row = await db.get_one(SurveyTemplate, 1)
        row.body = row.body.replace("90", "80")
    act: Act = system()
    async with database.writing() as db:
        with pytest.raises(TemplateChanged, match="new edition"):
            await store_templates(db, act)


async def test_whoever_complained_is_asked_about_the_complaint_p13_1(database: Database) -> None:
    async with database.reading() as db:
        repair, complaint = [
            template_of(await newest_template(db, procedure)) for procedure in ("P06", "P04")
        ]
    assert (repair.code, complaint.code) == ("F19", "F19-P04")
    kinds = [[group.key for group in one.groups] for one in (repair, complaint)]
    # What is averaged together means the same.
    assert kinds == [["product", *kinds[0][1:]], ["result", *kinds[0][1:]]]
    assert {item.key for item in complaint.items}.isdisjoint({"works", "skill"})
    assert all(item.label.zh and item.label.en for item in complaint.items)
