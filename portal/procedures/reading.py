"""A procedure file's content (as ``tomllib`` gives it), read into a definition."""

from portal.procedures.definition import (
    EACH,
    Branch,
    Definition,
    Fork,
    Label,
    Role,
    SignedBy,
    Target,
    Verdict,
)
from portal.procedures.faults import Findings
from portal.procedures.phrases import PART_RESERVED, plain_key, read_join, read_key, read_target
from portal.procedures.reading_steps import read_label, read_step
from portal.procedures.tables import Table


def read_definition(content: dict[str, object], findings: Findings) -> Definition:
    """The definition in ``content``; what cannot be read is noted and replaced by a stand-in."""
    table = Table(content, (), findings)
    definition = Definition(
        code=table.text("code"),
        title=table.part("title", read_label),
        edition=table.text("edition"),
        effective_on=table.day("effective_on"),
        owner=table.text("owner"),
        roles=table.named("roles", _read_role),
        verdicts=table.named("verdicts", _read_verdict),
        steps=table.parts("step", read_step),
        forks=table.parts("fork", _read_fork),
        reopens=table.text("reopens", ""),
        withdraws=table.text("withdraws", ""),
        reopenable=table.texts("reopenable"),
        by_itself=table.flag("by_itself"),
        related=table.parts("related", read_label),
        prepared=table.optional("prepared", _read_signed),
        reviewed=table.optional("reviewed", _read_signed),
        approved=table.optional("approved", _read_signed),
    )
    table.done()
    return definition


def _read_role(key: str, table: Table) -> Role:
    return Role(plain_key(table, key), read_label(table))


def _read_verdict(key: str, table: Table) -> Verdict:
    return Verdict(plain_key(table, key), read_label(table))


def _read_signed(table: Table) -> SignedBy:
    return SignedBy(table.text("name"), table.day("on"))


def _read_fork(table: Table) -> Fork:
    title = table.part("title", read_label)
    for_each = table.text("for_each", "")
    return Fork(
        key=read_key(table, PART_RESERVED),
        title=title,
        branches=_read_branches(table, title, for_each),
        join=read_join(table),
        accepted=_read_follower(table, "accepted") or table.part("accepted", read_target),
        refused=_read_follower(table, "refused"),
        within=table.text("in", ""),
        for_each=for_each,
        if_empty=_read_follower(table, "if_empty"),
    )


def _read_branches(table: Table, title: Label, for_each: str) -> tuple[Branch, ...]:
    branches = table.parts("branch", _read_branch)
    if not for_each:
        return branches
    if branches:
        table.note("for_each_branch", "branch")
    return (Branch(EACH, title, table.text("starts")),)


def _read_branch(table: Table) -> Branch:
    return Branch(read_key(table), table.part("title", read_label), table.text("starts"))


def _read_follower(table: Table, key: str) -> Target | None:
    return next(iter(table.lines(key, "then", read_target)), None)
