"""A procedure file's text becomes a definition that may run, or the list of all its faults."""

import hashlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path as FilePath

import msgspec

from portal.procedures.checking import Known, check
from portal.procedures.definition import Definition
from portal.procedures.faults import Fault, FaultyProcedure, Findings
from portal.procedures.lines import Path, key_lines
from portal.procedures.reading import read_definition

_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_CATALOG = FilePath(__file__).parent / "catalog"


def load(text: str, known: Known | None = None) -> Definition:
    """The definition that ``text`` (TOML) describes.

    Raises ``FaultyProcedure`` with every fault found, in the order of lines.
    """
    findings = Findings()
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FaultyProcedure((_syntax_fault(text, error),)) from error
    definition = read_definition(content, findings)
    check(definition, known or Known(), findings)
    if findings.faults:
        raise FaultyProcedure(_placed(findings.faults, key_lines(text)))
    return definition


def digest(definition: Definition) -> str:
    """The sha256 (hex) of the canonical form: comments and layout of the file do not count."""
    return hashlib.sha256(msgspec.json.encode(definition, order="deterministic")).hexdigest()


def shipped() -> Iterator[tuple[str, str]]:
    """The code and text of every procedure that comes with the portal."""
    for file in sorted(_CATALOG.glob("*.toml")):
        yield file.stem, file.read_text(encoding="utf-8")


def _syntax_fault(text: str, error: tomllib.TOMLDecodeError) -> Fault:
    place = _AT_LINE.search(str(error))
    line = int(place[1]) if place else text.count("\n") + 1
    return Fault((), "not_toml", (("why", str(error)),), line)


def _placed(faults: list[Fault], lines: dict[Path, int]) -> tuple[Fault, ...]:
    placed = [msgspec.structs.replace(fault, line=_line_of(fault.path, lines)) for fault in faults]
    return tuple(sorted(dict.fromkeys(placed), key=lambda fault: fault.line))


def _line_of(path: Path, lines: dict[Path, int]) -> int:
    """The line of the part, or of the nearest one around it that the file does write."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)
