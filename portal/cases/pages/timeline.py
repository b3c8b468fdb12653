"""What happened to a case, as its page and its print tell it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.cases.deeming import Deemed
from portal.cases.models import Task
from portal.cases.reading import Full
from portal.cases.step_forms import said, shown_value
from portal.kernel.i18n import Language
from portal.procedures.definition import Definition, FieldType, Label, Step


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of what happened: `kind` names the partial that writes it, `thing` its row. What
    a room above tells is written by its `template`, which finds all this as ``event``."""

    at: datetime
    kind: str
    who: str
    thing: Any
    step: Step | None = None
    outcome: Any = None
    answers: list[tuple[Any, Any]] = field(default_factory=list)
    deemed: Deemed | None = None
    template: str = ""


# What a second person decides rests on what the first one did, named beside it.
DECIDED_ON = Label("依据", "Decided on")


def events_of(
    full: Full,
    definition: Definition,
    language: Language,
    names: Mapping[str, dict[str, str]],
    deemed: Mapping[int, Deemed],
    beside: Iterable[Event] = (),
) -> list[Event]:
    """What happened, the newest first. ``names`` by type of field: what answers name, by key;
    ``deemed`` the approvals by silence, by task; ``beside`` what other rooms tell."""
    # The first to have the case got it from whoever registered it; nobody, from the public form.
    first = next((one for one in full.assignments if one.task_id is None), None)
    clerk = first.by.name if first and first.by else ""
    events = [Event(full.case.opened_at, "opened", clerk, full.case)]
    for task in full.tasks:
        events += _of_task(full, definition, task, language, names, deemed.get(task.id))
    events += [Event(note.at, "note", note.by.name, note) for note in full.notes]
    events += [Event(call.at, "call", call.by.name, call) for call in full.calls]
    for document in full.documents:
        who = document.by.name if document.by else ""
        events.append(Event(document.at, "document", who, document))
    for pause in full.pauses:
        who = pause.by.name if pause.by else ""
        events.append(Event(pause.from_at, "paused", who, pause))
        if pause.until_at:
            events.append(Event(pause.until_at, "resumed", "", pause))
    events += [Event(one.at, f"customer_{one.kind}", "", one) for one in full.messages]
    for again in full.reopenings:
        events.append(Event(again.at, "reopened", again.by.name if again.by else "", again))
    events += [Event(one.at, "priority", one.by.name, one) for one in full.priorities]
    if taken := full.taken_over:
        events.append(Event(taken.at, "taken_over", taken.by.name, taken))
    steps = {task.id: definition.step[task.step] for task in full.tasks}
    for one in full.assignments:
        if one is first:
            continue
        who = one.by.name if one.by else ""
        to = steps.get(one.task_id) if one.task_id else None
        events.append(Event(one.at, "handed_over", who, one, to))
    events += beside
    # Of what has one time the later of the list happened later: the opening comes before all.
    return sorted(events, key=lambda event: event.at)[::-1]


def _of_task(
    full: Full,
    definition: Definition,
    task: Task,
    language: Language,
    names: Mapping[str, dict[str, str]],
    deemed: Deemed | None,
) -> Iterator[Event]:
    """That a task ended, with what was answered, and that it was signed for."""
    step = definition.step[task.step]
    if task.closed_at:
        outcome = step.outcome(task.outcome)
        given = task.answer.fields if task.answer else {}
        answers: list[tuple[Any, Any]] = [
            (f.label, shown_value(f, given[f.key], language, names))
            for f in step.fields
            if given.get(f.key) not in (None, "", [])
        ]
        answers += _evidence(full, definition, task, language, names)
        by = task.answer.by if task.answer else None
        who, label = by.name if by else "", outcome.label if outcome else None
        kind = f"task_{task.ending}"
        yield Event(task.closed_at, kind, who, task, step, label, answers, deemed)
    if task.signed_at:
        yield Event(task.signed_at, "signed", task.owner.name, task, step)


def _evidence(
    full: Full,
    definition: Definition,
    task: Task,
    language: Language,
    names: Mapping[str, dict[str, str]],
) -> list[tuple[Any, Any]]:
    """Of a step that takes a second person: the step before, who answered that, and its files."""
    others = definition.step[task.step].another_than
    before = [one for one in full.tasks if one.step in others and one.answer and one.id < task.id]
    if not before or not task.answer:
        return []
    last = before[-1]
    step, given = definition.step[last.step], last.answer.fields if last.answer else {}
    files = [
        shown_value(field, given[field.key], language, names)
        for field in step.fields
        if field.type is FieldType.ATTACHMENTS and given.get(field.key)
    ]
    by = last.answer.by.name if last.answer and last.answer.by else ""
    said_of = said(step.title, language)
    return [(DECIDED_ON, " · ".join(filter(None, [said_of, by, *map(str, files)])))]
