"""The engineers' app: its page, its worker, its manifest, its texts, and who is asking.

All but the last are the same for everybody and hold nothing personal: the phone keeps them, and
they open without a network (rule 26).
"""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, ClassVar

from litestar import Controller, Response, get

from field.access import FIELD_STAFF
from field.builds import NEWEST
from portal.kernel.act import Staff
from portal.kernel.i18n import LANGUAGES, language
from portal.kernel.web.assets import Assets
from portal.kernel.web.page import Page
from portal.kernel.web.render import Answer, AnyRequest, redirect, render

PATH = "/field"
MODULES = "js/field/"
# Both are made of the modules by bin/setup.
APP, WORKER, STYLE = "built/app.js", "built/worker.js", "css/field.css"
PICTURES = (
    # name, sizes, purpose
    ("img/mark.svg", "any", "any"),
    ("img/field-192.png", "192x192", "any"),
    ("img/field-512.png", "512x512", "any"),
    ("img/field-maskable-512.png", "512x512", "maskable"),
)
_NAME = "闭环现场 Bihuan Field"
# What modules say is written as t("…"); the catalogue gathers the same by babel.
_SAID = re.compile(r'\bt\(\s*("(?:[^"\\\n]|\\.)+")')
_FRESH = {"Cache-Control": "no-cache"}


class Shell:
    """The app's files as one build: whatever changes in any of them changes its name."""

    def __init__(self, assets: Assets) -> None:
        self.script = assets.url(APP)
        self.texts = _texts(sorted(said(assets)))
        self.manifest = _manifest(assets)
        self.addresses = [
            f"{PATH}/",
            f"{PATH}/texts.json",
            f"{PATH}/app.webmanifest",
            assets.url(STYLE),
            self.script,
            *(assets.url(name) for name, _, _ in PICTURES),
        ]
        worker = assets.below(WORKER)[WORKER]
        parts = (*self.addresses, worker, _json(self.texts), _json(self.manifest))
        digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:10]
        self.build = f"{NEWEST}.{digest}"
        kept = _json({"build": self.build, "addresses": self.addresses})
        self.worker = f"const KEPT = {kept};\n{worker}"


@dataclass(kw_only=True)
class FieldAppPage(Page):
    """The page that the app lives in; `icons` are the drawings that its screens use."""

    template: ClassVar[str] = "field/app.html"
    build: str
    zone: str
    script: str
    icons: tuple[str, ...]


_ICONS = (
    "arrow-left",
    "arrow-path",
    "arrow-up-tray",
    "calendar-days",
    "camera",
    "chat-bubble-left-ellipsis",
    "check",
    "chevron-right",
    "clock",
    "cloud-arrow-up",
    "device-phone-mobile",
    "exclamation-triangle",
    "eye",
    "map-pin",
    "minus",
    "pencil-square",
    "phone",
    "photo",
    "plus",
    "signal-slash",
    "user-circle",
    "wrench-screwdriver",
    "x-mark",
)


class ShellController(Controller):
    path = PATH

    @get()
    async def show(self, request: AnyRequest) -> Answer:
        # The worker reaches only what lies below the address with the stroke, which the framework
        # takes away.
        if not request.scope["raw_path"].endswith(b"/"):
            return redirect(request, f"{PATH}/")
        shell: Shell = request.app.state.field_shell
        page = FieldAppPage(
            build=shell.build,
            zone=str(request.app.state.settings.zone),
            script=shell.script,
            icons=_ICONS,
        )
        answer = render(request, page)
        answer.headers.update(_FRESH)
        return answer

    @get("/sw.js")
    async def show_worker(self, request: AnyRequest) -> Response[bytes]:
        return _file(request.app.state.field_shell.worker, "text/javascript; charset=utf-8")

    @get("/app.webmanifest")
    async def show_manifest(self, request: AnyRequest) -> Response[bytes]:
        return _file(_json(request.app.state.field_shell.manifest), "application/manifest+json")

    @get("/texts.json")
    async def show_texts(self, request: AnyRequest) -> Response[bytes]:
        """What the screens say, in every language that is not the code's own."""
        return _file(_json(request.app.state.field_shell.texts), "application/json")

    @get("/v1/me")
    async def show_me(self, request: AnyRequest) -> Response[dict[str, Any]]:
        """Who is asking, and the token that their forms have to bring; nobody is somebody, too."""
        actor, state = request.state.actor, request.app.state
        user = None
        if isinstance(actor, Staff):
            is_engineer = bool(actor.roles & set(FIELD_STAFF))
            user = {"id": actor.person_id, "name": actor.name, "is_engineer": is_engineer}
        return Response(
            {
                "user": user,
                "csrf": request.state.csrf,
                "language": request.state.language.tag,
                "zone": str(state.settings.zone),
                "build": state.field_shell.build,
            }
        )


def _file(text: str, content_type: str) -> Response[bytes]:
    headers = {**_FRESH, "Content-Type": content_type}
    return Response(text.encode(), headers=headers, media_type=content_type)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def said(assets: Assets) -> set[str]:
    """The texts of the app's modules."""
    modules = assets.below(MODULES).values()
    return {json.loads(text) for module in modules for text in _SAID.findall(module)}


def _texts(said: list[str]) -> dict[str, dict[str, str]]:
    """By language tag and English text; what reads the same in both is left out."""
    spoken = {}
    for code in LANGUAGES:
        tongue = language(code)
        pairs = {text: tongue.gettext(text) for text in said}
        spoken[tongue.tag] = {text: other for text, other in pairs.items() if text != other}
    return spoken


def _manifest(assets: Assets) -> dict[str, Any]:
    return {
        "id": f"{PATH}/",
        "name": _NAME,
        "short_name": "闭环现场",
        "lang": "zh-CN",
        "start_url": f"{PATH}/",
        "scope": f"{PATH}/",
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#f4f6f7",
        "theme_color": "#094852",
        "icons": [
            {"src": assets.url(name), "sizes": sizes, "type": _type(name), "purpose": purpose}
            for name, sizes, purpose in PICTURES
        ],
    }


def _type(name: str) -> str:
    return "image/svg+xml" if name.endswith(".svg") else "image/png"
