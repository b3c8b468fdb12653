"""Lines of a TOML file, for TOML as wild as it may be written."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.procedures.lines import Path, key_lines

WILD = '''# a comment = [not a table]
title = "one"   # [nor this]
"quoted key" = 'x'
a.b . "c d" = 2

text = """
[not.a.table]
key = "no" \\"""
""""
raw = \'\'\'
[[nor]] # this
\'\'\'
list = [
  "one", # ] not the end
  { zh = "一", en = "]" },

  [1,
   2],
]
empty = []
inline = { x = 1, "y z" = [ "}" ], deep = { er = 2026-01-01 } }
when = 2026-01-01 08:00:00

[table]
key = 1
[table.sub]
key = 2
[[step]]
key = "a"
[[step.outcome]]
then = "b"
[[step.outcome]]

then = "c"
[step.clause]
id = "P"
[[step]]
key = "b"
[step.outcome]
then = "d"
[ roles . "a b" ]
zh = "x"'''


def paths_of(value: object, path: Path = ()) -> set[Path]:
    found: set[Path] = {path} if path else set()
    inner: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    for key, item in inner:
        found |= paths_of(item, (*path, key))
    return found


def test_every_key_and_item_has_a_line_and_nothing_else_has() -> None:
    assert set(key_lines(WILD)) == paths_of(tomllib.loads(WILD))


@pytest.mark.parametrize(
    ("path", "start"),
    [
        (("title",), 'title = "one"'),
        (("quoted key",), '"quoted key"'),
        (("a", "b", "c d"), "a.b"),
        (("text",), 'text = """'),
        (("raw",), "raw ="),
        (("list", 0), '  "one"'),
        (("list", 1, "en"), "  { zh"),
        (("list", 2), "  [1"),
        (("list", 2, 1), "   2]"),
        (("inline", "deep", "er"), "inline"),
        (("when",), "when"),
        (("table", "sub"), "[table.sub]"),
        (("step",), "[[step]]"),
        (("step", 0, "outcome", 1), "[[step.outcome]]"),
        (("step", 0, "outcome", 1, "then"), 'then = "c"'),
        (("step", 0, "clause", "id"), 'id = "P"'),
        (("step", 1, "outcome", "then"), 'then = "d"'),
        (("roles", "a b"), "[ roles"),
        (("roles", "a b", "zh"), 'zh = "x"'),
    ],
)
def test_a_key_is_found_on_the_line_where_it_stands(path: Path, start: str) -> None:
    line = WILD.split("\n")[key_lines(WILD)[path] - 1]
    assert line.startswith(start)


def test_a_second_table_of_a_list_is_another_line() -> None:
    lines = key_lines(WILD)
    assert lines["step", 0] < lines["step", 0, "outcome", 0] < lines["step", 0, "outcome", 1]
    assert lines["step", 0, "outcome", 1] < lines["step", 1]


def test_windows_line_ends_count_as_one() -> None:
    assert key_lines("a = 1\r\n\r\nb = 2\r\n") == {("a",): 1, ("b",): 3}


def test_an_empty_file_has_no_keys() -> None:
    assert key_lines("") == key_lines("# nothing\n") == {}


KEYS = st.text(alphabet="ab-_1é中 .", min_size=1, max_size=4)
SCALARS = st.one_of(
    st.integers(-5, 5).map(str),
    st.sampled_from(
        ["true", "1.5e3", "2026-01-01", "08:00:00", "'''a\n]'''", '"""x"\n}""""', "'#'"]
    ),
    st.text(alphabet="ab]}#=,' ", max_size=5).map(lambda text: f'"{text}"'),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[\n" + ",\n# , ]\n".join(items) + "\n]"),
        st.dictionaries(KEYS, inner, max_size=3).map(
            lambda pairs: "{" + ", ".join(f'"{key}" = {item}' for key, item in pairs.items()) + "}"
        ),
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(KEYS, VALUES, max_size=4), st.lists(st.dictionaries(KEYS, VALUES, max_size=3))
)
def test_random_files_get_a_line_for_every_path(
    top: dict[str, str], tables: list[dict[str, str]]
) -> None:
    text = "".join(f'"{key}" = {value}\n' for key, value in top.items())
    for table in tables:
        text += "[['list of tables']] # x\n"
        text += "".join(f'"{key}" = {value}\n' for key, value in table.items())
    lines = key_lines(text)
    assert set(lines) == paths_of(tomllib.loads(text))
    split = text.split("\n")
    for path, line in lines.items():
        if len(path) == 1 and path != ("list of tables",):
            assert split[line - 1].startswith(f'"{path[0]}" =')
