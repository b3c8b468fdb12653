"""What the worker does for the field."""

from datetime import datetime

from field.attaching import make_late_documents
from field.waiting import force_overdue
from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings


async def force_waiting(database: Database, settings: Settings, at: datetime) -> None:
    """Apply what has waited five days for an entry that never came (rule 18), and file the pictures
    that were here before their entry could be applied."""
    await force_overdue(database, at, settings.zone)
    await make_late_documents(database, settings.home, at)
