"""Static files: hashed addresses, honest headers, and no way out of the table."""

import gzip
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from portal.kernel.web.assets import Asset, Assets, MissingAsset, static_files

VENDOR = {"vendor/lib.js": "lib/dist/lib.min.js"}
FOREVER = "public, max-age=31536000, immutable"
SVG = '<svg xmlns="x" class="a">\n  <path d="M0 0"/>\n</svg>'


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path, "static/css/site.css", '@import "tint.css";\na { color: red }\n')
    write(tmp_path, "static/css/tint.css", 'b { background: url("./../img/dot.svg") }\n')
    write(tmp_path, "static/img/dot.svg", "<svg></svg>")
    write(tmp_path, "static/js/long.js", "// long\n" * 200)
    write(tmp_path, "static/.secret.txt", "hidden")
    write(tmp_path, "static/notes.md", "not a static file")
    write(tmp_path, "outside.txt", "outside")
    write(tmp_path, "node_modules/lib/dist/lib.min.js", "lib()\n//# sourceMappingURL=lib.js.map")
    write(tmp_path, "node_modules/heroicons/24/outline/inbox.svg", SVG)
    return tmp_path


@pytest.fixture
def assets(root: Path) -> Assets:
    return Assets(root, VENDOR)


def address(assets: Assets, name: str, digest: str) -> str:
    return assets.url(name).replace(assets.url(name).split("/")[2], digest)


def test_an_address_holds_the_hash_of_the_content(assets: Assets, root: Path) -> None:
    before = assets.url("js/long.js")
    _, _, digest, rest = before.split("/", 3)
    assert len(digest) == 16
    assert rest == "js/long.js"
    write(root, "static/js/long.js", "// other\n")
    assert Assets(root, VENDOR).url("js/long.js") != before


def test_a_file_is_sent_once_for_ever_with_its_true_type(assets: Assets) -> None:
    with TestClient(Litestar([static_files(assets)])) as client:
        for name, content_type in {
            "css/site.css": "text/css; charset=utf-8",
            "img/dot.svg": "image/svg+xml",
            "js/long.js": "text/javascript; charset=utf-8",
            "vendor/lib.js": "text/javascript; charset=utf-8",
        }.items():
            answer = client.get(assets.url(name))
            assert answer.status_code == 200
            assert answer.headers["content-type"] == content_type
            assert answer.headers["cache-control"] == FOREVER
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_is_not_in_the_table_is_not_found(assets: Assets) -> None:
    digest = assets.url("js/long.js").split("/")[2]
    with TestClient(Litestar([static_files(assets)])) as client:
        for path in (
            "/static/0000000000000000/js/long.js",
            f"/static/{digest}/js/other.js",
            f"/static/{digest}/css/site.css",
            f"/static/{digest}/.secret.txt",
            f"/static/{digest}/notes.md",
            f"/static/{digest}/../outside.txt",
            f"/static/{digest}/..%2f..%2foutside.txt",
            f"/static/{digest}//etc/passwd",
            f"/static/{digest}/",
        ):
            assert client.get(path).status_code == 404, path


def test_a_browser_that_takes_gzip_gets_it(assets: Assets) -> None:
    with TestClient(Litestar([static_files(assets)])) as client:
        url = assets.url("js/long.js")
        packed = client.get(url, headers={"Accept-Encoding": "br, gzip;q=0.8"})
        plain = client.get(url, headers={"Accept-Encoding": "br, gzip;q=0.0"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content


def test_packing_is_left_out_where_it_gains_nothing() -> None:
    assert Asset("img/photo.png", b"\x89PNG" * 100).packed is None
    assert Asset("js/tiny.js", b"1").packed is None
    packed = Asset("js/long.js", b"a" * 1000).packed
    assert packed is not None
    assert gzip.decompress(packed) == b"a" * 1000


def test_a_style_sheet_holds_its_imports_and_hashed_addresses(assets: Assets) -> None:
    digest = assets.url("css/site.css").split("/")[2]
    sheet = assets.find(digest, "css/site.css")
    assert sheet is not None
    dot = assets.url("img/dot.svg")
    assert sheet.body.decode() == f'b {{ background: url("{dot}") }}\na {{ color: red }}\n'


def test_data_and_absolute_addresses_in_a_style_sheet_stay(root: Path) -> None:
    css = "a { mask: url(#m); background: url('data:image/png;base64,AA'), url(/static/x.png) }\n"
    write(root, "static/css/site.css", css)
    assets = Assets(root, VENDOR)
    sheet = assets.find(assets.url("css/site.css").split("/")[2], "css/site.css")
    assert sheet is not None
    assert sheet.body.decode() == css


def test_a_style_sheet_that_names_a_missing_file_stops_the_start(root: Path) -> None:
    write(root, "static/css/site.css", "a { background: url(../img/none.svg) }")
    with pytest.raises(MissingAsset, match=r"no static file is called 'img/none\.svg'"):
        Assets(root, VENDOR)


def test_the_address_of_a_source_map_is_left_out(assets: Assets) -> None:
    lib = assets.find(assets.url("vendor/lib.js").split("/")[2], "vendor/lib.js")
    assert lib is not None
    assert lib.body == b"lib()\n"


def test_a_missing_npm_file_says_what_to_run(root: Path) -> None:
    (root / "node_modules/lib/dist/lib.min.js").unlink()
    with pytest.raises(MissingAsset, match=r"lib\.min\.js is missing: run `npm ci`$"):
        Assets(root, VENDOR)


def test_an_unknown_name_in_a_template_is_an_error(assets: Assets) -> None:
    with pytest.raises(MissingAsset, match=r"no static file is called 'css/none\.css'"):
        assets.url("css/none.css")


def test_an_icon_is_inline_and_silent(assets: Assets) -> None:
    svg = assets.icon("inbox")
    assert svg.startswith('<svg class="icon icon-inbox" viewBox="0 0 24 24"')
    assert 'aria-hidden="true"' in svg
    assert "xmlns" not in svg
    assert assets.icon("inbox") is svg


@pytest.mark.parametrize("name", ["none", "../../../outside", "Inbox", "in box", ""])
def test_an_icon_that_is_not_there_is_an_error(assets: Assets, name: str) -> None:
    with pytest.raises(MissingAsset):
        assets.icon(name)


def test_the_portals_own_files_are_complete() -> None:
    assets = Assets(Path(__file__).parents[2])
    assert assets.url("vendor/htmx.js").startswith("/static/")
    assert (
        b"@import"
        not in assets.open(assets.url("css/bihuan.css").split("/")[2], "css/bihuan.css").content
    )
