"""The digests of the editions that ship. `bin/editions` adds those that are new.

An edition that is listed says what it said: running cases stand on it (R4). Only one that no portal
has stored yet may be listed again with another digest, by `bin/editions --again`.
"""

import sys
from pathlib import Path

from portal.procedures.loading import digest, load, shipped
from portal.procedures.storing import KNOWN

LISTED = Path(__file__).parent / "editions.txt"
Editions = dict[tuple[str, str], str]


def read(text: str) -> Editions:
    """Digests by code and edition, from lines such as ``P06 A/0 3f…``."""
    lines = [line.split() for line in text.splitlines()]
    return {(code, edition): kept for code, edition, kept in lines}


def present() -> Editions:
    """What the files of the catalogue say now."""
    definitions = [load(text, KNOWN) for _, text in shipped()]
    return {(one.code, one.edition): digest(one) for one in definitions}


def changed(listed: Editions) -> list[str]:
    """The editions that say something else than is listed."""
    now = present()
    return [
        f"{code} {edition}"
        for (code, edition), kept in listed.items()
        if now.get((code, edition), kept) != kept
    ]


def main(again: bool) -> None:
    """Write the list anew."""
    listed = read(LISTED.read_text()) if LISTED.exists() else {}
    if (lines := changed(listed)) and not again:
        sys.exit(f"changed without a new edition: {', '.join(lines)}")
    merged = sorted({**listed, **present()}.items())
    LISTED.write_text("".join(f"{code} {edition} {kept}\n" for (code, edition), kept in merged))


if __name__ == "__main__":
    main("--again" in sys.argv[1:])
