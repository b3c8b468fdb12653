"""Which SQLite runs: the bundled one, because older ones can corrupt a WAL database.

Before 3.51.3 a WAL reset racing a checkpoint may corrupt the file, and Debian 12 ships 3.40.
"""

import sys

from portal.kernel.i18n import N_, Worded

SAFE_FROM = (3, 51, 3)


class UnsafeSqlite(Worded):
    """The SQLite in use has the WAL-reset bug."""


def prefer_bundled() -> None:
    """Put the bundled SQLite in place of the standard library's, where there is one."""
    try:
        import pysqlite3
        import pysqlite3.dbapi2
    except ImportError:  # not Linux: the platform's own SQLite must then be new enough
        return
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2


def refuse_unsafe(version: str) -> None:
    """Raise `UnsafeSqlite` when ``version`` (as ``sqlite_version()`` gives it) has the bug."""
    if tuple(int(part) for part in version.split(".")) < SAFE_FROM:
        wanted = ".".join(map(str, SAFE_FROM))
        raise UnsafeSqlite(
            N_("SQLite %(version)s can corrupt its write-ahead log; %(wanted)s or newer is needed"),
            version=version,
            wanted=wanted,
        )
