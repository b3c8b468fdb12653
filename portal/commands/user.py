"""``user``: accounts, for an operator at the machine."""

import click
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from portal.commands.running import CommandFailed, opened, operator, run, said, say
from portal.commands.servers import origin_for_links
from portal.kernel.i18n import N_
from portal.kernel.settings import Settings
from portal.people.access import visible_people
from portal.people.employing import Particulars, register
from portal.people.inviting import VALID, invite
from portal.people.models import Person
from portal.people.pages.invitations import LOGIN
from portal.people.roles import Role


@click.group()
def user() -> None:
    """List accounts, add one, or make a new sign-in link."""


@user.command("list")
def list_users() -> None:
    """Every account with its roles."""
    for person in run(_list()):
        left = "  " + said(N_("(left)")) if person.departure else ""
        click.echo(f"{person.login:<20} {person.name:<12} {', '.join(sorted(person.roles))}{left}")


@user.command("add")
@click.argument("login")
@click.argument("name")
@click.option("--role", "roles", multiple=True, type=click.Choice([str(role) for role in Role]))
def add(login: str, name: str, roles: tuple[str, ...]) -> None:
    """Register NAME with LOGIN and print the link by which they choose a password."""
    if not LOGIN.fullmatch(login):
        raise CommandFailed(N_("a login has 2 to 60 small letters, digits, dots or hyphens"))
    particulars = Particulars(
        login, name, phone="", email="", department_id=None, roles=frozenset(map(Role, roles))
    )
    _print_link(*run(_add(particulars)))


@user.command("invite")
@click.argument("login")
def invite_again(login: str) -> None:
    """Print a new link for LOGIN, who has lost the password; older links end."""
    _print_link(*run(_invite(login)))


async def _list() -> list[Person]:
    async with opened() as (_, database), database.reading() as db:
        query = visible_people(operator().actor).order_by(Person.login)
        query = query.options(selectinload(Person.grants), joinedload(Person.departure))
        return list(await db.scalars(query))


async def _add(given: Particulars) -> tuple[Settings, str]:
    async with opened() as (settings, database), database.writing() as db:
        if await db.scalar(select(Person.id).where(Person.login == given.login)):
            raise CommandFailed(N_("the login %(login)s exists already"), login=given.login)
        person = await register(db, operator(), given)
        return settings, await invite(db, operator(), person)


async def _invite(login: str) -> tuple[Settings, str]:
    async with opened() as (settings, database), database.writing() as db:
        query = select(Person).where(Person.login == login)
        person = await db.scalar(query.options(joinedload(Person.departure)))
        if person is None or person.departure:
            raise CommandFailed(N_("nobody who works here has the login %(login)s"), login=login)
        return settings, await invite(db, operator(), person)


def _print_link(settings: Settings, token: str) -> None:
    print_invitation(origin_for_links(settings), token)


def print_invitation(origin: str, token: str) -> None:
    """Print the one-time link, as an operator passes it on."""
    text = N_("One-time link, valid %(days)s days: %(link)s")
    say(text, days=VALID.days, link=f"{origin}/invitations/{token}")
