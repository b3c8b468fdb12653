"""What can be wrong with a procedure file, as values with stable keys, in Chinese and English."""

import msgspec

from portal.procedures.lines import Path

REASONS: dict[str, tuple[str, str]] = {
    "not_toml": ("不是有效的 TOML:{why}", "not valid TOML: {why}"),
    "missing": ("缺少“{name}”", "'{name}' is missing"),
    "unknown_key": ("没有“{name}”这一项", "there is no key '{name}' here"),
    "wrong_kind": ("“{name}”应为{expected}", "'{name}' must be {expected}"),
    "bad_key": (
        "“{name}”不能作为标识:只用小写字母、数字和下划线,且不能是保留字",
        "'{name}' is no key: small letters, digits and underscores, and no reserved word",
    ),
    "twice": ("“{name}”重复", "'{name}' is there twice"),
    "not_one_of": ("“{name}”不在可选值之内:{choices}", "'{name}' is none of {choices}"),
    "bad_time_rule": (
        "看不懂的时限“{name}”(如 3 wd after receipt、at due)",
        "'{name}' is no time rule (like '3 wd after receipt', 'at due')",
    ),
    "bad_condition": (
        "看不懂的条件“{name}”(如 case.urgency = high)",
        "'{name}' is no condition (like 'case.urgency = high')",
    ),
    "bad_who": (
        "看不懂的责任人“{name}”(如 role clerk、each department)",
        "'{name}' names nobody (like 'role clerk', 'each department')",
    ),
    "bad_join": (
        "汇合规则应为 all、any 或 1–100 %,而不是“{name}”",
        "a join is all, any or 1-100 %, not '{name}'",
    ),
    "bad_target": (
        "去向应当且只能写 then、ends、closes 之一",
        "a target is exactly one of then, ends, closes",
    ),
    "nobody_holds": ("本公司没有岗位“{name}”", "nobody in the company can hold the role '{name}'"),
    "unknown_role": ("没有岗位“{name}”", "there is no role '{name}'"),
    "unknown_step": ("没有步骤“{name}”", "there is no step '{name}'"),
    "unknown_target": ("没有步骤或分支“{name}”", "there is no step or fork '{name}'"),
    "unknown_verdict": ("没有结案结论“{name}”", "there is no verdict '{name}'"),
    "unknown_outcome": ("本步骤没有结果“{name}”", "this step has no outcome '{name}'"),
    "unknown_scope": ("没有分支“{name}”", "there is no branch '{name}'"),
    "unknown_page": ("没有页面“{name}”", "there is no page '{name}'"),
    "unknown_effect": ("没有后续动作“{name}”", "there is no effect '{name}'"),
    "unknown_procedure": ("没有程序“{name}”", "there is no procedure '{name}'"),
    "unknown_fact": ("案件没有“{name}”这一项", "a case has no fact '{name}'"),
    "unknown_field": (
        "这里看不到字段“{name}”(不存在,或在别的分支里)",
        "field '{name}' is not seen from here (there is none, or it is in another branch)",
    ),
    "wrong_field_type": (
        "字段“{name}”的类型不能这样用",
        "field '{name}' is not of a type that can be used so",
    ),
    "bad_comparison": ("字段不能这样比较:{name}", "the field cannot be compared so: {name}"),
    "no_steps": ("程序没有步骤", "the procedure has no steps"),
    "first_step_inside": ("第一步不能在分支里", "the first step cannot lie in a branch"),
    "out_of_scope": (
        "不能直接进入“{name}”所在的分支,只能经由分叉",
        "'{name}' lies in a branch that is entered only through its fork",
    ),
    "starts_elsewhere": (
        "步骤“{name}”不在这个分支里",
        "step '{name}' does not lie in this branch",
    ),
    "ends_outside": ("不在分支里,不能用 ends", "'ends' has no branch to end here"),
    "no_branches": ("分叉至少要两个分支,或用 for_each", "a fork needs two branches or a for_each"),
    "for_each_branch": (
        "for_each 的分叉用 starts,不写 branches",
        "a for_each fork has 'starts' and no branches",
    ),
    "needs_if_empty": ("for_each 必须写 if_empty", "a for_each needs 'if_empty'"),
    "if_empty_alone": ("没有 for_each 就没有 if_empty", "'if_empty' needs a 'for_each'"),
    "empty_cycle": (
        "列表都为空时,分叉会互相打开而没有尽头",
        "with all lists empty, these forks would open each other for ever",
    ),
    "never_accepted": ("没有可能“通过”的汇合", "this join can never be accepted"),
    "needs_refused": (
        "分支可能被否决,必须写 refused",
        "branches can be refused: 'refused' is needed",
    ),
    "never_refused": ("没有可能“否决”的汇合", "this join can never be refused"),
    "each_outside": (
        "“{name}”只能用在 for_each 的分支里",
        "'{name}' is used in a for_each branch only",
    ),
    "unreachable": ("“{name}”永远到不了", "'{name}' can never be reached"),
    "never_ends": (
        "从“{name}”出发,不能保证案件能结束",
        "from '{name}' the case cannot be sure to end",
    ),
    "no_outcomes": ("步骤没有可由人选择的结果", "the step has no outcome that a person can choose"),
    "silent_unused": ("没有时限会得出“{name}”", "no lapse takes the silent outcome '{name}'"),
    "not_silent": (
        "无人答复得出的结果必须标 silent,以免与人的决定混淆:{name}",
        "an outcome taken without an answer is marked silent, lest it pass for a person's: {name}",
    ),
    "customer_unseen": (
        "由客户给出的结果，其步骤须标 customer visible",
        "an outcome that the customer gives belongs to a step that is customer visible",
    ),
    "route_after_default": (
        "前面已有无条件的去向",
        "a target without 'when' stands before this one",
    ),
    "no_default": ("最后一个去向不能有条件", "the last target must have no 'when'"),
    "no_sure_limit": (
        "最后一行时限必须总能起算(opened、case.received、case.opened 或签收后的 receipt)",
        "the last limit must always start (opened, case.received, case.opened, or receipt with"
        " sign_for)",
    ),
    "limit_never_used": ("前面的时限总是先适用", "a limit before this one always applies"),
    "before_needs_date": ("before 只能用于日期字段", "'before' needs a date field"),
    "due_only": ("这里只能用 due 作起点", "only 'due' can be the anchor here"),
    "due_of_itself": ("时限不能从 due 起算", "a limit cannot start at due"),
    "own_closing": (
        "不能以自己为起点",
        "a step is no anchor for itself; write 'opened' or 'receipt'",
    ),
    "remind_before": ("提醒必须在 due 之前", "a reminder comes before due"),
    "empty_ladder": (
        "lapse = escalate 需要 escalate",
        "lapse = 'escalate' needs an 'escalate' ladder",
    ),
    "silence_decides": (
        "没有送达证明的沉默不能结案,也不能结束分支",
        "silence without proof may neither close the case nor end a branch",
    ),
    "barred_needs_proof": ("barred_when 只用于默认批准", "'barred_when' is for deemed outcomes"),
    "never_deemed": ("本步骤不得默认批准", "this step is barred from deemed outcomes"),
    "child_silent": (
        "子案件的步骤不能因沉默而结束",
        "a step with a child case never ends by silence",
    ),
    "child_form": ("子案件的步骤没有表单", "a step with a child case has no form"),
    "child_unmapped": ("没有子案件结论会得出“{name}”", "no verdict of the child gives '{name}'"),
    "choices_needed": ("选择字段需要 choices", "a choice field needs 'choices'"),
    "choices_unused": ("只有选择字段才有 choices", "only choice fields have 'choices'"),
    "tense_unused": ("只有日期和时间字段才有 tense", "only dates and times have a 'tense'"),
    "role_unused": ("只有人员字段才有 role", "only fields that name people have a 'role'"),
    "max_unused": ("这种字段没有 max", "a field of this type has no 'max'"),
    "max_too_small": ("max 至少为 1", "'max' is at least 1"),
    "cannot_set": (
        "字段不能决定“{name}”:类型或选项不符",
        "the field cannot decide '{name}': its type or choices differ",
    ),
    "reopens_inside": (
        "重新打开或撤回时进入的步骤不能在分支里",
        "the step that reopens or withdraws a case cannot lie in a branch",
    ),
    "required_both": ("required 与 required_for 只写一个", "write 'required' or 'required_for'"),
    "required_always": (
        "required 与 required_when 只写一个",
        "write 'required' or 'required_when'",
    ),
    "needed_elsewhere": (
        "required_when 只看本表单和案件:“{name}”",
        "'required_when' sees this form and the case only: '{name}'",
    ),
}


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong: where (path, and line from 1 once known) and why."""

    path: Path
    reason: str
    names: tuple[tuple[str, str], ...] = ()
    line: int = 0

    @property
    def zh(self) -> str:
        """The reason in Chinese."""
        return REASONS[self.reason][0].format(**dict(self.names))

    @property
    def en(self) -> str:
        """The reason in English."""
        return REASONS[self.reason][1].format(**dict(self.names))


class FaultyProcedure(Exception):
    """A procedure file that must not run; ``faults`` are all of them, in the file's order."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(f"line {fault.line}: {fault.en}" for fault in faults))
        self.faults = faults


class Findings:
    """Collects faults, so that one pass over a file tells everything that is wrong with it."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def add(self, path: Path, reason: str, **names: str) -> None:
        """Note that the part at ``path`` is wrong for ``reason`` (a key of ``REASONS``)."""
        assert reason in REASONS, reason
        self.faults.append(Fault(path, reason, tuple(names.items())))
