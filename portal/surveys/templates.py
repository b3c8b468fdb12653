"""The survey's template: groups, items and weights as data, each edition stored once (F19)."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.act import Act
from portal.kernel.journal.recording import record
from portal.procedures.definition import Label
from portal.surveys.models import SurveyTemplate

WORST, BEST = 1, 5
# The code of the template by which everybody is asked whose procedure has none of its own.
FOR_ALL = "F19"
_CATALOG = Path(__file__).parent / "catalog"


class TemplateChanged(RuntimeError):
    """A template says something else than its edition did when it was stored."""


class Item(msgspec.Struct, frozen=True):
    """One thing that is rated from 1 to 5; ``weight`` is its share of the 100 points."""

    key: str
    label: Label
    weight: Decimal


class Group(msgspec.Struct, frozen=True):
    """Items that belong together and have an average of their own."""

    key: str
    label: Label
    items: tuple[Item, ...] = msgspec.field(name="item")


class Template(msgspec.Struct, frozen=True):
    """What is asked. A score below ``enough``, or an item below ``item_enough``, is low (P13.2)."""

    code: str
    edition: str
    title: Label
    groups: tuple[Group, ...] = msgspec.field(name="group")
    enough: Decimal = Decimal(90)
    item_enough: int = 3

    def __post_init__(self) -> None:
        keys = [item.key for item in self.items]
        if sum(item.weight for item in self.items) != 100 or len(set(keys)) != len(keys):
            raise ValueError("the weights of a survey's items make 100, each item once")

    @property
    def items(self) -> list[Item]:
        return [item for group in self.groups for item in group.items]


def score(template: Template, ratings: Mapping[str, int]) -> Decimal:
    """Points of 100, exactly: each item gives its weight, for a five whole, for a one a fifth."""
    return sum((item.weight * ratings[item.key] for item in template.items), Decimal()) / BEST


def is_low(template: Template, ratings: Mapping[str, int]) -> bool:
    """Whether ``ratings`` ask for an improvement (P13.2)."""
    worst = min(ratings[item.key] for item in template.items)
    return score(template, ratings) < template.enough or worst < template.item_enough


async def store_templates(db: AsyncSession, act: Act) -> None:
    """Store the templates that come with the program and are not stored yet. Raises
    `TemplateChanged` where one was changed without a new edition."""
    for file in sorted(_CATALOG.glob("*.toml")):
        template = read_template(file.read_text(encoding="utf-8"))
        body = msgspec.json.encode(template, order="deterministic").decode()
        stored = select(SurveyTemplate).where(
            SurveyTemplate.code == template.code, SurveyTemplate.edition == template.edition
        )
        kept = await db.scalar(stored)
        if kept is None:
            kept = SurveyTemplate(
                code=template.code, edition=template.edition, body=body, stored_at=act.at
            )
            db.add(kept)
            await db.flush()
            digest = sha256(body.encode()).hexdigest()
            subject = f"survey_template:{kept.id}"
            record(db, act, "survey_template.stored", subject, code=template.code, digest=digest)
        elif kept.body != body:
            raise TemplateChanged(
                f"{file.name} says something else than edition {template.edition} of "
                f"{template.code} that is stored here: give what was changed a new edition"
            )


def read_template(text: str) -> Template:
    """The template that ``text`` (TOML) describes."""
    return msgspec.convert(tomllib.loads(text), Template)


def template_of(row: SurveyTemplate) -> Template:
    """What a stored template asks."""
    return _decoded(row.body)


@lru_cache(maxsize=16)
def _decoded(body: str) -> Template:
    return msgspec.json.decode(body, type=Template)


async def newest_template(db: AsyncSession, procedure: str) -> SurveyTemplate:
    """The template by which customers of a procedure's cases are asked now: the procedure's own,
    else the one for all."""
    own = SurveyTemplate.code.in_((FOR_ALL, f"{FOR_ALL}-{procedure}"))
    newest = select(SurveyTemplate).where(own)
    # The longer code sorts behind the one it begins with.
    newest = newest.order_by(SurveyTemplate.code.desc(), SurveyTemplate.id.desc()).limit(1)
    return (await db.scalars(newest)).one()


async def newest_templates(db: AsyncSession) -> list[Template]:
    """The newest edition of each, the one for all first."""
    newest = select(func.max(SurveyTemplate.id)).group_by(SurveyTemplate.code)
    rows = select(SurveyTemplate).where(SurveyTemplate.id.in_(newest)).order_by(SurveyTemplate.code)
    return [template_of(row) for row in await db.scalars(rows)]
