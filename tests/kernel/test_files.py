"""Files that people send in: kept, recognised, handed out, and their pictures written anew."""

import asyncio
import errno
import hashlib
import io
import os
import struct
import zipfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar import Litestar, get
from litestar.response import File
from litestar.testing import TestClient
from PIL import Image

from portal.kernel.attachments import (
    DAMAGED_FILE,
    EMPTY_FILE,
    NOT_STORED,
    Stored,
    open_file,
    path_of,
    store,
)
from portal.kernel.pictures import BAD_PICTURE, derivative
from portal.kernel.problems import NOT_FOUND, TOO_LARGE, Kind, Problem
from portal.kernel.sniffing import DOCX, UNKNOWN, XLSX, ZIP
from portal.kernel.web.downloads import disposition, serve

MEGABYTE = 1 << 20
HTML = b"<!doctype html><script>alert(1)</script>"


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20), **more: Any) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "red").save(written, kind, **more)
    return written.getvalue()


def zipped(*names: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "<x/>" * 50)
    return written.getvalue()


def office_97(stream: str) -> bytes:
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    header[30:32] = b"\x09\x00"
    header[48:52] = struct.pack("<I", 1)
    entries = "".join(name.ljust(64, "\0") for name in ("Root Entry", stream))
    return bytes(header) + bytes(512) + entries.encode("utf-16-le")


def boxed(brand: bytes) -> bytes:
    return struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + brand + b"isom" + bytes(100)


def kind_of(error: pytest.ExceptionInfo[Problem]) -> Kind:
    return error.value.kind


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


KINDS: list[tuple[str, bytes, str]] = [
    ("jpeg", picture("JPEG"), "image/jpeg"),
    ("png", picture("PNG"), "image/png"),
    ("webp", picture("WEBP"), "image/webp"),
    ("gif", picture("GIF"), "image/gif"),
    ("heic", boxed(b"heic"), "image/heic"),
    ("heif", boxed(b"mif1"), "image/heic"),
    ("pdf", b"%PDF-1.7\n%\xe2\xe3\n%%EOF", "application/pdf"),
    ("docx", zipped("[Content_Types].xml", "_rels/.rels", "word/document.xml"), DOCX),
    ("docx, other order", zipped("word/document.xml", "[Content_Types].xml"), DOCX),
    ("xlsx", zipped("[Content_Types].xml", "xl/workbook.xml"), XLSX),
    ("pptx", zipped("[Content_Types].xml", "ppt/presentation.xml"), ZIP),
    ("zip", zipped("报告.txt"), ZIP),
    ("zip that names Word", zipped("word/document.xml"), ZIP),
    ("empty zip", zipped(), ZIP),
    ("doc", office_97("WordDocument"), "application/msword"),
    ("xls", office_97("Workbook"), "application/vnd.ms-excel"),
    ("old xls", office_97("Book"), "application/vnd.ms-excel"),
    ("msi", office_97("Installer"), UNKNOWN),
    ("mp4", boxed(b"isom"), "video/mp4"),
    ("mov", boxed(b"qt  "), "video/quicktime"),
    ("m4a", boxed(b"M4A "), "audio/mp4"),
    ("mp3", b"ID3\x04" + bytes(100), "audio/mpeg"),
    ("mp3 without title", b"\xff\xfb\x90\x64" + bytes(100), "audio/mpeg"),
    ("amr", b"#!AMR\n" + b"\x3c" * 50, "audio/amr"),
    ("txt", "客户投诉\r\n".encode(), "text/plain"),
    ("txt of Windows", "客户投诉\r\n".encode("gb18030"), "text/plain"),
    ("long txt", ("a" + "投诉" * 40_000).encode(), "text/plain"),
    ("csv", b"\xef\xbb\xbfa,b\r\n1,2\r\n", "text/plain"),
    ("html", HTML, UNKNOWN),
    ("html after blanks", b"\xef\xbb\xbf \n\t" + HTML, UNKNOWN),
    ("svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", UNKNOWN),
    ("exe", b"MZ\x90\x00\x03" + bytes(100), UNKNOWN),
    ("wav", b"RIFF\x24\x00\x00\x00WAVEfmt ", UNKNOWN),
    ("noise", bytes(range(256)), UNKNOWN),
    ("no text", b"abc\xff\xffabc", UNKNOWN),
]


@pytest.mark.parametrize(("content", "mime"), [k[1:] for k in KINDS], ids=[k[0] for k in KINDS])
async def test_a_file_is_kept_and_recognised(tmp_path: Path, content: bytes, mime: str) -> None:
    stored = await store(tmp_path, content, limit=MEGABYTE)
    assert stored == Stored(hashlib.sha256(content).hexdigest(), len(content), mime)
    with open_file(tmp_path, stored.sha256, verify=True) as file:
        assert file.read() == content
    assert files_in(tmp_path) == [path_of(tmp_path, stored.sha256)]


@settings(deadline=None)
@given(content=st.binary(min_size=1) | st.sampled_from(KINDS).map(lambda kind: kind[1][:40]))
def test_no_content_is_an_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.getbasetemp() / "anything"
    assert asyncio.run(store(folder, content, limit=MEGABYTE)).size == len(content)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_a_file_may_come_in_pieces(tmp_path: Path) -> None:
    stored = await store(tmp_path / "new" / "folder", chunks(b"ab", b"", b"c"), limit=3)
    assert stored.sha256 == hashlib.sha256(b"abc").hexdigest()


async def test_a_file_over_the_limit_is_refused_while_it_comes(tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1_000)

    with pytest.raises(Problem) as error:
        await store(tmp_path, endless(), limit=2_500)
    assert kind_of(error) is TOO_LARGE
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("content", [b"", chunks(), chunks(b"", b"")])
async def test_an_empty_file_is_refused(tmp_path: Path, content: Any) -> None:
    with pytest.raises(Problem) as error:
        await store(tmp_path, content, limit=10)
    assert kind_of(error) is EMPTY_FILE
    assert files_in(tmp_path) == []


async def test_the_same_file_fifty_times_at_once_is_one_file(tmp_path: Path) -> None:
    content = os.urandom(100_000)
    parts = [content[i : i + 9_000] for i in range(0, len(content), 9_000)]
    stored = await asyncio.gather(
        *(store(tmp_path, chunks(*parts), limit=MEGABYTE) for _ in range(50))
    )
    assert len(set(stored)) == len(files_in(tmp_path)) == 1
    with open_file(tmp_path, stored[0].sha256) as file:
        assert file.read() == content


async def test_a_broken_connection_leaves_nothing(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store(tmp_path, broken(), limit=10)
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("size", [7, MEGABYTE], ids=["found at the end", "found at once"])
async def test_a_full_disk_is_told_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    def on_a_full_disk(handle: int, mode: str) -> BinaryIO:
        os.close(handle)
        return cast(BinaryIO, open("/dev/full", mode))

    monkeypatch.setattr(os, "fdopen", on_a_full_disk)
    with pytest.raises(Problem) as error:
        await store(tmp_path, bytes(size), limit=MEGABYTE)
    assert kind_of(error) is NOT_STORED
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("step", ["fsync", "replace", "mkdir"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES])
async def test_a_disk_that_refuses_is_told_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, code: int
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os if step == "fsync" else Path, step, refuse)
    with pytest.raises(Problem) as error:
        await store(tmp_path, b"content", limit=10)
    assert kind_of(error) is NOT_STORED
    assert files_in(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_a_folder_that_may_not_be_written_to_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(Problem) as error:
        await store(tmp_path, b"content", limit=10)
    assert kind_of(error) is NOT_STORED


async def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "store").touch()
    with pytest.raises(Problem) as error:
        await store(tmp_path / "store", b"content", limit=10)
    assert kind_of(error) is NOT_STORED


@pytest.mark.parametrize(
    "sha256",
    ["", "..", "../../etc/passwd", "0" * 63, "0" * 65, "A" * 64, "0" * 63 + "\n", "0" * 64],
)
async def test_only_what_is_stored_is_found(tmp_path: Path, sha256: str) -> None:
    with pytest.raises(Problem) as error:
        open_file(tmp_path, sha256)
    assert kind_of(error) is NOT_FOUND
    with pytest.raises(Problem) as error:
        serve(tmp_path, Stored(sha256, 1, UNKNOWN), "x")
    assert kind_of(error) is NOT_FOUND


async def test_a_changed_file_is_noticed_and_healed_by_storing_it_again(tmp_path: Path) -> None:
    stored = await store(tmp_path, b"content", limit=10)
    path_of(tmp_path, stored.sha256).write_bytes(b"c0ntent")
    with pytest.raises(Problem) as error:
        open_file(tmp_path, stored.sha256, verify=True)
    assert kind_of(error) is DAMAGED_FILE
    await store(tmp_path, b"content", limit=10)
    open_file(tmp_path, stored.sha256, verify=True).close()


@pytest.mark.parametrize(
    ("content", "inline", "shown", "mime"),
    [
        (picture(), True, "inline", "image/jpeg"),
        (picture(), False, "attachment", "image/jpeg"),
        (picture("PNG"), True, "attachment", "image/png"),
        (HTML, True, "attachment", UNKNOWN),
        (b"%PDF-1.7", True, "attachment", "application/pdf"),
    ],
)
async def test_a_file_is_handed_out_to_be_saved(
    tmp_path: Path, content: bytes, inline: bool, shown: str, mime: str
) -> None:
    stored = await store(tmp_path, content, limit=MEGABYTE)

    @get("/", sync_to_thread=False)
    def download() -> File:
        return serve(tmp_path, stored, "现场.jpg", inline=inline)

    with TestClient(Litestar([download])) as client:
        answer = client.get("/")
    assert answer.content == content
    headers = answer.headers
    assert headers["content-type"] == mime
    assert headers["content-disposition"].startswith(f"{shown}; filename=")
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"].startswith("private")
    assert headers["etag"] == f'"{stored.sha256}"'
    assert int(headers["content-length"]) == stored.size


@pytest.mark.parametrize(
    ("filename", "plain", "full"),
    [
        ("report.pdf", "report.pdf", "report.pdf"),
        ("现场 照片.jpg", "__ __.jpg", "现场 照片.jpg"),
        ('a"b\\c.txt', "c.txt", "c.txt"),
        ('a"b;c%41.txt', "a_b;c_41.txt", 'a"b;c%41.txt'),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie: x=1.txt", "aSet-Cookie: x=1.txt"),
        ("../../etc/passwd", "passwd", "passwd"),
        ("C:\\照片\\1.jpg", "1.jpg", "1.jpg"),
        ("photo\u202egpj.exe", "photogpj.exe", "photogpj.exe"),
        ("", "file", "file"),
        ("\0..", "file", "file"),
        (".htaccess", "htaccess", "htaccess"),
        ("\ud800.txt", "txt", "txt"),
        ("长" * 300 + ".docx", "_" * 120 + ".docx", "长" * 120 + ".docx"),
        ("a." + "b" * 300, "a." + "b" * 118, "a." + "b" * 118),
    ],
)
def test_names_are_harmless_in_the_header(filename: str, plain: str, full: str) -> None:
    kind, ascii_part, full_part = disposition("attachment", filename).split("; f")
    assert kind == "attachment"
    assert ascii_part == f'ilename="{plain}"'
    assert unquote(full_part.removeprefix("ilename*=UTF-8''")) == full


@given(st.text(st.characters(codec=None)))
def test_any_name_makes_one_line_of_ascii(filename: str) -> None:
    header = disposition("attachment", filename)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


async def opened(content: bytes, longest: int = 320) -> Image.Image:
    made = Image.open(io.BytesIO(await derivative(content, longest)))
    made.load()
    assert (made.format, made.mode) == ("JPEG", "RGB")
    return made


def as_bytes(image: Image.Image, kind: str, **more: Any) -> bytes:
    written = io.BytesIO()
    image.save(written, kind, **more)
    return written.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_a_picture_is_written_anew_in_its_size(kind: str) -> None:
    assert (await opened(picture(kind, (3_000, 1_000)), 1_600)).size == (1_600, 533)
    assert (await opened(picture(kind, (40, 20)), 1_600)).size == (40, 20)


async def test_a_turned_photograph_stands_upright_and_tells_nothing() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SecretPhone"
    exif.get_ifd(0x8825)[1] = "N"
    content = picture("JPEG", (400, 200), exif=exif, comment=b"hidden", icc_profile=b"profile")
    assert b"SecretPhone" in content
    assert b"hidden" in content
    made = await derivative(content, 320)
    shown = Image.open(io.BytesIO(made))
    assert shown.size == (160, 320)
    assert not shown.getexif()
    assert set(shown.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not any(secret in made for secret in (b"SecretPhone", b"hidden", b"profile", b"Exif"))


async def test_what_hides_behind_a_picture_is_gone() -> None:
    made = await derivative(picture() + HTML + zipped("x"), 320)
    assert HTML not in made
    assert b"PK" not in made


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK", "YCbCr"])
async def test_every_mode_becomes_colours(mode: str) -> None:
    kind = "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"
    made = await opened(as_bytes(Image.new(mode, (30, 20)), kind))
    expected = (255, 255, 255) if mode in ("LA", "RGBA", "CMYK") else None
    assert expected is None or made.getpixel((5, 5)) == expected


async def test_sixteen_bits_of_grey_keep_their_tone() -> None:
    made = await opened(as_bytes(Image.new("I;16", (30, 20), 0x8000), "PNG"))
    assert made.getpixel((5, 5)) == (128, 128, 128)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
async def test_of_a_moving_picture_the_first_frame_is_shown(kind: str) -> None:
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "blue", "lime")]
    content = as_bytes(frames[0], kind, save_all=True, append_images=frames[1:])
    pixel = (await opened(content)).getpixel((5, 5))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200
    assert pixel[2] < 50


async def test_a_transparent_gif_becomes_white() -> None:
    content = as_bytes(Image.new("P", (30, 20), 0), "GIF", transparency=0)
    assert (await opened(content)).getpixel((5, 5)) == (255, 255, 255)


def png_that_claims(width: int, height: int) -> bytes:
    def part(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", rows) + part(b"IEND", b"")


def jpeg_of_many_passes() -> bytes:
    content = picture("JPEG", progressive=True)
    start = content.rindex(b"\xff\xda")
    return content[:start] + content[start:-2] * 200 + content[-2:]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        HTML,
        b"%PDF-1.7",
        picture("JPEG", (400, 300))[:900],
        picture("PNG", (400, 300))[:-30],
        picture("WEBP", (400, 300))[:-30],
        picture("GIF", (400, 300))[:60],
        picture("TIFF"),
        picture("BMP"),
        png_that_claims(5_001, 5_000),
        png_that_claims(9_000, 9_000),
        png_that_claims(60_000, 60_000),
        png_that_claims(0, 10),
        jpeg_of_many_passes(),
    ],
    ids=range(15),
)
async def test_a_picture_that_cannot_be_decoded_is_refused(content: bytes) -> None:
    with pytest.raises(Problem) as error:
        await derivative(content, 320)
    assert kind_of(error) is BAD_PICTURE


@settings(deadline=None)
@given(st.data(), st.sampled_from(["JPEG", "PNG", "WEBP", "GIF"]))
def test_a_damaged_picture_is_shown_or_refused(data: st.DataObject, kind: str) -> None:
    content = bytearray(picture(kind, (64, 48)))
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    try:
        made = asyncio.run(derivative(bytes(content), 320))
    except Problem as problem:
        assert problem.kind is BAD_PICTURE  # noqa: PT017 - either way is right
    else:
        assert made.startswith(b"\xff\xd8")


@pytest.mark.slow
async def test_a_large_photograph_is_decoded_in_part() -> None:
    content = picture("JPEG", (8_000, 7_900))
    assert (await opened(content)).size == (320, 316)
    with pytest.raises(Problem):
        await derivative(picture("JPEG", (8_100, 8_000)), 320)
