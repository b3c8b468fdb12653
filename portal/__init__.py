"""Bihuan: a company's complaint and repair procedures, run as written."""

from portal.kernel.db import sqlite_library

# Before anything imports sqlite3: aiosqlite binds the module it finds.
sqlite_library.prefer_bundled()
