"""Filling in a report with its pictures: outside the unit, since drawing them takes time."""

from pathlib import Path

from portal.records.illustrating import MOST, illustrate, picture
from portal.records.reading import File, Visited
from portal.records.service_report import Copy, Pictures, photos_of, service_report
from portal.records.sheets import Pen, Sheet


async def fill_report(home: Path, file: File, visited: Visited, pen: Pen, copy: Copy) -> Sheet:
    """The report of a visit, whole."""
    photos = photos_of(file, visited)
    signed = visited.signed
    drawn = file.documents.get(signed.document_id or 0) if signed else None
    pictures = Pictures(
        photos=await illustrate(home, photos[:MOST]),
        count=len(photos),
        signature=await picture(home, drawn) if drawn else "",
    )
    return service_report(file, visited, pen, pictures, copy)
