"""Importing: a file is sent, looked at, mapped, imported with progress, and what was refused can be
taken away again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

import msgspec
from anyio import to_thread
from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromQuery
from wtforms import FileField

from portal.imports.access import MAY_IMPORT, find_run
from portal.imports.judging import Judge, Judged
from portal.imports.listing import list_runs, rejections_of
from portal.imports.mapping import FIELDS, Field, Mapping
from portal.imports.models import ImportRejection, ImportRun, Stage
from portal.imports.pages.mapping_form import (
    MappingForm,
    column_choices,
    mapping_form,
    mapping_values,
)
from portal.imports.preparing import (
    Forecast,
    first_mapping,
    foretell,
    prepare,
    remap,
    same_heading,
    source_of,
)
from portal.imports.problems import NOT_A_DRAFT
from portal.imports.profiles import PROFILES
from portal.imports.reading import MOST_BYTES, BadTable, Table, drop_rows, open_table
from portal.imports.rejected import rejected_csv
from portal.imports.running import cancel, start
from portal.imports.wording import STAGES, flag_words, flagged_count, flagged_rows, reason_words
from portal.kernel.attachments import EMPTY_FILE, Stored, path_of, store
from portal.kernel.db.keyset import Slice
from portal.kernel.i18n import N_, Language
from portal.kernel.once import begun, ended
from portal.kernel.problems import TOO_LARGE, Problem
from portal.kernel.web.dependencies import TheDatabase, ThisAct, Unit
from portal.kernel.web.downloads import disposition
from portal.kernel.web.forms import Form, Rejected, blank, once_key, read_form, submitted
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.people.counting import is_held
from portal.people.guards import allow
from portal.people.pages.fields import Key
from portal.people.roles import OVERSEERS

_PREVIEW = 20
_SHOWN = 100
# Fields that are told apart from the text in the preview.
_IN_PREVIEW = frozenset(
    ["happened", "title", "kind", "closed", "state", "customer", "device", "address", "cost"]
)


class UploadForm(Form):
    file = FileField(
        N_("File"),
        description=N_("CSV or Excel (.xlsx), at most 32 MB; the first row names the columns."),
    )


@dataclass(kw_only=True)
class ImportsPage(Page):
    """Where a file is sent, and the imports of before."""

    template: ClassVar[str] = "imports/index.html"
    form: UploadForm
    runs: Slice[ImportRun]

    @property
    def stages(self) -> dict[Stage, str]:
        return STAGES

    def address(self, cursor: str) -> str:
        return "/imports?" + urlencode({"cursor": cursor})


@dataclass(kw_only=True)
class ImportPage(Page):
    """An import: a draft with its first rows and the mapping, else how far it is or what came of
    it. `fault` says why the file of a draft cannot be read (in the reader's language)."""

    template: ClassVar[str] = "imports/show.html"
    run: ImportRun
    language: Language
    sees_history: bool
    # Whether nobody at all may look at what was imported yet.
    is_unseen: bool = False
    form: MappingForm | None = None
    preview: list[Judged] = field(default_factory=list)
    rejections: list[ImportRejection] = field(default_factory=list)
    fault: str = ""

    @property
    def stage(self) -> str:
        return STAGES[self.run.stage]

    @property
    def profile(self) -> Any:
        """The profile by which the file was recognised, if it was."""
        return PROFILES.get(self.run.profile)

    @property
    def columns(self) -> list[Field]:
        """What the preview shows of each row."""
        mapped = self.run.mapping["columns"]
        return [one for one in FIELDS if one.key in _IN_PREVIEW and one.key in mapped]

    @property
    def has_more(self) -> bool:
        return self.run.rejected > len(self.rejections)

    def cell(self, judged: Judged, key: str) -> str:
        """What the row says in the column of a field, as it stands there."""
        name = self.run.mapping["columns"][key]
        place = self.run.header.index(name)
        return judged.row.cells[place] if place < len(judged.row.cells) else ""

    def reasons(self, kept: Any) -> list[str]:
        return reason_words(kept, self.language)

    @property
    def odd(self) -> list[tuple[int, Sequence[str]]]:
        """The first rows that are flagged: line and msgids."""
        return flagged_rows(self.run)

    @property
    def odd_by_reason(self) -> dict[str, list[int]]:
        """The same by what is odd: most rows of a file have one and the same oddity."""
        found: dict[str, list[int]] = {}
        for line, reasons in self.odd:
            for reason in reasons:
                found.setdefault(reason, []).append(line)
        return found

    @property
    def flagged_count(self) -> int:
        return flagged_count(self.run)

    def against(self, judged: Judged) -> list[str]:
        """Why a row of the preview would be refused."""
        return reason_words([(one.text, one.params) for one in judged.reasons], self.language)

    def flags(self, judged: Judged) -> list[str]:
        return list(flag_words(" ".join(judged.value.flags))) if judged.value else []


class ImportController(Controller):
    path = "/imports"
    guards = (allow(*MAY_IMPORT),)

    @get()
    async def index(
        self, request: AnyRequest, db: Unit, act: ThisAct, cursor: FromQuery[str] = ""
    ) -> Answer:
        runs = await list_runs(db, act.actor, cursor[:600])
        return render(request, ImportsPage(form=blank(request, UploadForm), runs=runs))

    @post(request_max_body_size=MOST_BYTES + (1 << 20))
    async def create(self, request: AnyRequest, act: ThisAct, database: TheDatabase) -> Answer:
        """Take the file and count what would happen; neither holds a lock."""
        settings, language = request.app.state.settings, request.state.language
        key = await once_key(request)
        form = await submitted(request, UploadForm)
        name, stored = "", None
        try:
            name, stored = await _taken(settings.attachments, form.file.data)
            table = await to_thread.run_sync(_open, _path(settings, stored.sha256), name)
            async with database.reading() as db:
                before = await same_heading(db, table.header)
            profile, mapping = first_mapping(table, str(settings.zone), before)
            source = before.source if before else source_of(name, profile)
            forecast = await foretell(database, table, source, mapping)
        except BadTable as bad:
            form.say("file", language.gettext(str(bad)) % bad.params)
            async with database.reading() as db:
                runs = await list_runs(db, act.actor, "")
            raise Rejected(ImportsPage(form=form, runs=runs)) from bad
        async with database.writing() as db:
            if href := await begun(db, act, key):
                return redirect(request, href)
            run = await prepare(
                db,
                act,
                stored,
                table,
                name=name,
                source=source,
                profile=profile,
                mapping=mapping,
                forecast=forecast,
            )
            href = f"/imports/{run.id}"
            await ended(db, act, key, href)
        return redirect(request, href)

    @get("/{run_id:int}")
    async def show(self, request: AnyRequest, db: Unit, act: ThisAct, run_id: Key) -> Answer:
        run = await find_run(db, act.actor, run_id)
        page = _page(request, run)
        if run.stage is Stage.DRAFT:
            await _look(request, page)
            if page.form is None and not page.fault:
                page.form = _blank_form(request, page)
        else:
            page.rejections = await rejections_of(db, run, _SHOWN)
            if run.new and not page.sees_history:
                page.is_unseen = not await is_held(db, OVERSEERS)
        return render(request, page)

    @post("/{run_id:int}")
    async def update(
        self, request: AnyRequest, act: ThisAct, database: TheDatabase, run_id: Key
    ) -> Answer:
        """Read the columns otherwise; with ``then=start`` the import begins."""
        then = (await read_form(request)).get("then")
        async with database.reading() as db:
            run = await find_run(db, act.actor, run_id)
        if run.stage is not Stage.DRAFT:
            raise Problem(NOT_A_DRAFT)
        page = _page(request, run)
        table = await _look(request, page)
        if table is None:
            raise Rejected(page)
        shape = mapping_form()
        page.form = await submitted(request, shape, **column_choices(run, _sample(page)))
        if not page.form.validate_whole():
            raise Rejected(page)
        page.form.refuse_stale(mapping_values(run))
        source, mapping = page.form.source.data or "", page.form.mapping(table.header)
        forecast = await _foretold(database, table, source, mapping, page)
        async with database.writing() as db:
            run = await find_run(db, act.actor, run_id, lock=True)
            page.form.refuse_stale(mapping_values(run))
            await remap(db, act, run, source=source, mapping=mapping, forecast=forecast)
            if then == "start":
                await start(db, act, run)
        return redirect(request, f"/imports/{run_id}")

    @post("/{run_id:int}/cancellation")
    async def cancel(self, request: AnyRequest, db: Unit, act: ThisAct, run_id: Key) -> Answer:
        run = await find_run(db, act.actor, run_id, lock=True)
        was_draft = run.stage is Stage.DRAFT
        await cancel(db, act, run)
        if was_draft:
            path = _path(request.app.state.settings, run.sha256)
            await to_thread.run_sync(drop_rows, path)
            return redirect(request, "/imports", N_("The file is not imported."))
        kept = N_("The import is cancelled; what was imported stays.")
        return redirect(request, f"/imports/{run_id}", kept)

    @get("/{run_id:int}/rejected")
    async def rejected(
        self, request: AnyRequest, db: Unit, act: ThisAct, run_id: Key
    ) -> Response[bytes]:
        """The rows that were not taken, with their reasons, to be mended and sent again."""
        run = await find_run(db, act.actor, run_id)
        rows = [(one.line, one.reasons, one.cells) for one in await rejections_of(db, run)]
        content = rejected_csv(run.header, rows, request.state.language)
        name = f"{Path(run.name).stem}-rejected.csv"
        headers = {
            "content-disposition": disposition("attachment", name),
            "x-content-type-options": "nosniff",
        }
        return Response(content.encode(), media_type="text/csv; charset=utf-8", headers=headers)


async def _taken(folder: Path, upload: Any) -> tuple[str, Stored]:
    """Name and place of a file that was sent; raises `BadTable` where there is none to be had."""
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise BadTable(N_("Choose a file."))
    try:
        stored = await store(folder, await upload.read(), limit=MOST_BYTES)
    except Problem as problem:
        if problem.kind not in (EMPTY_FILE, TOO_LARGE):
            raise
        raise BadTable(problem.kind.happened) from problem
    return upload.filename, stored


def _path(settings: Any, sha256: str) -> Path:
    return path_of(settings.attachments, sha256)


def _open(path: Path, name: str) -> Table:
    return open_table(path, name, is_stored=True)


def _page(request: AnyRequest, run: ImportRun) -> ImportPage:
    sees_history = bool(request.state.actor.roles & OVERSEERS)
    return ImportPage(run=run, language=request.state.language, sees_history=sees_history)


async def _look(request: AnyRequest, page: ImportPage) -> Table | None:
    """Put the first rows into the page of a draft, or why the file cannot be read any more."""
    run = page.run
    mapping = msgspec.convert(run.mapping, Mapping)
    path = _path(request.app.state.settings, run.sha256)

    def read() -> tuple[Table, list[Judged]]:
        table = _open(path, run.name)
        return table, Judge(table, mapping).next(_PREVIEW)

    try:
        table, page.preview = await to_thread.run_sync(read)
    except (BadTable, OSError) as error:
        gone = N_("The file is no longer in the store.")
        message, params = (str(error), error.params) if isinstance(error, BadTable) else (gone, {})
        page.fault = page.language.gettext(message) % params
        return None
    return table


def _blank_form(request: AnyRequest, page: ImportPage) -> MappingForm:
    choices = column_choices(page.run, _sample(page))
    return blank(request, mapping_form(), mapping_values(page.run), **choices)


def _sample(page: ImportPage) -> tuple[str, ...]:
    return page.preview[0].row.cells if page.preview else ()


async def _foretold(
    database: Any, table: Table, source: str, mapping: Mapping, page: ImportPage
) -> Forecast | None:
    try:
        return await foretell(database, table, source, mapping)
    except BadTable as bad:
        page.fault = page.language.gettext(str(bad)) % bad.params
        raise Rejected(page) from bad
