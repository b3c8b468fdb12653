"""What the tests of this room share: files as other systems write them, and importing one whole."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from sqlalchemy import func, select

from portal.imports.access import find_run
from portal.imports.models import ImportRun, PastRecord
from portal.imports.preparing import first_mapping, foretell, prepare, source_of
from portal.imports.reading import Row, Table, open_table
from portal.imports.running import carry_on, start
from portal.kernel.attachments import store
from portal.kernel.db.unit import Database
from tests.support.cast import system

DATA = Path(__file__).parent / "data"
NYC = (DATA / "nyc311.csv").read_bytes()
EXCAVATORS = (DATA / "excavators.csv").read_bytes()
REPAIRS = (DATA / "repairs.csv").read_bytes()


def table_of(folder: Path, content: bytes, name: str = "file.csv") -> Table:
    """The table in a file with ``content``."""
    path = folder / "content"
    path.write_bytes(content)
    return open_table(path, name)


def rows_of(folder: Path, content: bytes, name: str = "file.csv") -> list[Row]:
    """The rows of a file with ``content``."""
    return list(table_of(folder, content, name).rows())


@dataclass
class Importer:
    """Imports files into a database."""

    database: Database
    folder: Path

    async def prepared(
        self,
        content: bytes,
        name: str = "file.csv",
        source: str = "",
        *,
        attended: bool = True,
        is_started: bool = True,
    ) -> int:
        """A file that was started, and of which nothing is imported yet; the id of the import."""
        stored = await store(self.folder, content, limit=1 << 25)
        path = self.folder / stored.sha256[:2] / stored.sha256[2:4] / stored.sha256
        table = open_table(path, name)
        profile, mapping = first_mapping(table, "Asia/Shanghai", None)
        source = source or source_of(name, profile)
        forecast = await foretell(self.database, table, source, mapping)
        async with self.database.writing() as db:
            run = await prepare(
                db,
                system(),
                stored,
                table,
                name=name,
                source=source,
                profile=profile,
                mapping=mapping,
                forecast=forecast,
            )
            if is_started:
                await start(db, system(), run, attended=attended)
            return run.id

    async def run(self, run_id: int) -> ImportRun:
        """An import as it stands."""
        async with self.database.reading() as db:
            return await find_run(db, system().actor, run_id)

    async def imported(self, content: bytes, name: str = "file.csv", source: str = "") -> ImportRun:
        """A file imported whole."""
        run_id = await self.prepared(content, name, source)
        await carry_on(self.database, self.folder, run_id, system)
        return await self.run(run_id)

    async def records(self) -> list[PastRecord]:
        """All history, in the order it came."""
        async with self.database.reading() as db:
            return list(await db.scalars(select(PastRecord).order_by(PastRecord.id)))

    async def count(self, model: type[object]) -> int:
        async with self.database.reading() as db:
            return await db.scalar(select(func.count()).select_from(model)) or 0


def counts(run: ImportRun) -> tuple[int, int, int, int, int]:
    """Read, new, known, rejected, flagged."""
    return (run.read, run.new, run.known, run.rejected, run.flagged)


def workbook(rows: Sequence[Sequence[str | float]], far: str = "") -> bytes:
    """An Excel workbook with ``rows``, numbers as Excel keeps them; and one more cell ``far``."""
    cells = "".join(
        f'<row r="{r}">{"".join(_cell(r, c, value) for c, value in enumerate(row))}</row>'
        for r, row in enumerate(rows, 1)
    )
    if far:
        number = far.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        cells += f'<row r="{number}"><c r="{far}"><v>1</v></c></row>'
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override'
        f' PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/><Override'
        f' PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1"'
        f' Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets><sheet name="1"'
        ' sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData>'
        "</worksheet>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return out.getvalue()


def _cell(row: int, column: int, value: str | float) -> str:
    place = f"{chr(ord('A') + column)}{row}"
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'
