"""What procedures can ask of the rooms: the table of effects, by the names that files use."""

from collections.abc import Mapping

from portal.cases.effects import Effect
from portal.repairs.booking import book_visit, move_visit, release_visit

EFFECTS: Mapping[str, Effect] = {
    "book_visit": book_visit,
    "move_visit": move_visit,
    "release_visit": release_visit,
}
