"""Makes a PDF of the HTML on standard input; run by itself, with nothing of the portal in reach.

What people typed is in that HTML, so this process has limits, gets no secret, and fetches nothing
but ``data:`` addresses. With ``--check`` it prints the Debian packages that are missing, if any.
"""

import ctypes
import resource
import sys

LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
    "libfontconfig.so.1": "libfontconfig1",
}
FONTS = "fonts-noto-cjk"
MEMORY = 1 << 30
CPU_SECONDS = 20
# How it ends where a library cannot be loaded.
UNLOADABLE = 3


def main() -> int:
    """0 when the PDF, or what is missing, stands on standard output."""
    if sys.argv[1:] == ["--check"]:
        print(" ".join(missing()))
        return 0
    _limit()
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except OSError:
        return UNLOADABLE
    page = HTML(
        string=sys.stdin.buffer.read().decode(),
        base_url=None,
        url_fetcher=URLFetcher(allowed_protocols=["data"]),
    )
    page.write_pdf(sys.stdout.buffer)
    return 0


def missing() -> list[str]:
    """The packages to install. Elsewhere than on Linux libraries have other names: there only
    trying tells."""
    if not sys.platform.startswith("linux"):
        return []
    packages = [package for name, package in LIBRARIES.items() if not _loads(name)]
    if LIBRARIES["libfontconfig.so.1"] in packages or not _has_chinese_font():
        packages.append(FONTS)
    return packages


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _has_chinese_font() -> bool:
    fontconfig = ctypes.CDLL("libfontconfig.so.1")
    for name in ("FcNameParse", "FcObjectSetCreate", "FcFontList"):
        getattr(fontconfig, name).restype = ctypes.c_void_p
    pattern = ctypes.c_void_p(fontconfig.FcNameParse(b":lang=zh-cn"))
    wanted = ctypes.c_void_p(fontconfig.FcObjectSetCreate())
    found = fontconfig.FcFontList(None, pattern, wanted)
    # Its first member is the number of fonts.
    return bool(found) and ctypes.cast(found, ctypes.POINTER(ctypes.c_int))[0] > 0


def _limit() -> None:
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        # It writes to its standard output alone.
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    sys.exit(main())
