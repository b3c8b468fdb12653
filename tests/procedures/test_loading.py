"""Loading a file: every fault with its line, and all of them at once."""

from pathlib import Path

import msgspec
import pytest

from portal.procedures.checking import Known
from portal.procedures.definition import Definition
from portal.procedures.faults import REASONS, FaultyProcedure
from portal.procedures.loading import digest, load

SOUND = """\
code = "T02"
title = { zh = "小程序", en = "Small" }
edition = "A/0"
effective_on = 2026-01-01
owner = "clerk"
reopens = "work"

[prepared]
name = "宁"
on = 2025-12-01

[roles]
clerk = { zh = "经办人", en = "Clerk" }

[verdicts]
done = { zh = "完成", en = "Done" }

[[step]]
key = "work"
title = { zh = "办理", en = "Work" }
clause = { id = "T02.1", zh = "办理。", en = "Do it." }
who = "role clerk"
due = [
  { when = "case.urgency = high", at = "2 wh after opened", ours = true },
  { at = "1 wd after opened" },
]
remind = ["2 wh before due"]
lapse = { outcome = "silent", at = "2 wd after opened" }
effects = ["print"]
flags = ["no promise"]

[[step.field]]
key = "cost"
label = { zh = "费用", en = "Cost" }
type = "money"
max = 90000

[[step.outcome]]
key = "hand_in"
label = { zh = "交", en = "Hand in" }
then = [
  { when = "work.cost > 10", then = "check" },
  { closes = "done" },
]

[[step.outcome]]
key = "silent"
label = { zh = "逾期", en = "Silent" }
silent = true
then = "check"

[[step]]
key = "check"
title = { zh = "检查", en = "Check" }
clause = { id = "T02.2", zh = "检查。", en = "Check it." }
who = "role clerk"
due = "1 wd after opened"
lapse = "chase"

[[step.outcome]]
key = "ok"
label = { zh = "好", en = "Good" }
closes = "done"
"""
KNOWN = Known(frozenset({"print"}), {"P06": frozenset({"solved"})})


def faults(text: str, known: Known = KNOWN) -> list[tuple[int, str]]:
    with pytest.raises(FaultyProcedure) as caught:
        load(text, known)
    return [(fault.line, fault.reason) for fault in caught.value.faults]


def test_a_sound_file_is_loaded() -> None:
    definition = load(SOUND, KNOWN)
    assert (definition.code, definition.edition, definition.reopens) == ("T02", "A/0", "work")
    assert [step.key for step in definition.steps] == ["work", "check"]
    assert definition.prepared is not None
    assert definition.prepared.name == "宁"
    assert definition.approved is None
    assert definition.steps[0].due[0].ours
    assert not definition.steps[0].due[1].ours


STEP_WORK = '[[step]]\nkey = "work"'
STEP_CHECK = '[[step]]\nkey = "check"'
OUTCOME_SILENT = '[[step.outcome]]\nkey = "silent"'
OUTCOME_OK = '[[step.outcome]]\nkey = "ok"'
WHO = 'who = "role clerk"\ndue = ['
DUE = '"1 wd after opened"\nlapse'
ROUTE = '"work.cost > 10", then = "check"'


@pytest.mark.parametrize(
    ("old", "new", "at", "reason"),
    [
        # Reading
        ('code = "T02"\n', "", "title = { zh = \"小", "missing"),
        ('code = "T02"', "code = 2", "code", "wrong_kind"),
        ('code = "T02"', 'code = ""', "code", "missing"),
        (', en = "Small" }', "}", 'title = { zh = "小', "missing"),
        ("2026-01-01", '"2026-01-01"', "effective_on", "wrong_kind"),
        ("2026-01-01", "2026-01-01T08:00:00", "effective_on", "wrong_kind"),
        ('edition = "A/0"', 'edition = "A/0"\nversion = 1', "version", "unknown_key"),
        ("on = 2025-12-01", "on = 2025-12-01\nby = 1", "by = 1", "unknown_key"),
        ('clerk = { zh = "经办人", en = "Clerk" }', 'clerk = "x"', "clerk = ", "wrong_kind"),
        ('{ zh = "经办人", en = "Clerk" }', '{ zh = "经办人" }', "clerk = ", "missing"),
        ("clerk = { zh", "Clerk = { zh", "Clerk = ", "bad_key"),
        ("max = 90000", "choices = 3", "choices", "wrong_kind"),
        ('key = "check"', 'key = "Check!"', 'key = "Check!', "bad_key"),
        ('key = "check"', 'key = "case"', 'key = "case"', "bad_key"),
        ('key = "cost"', 'key = "on_behalf"', 'key = "on_behalf"', "bad_key"),
        (WHO, WHO.replace("role clerk", "clerk"), 'who = "clerk"', "bad_who"),
        (WHO, WHO.replace("role clerk", "role "), 'who = "role "', "bad_who"),
        (WHO, WHO.replace('who = "role clerk"\n', ""), STEP_WORK, "missing"),
        ('lapse = "chase"', 'lapse = "ignore"', 'lapse = "ignore"', "not_one_of"),
        ('lapse = "chase"', 'lapse = ""', 'lapse = ""', "missing"),
        ('lapse = "chase"', "lapse = 3", "lapse = 3", "wrong_kind"),
        ('lapse = "chase"\n', "", STEP_CHECK, "missing"),
        ('due = "1 wd after opened"\n', "", STEP_CHECK, "missing"),
        ('due = "1 wd after opened"\n', 'due = ""\n', 'due = ""', "missing"),
        ("2 wh after opened", "2 days after opened", "  { when = \"case", "bad_time_rule"),
        ('{ at = "1 wd after opened" }', "{ ours = true }", "  { ours", "missing"),
        ('{ at = "1 wd after opened" }', "7", "  7,", "wrong_kind"),
        ('"2 wh before due"', '"2 wh"', "remind", "bad_time_rule"),
        ('["2 wh before due"]', "[2]", "remind", "wrong_kind"),
        ('["2 wh before due"]', '"2 wh before due"', "remind", "wrong_kind"),
        ("case.urgency = high", "urgency = high", '  { when = "urgency', "bad_condition"),
        ('{ when = "case.urgency = high"', "{ when = [1]", "  { when = [1]", "wrong_kind"),
        ('"no promise"', '"promise"', "flags", "not_one_of"),
        ('type = "money"', 'type = "cash"', 'type = "cash"', "not_one_of"),
        ('type = "money"', 'type = ""', 'type = ""', "missing"),
        ("max = 90000", 'max = "many"', "max", "wrong_kind"),
        ("max = 90000", "max = true", "max", "wrong_kind"),
        ("silent = true", 'silent = "yes"', "silent =", "wrong_kind"),
        ("  { closes", '  { ends = "accepted", closes', "  { ends", "bad_target"),
        ('  { closes = "done" },', "  {},", "  {}", "bad_target"),
        ('silent = true\nthen = "check"', "silent = true", OUTCOME_SILENT, "bad_target"),
        ('[\n  { when = "work.cost > 10", then = "check" },\n  { closes = "done" },\n]', "[]",
         '[[step.outcome]]\nkey = "hand_in"', "bad_target"),
        ('closes = "done"\n', 'ends = "perhaps"\n', "ends", "not_one_of"),
        # Names
        ('owner = "clerk"', 'owner = "boss"', "owner", "unknown_role"),
        (WHO, WHO.replace("clerk", "boss"), 'who = "role boss"', "unknown_role"),
        ('reopens = "work"', 'reopens = "play"', "reopens", "unknown_step"),
        ('"print"', '"shout"', "effects", "unknown_effect"),
        ('  { closes = "done"', '  { closes = "gone"', "  { closes", "unknown_verdict"),
        (ROUTE, ROUTE.replace("check", "rest"), '  { when = "work', "unknown_target"),
        ('outcome = "silent"', 'outcome = "quiet"', "lapse = {", "unknown_outcome"),
        ('outcome = "silent"', 'outcome = "hand_in"', "lapse = {", "not_silent"),
        ("max = 90000", 'required_for = ["win"]', "required_for", "unknown_outcome"),
        ('key = "check"', 'key = "work"', 'key = "work"\ntitle = { zh = "检查', "twice"),
        # Sight
        ("case.urgency = high", "case.mood = high", '  { when = "case', "unknown_field"),
        ("case.urgency = high", "case.urgency = huge", '  { when = "case', "bad_comparison"),
        ("work.cost > 10", "work.price > 10", '  { when = "work', "unknown_field"),
        ("work.cost > 10", "play.cost > 10", '  { when = "play', "unknown_field"),
        ("work.cost > 10", "work.cost has 10", '  { when = "work', "bad_comparison"),
        # Limits
        (DUE, DUE.replace("opened", "work.closed"), 'due = "1 wd', "no_sure_limit"),
        (DUE, DUE.replace("opened", "due"), 'due = "1 wd', "due_of_itself"),
        ('"2 wh before due"', '"2 wh before opened"', "remind", "due_only"),
        ('"2 wh before due"', '"2 wh after due"', "remind", "remind_before"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(old: str, new: str, at: str, reason: str) -> None:
    assert old in SOUND
    broken = SOUND.replace(old, new, 1)
    assert broken.count(at) == 1
    line = broken[: broken.index(at)].count("\n") + 1
    assert (line, reason) in faults(broken)


def test_faults_are_all_told_at_once_in_the_order_of_lines() -> None:
    broken = (
        SOUND.replace('owner = "clerk"', 'owner = "boss"')
        .replace("2 wh after opened", "soon")
        .replace('type = "money"', 'type = "cash"')
        .replace('lapse = "chase"', 'lapse = "ignore"')
        .replace("[prepared]", "[preparred]")
    )
    found = faults(broken)
    assert [reason for _, reason in found] == [
        "unknown_role",
        "unknown_key",
        "bad_time_rule",
        "not_one_of",
        "bad_comparison",
        "not_one_of",
    ]
    assert [line for line, _ in found] == sorted({line for line, _ in found})


def test_a_part_of_the_wrong_kind_is_one_fault_and_not_one_for_each_key_in_it() -> None:
    assert faults(SOUND.replace('{ zh = "好", en = "Good" }', '"好"')) == [(62, "wrong_kind")]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb = \n", 2),
        ("a = 1\na = 2\n", 2),
        ('a = """\n\n', 3),
        ("a = 1\n\n[x", 3),
    ],
)
def test_broken_toml_is_told_with_its_line(text: str, line: int) -> None:
    assert faults(text) == [(line, "not_toml")]


def test_an_empty_file_is_told_what_is_missing() -> None:
    found = {(reason, line) for line, reason in faults("")}
    assert found == {("missing", 1), ("no_steps", 1)}


def test_faults_read_in_both_languages() -> None:
    with pytest.raises(FaultyProcedure, match=r"line 5: there is no role 'boss'") as caught:
        load(SOUND.replace('owner = "clerk"', 'owner = "boss"'))
    [fault] = caught.value.faults
    assert fault.zh == "没有岗位“boss”"


def test_every_reason_has_the_same_names_in_both_languages() -> None:
    for zh, en in REASONS.values():
        names = [{part.split("}")[0] for part in text.split("{")[1:]} for text in (zh, en)]
        assert names[0] == names[1]


def test_what_exists_outside_is_checked_only_where_it_is_known() -> None:
    load(SOUND.replace('"print"', '"shout"'))


def test_the_digest_is_of_the_meaning_and_not_of_the_text() -> None:
    plain = digest(load(SOUND))
    assert plain == digest(load("# a comment\n" + SOUND.replace("  {", "{")))
    assert plain != digest(load(SOUND.replace("1 wd after opened", "2 wd after opened")))
    assert plain != digest(load(SOUND.replace('en = "Clerk"', 'en = "Agent"')))
    assert len(plain) == 64


def test_a_definition_stored_as_json_is_the_same_definition_r4() -> None:
    definition = load(SOUND)
    stored = msgspec.json.encode(definition)
    again = msgspec.json.decode(stored, type=Definition)
    assert again == definition
    assert digest(again) == digest(definition)
    assert again.step.keys() == definition.step.keys()


def test_every_reason_is_tested() -> None:
    """A fault nobody provokes may never be found: its key must stand in some test."""
    tests = Path(__file__).parent
    written = "".join(file.read_text(encoding="utf-8") for file in tests.glob("test_*.py"))
    assert [reason for reason in REASONS if f'"{reason}"' not in written] == []
