"""What the worker does for the field."""

from datetime import datetime

from field.waiting import force_overdue
from portal.kernel.db.unit import Database
from portal.kernel.settings import Settings


async def force_waiting(database: Database, settings: Settings, at: datetime) -> None:
    """Apply what has waited five days for an entry that never came (rule 18)."""
    await force_overdue(database, at, settings.zone)
