"""Sources that are known by their heading, and how they are read."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.imports.mapping import Mapping
from portal.kernel.i18n import N_


@dataclass(frozen=True, slots=True)
class Profile:
    """A known source: `cites` says whose data it is, where that must be shown."""

    key: str
    label: str
    mapping: Mapping
    cites: str

    def fits(self, header: Sequence[str]) -> bool:
        """Whether every column that the profile reads is in ``header``."""
        return set(self.mapping.columns.values()) <= set(header)


_NYC311 = Profile(
    key="nyc311",
    label=N_("New York City 311 service requests"),
    mapping=Mapping(
        columns={
            "id": "Unique Key",
            "title": "Descriptor",
            "kind": "Complaint Type",
            "answer": "Resolution Description",
            "happened": "Created Date",
            "closed": "Closed Date",
            "state": "Status",
            "channel": "Open Data Channel Type",
            "address": "Incident Address",
            "latitude": "Latitude",
            "longitude": "Longitude",
        },
        zone="America/New_York",
    ),
    cites="NYC Open Data, 311 Service Requests",
)
_EXCAVATORS = Profile(
    key="excavators",
    label=N_("Work orders of mining excavators"),
    mapping=Mapping(
        columns={
            "title": "OriginalShorttext",
            "kind": "PMType",
            "happened": "BscStartDate",
            "device": "Asset",
            "cost": "Cost",
        },
        zone="Australia/Perth",
        # The source does not say whose the machines are: the files name them after it.
        owner="Mining excavators (Hodkiewicz & Ho 2016)",
    ),
    cites="Hodkiewicz & Ho, J. Quality in Maintenance Engineering 22(2), 2016; NIST",
)
PROFILES = {profile.key: profile for profile in (_NYC311, _EXCAVATORS)}


def recognise(header: Sequence[str]) -> Profile | None:
    """The profile of a source with this heading, if it is known."""
    return next((profile for profile in PROFILES.values() if profile.fits(header)), None)
