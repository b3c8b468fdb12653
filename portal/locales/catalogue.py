"""Every text shown to people, gathered from templates and code into the Chinese catalogue."""

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[2]
CHINESE = Path(__file__).parent / "zh_CN.po"
_METHODS = [
    ("portal/**.py", "python"),
    ("field/**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("static/js/field/**.js", "javascript"),
]
# `t` is what the engineers' app calls it.
_KEYWORDS = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2), "t": None}


def gathered() -> Catalog:
    """The texts in use, without translations."""
    catalogue = Catalog()
    found = extract_from_dir(
        ROOT,
        method_map=_METHODS,
        options_map={"templates/**.html": {"trimmed": "true", "newstyle_gettext": "true"}},
        keywords=_KEYWORDS,
        directory_filter=lambda folder: Path(folder).name not in ("node_modules", ".venv", ".git"),
    )
    for _, _, text, _, _ in found:
        if text and text != ("", ""):
            catalogue.add(text)
    return catalogue


def chinese() -> Catalog:
    """The Chinese catalogue as it is stored."""
    with CHINESE.open("rb") as file:
        return read_po(file, locale="zh_CN")


def renew() -> Iterator[Message]:
    """Write the catalogue anew, sorted; texts in use without Chinese are kept empty and named."""
    stored = chinese() if CHINESE.exists() else Catalog()
    fresh = Catalog(locale="zh_CN", charset="utf-8", fuzzy=False)
    for message in gathered():
        if not message.id:
            continue
        known = stored.get(message.id)
        kept = fresh.add(message.id, string=known.string if known else "")
        if not all(kept.string if isinstance(kept.string, tuple | list) else (kept.string,)):
            yield kept
    with CHINESE.open("wb") as file:
        write_po(
            file,
            fresh,
            sort_output=True,
            no_location=True,
            omit_header=True,
            width=0,
            ignore_obsolete=True,
        )


if __name__ == "__main__":
    missing = list(renew())
    for message in missing:
        print(f"no Chinese yet: {message.id!r}")
    sys.exit(1 if missing else 0)
