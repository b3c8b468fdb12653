"""What people do on the page of a case: answer, sign for, hand over, pause, note, call, file."""

from litestar import Controller, get, post
from litestar.datastructures import UploadFile
from litestar.response import File

from portal.cases.access import acts_for
from portal.cases.answering import answer, is_theirs, load_task, receive, sign_for, since_of
from portal.cases.documenting import (
    MOST_BYTES,
    add_document,
    find_document,
    folder_of,
    keep_file,
)
from portal.cases.handing_over import hand_over
from portal.cases.models import Case
from portal.cases.noting import Conversation, add_note, log_call
from portal.cases.pages.case_forms import (
    CallForm,
    NoteForm,
    OwnerForm,
    PauseForm,
    PriorityForm,
    ReopeningForm,
    assignment_form,
)
from portal.cases.pages.case_page import Forms, case_page, place_of
from portal.cases.pages.choices import offered_choices
from portal.cases.pausing import LONGEST, pause, resume
from portal.cases.problems import NOT_ANSWERABLE, NOT_YOURS, TASK_NOT_OPEN
from portal.cases.reading import find_case, load_full
from portal.cases.reassigning import reassign
from portal.cases.reopening import MAY_REOPEN, reopen
from portal.cases.reprioritising import reprioritise
from portal.cases.step_forms import form_class
from portal.kernel.attachments import Stored
from portal.kernel.i18n import N_
from portal.kernel.once import begun, ended
from portal.kernel.problems import Problem
from portal.kernel.web.dependencies import TheDatabase, ThisAct, Unit
from portal.kernel.web.downloads import serve
from portal.kernel.web.fields import in_zone
from portal.kernel.web.forms import Rejected, once_key, read_form, submitted
from portal.kernel.web.render import Answer, AnyRequest, redirect
from portal.people.access import me, require
from portal.people.guards import allow
from portal.people.listing import colleagues
from portal.people.pages.fields import Key
from portal.people.roles import OVERSEERS
from portal.people.standing_in import presence_at
from portal.procedures.storing import definition_of


class TaskController(Controller):
    path = "/cases/{case_id:int}/tasks/{task_id:int}"
    guards = (allow(),)

    @post("/answer")
    async def create_answer(
        self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key, task_id: Key
    ) -> Answer:
        zone = request.app.state.settings.zone
        also = await acts_for(db, act, zone)
        task = await load_task(db, act, case_id, task_id, also)
        presence = await presence_at(db, act.at, zone)
        if not is_theirs(task, me(act), presence):
            raise Problem(NOT_YOURS)
        full = await load_full(db, act.actor, case_id, also)
        definition = definition_of(full.case.version)
        step = definition.step[task.step]
        key = str((await read_form(request)).get("outcome", ""))
        outcome = step.outcome(key)
        if outcome is None or outcome.silent:
            raise Problem(NOT_ANSWERABLE)
        offered = await offered_choices(db, act, full, presence, request.state.language)
        shape = form_class(step, request.state.language, offered, place_of(task))
        form = await submitted(request, shape)
        since = since_of(full.case, definition, step)
        is_valid = form.validate_for(outcome, zone, act.at, full.case.facts, since)
        if task.is_open and not is_valid:
            raise Rejected(await case_page(request, db, act, case_id, Forms(steps={task_id: form})))
        await answer(db, act, task, outcome.key, form.answer(zone), zone)
        return _back(request, case_id, N_("Your answer is on record."))

    @post("/signature")
    async def create_signature(
        self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key, task_id: Key
    ) -> Answer:
        zone = request.app.state.settings.zone
        task = await load_task(db, act, case_id, task_id, await acts_for(db, act, zone))
        await sign_for(db, act, task, zone)
        return _back(request, case_id, N_("You have signed for the task."))

    @post("/receipt", status_code=204)
    async def create_receipt(
        self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key, task_id: Key
    ) -> None:
        """Sent by the page itself as its owner reads it; a look alone (GET) proves nothing."""
        zone = request.app.state.settings.zone
        task = await load_task(db, act, case_id, task_id, await acts_for(db, act, zone))
        await receive(db, act, task, zone)

    @post("/assignment")
    async def create_assignment(
        self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key, task_id: Key
    ) -> Answer:
        task = await load_task(db, act, case_id, task_id)
        full = await load_full(db, act.actor, case_id)
        require(act.actor, *OVERSEERS)
        if not task.is_open:  # its form has no place on the page any more
            raise Problem(TASK_NOT_OPEN)
        zone = request.app.state.settings.zone
        presence = await presence_at(db, act.at, zone)
        offered = await offered_choices(db, act, full, presence, request.state.language)
        form = await submitted(request, assignment_form(task), person=offered["people"])
        if not form.validate():
            forms = Forms(assignments={task_id: form})
            raise Rejected(await case_page(request, db, act, case_id, forms))
        await reassign(db, act, task, int(form.person.data), form.reason.data or "", zone)
        return _back(request, case_id, N_("The task is handed over."))


class CaseActionController(Controller):
    path = "/cases/{case_id:int}"
    guards = (allow(),)

    @post("/pause")
    async def create_pause(
        self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key
    ) -> Answer:
        case = await _find(request, db, act, case_id)
        zone = request.app.state.settings.zone
        require(act.actor, *OVERSEERS)
        form = await submitted(request, PauseForm)
        form.validate()
        if not form.look_again_at.errors:
            again = in_zone(form.look_again_at.data, zone)
            if again <= act.at:
                form.say("look_again_at", N_("This time is over."))
            elif again > act.at + LONGEST:
                form.say("look_again_at", N_("Choose a time within three months."))
        if form.errors:
            raise Rejected(await case_page(request, db, act, case_id, Forms(pause=form)))
        await pause(db, act, case, form.reason.data or "", again, zone)
        return _back(request, case_id, N_("The clock stands still."))

    @post("/resumption")
    async def create_resumption(
        self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key
    ) -> Answer:
        case = await _find(request, db, act, case_id)
        await resume(db, act, case, request.app.state.settings.zone)
        return _back(request, case_id, N_("The clock runs again."))

    @post("/priority")
    async def update_priority(
        self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key
    ) -> Answer:
        case = await _find(request, db, act, case_id)
        require(act.actor, *OVERSEERS)
        form = await submitted(request, PriorityForm)
        if not form.validate():
            raise Rejected(await case_page(request, db, act, case_id, Forms(priority=form)))
        zone = request.app.state.settings.zone
        given = (form.urgency.data, form.severity.data, form.reason.data or "")
        await reprioritise(db, act, case, *given, zone)
        return _back(request, case_id, N_("Priority is changed; limits follow."))

    @post("/owner")
    async def update_owner(
        self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key
    ) -> Answer:
        case = await _find(request, db, act, case_id)
        require(act.actor, *OVERSEERS)
        people = [(str(person.id), person.name) for person in await colleagues(db, act.actor)]
        form = await submitted(request, OwnerForm, person=[("", "—"), *people])
        if not form.validate():
            raise Rejected(await case_page(request, db, act, case_id, Forms(owner=form)))
        zone = request.app.state.settings.zone
        await hand_over(db, act, case, int(form.person.data), form.reason.data or "", zone)
        return _back(request, case_id, N_("The case is handed over."))

    @post("/reopening")
    async def create_reopening(
        self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key
    ) -> Answer:
        case = await _find(request, db, act, case_id)
        require(act.actor, *MAY_REOPEN)
        form = await submitted(request, ReopeningForm)
        if not form.validate():
            raise Rejected(await case_page(request, db, act, case_id, Forms(reopening=form)))
        await reopen(db, act, case, form.reason.data or "", request.app.state.settings.zone)
        return _back(request, case_id, N_("The case is open again."))

    @post("/notes")
    async def create_note(
        self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key
    ) -> Answer:
        case = await _find(request, db, act, case_id)
        form = await submitted(request, NoteForm)
        if not form.validate():
            raise Rejected(await case_page(request, db, act, case_id, Forms(note=form)))
        key = await once_key(request)
        if await begun(db, act, key) is None:
            await add_note(db, act, case, form.text.data or "")
            await ended(db, act, key, f"/cases/{case_id}")
        return _back(request, case_id, N_("The note is written."))

    @post("/calls")
    async def create_call(
        self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key
    ) -> Answer:
        case = await _find(request, db, act, case_id)
        form = await submitted(request, CallForm)
        form.validate()
        if not form.called_at.errors:
            called_at = in_zone(form.called_at.data, request.app.state.settings.zone)
            if called_at > act.at:
                form.say("called_at", N_("This time is still to come."))
        if form.errors:
            raise Rejected(await case_page(request, db, act, case_id, Forms(call=form)))
        said = Conversation(
            called_at=called_at,
            direction=form.direction.data,
            reached=form.reached.data == "yes",
            with_whom=form.with_whom.data or "",
            text=form.text.data or "",
        )
        key = await once_key(request)
        if await begun(db, act, key) is None:
            await log_call(db, act, case, said)
            await ended(db, act, key, f"/cases/{case_id}")
        return _back(request, case_id, N_("The call is logged."))

    @post("/documents", request_max_body_size=MOST_BYTES + 65_536)
    async def create_document(
        self, request: AnyRequest, database: TheDatabase, act: ThisAct, case_id: Key
    ) -> Answer:
        async with database.reading() as db:
            await _find(request, db, act, case_id)
        upload = (await read_form(request)).get("file")
        if not isinstance(upload, UploadFile) or not upload.filename:
            return _back(request, case_id, N_("No file was chosen."))
        # Kept before the unit begins: writing to a disk holds no lock.
        stored = await keep_file(request.app.state.settings.home, await upload.read())
        async with database.writing() as db:
            case = await _find(request, db, act, case_id)
            await add_document(db, act, case, upload.filename, stored)
        return _back(request, case_id, N_("The file is added."))

    @get("/documents/{document_id:int}")
    async def show_document(
        self, request: AnyRequest, db: Unit, act: ThisAct, case_id: Key, document_id: Key
    ) -> File:
        case = await _find(request, db, act, case_id)
        document = await find_document(db, case, document_id)
        stored = Stored(document.sha256, document.size, document.mime)
        return serve(folder_of(request.app.state.settings.home), stored, document.name)


async def _find(request: AnyRequest, db: Unit, act: ThisAct, case_id: int) -> Case:
    also = await acts_for(db, act, request.app.state.settings.zone)
    return await find_case(db, act.actor, case_id, also)


def _back(request: AnyRequest, case_id: int, flash: str) -> Answer:
    return redirect(request, f"/cases/{case_id}", flash)
