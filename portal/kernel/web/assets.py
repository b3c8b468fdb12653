"""Static files under hashed addresses: read once at start, cached by browsers for ever."""

import gzip
import hashlib
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from markupsafe import Markup

from portal.kernel.i18n import N_, Worded

VENDOR = {
    "vendor/htmx.js": "htmx.org/dist/htmx.min.js",
    "vendor/tabler.css": "@tabler/core/dist/css/tabler.min.css",
}
ICONS = "heroicons/24/outline"

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
COMPRESSIBLE = {".css", ".js", ".json", ".svg", ".txt", ".wasm", ".webmanifest"}
HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
}

_IMPORT = re.compile(r"""^@import\s+["']([^"']+)["'];[ \t]*\n?""", re.MULTILINE)
_URL = re.compile(r"""url\(\s*(["']?)(?!data:|#|/|[a-z]+:)([^"')]+)\1\s*\)""")
_SOURCE_MAP = re.compile(rb"\n?(?:/\*|//)# sourceMappingURL=[^\n]*\s*\Z")
_SVG_TAG = re.compile(r"<svg\b[^>]*>")
_GZIP_WANTED = re.compile(r"gzip;q=(?!0(?:\.0*)?$)[0-9.]+")
_ICON_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class MissingAsset(Worded):
    """A file that the pages refer to is not there."""


class Asset:
    """One file as it is sent; the packed form is made when a browser first asks for it."""

    def __init__(self, name: str, body: bytes) -> None:
        self.name = name
        self.body = body
        self.hash = hashlib.sha256(body).hexdigest()[:16]
        self.content_type = CONTENT_TYPES[PurePosixPath(name).suffix]

    @cached_property
    def packed(self) -> bytes | None:
        """The gzip form, or None where packing gains nothing."""
        if PurePosixPath(self.name).suffix not in COMPRESSIBLE:
            return None
        packed = gzip.compress(self.body, compresslevel=9, mtime=0)
        return packed if len(packed) < len(self.body) else None


class Assets:
    """The table of everything under `/static/`: what is not in it cannot be asked for.

    `root` is the project's directory, with `static/` and `node_modules/`. Style sheets may
    `@import "other.css";` (put in place of the line) and `url(../img/x.svg)` (pointed at the
    hashed address), both relative to their own name.
    """

    def __init__(self, root: Path, vendor: Mapping[str, str] = VENDOR) -> None:
        self._modules = root / "node_modules"
        self._files = {
            **{name: self._modules / path for name, path in vendor.items()},
            **_files_below(root / "static"),
        }
        self._icons: dict[str, Markup] = {}
        self._loaded: dict[str, Asset] = {}
        for name in self._files:
            self._load(name)

    def url(self, name: str) -> str:
        """The address of a logical name such as `css/bihuan.css`, for templates."""
        return f"/static/{self._load(name).hash}/{name}"

    def below(self, folder: str) -> dict[str, str]:
        """The texts of the files whose names begin with ``folder``, by name."""
        return {
            name: self._load(name).body.decode() for name in self._files if name.startswith(folder)
        }

    def find(self, digest: str, name: str) -> Asset | None:
        """The file whose name and hash are both as asked, or None."""
        asset = self._loaded.get(name)
        return asset if asset is not None and asset.hash == digest else None

    def open(self, digest: str, name: str, accept_encoding: str = "") -> Response[bytes]:
        """The answer to `GET /static/<digest>/<name>`; NotFoundException for anything else."""
        asset = self.find(digest, name)
        if asset is None:
            raise NotFoundException
        headers = dict(HEADERS)
        body = asset.body
        if asset.packed is not None:
            headers["Vary"] = "Accept-Encoding"
            if _accepts_gzip(accept_encoding):
                headers["Content-Encoding"] = "gzip"
                body = asset.packed
        # Litestar appends a charset to a media_type it is given, so the header is written out.
        headers["Content-Type"] = asset.content_type
        return Response(body, headers=headers, media_type=asset.content_type)

    def icon(self, name: str) -> Markup:
        """An outline drawing (heroicons' file name) as inline SVG, silent to screen readers."""
        if name not in self._icons:
            self._icons[name] = self._draw(name)
        return self._icons[name]

    def _draw(self, name: str) -> Markup:
        if not _ICON_NAME.fullmatch(name):
            raise MissingAsset(N_("%(name)s is not the name of an icon"), name=repr(name))
        svg = _read(self._modules / ICONS / f"{name}.svg").decode()
        opening = (
            f'<svg class="icon icon-{name}" viewBox="0 0 24 24" width="18" height="18"'
            ' fill="none" stroke="currentColor" stroke-width="1.5" aria-hidden="true"'
            ' focusable="false">'
        )
        return Markup(_SVG_TAG.sub(opening, svg, count=1).replace("\n", "").strip())

    def _load(self, name: str) -> Asset:
        if name not in self._loaded:
            if name not in self._files:
                hint = ": run bin/setup" if name.startswith("built/") else ""
                text = N_("no static file is called %(name)s")
                raise MissingAsset(text, name=f"{name!r}{hint}")
            body = _SOURCE_MAP.sub(b"\n", _read(self._files[name]))
            if name.endswith(".css") and not name.startswith("vendor/"):
                body = self._compose(name, body.decode()).encode()
            self._loaded[name] = Asset(name, body)
        return self._loaded[name]

    def _compose(self, name: str, css: str) -> str:
        """Put imported sheets in place and point url(…) at hashed addresses."""
        css = _IMPORT.sub(lambda m: self._load(_beside(name, m[1])).body.decode(), css)
        return _URL.sub(lambda m: f'url("{self.url(_beside(name, m[2]))}")', css)


def static_files(assets: Assets, **options: Any) -> HTTPRouteHandler:
    """The route `GET /static/<hash>/<name>`; `options` go to Litestar's `get` (opt, guards, …)."""

    @get(
        "/static/{digest:str}/{name:path}",
        name="static",
        include_in_schema=False,
        sync_to_thread=False,
        **options,
    )
    def static(
        request: Request[Any, Any, Any], digest: FromPath[str], name: FromPath[str]
    ) -> Response[bytes]:
        return assets.open(digest, name.lstrip("/"), request.headers.get("accept-encoding", ""))

    return static


def _files_below(folder: Path) -> dict[str, Path]:
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in CONTENT_TYPES and not path.name.startswith(".")
    }


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        hint = ": run `npm ci`" if "node_modules" in path.parts else ""
        raise MissingAsset(N_("%(path)s is missing%(hint)s"), path=path, hint=hint) from None


def _beside(name: str, reference: str) -> str:
    """The logical name that `reference` means when written in the file `name`."""
    parts: list[str] = list(PurePosixPath(name).parent.parts)
    for part in PurePosixPath(reference).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _accepts_gzip(accept_encoding: str) -> bool:
    offers = [offer.replace(" ", "") for offer in accept_encoding.lower().split(",")]
    return any(offer == "gzip" or _GZIP_WANTED.fullmatch(offer) for offer in offers)
