"""The reason for a choice, made of the figures that speak for it (P06.3)."""

from collections.abc import Callable

from portal.kernel.i18n import N_, Language
from portal.repairs.ranking import Candidate
from portal.repairs.windows import Window

LEVELS = {1: N_("under guidance"), 2: N_("works alone"), 3: N_("teaches others")}


def explain(
    candidate: Candidate, skill: str, language: Language, written: Callable[[Window], str]
) -> str:
    """Why this engineer, in the reader's language; ``skill`` is its name, empty where none is
    asked for, and ``written`` writes a window."""
    say = language.gettext
    parts = []
    if candidate.level is not None:
        level = {"skill": skill, "level": say(LEVELS[candidate.level])}
        parts.append(say(N_("%(skill)s: %(level)s")) % level)
    if candidate.serves is not None:
        serves = N_("serves the region") if candidate.serves else N_("from another region")
        parts.append(say(serves))
    count, hours = candidate.visits, _hours(candidate.booked_minutes)
    load = language.ngettext(
        "%(visits)s visit booked (%(hours)s h)", "%(visits)s visits booked (%(hours)s h)", count
    )
    parts.append(load % {"visits": count, "hours": hours})
    extra = candidate.offer.extra
    way = N_("%(minutes)s min extra driving (%(km)s km)")
    if extra.assumed:
        way = N_("%(minutes)s min extra driving (%(km)s km, assumed)")
    parts.append(say(way) % {"minutes": extra.minutes, "km": f"{extra.km:.1f}"})
    free = say(N_("free %(window)s"))
    parts.append(free % {"window": written(candidate.offer.window)})
    return say(N_("; ")).join(parts) + say(N_("."))


def _hours(minutes: int) -> str:
    return f"{minutes / 60:.1f}".removesuffix(".0")
