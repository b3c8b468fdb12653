"""F10 报修记录: a repair from its registration to its closing, step by step."""

from portal.records.catalog import REPAIR_RECORD
from portal.records.reading import File
from portal.records.sections import NOT_CLOSED, Names, basis_of, closing, reported, worked_on
from portal.records.sheets import Pen, Sheet, both


def repair_record(file: File, pen: Pen, names: Names, printed: str) -> Sheet:
    """The record of the case as it stands."""
    return Sheet(
        form=REPAIR_RECORD,
        number=f"{file.case.number}-{REPAIR_RECORD.number}",
        basis=basis_of(file, pen, REPAIR_RECORD.clause),
        printed=printed,
        marks=(both(NOT_CLOSED),) if file.case.is_open else (),
        sections=(
            reported(file, pen),
            *(worked_on(file, pen, names, task) for task in file.done),
            *closing(file, pen),
        ),
    )
