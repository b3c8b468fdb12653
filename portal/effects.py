"""What procedures can ask of the rooms: the table of effects, by the names that files use, and the
two of child cases."""

from collections.abc import Mapping

from portal.cases.effects import ANSWER_PARENT, OPEN_CHILD, Effect
from portal.cases.gating import answer_parent, open_child
from portal.cases.issuing import issuing
from portal.cases.phoning import press_by_phone, tell_by_phone
from portal.openings.writing import remind_customer, send_closing_link
from portal.repairs.booking import book_visit, move_visit, release_visit
from portal.surveys.inviting import invite_survey

EFFECTS: Mapping[str, Effect] = {
    ANSWER_PARENT: answer_parent,
    "book_visit": book_visit,
    "invite_survey": invite_survey,
    "issue_f02": issuing("F02"),
    "issue_f03": issuing("F03"),
    "issue_f04": issuing("F04"),
    "move_visit": move_visit,
    OPEN_CHILD: open_child,
    "press_by_phone": press_by_phone,
    "release_visit": release_visit,
    "remind_customer": remind_customer,
    "send_closing_link": send_closing_link,
    "tell_by_phone": tell_by_phone,
}
