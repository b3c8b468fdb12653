"""The public forms by which a customer reports a repair or complains, without an account."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from litestar import Controller, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromQuery
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.cases.pages.photos import KEPT, photos_of, tokens_of
from portal.cases.taking_in import Photo
from portal.customers.models import Device
from portal.customers.phones import normal
from portal.kernel.act import Act
from portal.kernel.db.unit import Database
from portal.kernel.i18n import N_
from portal.kernel.once import begun, ended, led_to
from portal.kernel.problems import Problem
from portal.kernel.web.dependencies import TheDatabase, ThisAct, Unit
from portal.kernel.web.forms import Choices, blank, once_key, read_form, submitted
from portal.kernel.web.render import Answer, AnyRequest, redirect, render
from portal.openings.pages.opening_page import OpeningPage
from portal.openings.pages.service_forms import SERVICES, Service, ServiceForm
from portal.openings.pages.trouble import FOR_CUSTOMERS
from portal.openings.photos import (
    ACCEPTED,
    MOST,
    MOST_SENT,
    BadPhoto,
    chosen_files,
    keep_photos,
)
from portal.openings.problems import TOO_OFTEN
from portal.openings.reporting import NOTICE_EDITION, Report, find_device, link_again, report
from portal.openings.slowing import count_form, refuse_too_often
from portal.people.models import Region


@dataclass(kw_only=True)
class ServiceFormPage(OpeningPage):
    """The form; `device` is what the scanned label names, `label_unknown` that it names nothing.
    `photos` are name and token of files that need not come again, `lost` whether others must."""

    template: ClassVar[str] = "openings/report.html"
    service: Service
    form: ServiceForm
    device: Device | None
    label_unknown: bool = False
    too_often: dict[str, Any] | None = None
    photos: list[tuple[str, str]] = field(default_factory=list)
    lost: bool = False

    @property
    def accepted(self) -> str:
        return ACCEPTED

    @property
    def serial(self) -> str:
        """Enough of the serial number to recognise it by."""
        serial = self.device.serial if self.device else ""
        return f"…{serial[-4:]}" if len(serial) > 6 else ""


@dataclass(kw_only=True)
class PersonalInformationPage(OpeningPage):
    """The notice on personal information, in its present edition."""

    template: ClassVar[str] = "openings/personal_information.html"
    edition: str = NOTICE_EDITION


@dataclass(kw_only=True)
class ReceivedPage(OpeningPage):
    """The form was received before; too long ago to give its link again."""

    template: ClassVar[str] = "openings/received.html"


class PublicFormController(Controller):
    path = "/service"
    exception_handlers = FOR_CUSTOMERS

    @get(["/repair", "/complaint"])
    async def new(self, request: AnyRequest, db: Unit, device: FromQuery[str] = "") -> Answer:
        label = device.replace("\x00", "")[:43]
        service = SERVICES[request.url.path]
        form = blank(request, service.fields, {"device": label}, region=await _regions(db))
        return render(request, await _page(db, service, form))

    @post(["/repair", "/complaint"], request_max_body_size=MOST_SENT)
    async def create(self, request: AnyRequest, database: TheDatabase, act: ThisAct) -> Answer:
        network = _network(request)
        service = SERVICES[request.url.path]
        async with database.reading() as db:
            form = await submitted(request, service.fields, region=await _regions(db))
            form.device.data = (form.device.data or "")[:43]
            device = await find_device(db, form.device.data)
            files = await _files(request, form)
            # Sent again, it is led to its case: nothing more is counted or kept.
            is_again = await led_to(db, act, await once_key(request)) is not None
            if _is_valid(service, form, device) and not is_again:
                try:
                    # Before the photos take room; counted with the case, below.
                    await refuse_too_often(db, act.at, normal(form.phone.data or ""), network)
                except Problem as problem:
                    return await _too_often(request, db, service, form, files, problem)
        if form.errors:
            if not is_again:
                await _keep_alone(request, database, act, form, files)
            return await _again(request, database, service, form, files)
        if not is_again:
            try:
                await files.keep(request)
            except BadPhoto as bad:
                form.say("photos", str(bad))
                return await _again(request, database, service, form, files)
        try:
            async with database.writing() as db:
                token = await _take(request, db, act, service, form, files.photos)
        except Problem as problem:
            if problem.kind is not TOO_OFTEN:
                raise
            async with database.reading() as db:
                return await _too_often(request, db, service, form, files, problem)
        if token is None:
            return render(request, ReceivedPage(address=service.address))
        return redirect(request, f"/o/{token}?received=1")

    @get("/personal-information")
    async def show(self, request: AnyRequest) -> Answer:
        return render(request, PersonalInformationPage(address="/service/personal-information"))


@dataclass(slots=True)
class _Files:
    """The files of a form: `photos` lie on the disk, those sent `new` do not yet."""

    photos: list[Photo]
    new: list[UploadFile]

    async def keep(self, request: AnyRequest) -> None:
        """Put the new ones to the others; raises `BadPhoto`."""
        home = request.app.state.settings.home
        self.photos = await keep_photos(home, self.new, self.photos)
        self.new = []


async def _files(request: AnyRequest, form: ServiceForm) -> _Files:
    tokens = (await read_form(request)).getall(KEPT, [])
    before = photos_of(request.app.state.settings, tokens)[:MOST]
    return _Files(before, chosen_files(form.photos.data or []))


async def _keep_alone(
    request: AnyRequest, database: Database, act: Act, form: ServiceForm, files: _Files
) -> None:
    """Keep the photos of a form that comes back, so that they need not come again. They count as a
    form does: nobody fills the disk with forms that are never right."""
    if not files.new:
        return
    network = _network(request)
    try:
        async with database.reading() as db:
            await refuse_too_often(db, act.at, "", network)
        await files.keep(request)
        async with database.writing() as db:
            await count_form(db, act.at, "", network)
    except BadPhoto as bad:
        form.say("photos", str(bad))
    except Problem as problem:
        if problem.kind is not TOO_OFTEN:
            raise


def _network(request: AnyRequest) -> str:
    return request.client.host if request.client else ""


async def _take(
    request: AnyRequest,
    db: AsyncSession,
    act: Act,
    service: Service,
    form: ServiceForm,
    photos: list[Photo],
) -> str | None:
    """Open the case, once; the token of its link."""
    key = await once_key(request)
    before = await begun(db, act, key)
    if before is not None:
        return await link_again(db, act, int(before.rpartition("/")[2] or 0))
    given = Report(
        procedure=service.procedure,
        name=form.name.data or "",
        phone=form.phone.data or "",
        address=(form.address.data or "").strip(),
        region_id=int(form.region.data) if form.region.data else None,
        symptom=form.symptom.data or "",
        words=_in_words(request, form, {}),
        details=_in_words(request, form, form.on_record),
        device=await find_device(db, form.device.data or ""),
        device_model=(form.device_model.data or "").strip(),
        network=_network(request),
    )
    case, token = await report(db, act, given, photos, request.app.state.settings.zone)
    await ended(db, act, key, f"/cases/{case.id}")
    return token


def _in_words(request: AnyRequest, form: ServiceForm, names: Mapping[str, str]) -> str:
    """All that was said about the trouble, in words: each under what the form calls it, or under
    its other name in ``names``."""
    say = request.state.language.gettext
    said = [form.symptom.data or ""]
    for name in form.told:
        where: Any = form[name]
        typed = dict(where.choices)[where.data] if name == "region" and where.data else where.data
        if text := (typed or "").strip():
            what = say(names[name]) if name in names else where.label.text
            said.append(say(N_("%(what)s: %(text)s")) % {"what": what, "text": text})
    return "\n".join(said)


def _is_valid(service: Service, form: ServiceForm, device: Device | None) -> bool:
    form.validate()
    if service.needs_place and device is None and not (form.address.data or "").strip():
        form.say("address", N_("This field is required."))
    return not form.errors


async def _regions(db: AsyncSession) -> Choices:
    regions = await db.scalars(select(Region).order_by(Region.name))
    return [("", "—"), *((str(region.id), region.name) for region in regions)]


async def _page(db: AsyncSession, service: Service, form: ServiceForm) -> ServiceFormPage:
    label = form.device.data or ""
    device = await find_device(db, label) if label else None
    # Of a known device we know where it stands.
    if service.needs_place and device is None:
        form.address.flags.required = True
    return ServiceFormPage(
        service=service,
        address=service.address,
        query={"device": label} if label else {},
        form=form,
        device=device,
        label_unknown=bool(label) and device is None,
    )


async def _again(
    request: AnyRequest, database: Database, service: Service, form: ServiceForm, files: _Files
) -> Answer:
    async with database.reading() as db:
        page = await _page(db, service, form)
    _show_files(request, page, files)
    page.status = 422
    return render(request, page)


async def _too_often(
    request: AnyRequest,
    db: AsyncSession,
    service: Service,
    form: ServiceForm,
    files: _Files,
    problem: Problem,
) -> Answer:
    page = await _page(db, service, form)
    _show_files(request, page, files)
    page.status = problem.kind.status
    page.too_often = problem.params
    answer = render(request, page)
    answer.headers.update(problem.headers)
    return answer


def _show_files(request: AnyRequest, page: ServiceFormPage, files: _Files) -> None:
    page.photos = tokens_of(request.app.state.settings, files.photos)
    page.lost = bool(files.new)
