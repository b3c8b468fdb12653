"""Rules of a definition in words people read, in Chinese and English."""

from collections.abc import Mapping

from portal.calendar.durations import Duration, Unit
from portal.procedures.definition import (
    ACCEPTED,
    AnchorKind,
    Condition,
    Definition,
    Direction,
    Field,
    FieldType,
    Label,
    Lapse,
    LapseAction,
    LimitRule,
    Operator,
    Predicate,
    Step,
    Target,
    TargetKind,
    TimeRule,
    Who,
    WhoKind,
)
from portal.procedures.facts import FACTS, PERSONS

_UNITS = {
    Unit.CLOCK_HOUR: Label("{}小时", "{} h"),
    Unit.WORKING_HOUR: Label("{}个工作小时", "{} working hours"),
    Unit.WORKING_DAY: Label("{}个工作日", "{} working days"),
    Unit.MONTH: Label("{}个月", "{} months"),
}
_ANCHORS = {
    AnchorKind.OPENED: Label("本步骤开始", "this step opens"),
    AnchorKind.RECEIPT: Label("送达或签收", "receipt"),
    AnchorKind.DUE: Label("到期", "due"),
    AnchorKind.CASE_RECEIVED: Label("来件", "the case is received"),
    AnchorKind.CASE_OPENED: Label("立案", "the case is opened"),
    AnchorKind.STEP_RECEIPT: Label("“{}”送达或签收", "receipt of “{}”"),
    AnchorKind.STEP_CLOSED: Label("“{}”完成", "“{}” is done"),
    AnchorKind.FIELD: Label("“{}”所填时间", "the time in “{}”"),
}
_OPERATORS = {
    Operator.EQUALS: Label("为", "is"),
    Operator.DIFFERS: Label("不为", "is not"),
    Operator.AT_LEAST: Label("不低于", "is at least"),
    Operator.AT_MOST: Label("不超过", "is at most"),
    Operator.ABOVE: Label("高于", "is above"),
    Operator.BELOW: Label("低于", "is below"),
    Operator.AMONG: Label("属于", "is one of"),
    Operator.HAS: Label("含有", "has"),
    Operator.IS_SET: Label("已填写", "is filled in"),
    Operator.IS_NOT_SET: Label("未填写", "is not filled in"),
}
_WHO = {
    WhoKind.DEPARTMENT: Label("责任部门", "Responsible department"),
    WhoKind.PERSON: Label("指定人员", "Named person"),
    WhoKind.EACH_DEPARTMENT: Label("各相关部门", "Each department"),
    WhoKind.EACH_PERSON: Label("各相关人员", "Each person"),
    WhoKind.COMPLAINANT: Label("客户", "Customer"),
    WhoKind.CASE_OWNER: Label("案件负责人", "Owner of the case"),
    WhoKind.CASE_ASSIGNEE: Label("案件经办人", "Assignee of the case"),
}
_BOOL = {"yes": Label("“是”", "yes"), "no": Label("“否”", "no")}
_ACCEPTED = Label("本支通过", "Branch accepted")
_REFUSED = Label("本支否决", "Branch refused")
_CHASED = Label("催办", "reminder")
_ESCALATED = Label("逐级上报", "escalated")


def duration_words(duration: Duration) -> Label:
    """``3 wd`` as 3个工作日 / 3 working days."""
    unit = _UNITS[duration.unit]
    amount = f"{duration.amount.normalize():f}"
    en = unit.en.format(amount)
    return Label(unit.zh.format(amount), en.removesuffix("s") if amount == "1" else en)


def who_words(definition: Definition, who: Who) -> Label:
    """Whom a rule names, by the procedure's own name for a role."""
    if who.kind is WhoKind.ROLE:
        return next(role.label for role in definition.roles if role.key == who.name)
    if who.name in PERSONS:
        return FACTS[PERSONS[who.name]].label
    return _WHO[who.kind]


def time_words(definition: Definition, at: TimeRule) -> Label:
    """``3 wd after receipt`` in words."""
    anchor = _ANCHORS[at.anchor.kind]
    step = definition.step.get(at.anchor.step)
    if step:
        field = step.field(at.anchor.field)
        name = field.label if field else step.title
        anchor = Label(anchor.zh.format(name.zh), anchor.en.format(name.en))
    if not at.duration.amount:
        return Label(f"{anchor.zh}时", f"at: {anchor.en}")
    amount = duration_words(at.duration)
    if at.direction is Direction.BEFORE:
        return Label(f"{anchor.zh}前{amount.zh}", f"{amount.en} before: {anchor.en}")
    return Label(f"{anchor.zh}后{amount.zh}内", f"within {amount.en} after: {anchor.en}")


def limit_words(definition: Definition, limit: LimitRule) -> Label:
    """One line of a limit, with its condition, and marked where the figure is the company's own."""
    words = time_words(definition, limit.at)
    zh, en = words.zh, words.en
    if limit.when:
        when = predicate_words(definition, limit.when)
        zh, en = f"{when.zh}：{zh}", f"{when.en}: {en}"
    return Label(f"{zh}（本公司规定）", f"{en} (company rule)") if limit.ours else Label(zh, en)


def lapse_words(definition: Definition, step: Step) -> Label:
    """What happens when the step's limit passes."""
    lapse = step.lapse
    if lapse.action is LapseAction.CHASE:
        return _CHASED
    if lapse.action is LapseAction.ESCALATE:
        return _escalated_words(definition, step)
    outcome = step.outcome(lapse.outcome)
    assert outcome is not None, "the checker knows the outcome of a lapse"
    zh, en = outcome.label.zh, outcome.label.en
    if lapse.at:
        lines = [limit_words(definition, line) for line in lapse.at]
        at = Label(" / ".join(one.zh for one in lines), " / ".join(one.en for one in lines))
        zh, en = f"{_CHASED.zh}；{at.zh}未答复：{zh}", f"{_CHASED.en}; no answer {at.en}: {en}"
    return _proof_words(definition, lapse, zh, en)


def _escalated_words(definition: Definition, step: Step) -> Label:
    """To whom it goes up, rung by rung; without rungs, to who stands above the owner."""
    people = list(dict.fromkeys(who_words(definition, rung.to) for rung in step.escalate))
    if not people:
        return _ESCALATED
    zh = "、".join(one.zh for one in people)
    en = ", then ".join(one.en for one in people)
    return Label(f"上报{zh}", f"escalated to {en}")


def _proof_words(definition: Definition, lapse: Lapse, zh: str, en: str) -> Label:
    if not lapse.proof:
        return Label(zh, en)
    zh, en = f"{zh}（须有送达证明，否则上报）", f"{en} (with proof of receipt, else escalated)"
    if lapse.barred_when:
        barred = predicate_words(definition, lapse.barred_when)
        zh, en = f"{zh}；{barred.zh}的除外", f"{en}; not where {barred.en}"
    return Label(zh, en)


def predicate_words(definition: Definition, predicate: Predicate) -> Label:
    """Conditions joined by and, lines by or."""
    return _predicate_words(definition.step, predicate)


def needed_words(step: Step, field: Field) -> Label:
    """With which answers of ``step`` its ``field`` is needed."""
    return _predicate_words({step.key: step}, field.required_when)


def _predicate_words(steps: Mapping[str, Step], predicate: Predicate) -> Label:
    lines = [[_condition_words(steps, one) for one in line] for line in predicate]
    return Label(
        "或".join("且".join(words.zh for words in line) for line in lines),
        " or ".join(" and ".join(words.en for words in line) for line in lines),
    )


def _condition_words(steps: Mapping[str, Step], condition: Condition) -> Label:
    step, _, name = condition.subject.partition(".")
    field = FACTS.get(name) if step == "case" else steps[step].field(name)
    subject = field.label if field else Label("由他人代办", "Answered by a delegate")
    values = [_value_words(field, value) for value in condition.values]
    operator = _OPERATORS[condition.operator]
    zh = "、".join(value.zh for value in values)
    en = ", ".join(value.en for value in values)
    return Label(f"{subject.zh}{operator.zh}{zh}", f"{subject.en} {operator.en} {en}".rstrip())


def _value_words(field: Field | None, value: str) -> Label:
    if field is None or field.type is FieldType.BOOL:
        return _BOOL[value]
    labels = {choice.key: choice.label for choice in field.choices}
    return labels.get(value, Label(value, value))


def target_words(definition: Definition, target: Target) -> Label:
    """Where an outcome leads."""
    if target.kind is TargetKind.CLOSES:
        verdict = next(known.label for known in definition.verdicts if known.key == target.name)
        return Label(f"结案：{verdict.zh}", f"Close: {verdict.en}")
    if target.kind is TargetKind.ENDS:
        passed = target.name == ACCEPTED
        return (
            Label("本支通过", "Branch accepted") if passed else Label("本支否决", "Branch refused")
        )
    part = definition.step.get(target.name) or definition.fork[target.name]
    return part.title
