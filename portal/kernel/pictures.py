"""Pictures for pages: what people sent in, decoded and written anew, so that only pixels are left.

Where a photograph was taken, by whom and with what, and anything hidden behind it, is gone.
"""

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor

from PIL import Image, ImageOps

from portal.kernel.i18n import N_
from portal.kernel.problems import Kind, Problem

PAGE, THUMBNAIL = 1600, 320

BAD_PICTURE = Kind(
    "bad-picture",
    422,
    N_("The picture cannot be shown"),
    N_("It is damaged, too large, or not a JPEG, PNG, WebP or GIF picture."),
    kept=N_("The file itself was not touched."),
    todo=N_("Open the picture on your device and send it again, or a screenshot of it."),
)

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
# Pixels: of the picture, and of what is decoded at once (a JPEG can be decoded in part).
_MOST_PIXELS = 64_000_000
_MOST_DECODED = 25_000_000
# A progressive JPEG has about ten passes; hundreds in a small file keep a processor busy for long.
_MOST_PASSES = 100
# One picture at a time: a large one takes up to 400 MB while it is decoded.
_studio = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures")


async def derivative(content: bytes, longest: int) -> bytes:
    """``content`` as an upright JPEG without metadata; neither side exceeds ``longest`` pixels.

    Small pictures are not enlarged; of moving ones the first frame is shown; what is transparent
    becomes white. Raises the problem ``bad-picture`` for whatever cannot be decoded safely.
    """
    return await asyncio.get_running_loop().run_in_executor(_studio, _encode, content, longest)


def _encode(content: bytes, longest: int) -> bytes:
    try:
        picture = _decode(content, longest)
    except Exception as error:  # decoders meet damage in every way there is
        raise Problem(BAD_PICTURE) from error
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=85, optimize=True)
    return written.getvalue()


def _decode(content: bytes, longest: int) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
        if picture.width * picture.height > _MOST_PIXELS:
            raise ValueError("too many pixels")
        if picture.format in ("JPEG", "MPO") and content.count(b"\xff\xda") > _MOST_PASSES:
            raise ValueError("too many passes")
        picture.draft("RGB", (longest, longest))
        if picture.width * picture.height > _MOST_DECODED:
            raise ValueError("too many pixels to decode")
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        return _on_white(upright, longest)


def _on_white(picture: Image.Image, longest: int) -> Image.Image:
    """Pixels only, in RGB: a new picture has nothing of the old one's metadata."""
    if picture.mode.startswith("I"):  # 16 bits of grey
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    solid = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    solid.thumbnail((longest, longest))
    clean = Image.new("RGB", solid.size, "white")
    clean.paste(solid, mask=solid if solid.mode == "RGBA" else None)
    return clean
