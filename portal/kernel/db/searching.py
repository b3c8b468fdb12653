"""An index of texts that answers "which rows hold these words", exactly, in both databases.

SQLite: an FTS5 table without content, where a row of terms is a phrase. PostgreSQL: the terms as
a `tsvector` under GIN, and the levelled text beside it, because a `tsvector` forgets places beyond
16,383 and all but 255 of a term. An index belongs to no `MetaData`: archives do not hold it, it is
filled anew after a restore.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    MetaData,
    Select,
    Table,
    Text,
    and_,
    cast,
    column,
    delete,
    false,
    func,
    insert,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from portal.kernel.words import Word, flat, terms, words

_PREFIX = "search_"


def is_compared(name: str | None, kind: str, _parents: Any) -> bool:
    """For Alembic's ``include_name``: an index is made by a migration, not by a model."""
    return kind != "table" or not (name or "").startswith(_PREFIX)


class SearchIndex:
    """The index ``name`` (in the code only, never from outside), in the table ``search_name``.

    Ids are those of the rows that the texts belong to. Every method works inside the unit of work
    it is given.
    """

    def __init__(self, name: str) -> None:
        self._name = f"{_PREFIX}{name}"
        self._fts5 = table(self._name, column("rowid", BigInteger), column("terms", Text))
        self._rows = Table(
            self._name,
            MetaData(),
            Column("id", BigInteger, primary_key=True, autoincrement=False),
            Column("flat", Text, nullable=False),
            Column("terms", postgresql.TSVECTOR, nullable=False),
            Index(f"ix_{self._name}_terms", "terms", postgresql_using="gin"),
        )

    def create(self, connection: Connection) -> None:
        """Make the index, empty; in a migration ``connection`` is ``op.get_bind()``."""
        if _is_sqlite(connection.dialect.name):
            # This tokenizer leaves our terms alone: it parts at blanks, and its ASCII letters and
            # digits are the only ASCII they hold.
            options = "content='', contentless_delete=1, tokenize='ascii'"
            connection.execute(
                text(f"create virtual table {self._name} using fts5(terms, {options})")
            )
        else:
            self._rows.create(connection)

    def drop(self, connection: Connection) -> None:
        """Take the index away."""
        connection.execute(text(f"drop table {self._name}"))

    async def put(self, db: AsyncSession, row_id: int, content: str) -> None:
        """Let ``row_id`` be found by ``content`` and no longer by what it held before.

        Of ``content`` the first `portal.kernel.words.LONGEST_TEXT` characters count.
        """
        levelled = flat(content)
        found = terms(levelled)
        if _is_sqlite(_dialect(db)):
            await db.execute(
                insert(self._fts5)
                .prefix_with("or replace")
                .values(rowid=row_id, terms=" ".join(found))
            )
            return
        vector = func.array_to_tsvector(literal(found, postgresql.ARRAY(Text)))
        statement = postgresql.insert(self._rows).values(id=row_id, flat=levelled, terms=vector)
        new = statement.excluded
        await db.execute(
            statement.on_conflict_do_update(
                index_elements=["id"], set_={"flat": new.flat, "terms": new.terms}
            )
        )

    async def remove(self, db: AsyncSession, row_id: int) -> None:
        """Let ``row_id`` no longer be found; nothing happens where it is not in the index."""
        if _is_sqlite(_dialect(db)):
            await db.execute(delete(self._fts5).where(self._fts5.c.rowid == row_id))
        else:
            await db.execute(delete(self._rows).where(self._rows.c.id == row_id))

    async def clear(self, db: AsyncSession) -> None:
        """Empty the index, to fill it anew."""
        if _is_sqlite(_dialect(db)):
            await db.execute(text(f"insert into {self._name}({self._name}) values ('delete-all')"))
        else:
            await db.execute(delete(self._rows))

    def matching(self, dialect_name: str, question: str) -> Select[int]:
        """The ids of the rows that hold every word of ``question``, for ``IN (…)`` or a join.

        ``question`` is as typed, whatever it holds. Without a letter or digit it matches nothing.
        """
        sought = words(question)
        if _is_sqlite(dialect_name):
            query: Select[int] = select(self._fts5.c.rowid)
            condition = self._fts5.c.terms.match(" AND ".join(map(_phrase, sought)))
        else:
            query = select(self._rows.c.id)
            condition = self._holds(sought)
        return query.where(condition if sought else false())

    def _holds(self, sought: list[Word]) -> ColumnElement[bool]:
        wanted = " & ".join(lexeme for word in sought for lexeme in _lexemes(word))
        holds = self._rows.c.terms.bool_op("@@")(cast(wanted, postgresql.TSQUERY))
        # Where a word has several terms, all may be there, but not in a row.
        long = [word.flat for word in sought if len(word.terms) > 1]
        return and_(holds, *(func.strpos(self._rows.c.flat, word) > 0 for word in long))


def _phrase(word: Word) -> str:
    """For FTS5. Terms are letters and digits: there is nothing to escape."""
    return f'"{" ".join(word.terms)}"' + ("*" if word.is_start else "")


def _lexemes(word: Word) -> list[str]:
    """For `tsquery`."""
    quoted = [f"'{term}'" for term in word.terms]
    if word.is_start:
        quoted[-1] += ":*"
    return quoted


def _dialect(db: AsyncSession) -> str:
    return db.get_bind().dialect.name


def _is_sqlite(dialect_name: str) -> bool:
    return dialect_name == "sqlite"
