"""Reasons, flags and stages in the reader's language."""

from collections.abc import Iterable, Sequence
from typing import Any

from portal.imports.instants import AMBIGUOUS, SKIPPED
from portal.imports.models import ImportRun, Stage
from portal.imports.valuing import CLOSED_BEFORE_CREATED
from portal.kernel.i18n import N_, Language

STAGES = {
    Stage.DRAFT: N_("Not started"),
    Stage.RUNNING: N_("Running"),
    Stage.DONE: N_("Finished"),
    Stage.CANCELLED: N_("Cancelled"),
    Stage.FAILED: N_("Failed"),
    Stage.INTERRUPTED: N_("Interrupted"),
}
# The param of a reason that is a msgid itself.
_FIELD = "field"
FLAGS = {
    CLOSED_BEFORE_CREATED: N_("Closed before it was created"),
    AMBIGUOUS: N_("A time that the clock showed twice; the first is meant"),
    SKIPPED: N_("A time that the clock left out"),
}


def reason_words(reasons: Iterable[Any], language: Language) -> list[str]:
    """Reasons as they are kept (a msgid and its params) in ``language``."""
    return [_said(text, params, language) for text, params in reasons]


def flag_words(flags: str) -> Sequence[str]:
    """The msgids of a record's flags."""
    return [FLAGS[key] for key in flags.split() if key in FLAGS]


def flagged_count(run: ImportRun) -> int:
    """How many rows are flagged; of a draft, how many would be."""
    if run.stage is not Stage.DRAFT:
        return run.flagged
    return int(run.forecast["flagged"]) if run.forecast else 0


def flagged_rows(run: ImportRun) -> list[tuple[int, Sequence[str]]]:
    """The first rows that are flagged, as the file was counted: line and msgids. They stand in the
    order of the file, so that of an import that was not finished those read come first."""
    odd = run.forecast.get("odd", []) if run.forecast else []
    return [(line, flag_words(flags)) for line, flags in odd[: flagged_count(run)]]


def _said(text: str, params: dict[str, Any], language: Language) -> str:
    label = params.get(_FIELD)
    named = params | {_FIELD: language.gettext(label)} if label else params
    return language.gettext(text) % named
