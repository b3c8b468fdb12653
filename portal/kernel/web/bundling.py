"""Many modules as one file: a phone on a bad line asks once, and gets it packed together.

Pure, and strict about what it understands: static imports of named files, and exports that are
declared at the beginning of a line or listed. Each module keeps its names to itself in a function.
Lines that are comments are left out, and indents: no module of ours has either within a text.
"""

import re
from collections.abc import Callable, Mapping

_COMMENT = re.compile(r"(?m)^[ \t]*/\*(?!!)(?:[^*]|\*(?!/))*\*/[ \t]*\n|^[ \t]*//[^\n]*(?:\n|\Z)")
_INDENT = re.compile(r"(?m)^[ \t]+")
_IMPORT = re.compile(
    r"(?m)^import\s*(?:(\w+)|\*\s*as\s+(\w+))?\s*,?\s*(?:\{([^}]*)\})?\s*(?:from\s*)?"
    r'"([^"]+)";?[ \t]*$'
)
_LIST = re.compile(r"(?m)(^|[;}])\s*export\s*\{([^}]*)\};?[ \t]*$")
_DECLARED = re.compile(r"(?m)^export\s+((?:async\s+)?function\*?|class|const)\s+(\w+)")
_LEFT = re.compile(r"(?m)^(?:import|export)\b[^\n]*|\bimport(?:\(|\.meta)")


class Unbundled(ValueError):
    """A module says something that bundling does not understand."""


def bundle(texts: Mapping[str, str], resolve: Callable[[str, str], str]) -> str:
    """The modules of ``texts``, each after what it imports, as one script that imports nothing;
    ``resolve`` makes a name of an importing name and its reference."""
    place = {name: f"$[{number}]" for number, name in enumerate(texts)}
    parts = [_wrapped(name, text, place, resolve) for name, text in texts.items()]
    return "(() => {\nconst $ = [];\n" + "".join(parts) + "})();\n"


def _wrapped(
    name: str, text: str, place: Mapping[str, str], resolve: Callable[[str, str], str]
) -> str:
    """A module as a function that gives what it exports to its ``place``."""
    exports: dict[str, str] = {}

    def take(found: re.Match[str]) -> str:
        default, whole, listed, reference = found.groups()
        source = place[resolve(name, reference)]
        lines = [f"const {whole} = {source};"] if whole else []
        if default:
            lines.append(f"const {default} = {source}.default;")
        if pairs := _pairs(listed or ""):
            named = ", ".join(
                there if there == here else f"{there}: {here}" for there, here in pairs
            )
            lines.append(f"const {{ {named} }} = {source};")
        return "".join(lines)

    def give(found: re.Match[str]) -> str:
        exports.update({outer: own for own, outer in _pairs(found[2])})
        return found[1]

    def declare(found: re.Match[str]) -> str:
        exports[found[2]] = found[2]
        return f"{found[1]} {found[2]}"

    text = _IMPORT.sub(take, _COMMENT.sub("", text))
    text = _DECLARED.sub(declare, _LIST.sub(give, text))
    if left := _LEFT.search(text):
        raise Unbundled(left[0])
    text = _INDENT.sub("", text)
    told = ", ".join(outer if outer == own else f"{outer}: {own}" for outer, own in exports.items())
    # Modules are strict; so are the functions that take their place.
    return (
        f'{place[name]} = (() => {{\n"use strict";\n{text.strip()}\nreturn {{ {told} }};\n}})();\n'
    )


def _pairs(listed: str) -> list[tuple[str, str]]:
    """What stands between braces: a name, and after "as" another."""
    pairs = []
    for part in filter(None, (one.strip() for one in listed.split(","))):
        first, _, second = part.partition(" as ")
        pairs.append((first.strip(), (second or first).strip()))
    return pairs
