"""Many modules become one script that does the same."""

import shutil
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from portal.kernel.web.assets import Assets
from portal.kernel.web.bundling import Unbundled, bundle

ONE = """// What it is for.
import Pad, { line } from "./vendor.js";
import { add as plus,
  ROOM } from "./two.js";
import * as all from "./two.js";

/** Says it. */
export async function say() {
  return [plus(1, ROOM), all.add(2, 2), line, new Pad().name, row];
}
const row = "one's own";
say().then((said) => console.log(JSON.stringify(said)));
"""
TWO = """export const ROOM = 40;
export function add(one, other) {
  return one + other;
}
const row = "two's own";
export class Box {
  export() {
    return row;
  }
}
"""
VENDOR = 'class P{name="pad"}const l="line";export{P as default,l as line};'


def _resolve(_: str, reference: str) -> str:
    return PurePosixPath(reference).name


def _run(script: str) -> str:
    node = shutil.which("node")
    assert node, "these tests need Node"
    ran = subprocess.run(
        [node, "--input-type=commonjs", "-e", script], capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()


def test_a_bundle_does_what_its_modules_did() -> None:
    script = bundle({"vendor.js": VENDOR, "two.js": TWO, "one.js": ONE}, _resolve)
    assert _run(script) == '[41,4,"line","pad","one\'s own"]'


def test_comments_and_indents_are_left_out_but_a_licence() -> None:
    script = bundle({"a.js": "/*! MIT */\n/* why */\n// how\nlet a = 1;\n  a += 1;\n"}, _resolve)
    assert "MIT" in script
    assert "why" not in script
    assert "how" not in script
    assert "\na += 1;" in script


@pytest.mark.parametrize(
    "said",
    [
        'export * from "./two.js";',
        "export default 1;",
        "export let a = 1;",
        'const two = await import("./two.js");',
        "const here = import.meta.url;",
        'import { a } from "./two.js"; a();',
    ],
)
def test_what_is_not_understood_is_refused(said: str) -> None:
    with pytest.raises(Unbundled):
        bundle({"two.js": TWO, "a.js": said}, _resolve)


def test_a_bundle_has_an_address_and_is_asked_for_once_it_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "static/js"
    folder.mkdir(parents=True)
    (folder / "app.js").write_text('import { b } from "./b.js";\nconsole.log(b);\n')
    (folder / "b.js").write_text("export const b = 7;\n")
    assets = Assets(tmp_path, {})
    address = assets.bundle("js/app.js")
    assert assets.bundle("js/app.js") == address
    digest, name = address.split("/", 3)[2:]
    found = assets.find(digest, name)
    assert found
    assert _run(found.body.decode()) == "7"
    (folder / "b.js").write_text("export const b = 8;\n")
    assert Assets(tmp_path, {}).bundle("js/app.js") != address
