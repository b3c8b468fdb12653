"""What every case has apart from its forms, as fields, so that one rule checks both."""

from portal.procedures.definition import Choice, Field, FieldType, Label


def _choices(*choices: tuple[str, str, str]) -> tuple[Choice, ...]:
    return tuple(Choice(key, Label(zh, en)) for key, zh, en in choices)


FACTS: dict[str, Field] = {
    fact.key: fact
    for fact in (
        Field(
            "urgency",
            Label("紧急程度", "Urgency"),
            FieldType.CHOICE,
            choices=_choices(
                ("low", "低", "low"), ("medium", "中", "medium"), ("high", "高", "high")
            ),
        ),
        Field(
            "severity",
            Label("严重程度", "Severity"),
            FieldType.CHOICE,
            choices=_choices(("general", "一般", "general"), ("major", "重大", "major")),
        ),
        Field("special", Label("特殊情况", "Special case"), FieldType.BOOL),
        Field("category", Label("类别", "Category"), FieldType.TEXT),
        Field("channel", Label("来源渠道", "Channel"), FieldType.TEXT),
        Field("skill", Label("所需技能", "Skill needed"), FieldType.SKILL),
        Field("engineer", Label("维修工程师", "Engineer"), FieldType.PERSON),
        Field("responsible", Label("直接责任人", "Responsible person"), FieldType.PERSON),
    )
}
"""Urgency and severity (R6), the special case of P03.4, category and channel of intake; the
skill a repair needs and the engineer who has it (P06.3); who is directly responsible (P04.3)."""

PERSONS = {f"case.{fact.key}": fact.key for fact in FACTS.values() if fact.type is FieldType.PERSON}
"""The facts that name a person, as files write them."""
