"""The label on a device: a QR code that leads a customer's phone to the repair form."""

from urllib.parse import urlsplit

import segno
from markupsafe import Markup

from portal.customers.models import Device


def repair_address(origin: str, device: Device) -> str:
    """Where the label of ``device`` leads; ``origin`` is the portal as customers reach it."""
    return f"{origin}/service/repair?device={device.label}"


def works_here_only(address: str) -> bool:
    """Whether ``address`` leads other computers and phones to themselves."""
    host = urlsplit(address).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def qr_code(text: str) -> Markup:
    """``text`` as an inline SVG without a size of its own; a seventh of it may be unreadable."""
    code = segno.make(text, error="m", boost_error=False, micro=False)
    svg = code.svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None)
    # Made here of an address of ours: it holds nothing that anybody typed.
    return Markup(svg)
