"""A step's table in the file, read into a step."""

from enum import StrEnum
from typing import TypeVar

from portal.procedures.definition import (
    Child,
    Choice,
    Clause,
    Effect,
    Field,
    FieldType,
    Flag,
    Label,
    Lapse,
    LapseAction,
    LimitRule,
    Outcome,
    Route,
    Rung,
    SignFor,
    Step,
    Tense,
    TimeRule,
)
from portal.procedures.phrases import (
    FIELD_RESERVED,
    PART_RESERVED,
    plain_key,
    read_key,
    read_target,
    read_time,
    read_when,
    read_who,
    time_rule,
)
from portal.procedures.tables import Table

E = TypeVar("E", bound=StrEnum)


def read_step(table: Table) -> Step:
    """One ``[[step]]``."""
    return Step(
        key=read_key(table, PART_RESERVED),
        title=table.part("title", read_label),
        clause=table.part("clause", _read_clause),
        who=read_who(table, "who"),
        due=_read_limits(table, "due"),
        lapse=_read_lapse(table),
        outcomes=table.parts("outcome", _read_outcome),
        within=table.text("in", ""),
        fields=table.parts("field", _read_field),
        remind=_read_reminders(table),
        escalate=_read_ladder(table),
        sign_for=next(iter(table.lines("sign_for", "due", _read_sign_for)), None),
        effects=_read_effects(table),
        flags=tuple(_one_of(table, "flags", text, Flag) for text in table.texts("flags")),
        child=table.optional("child", _read_child),
        another_than=table.texts("another_than"),
        page=table.text("page", ""),
        handed=table.texts("handed"),
        reminded=table.texts("reminded"),
    )


def read_label(table: Table) -> Label:
    """``{ zh = "…", en = "…" }``; both are needed."""
    return Label(table.text("zh"), table.text("en"))


def _read_clause(table: Table) -> Clause:
    return Clause(table.text("id"), table.text("zh"), table.text("en"), table.flag("ours"))


def _one_of(table: Table, key: str, text: str, kind: type[E]) -> E:
    try:
        return kind(text)
    except ValueError:
        if text:
            table.note("not_one_of", key, name=text, choices=", ".join(kind))
        return next(iter(kind))


def _read_limits(table: Table, key: str) -> tuple[LimitRule, ...]:
    limits = table.lines(key, "at", _read_limit)
    if not limits:
        table.note("missing", name=key)
    return limits


def _read_limit(table: Table) -> LimitRule:
    return LimitRule(read_time(table), read_when(table), table.flag("ours"))


def _read_reminders(table: Table) -> tuple[TimeRule, ...]:
    return tuple(time_rule(table, "remind", text) for text in table.texts("remind"))


def _read_ladder(table: Table) -> tuple[Rung, ...]:
    return table.parts("escalate", lambda rung: Rung(read_time(rung), read_who(rung, "to")))


def _read_sign_for(table: Table) -> SignFor:
    return SignFor(_read_limits(table, "due"), _read_ladder(table))


def _read_lapse(table: Table) -> Lapse:
    if table.is_text("lapse"):
        text = table.text("lapse")
        plain = (LapseAction.CHASE, LapseAction.ESCALATE)
        if text and text not in plain:
            table.note("not_one_of", "lapse", name=text, choices=", ".join(plain))
            text = LapseAction.CHASE
        return Lapse(LapseAction(text or LapseAction.CHASE))
    return table.part("lapse", _read_silence)


def _read_silence(table: Table) -> Lapse:
    return Lapse(
        LapseAction.OUTCOME,
        table.text("outcome"),
        table.lines("at", "at", _read_limit),
        table.flag("proof", default=True),
        read_when(table, "barred_when"),
    )


def _read_effects(table: Table) -> tuple[Effect, ...]:
    return table.lines("effects", "name", lambda one: Effect(one.text("name"), read_when(one)))


def _read_outcome(table: Table) -> Outcome:
    return Outcome(
        key=read_key(table),
        label=table.part("label", read_label),
        routes=_read_routes(table),
        effects=_read_effects(table),
        silent=table.flag("silent"),
        by_customer=table.flag("by_customer"),
        approves=table.flag("approves"),
    )


def _read_routes(table: Table) -> tuple[Route, ...]:
    if table.is_list("then"):
        return table.parts("then", lambda one: Route(read_target(one), read_when(one)))
    return (Route(read_target(table)),)


def _read_field(table: Table) -> Field:
    return Field(
        key=read_key(table, FIELD_RESERVED),
        label=table.part("label", read_label),
        type=_one_of(table, "type", table.text("type"), FieldType),
        required=table.flag("required"),
        required_for=table.texts("required_for"),
        choices=table.named("choices", _read_choice),
        maximum=table.whole("max"),
        sets=table.text("sets", ""),
        role=table.text("role", ""),
        tense=_one_of(table, "tense", tense, Tense) if (tense := table.text("tense", "")) else None,
        required_when=read_when(table, "required_when"),
    )


def _read_choice(key: str, table: Table) -> Choice:
    return Choice(plain_key(table, key), read_label(table))


def _read_child(table: Table) -> Child:
    return Child(
        table.text("procedure"),
        table.text("outcome"),
        table.pairs("by_verdict"),
    )
