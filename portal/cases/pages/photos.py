"""Photos and other files that are sent with a form: on the disk before the unit begins, and not
lost where the form comes back with errors."""

from collections.abc import Iterable

import msgspec
from litestar.datastructures import UploadFile

from portal.cases.documenting import MOST_BYTES, keep_file
from portal.cases.taking_in import Photo
from portal.kernel.attachments import EMPTY_FILE, Stored
from portal.kernel.i18n import N_
from portal.kernel.problems import TOO_LARGE, Problem
from portal.kernel.settings import Settings
from portal.kernel.tokens import sign, unsign
from portal.kernel.web.forms import read_form
from portal.kernel.web.render import AnyRequest

FIELD, KEPT = "photos", "kept_photos"
MOST = 20
# All files of one form together, with the rest of it.
MOST_AT_ONCE = 6 * MOST_BYTES
_PURPOSE = "photo"


class RefusedFile(Exception):
    """A file that is not taken; the message is a msgid."""


async def take_photos(request: AnyRequest) -> tuple[list[Photo], str]:
    """The files of a form, those that came with it before among them, and what is wrong with one
    that is left out (a msgid, empty where nothing is). The same file sent twice is one."""
    settings: Settings = request.app.state.settings
    form = await read_form(request)
    photos = {
        photo.stored.sha256: photo for photo in photos_of(settings, form.getall(KEPT, []))[:MOST]
    }
    wrong = ""
    for upload in form.getall(FIELD, []):
        if not isinstance(upload, UploadFile) or not upload.filename:
            continue
        try:
            if len(photos) >= MOST:
                raise RefusedFile(N_("These are too many files at once."))
            stored = await _store(settings, await upload.read())
        except RefusedFile as refused:
            wrong = str(refused)
            continue
        photos.setdefault(stored.sha256, Photo(upload.filename, stored))
    return list(photos.values()), wrong


def tokens_of(settings: Settings, photos: Iterable[Photo]) -> list[tuple[str, str]]:
    """Name and token of each photo, for the form that comes back: the file need not be sent again,
    and nobody can name a file that they have not sent."""
    return [
        (photo.name, sign(settings.secret, _PURPOSE, msgspec.json.encode(photo)))
        for photo in photos
    ]


def photos_of(settings: Settings, tokens: Iterable[object]) -> list[Photo]:
    """The photos of `tokens_of`; what is no token of ours is none."""
    texts = (token for token in tokens if isinstance(token, str))
    contents = (unsign(settings.secret, _PURPOSE, text) for text in texts)
    return [msgspec.json.decode(content, type=Photo) for content in contents if content]


async def _store(settings: Settings, content: bytes) -> Stored:
    try:
        stored = await keep_file(settings.home, content)
    except Problem as problem:
        if problem.kind is TOO_LARGE:
            raise RefusedFile(N_("A file may have 25 MB at most.")) from problem
        if problem.kind is EMPTY_FILE:
            raise RefusedFile(EMPTY_FILE.happened) from problem
        raise
    if not (stored.mime.startswith("image/") or stored.mime == "application/pdf"):
        raise RefusedFile(N_("Only photos and PDF files are taken here."))
    return stored
