"""Every table of every room, for migrations."""

import field.models  # noqa: F401 - imported so that its tables are known
import portal.cases.models
import portal.company.models
import portal.customers.models
import portal.imports.models
import portal.kernel.job_runs
import portal.kernel.journal.models
import portal.kernel.once
import portal.notices.models
import portal.openings.models
import portal.people.models
import portal.procedures.models
import portal.repairs.models
import portal.surveys.models  # noqa: F401 - imported so that its tables are known
from portal.kernel.db.base import Table

METADATA = Table.metadata
