"""The channels there are, and those that this process may write letters for."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.settings import Settings
from portal.notices.mail import Mail
from portal.notices.transport import Channel

CHANNELS: Mapping[str, Channel] = {"mail": Mail()}
_OPEN = "open_channels"


def open_channels(
    settings: Settings, channels: Mapping[str, Channel] = CHANNELS
) -> dict[str, Mapping[str, Channel]]:
    """For `Database(info=…)`: every unit of work then knows the channels that are open, so that
    verbs which tell need no settings."""
    return {_OPEN: {name: way for name, way in channels.items() if way.is_open(settings)}}


def channels_of(db: AsyncSession) -> Mapping[str, Channel]:
    """The open channels, by name; none where nobody said so."""
    found: Mapping[str, Channel] = db.info.get(_OPEN, {})
    return found
