"""What the tests of this room share: visits with a log, signatures, and PDF files read back."""

import hashlib
import io
import re
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from sqlalchemy import select

from field.models import FieldAttachment
from portal.cases.documenting import add_document, keep_file
from portal.cases.models import Case, Document
from portal.customers.models import Device
from portal.kernel.db.unit import Database
from portal.repairs.models import SignedSummary
from tests.cases.support import Matter
from tests.field.support import Phone, job_of, new_id, phone_of
from tests.people.support import act_of
from tests.support.cast import NOON

SUMMARY = "更换油管 1 根，试机无渗漏，费用 260 元。"
NOTE = "客户家有狗，下次先打电话"
MINUTE = timedelta(minutes=1)


def drawing(colour: str = "navy", size: tuple[int, int] = (300, 120)) -> bytes:
    """A picture as the phone sends a signature: strokes on nothing."""
    drawn = Image.new("RGBA", size, (0, 0, 0, 0))
    ImageDraw.Draw(drawn).line([(10, 60), (80, 10), (150, 110), (290, 20)], colour, width=8)
    content = io.BytesIO()
    drawn.save(content, "PNG")
    return content.getvalue()


def plain(size: tuple[int, int]) -> bytes:
    """A photo of nothing but green."""
    content = io.BytesIO()
    Image.new("RGB", size, "green").save(content, "JPEG")
    return content.getvalue()


@dataclass
class Job:
    """A visit that the engineer of the cast works on."""

    it: Matter
    task_id: int
    phone: Phone
    home: Path
    at: datetime = NOON
    ops: list[dict[str, Any]] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.it.database

    @property
    def path(self) -> str:
        return f"/cases/{self.it.id}/records/F11/{self.task_id}"

    def log(self, kind: str, body: Any = None, after: float = 1) -> dict[str, Any]:
        """One more entry, some minutes after the last."""
        self.at += after * MINUTE
        self.phone.now = self.at
        made = self.phone.op(kind, self.task_id, body or {})
        self.ops.append(made)
        return made

    async def send(self) -> None:
        """Let what was logged arrive."""
        receipt = await self.phone.send(*self.ops, at=self.at + MINUTE)
        self.ops.clear()
        assert {one.outcome for one in receipt.outcomes} <= {"applied", "flagged"}, receipt

    async def document(self, content: bytes, name: str = "photo.jpg") -> int:
        """A file of the case, sent by the engineer."""
        stored = await keep_file(self.home, content)
        act = await act_of(self.database, "engineer", self.at)
        async with self.database.writing() as db:
            case = await db.get_one(Case, self.it.id)
            return (await add_document(db, act, case, name, stored)).id

    async def photo(self, content: bytes, caption: str = "") -> None:
        """A photo of the log that has arrived whole."""
        file = {"att_id": new_id(), "sha256": "0" * 64, "size": 9, "mime": "image/jpeg"}
        made = self.log("photo", {"file": file, "caption": caption})
        await self.send()
        document = await self.document(content)
        async with self.database.writing() as db:
            query = select(FieldAttachment).where(FieldAttachment.op_id == made["op_id"])
            (await db.scalars(query)).one().document_id = document

    async def sign(self, text: str = SUMMARY, picture: bytes | None = None, **more: Any) -> None:
        """The customer signs; a later signature than another's counts."""
        drawn = await self.document(picture, "signature.png") if picture else None
        async with self.database.writing() as db:
            db.add(
                SignedSummary(
                    op_id=new_id(),
                    case_id=self.it.id,
                    task_id=self.task_id,
                    name="孙大爷",
                    text=text,
                    sha256=hashlib.sha256(text.encode()).hexdigest(),
                    signed_at=self.at,
                    document_id=drawn,
                    **more,
                )
            )

    async def device(self, **given: Any) -> None:
        """The case's device."""
        async with self.database.writing() as db:
            case = await db.get_one(Case, self.it.id)
            device = Device(customer_id=case.customer_id, label=new_id(), **given)
            db.add(device)
            await db.flush()
            case.device_id = device.id


async def job(database: Database, home: Path) -> Job:
    """A visit that is about to begin."""
    it, task_id = await job_of(database)
    return Job(it, task_id, await phone_of(database), home)


async def repaired(database: Database, home: Path) -> Job:
    """A visit whose log has everything, signed and completed."""
    made = await job(database, home)
    made.log("arrive")
    made.log("timer_start", {"timer": "维修"})
    made.log("note", {"text": NOTE})
    made.log("fault", {"text": "油管接头密封圈老化"}, after=10)
    made.log("estimate", {"amount": "260.00"})
    made.log("quotation", {"amount": "280.50", "accepted": True, "text": "含工时"})
    made.log("tool", {"name": "扭力扳手", "number": "GJ-002"})
    made.log("part", {"name": "油管", "number": "YG-1024", "quantity": "1", "unit": "根"})
    made.log("part", {"name": "密封圈", "number": "MF-18", "quantity": "4"})
    made.log("part_returned", {"name": "密封圈", "number": "MF-18", "quantity": "2"})
    made.log("reading", {"name": "系统压力", "value": "16.0", "unit": "MPa"}, after=20)
    made.log("result", {"text": "试机无渗漏"})
    made.log("advice", {"text": "每 200 小时检查接头"})
    made.log("timer_stop", {"timer": "维修"})
    await made.photo(drawing("green"), "修后")
    await made.sign(picture=drawing())
    made.log("leave")
    made.log("complete", {"outcome": "repaired"})
    await made.send()
    return made


def signature_of(made: Job) -> Any:
    """The documents of a case that hold a signature."""
    return select(Document).where(Document.case_id == made.it.id, Document.name == "signature.png")


# --- PDF files read back


@dataclass(frozen=True)
class Pdf:
    """A PDF file as `poppler` reads it."""

    pages: list[str]
    size: str
    images: int
    title: str

    @property
    def text(self) -> str:
        return "\n".join(self.pages)

    @property
    def run(self) -> str:
        """The text without any space: a cell may break a line anywhere."""
        return re.sub(r"\s", "", self.text)


def read_pdf(content: bytes) -> Pdf:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "it.pdf"
        path.write_bytes(content)
        info = _poppler("pdfinfo", str(path))
        text = _poppler("pdftotext", "-layout", str(path), "-")
        images = _poppler("pdfimages", "-list", str(path)).splitlines()[2:]
    facts = dict(re.findall(r"^(.+?):\s+(.*)$", info, re.MULTILINE))
    pages = text.split("\f")[:-1]
    assert len(pages) == int(facts["Pages"])
    return Pdf(pages, facts["Page size"], len(images), facts.get("Title", ""))


def dark_pixels(content: bytes, colour: tuple[int, int, int]) -> int:
    """How many pixels of all pages are about ``colour``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "it.pdf"
        path.write_bytes(content)
        _poppler("pdftoppm", "-png", "-r", "50", str(path), str(path.with_suffix("")))
        return sum(_like(page, colour) for page in Path(folder).glob("*.png"))


def _like(page: Path, colour: tuple[int, int, int]) -> int:
    with Image.open(page) as picture:
        pixels: Iterable[Any] = picture.convert("RGB").get_flattened_data()
        return sum(
            all(abs(a - b) < 40 for a, b in zip(pixel, colour, strict=True)) for pixel in pixels
        )


def _poppler(*words: str) -> str:
    return subprocess.run(words, capture_output=True, check=True, text=True, timeout=60).stdout
