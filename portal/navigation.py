"""What every page knows of its reader: name, roles, language links, and where they may go."""

from collections.abc import Callable
from urllib.parse import quote, urlencode

from field.access import FIELD_STAFF, LEDGER_READERS, RULERS
from portal.imports.access import MAY_IMPORT
from portal.kernel.act import Staff
from portal.kernel.i18n import LANGUAGES, N_
from portal.kernel.web.flash import read_flash
from portal.kernel.web.page import Here, Me, NavItem
from portal.kernel.web.render import AnyRequest, is_partial
from portal.notices.reading import unread_of
from portal.people.roles import LABELS, OVERSEERS, Role
from portal.repairs.access import KEEPERS, READERS
from portal.surveys.access import READERS as SURVEY_READERS

# Group, label, address, icon, and the roles that see it (nobody named: everybody inside).
_ENTRIES: list[tuple[str, str, str, str, frozenset[Role]]] = [
    ("", N_("Desk"), "/", "home", frozenset()),
    ("", N_("Cases"), "/cases", "briefcase", frozenset()),
    ("", N_("Customers"), "/customers", "user-group", OVERSEERS),
    ("", N_("On-site work"), "/field/", "wrench-screwdriver", frozenset(FIELD_STAFF)),
    ("", N_("History"), "/history", "archive-box", OVERSEERS),
    ("", N_("Day board"), "/dispatch", "table-cells", frozenset(READERS)),
    ("", N_("Satisfaction"), "/surveys", "face-smile", frozenset(SURVEY_READERS)),
    ("", N_("Field inbox"), "/field-inbox", "inbox-arrow-down", frozenset(RULERS)),
    (
        "",
        N_("Field phones"),
        "/devices-in-field",
        "device-phone-mobile",
        frozenset({*LEDGER_READERS, *FIELD_STAFF}),
    ),
    ("", N_("Van stock"), "/van-stock", "truck", frozenset({*KEEPERS, *FIELD_STAFF})),
    (
        "",
        N_("Stock differences"),
        "/stock-discrepancies",
        "exclamation-triangle",
        frozenset(KEEPERS),
    ),
    (N_("Company"), N_("Parts"), "/parts", "cube", frozenset(KEEPERS)),
    (N_("Company"), N_("Tools"), "/tools", "wrench-screwdriver", frozenset(KEEPERS)),
    (N_("Company"), N_("Procedures"), "/procedures", "document-text", frozenset()),
    (N_("Company"), N_("People"), "/people", "users", frozenset()),
    (N_("Company"), N_("Departments"), "/departments", "building-office", frozenset()),
    (N_("Company"), N_("Calendar"), "/calendar", "calendar-days", frozenset()),
    (N_("Company"), N_("Skills"), "/skills", "academic-cap", frozenset({Role.ADMINISTRATOR})),
    (N_("Company"), N_("Regions"), "/regions", "map", frozenset({Role.ADMINISTRATOR})),
    (N_("Company"), N_("Imports"), "/imports", "arrow-up-tray", frozenset(MAY_IMPORT)),
    (
        N_("Company"),
        N_("Undelivered notices"),
        "/dead-letters",
        "exclamation-triangle",
        frozenset({Role.ADMINISTRATOR}),
    ),
]


async def look_around(request: AnyRequest) -> None:
    """Run before every handler: what `here`, which cannot wait, needs to know from the database.

    For whole pages only; the rest hears of it by the live stream.
    """
    actor = request.state.actor
    is_page = request.method == "GET" and "html" in request.headers.get("accept", "")
    if isinstance(actor, Staff) and is_page and not is_partial(request):
        async with request.app.state.database.reading() as db:
            unread = await unread_of(db, [actor.person_id])
        request.state.unread = unread[actor.person_id]


def here(request: AnyRequest) -> Here:
    """The surroundings of a page for whoever asks."""
    state, settings = request.state, request.app.state.settings
    say = state.language.gettext
    actor = state.actor
    me = None
    if isinstance(actor, Staff):
        labels = [say(label) for role, label in LABELS.items() if role in actor.roles]
        me = Me(actor.name, _initials(actor.name), labels)
    return Here(
        language=state.language,
        path=request.url.path,
        csrf=state.csrf,
        me=me,
        nav=_navigation(actor.roles, request.url.path, say) if isinstance(actor, Staff) else [],
        inbox=request.state.get("unread", 0) if me else None,
        flash=read_flash(request, settings, state.language),
        languages=_languages(request),
        search="/cases" if isinstance(actor, Staff) else "",
        is_answer=request.method == "POST",
    )


def _navigation(
    roles: frozenset[str], path: str, say: Callable[[str], str]
) -> list[tuple[str, list[NavItem]]]:
    groups: dict[str, list[NavItem]] = {}
    for group, label, href, icon, wanted in _ENTRIES:
        if wanted and not wanted & roles:
            continue
        current = path == href or (href != "/" and path.startswith(f"{href}/"))
        groups.setdefault(group, []).append(NavItem(say(label), href, icon, current))
    return [(say(group), items) for group, items in groups.items()]


def _languages(request: AnyRequest) -> list[tuple[str, str, str]]:
    # Pages that answer a form have no address of their own: their language links lead home.
    # So do those of an address that, as a link, would name another host.
    path = quote(request.url.path) if request.method == "GET" else "/"
    if path.startswith("//"):
        path = "/"
    given = [(k, v) for k, v in request.query_params.multi_items() if k != "lang"]
    return [
        (code, label, f"{path}?{urlencode([*given, ('lang', code)])}")
        for code, label in LANGUAGES.items()
    ]


def _initials(name: str) -> str:
    """The family name's character for a Chinese name, else the first letters of two words."""
    if not name.isascii():
        return name[:1]
    return "".join(word[0] for word in name.split()[:2]).upper()
