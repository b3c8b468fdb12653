"""What a file is by its content, whatever it is called. What is not in these lists is nobody's."""

import codecs
import re
from pathlib import Path
from typing import BinaryIO

UNKNOWN = "application/octet-stream"
ZIP = "application/zip"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_HEAD = 1 << 16
# A zip lists its members at its end.
_TAIL = 1 << 18
_STARTS = {
    rb"\xff\xd8\xff": "image/jpeg",
    rb"\x89PNG\r\n\x1a\n": "image/png",
    rb"GIF8[79]a": "image/gif",
    rb"RIFF....WEBP": "image/webp",
    rb"%PDF-": "application/pdf",
    rb"#!AMR": "audio/amr",
    rb"ID3|\xff[\xfa\xfb\xf2\xf3][\x10-\xef]": "audio/mpeg",
    rb"....ftyp(heic|heix|heim|heis|hevc|hevx|mif1|msf1)": "image/heic",
    rb"....ftyp(M4A |M4B )": "audio/mp4",
    rb"....ftyp(isom|iso[2-9]|mp4[12]|avc1|M4V |MSNV)": "video/mp4",
    rb"....ftypqt  ": "video/quicktime",
}
_KINDS = [(re.compile(start, re.DOTALL), mime) for start, mime in _STARTS.items()]
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OFFICE_97 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NOT_IN_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def mime_of(path: Path) -> str:
    """The media type of the file at ``path``, or `UNKNOWN`; comma-separated values are plain text.

    HTML, SVG and every other markup are unknown: nothing is called what a browser would run.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
        for start, mime in _KINDS:
            if start.match(head):
                return mime
        if head.startswith(_ZIP):
            return _in_zip(file)
        if head.startswith(_OFFICE_97):
            return _in_office_97(head, file)
        return "text/plain" if _is_text(head) else UNKNOWN


def _in_zip(file: BinaryIO) -> str:
    file.seek(max(0, file.seek(0, 2) - _TAIL))
    listing = file.read()
    if b"[Content_Types].xml" in listing:
        if b"word/document.xml" in listing:
            return DOCX
        if b"xl/workbook.xml" in listing:
            return XLSX
    return ZIP


def _in_office_97(head: bytes, file: BinaryIO) -> str:
    """Word or Excel of before 2007: its directory is a sector that the header names."""
    size = 4096 if head[30:32] == b"\x0c\x00" else 512
    file.seek((int.from_bytes(head[48:52], "little") + 1) * size)
    directory = file.read(4096)
    if "WordDocument".encode("utf-16-le") in directory:
        return "application/msword"
    if any(name.encode("utf-16-le") in directory for name in ("Workbook", "Book\0")):
        return "application/vnd.ms-excel"
    return UNKNOWN


def _is_text(head: bytes) -> bool:
    if _NOT_IN_TEXT.search(head) or head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return False
    return any(_reads_as(head, encoding) for encoding in ("utf-8", "gb18030"))


def _reads_as(head: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(head)  # its end may be half a character
    except UnicodeDecodeError:
        return False
    return True
