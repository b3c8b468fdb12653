"""What procedures can ask of the rooms: the table of effects, by the names that files use."""

from collections.abc import Mapping

from portal.cases.effects import Effect
from portal.openings.writing import remind_customer, send_closing_link
from portal.repairs.booking import book_visit, move_visit, release_visit
from portal.surveys.inviting import invite_survey

EFFECTS: Mapping[str, Effect] = {
    "book_visit": book_visit,
    "invite_survey": invite_survey,
    "move_visit": move_visit,
    "release_visit": release_visit,
    "remind_customer": remind_customer,
    "send_closing_link": send_closing_link,
}
