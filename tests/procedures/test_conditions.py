"""Conditions, forms and time rules: what can be written, and what it means."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.procedures.conditions import fits, holds, parse_conditions
from portal.procedures.definition import Choice, Field, FieldType, Label, Outcome, Step
from portal.procedures.forms import Value, field_faults, missing_fields, value_fault
from portal.procedures.timing import parse_time_rule
from portal.procedures.wording import needed_words
from tests.procedures.samples import field, outcome, procedure, step

NAME = Label("字段", "Field")


def a_field(kind: FieldType, choices: str = "", maximum: int | None = None) -> Field:
    offered = tuple(Choice(key, NAME) for key in choices.split())
    return Field("f", NAME, kind, choices=offered, maximum=maximum)


def seeing(value: Value | None) -> Callable[[str], Value | None]:
    return lambda subject: value if subject == "s.f" else None


@pytest.mark.parametrize(
    ("written", "value", "expected"),
    [
        ("s.f = a", "a", True),
        ("s.f = a", "b", False),
        ("s.f != a", "b", True),
        ("s.f != a", "a", False),
        ("s.f in a, b", "b", True),
        ("s.f in a, b", "c", False),
        ("s.f has a", ("b", "a"), True),
        ("s.f has a", ("b",), False),
        ("s.f = yes", True, True),
        ("s.f = yes", False, False),
        ("s.f = no", False, True),
        ("s.f = no", True, False),
        ("s.f = 5", 5, True),
        ("s.f = 5", Decimal("5.0"), True),
        ("s.f != 5", 5, False),
        ("s.f != 5", 4, True),
        ("s.f != 5", 6, True),
        ("s.f >= 5", 5, True),
        ("s.f >= 5", 4, False),
        ("s.f <= 5", 5, True),
        ("s.f <= 5", 6, False),
        ("s.f > 5", 6, True),
        ("s.f > 5", 5, False),
        ("s.f < 5", Decimal("4.99"), True),
        ("s.f < 5", 5, False),
        ("s.f is set", "a", True),
        ("s.f is set", False, True),
        ("s.f is not set", "a", False),
        ("s.f is set", None, False),
        ("s.f is not set", None, True),
        ("s.f = a", None, False),
        ("s.f != a", None, False),
        ("s.f < 5", None, False),
        ("s.f = no", None, False),
        ("s.f = a and s.f != b", "a", True),
        ("s.f = a and s.f = b", "a", False),
    ],
)
def test_a_condition_means_what_it_says(written: str, value: Value | None, expected: bool) -> None:
    predicate = (parse_conditions(written),)
    assert holds(predicate, seeing(value)) is expected


def test_lines_are_alternatives_and_no_line_is_always() -> None:
    either = (parse_conditions("s.f = a"), parse_conditions("s.f = b"))
    assert holds(either, seeing("b"))
    assert not holds(either, seeing("c"))
    assert holds((), seeing(None))


@pytest.mark.parametrize(
    "written",
    ["", "urgency = high", "s.f", "s.f ==", "s.f ~ a", "S.f = a", "s.f = a and", "s.f is"],
)
def test_what_is_no_condition_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="not a condition"):
        parse_conditions(written)


@pytest.mark.parametrize(
    ("written", "kind", "expected"),
    [
        ("s.f = a", FieldType.CHOICE, True),
        ("s.f in a, b", FieldType.CHOICE, True),
        ("s.f = z", FieldType.CHOICE, False),
        ("s.f in a, z", FieldType.CHOICE, False),
        ("s.f > 1", FieldType.CHOICE, False),
        ("s.f has a", FieldType.MULTI_CHOICE, True),
        ("s.f has z", FieldType.MULTI_CHOICE, False),
        ("s.f = a", FieldType.MULTI_CHOICE, False),
        ("s.f has works", FieldType.DEPARTMENTS, True),
        ("s.f = works", FieldType.DEPARTMENT, True),
        ("s.f has works", FieldType.DEPARTMENT, False),
        ("s.f = x", FieldType.TEXT, True),
        ("s.f = x", FieldType.LONG_TEXT, False),
        ("s.f = x", FieldType.ATTACHMENTS, False),
        ("s.f is set", FieldType.ATTACHMENTS, True),
        ("s.f is not set", FieldType.DATE, True),
        ("s.f = 2026-01-01", FieldType.DATE, False),
        ("s.f >= 5", FieldType.NUMBER, True),
        ("s.f = 5", FieldType.MONEY, True),
        ("s.f >= many", FieldType.NUMBER, False),
        ("s.f >= NaN", FieldType.NUMBER, False),
        ("s.f in 5", FieldType.NUMBER, False),
        ("s.f = yes", FieldType.BOOL, True),
        ("s.f = true", FieldType.BOOL, False),
        ("s.f != yes", FieldType.BOOL, False),
    ],
)
def test_a_condition_fits_a_field_or_not(written: str, kind: FieldType, expected: bool) -> None:
    offers = "a b" if kind in {FieldType.CHOICE, FieldType.MULTI_CHOICE} else ""
    [condition] = parse_conditions(written)
    assert fits(condition, a_field(kind, offers)) is expected


VALUES = st.one_of(
    st.text(max_size=3),
    st.booleans(),
    st.integers(),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.lists(st.text(max_size=2), max_size=3).map(tuple),
    st.sampled_from(["2026-01-01", "2026-01-01T08:00:00+08:00", "a", ("a",), ("a", "b")]),
)
OPERATORS = ["=", "!=", ">=", "<=", ">", "<", "in", "has"]


@given(
    st.sampled_from(FieldType),
    VALUES,
    st.sampled_from(OPERATORS),
    st.sampled_from(["a", "5", "yes"]),
)
def test_a_condition_that_fits_is_total_on_every_value_the_form_takes(
    kind: FieldType, value: Value, operator: str, literal: str
) -> None:
    offers = "a b" if kind in {FieldType.CHOICE, FieldType.MULTI_CHOICE} else ""
    one = a_field(kind, offers)
    [condition] = parse_conditions(f"s.f {operator} {literal}")
    if fits(condition, one) and not value_fault(one, value):
        assert holds(((condition,),), seeing(value)) in {True, False}


@pytest.mark.parametrize(
    ("kind", "value", "fault"),
    [
        (FieldType.TEXT, "abc", ""),
        (FieldType.TEXT, "abcd", "maximum"),
        (FieldType.TEXT, 3, "type"),
        (FieldType.CHOICE, "a", ""),
        (FieldType.CHOICE, "", ""),
        (FieldType.CHOICE, "z", "choice"),
        (FieldType.MULTI_CHOICE, ("a", "b"), ""),
        (FieldType.MULTI_CHOICE, ("a", "z"), "choice"),
        (FieldType.MULTI_CHOICE, ("a", "a"), "type"),
        (FieldType.MULTI_CHOICE, ("a", ""), "type"),
        (FieldType.MULTI_CHOICE, "a", "type"),
        (FieldType.DEPARTMENTS, ("x", "y", "z", "w"), "maximum"),
        (FieldType.DEPARTMENTS, (), ""),
        (FieldType.NUMBER, 3, ""),
        (FieldType.NUMBER, 4, "maximum"),
        (FieldType.NUMBER, True, "type"),
        (FieldType.NUMBER, "3", "type"),
        (FieldType.MONEY, Decimal("2.50"), ""),
        (FieldType.MONEY, Decimal("3.01"), "maximum"),
        (FieldType.MONEY, Decimal("NaN"), "type"),
        (FieldType.BOOL, False, ""),
        (FieldType.BOOL, "no", "type"),
        (FieldType.DATE, "2026-10-01", ""),
        (FieldType.DATE, "2026-13-01", "type"),
        (FieldType.DATE, "", ""),
        (FieldType.DATE, 20261001, "type"),
        (FieldType.DATETIME, "2026-10-01T16:30:00+08:00", ""),
        (FieldType.DATETIME, "2026-10-01T16:30:00", "type"),
        (FieldType.SIGNATURE, "sha256:00", ""),
    ],
)
def test_a_form_takes_a_value_or_says_why_not(kind: FieldType, value: Value, fault: str) -> None:
    offers = "a b" if kind in {FieldType.CHOICE, FieldType.MULTI_CHOICE} else ""
    measured = {FieldType.TEXT, FieldType.NUMBER, FieldType.MONEY, FieldType.DEPARTMENTS}
    assert value_fault(a_field(kind, offers, 3 if kind in measured else None), value) == fault


def formed() -> tuple[Step, Outcome, Outcome]:
    [made] = procedure(
        step(
            "s",
            outcome("go", "closes done"),
            outcome("stop", "closes done"),
            field=[field("a", required=True), field("b", required_for=["stop"]), field("c")],
        )
    ).steps
    return made, made.outcomes[0], made.outcomes[1]


def test_required_fields_are_missing_when_left_out_or_empty() -> None:
    made, go, stop = formed()
    assert missing_fields(made, go, {}) == ("a",)
    assert missing_fields(made, go, {"a": ""}) == ("a",)
    assert missing_fields(made, stop, {"a": "x", "b": ()}) == ("b",)
    assert missing_fields(made, stop, {"a": "x", "b": "y"}) == ()


def test_a_field_is_needed_with_certain_answers_or_facts_p04_1() -> None:
    """A letter comes with its scan. The form goes before the fact that its field sets."""
    [made] = procedure(
        step(
            "s",
            outcome("go", "closes done"),
            field=[
                field("by", "choice", "letter phone", sets="channel"),
                field("scan", required_when="s.by = letter"),
                field(
                    "why", required_when=["case.urgency = high", "s.by = phone and s.scan is set"]
                ),
            ],
        )
    ).steps
    go = made.outcomes[0]
    assert missing_fields(made, go, {}) == ()
    assert missing_fields(made, go, {"by": "letter"}) == ("scan",)
    assert missing_fields(made, go, {}, {"channel": "letter"}) == ("scan",)
    assert missing_fields(made, go, {"by": "phone"}, {"channel": "letter"}) == ()
    assert missing_fields(made, go, {"by": "phone", "scan": "x"}) == ("why",)
    assert missing_fields(made, go, {"by": ""}, {"urgency": "high"}) == ("why",)
    words = needed_words(made, made.fields[2])
    assert words.en == "Urgency is high or by is phone and scan is filled in"


def test_nought_and_no_are_answers() -> None:
    made, go, _ = formed()
    assert missing_fields(made, go, {"a": 0}) == ()
    assert missing_fields(made, go, {"a": False}) == ()


def test_every_fault_of_an_answer_is_told() -> None:
    made, _, _ = formed()
    assert [
        (one.field, one.reason) for one in field_faults(made, {"a": 1, "z": "x", "c": "ok"})
    ] == [
        ("a", "type"),
        ("z", "unknown"),
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0.5 wd after opened", ("0.5 wd", "after", "opened", "", "")),
        ("24 h after case.received", ("24 h", "after", "case.received", "", "")),
        ("1 wd after case.opened", ("1 wd", "after", "case.opened", "", "")),
        ("3 wd after receipt", ("3 wd", "after", "receipt", "", "")),
        ("2 wh before due", ("2 wh", "before", "due", "", "")),
        ("at due", ("0 h", "after", "due", "", "")),
        ("3 wd after sheet.receipt", ("3 wd", "after", "step receipt", "sheet", "")),
        ("1 month after answer.closed", ("1 month", "after", "step closed", "answer", "")),
        ("1 month before plan.day", ("1 month", "before", "field", "plan", "day")),
        (" at  visit.window_to ", ("0 h", "after", "field", "visit", "window_to")),
    ],
)
def test_time_rules_read_as_procedures_write_them(written: str, expected: tuple[str, ...]) -> None:
    rule = parse_time_rule(written)
    anchor = rule.anchor
    assert (
        str(rule.duration),
        rule.direction,
        anchor.kind,
        anchor.step,
        anchor.field,
    ) == expected


@pytest.mark.parametrize(
    "written",
    ["", "3 wd", "3 days after opened", "after opened", "3 wd after", "3 wd after case.closed",
     "3 wd since opened", "3 wd after a.b.c", "at"],
)  # fmt: skip
def test_what_is_no_time_rule_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_time_rule(written)
