"""What procedures can ask of the rooms: the table of effects, by the names that files use."""

from collections.abc import Mapping

from portal.cases.effects import Effect

EFFECTS: Mapping[str, Effect] = {}
