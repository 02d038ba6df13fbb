"""The text that pictures show, by tesseract, where a user asked for it and the extra is installed.

Pictures are bounded in pixels before they are unpacked, and each look at one in seconds; small ones are enlarged and
lying ones are turned.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from casb_cli.scan.extract.base import Context, Segment, Source, Stop, join_place

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP")
"""What is opened: readers of other kinds may start programs (EPS)."""
PIXELS = 64_000_000
"""Pixels of a picture that is read; larger ones are too large."""
FRAMES = 500
"""Pages of one TIFF, or pictures of one animation, that are read."""
_SECONDS = 60.0
"""Seconds of one look at a picture."""
_LEAST = (24, 10)
"""Width and height below which no word can be read."""
_FINE, _COARSE = 2_200, 4_200
"""Pixels of the longer side to which small pictures are enlarged, thrice at most, and large ones reduced."""
_SURE = 75
"""Confidence, in percent, from which a text is taken for upright."""
_SMALL = 800
_TILTS = tuple(number / 2 for number in range(-20, 21))
_CLEARER = 1.2
_DOTS = 300
_PAGE_POINTS = 72


def shown(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield the text of each page of a picture; raises Stop(too-large) for too many pixels."""
    from PIL import Image, UnidentifiedImageError

    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = PIXELS
    source.file.seek(0)
    try:
        picture = Image.open(source.file, formats=FORMATS)
    except Image.DecompressionBombError:
        raise Stop("too-large", "a picture of too many pixels") from None
    except UnidentifiedImageError:
        raise Stop("unsupported", "a picture of a rare kind") from None
    with picture:
        count = getattr(picture, "n_frames", 1)
        for number in range(min(count, FRAMES)):
            context.tick()
            picture.seek(number)
            if picture.width * picture.height > PIXELS:
                raise Stop("too-large", "a picture of too many pixels")
            place = join_place(where, f"page {number + 1}") if count > 1 else where
            if text := read(picture, context):
                yield Segment(place, "none", iter((text,)))
        if count > FRAMES:
            raise Stop("too-large", f"a picture of {count} pages")


def page_shown(document: Any, number: int, context: Context) -> bytes:
    """Return the text that a page of a PDF shows."""
    page = document[number]
    try:
        width, height = page.get_size()
        scale = min(_DOTS / _PAGE_POINTS, _COARSE / max(width, height, 1))
        bitmap = page.render(scale=scale, grayscale=True)
        try:
            return read(bitmap.to_pil(), context)
        finally:
            bitmap.close()
    finally:
        page.close()


def read(picture: Image, context: Context) -> bytes:
    """Return the text of a picture in UTF-8, upright or turned by quarters; empty where there is none."""
    if picture.width < _LEAST[0] or picture.height < _LEAST[1]:
        return b""
    from PIL import Image

    flat = _flat(picture)
    side = max(flat.size)
    factor = min(3.0, max(1.0, _FINE / side)) if side < _FINE else min(1.0, _COARSE / side)
    if factor != 1.0:
        size = (max(1, round(flat.width * factor)), max(1, round(flat.height * factor)))
        flat = flat.resize(size, Image.Resampling.LANCZOS)
    best, sure = "", -1
    for one in _looks(flat):
        text, confidence = _recognised(one, context)
        if confidence > sure:
            best, sure = text, confidence
        if sure >= _SURE:
            break
    return best.encode("utf-8", "replace")


def _looks(flat: Image) -> Iterator[Image]:
    """Yield a picture as it is, then, for who could not read it, straightened, without specks, and turned."""
    from PIL import Image, ImageFilter

    yield flat
    angle = _tilt(flat)
    if angle:
        yield flat.rotate(angle, resample=Image.Resampling.BILINEAR, expand=True, fillcolor=255)
    for turn in (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270, Image.Transpose.ROTATE_180):
        yield flat.transpose(turn)
    calm = flat.filter(ImageFilter.MedianFilter(5))
    yield calm.rotate(angle, resample=Image.Resampling.BILINEAR, expand=True, fillcolor=255) if angle else calm


def _tilt(flat: Image) -> float:
    """Return by how many degrees to turn a picture so that its lines lie level: dark rows are then the darkest."""
    from PIL import Image

    small = flat.copy()
    small.thumbnail((_SMALL, _SMALL), Image.Resampling.BOX)

    def levels(angle: float) -> float:
        turned = small.rotate(angle, resample=Image.Resampling.BILINEAR, fillcolor=255)
        rows = turned.resize((1, turned.height), Image.Resampling.BOX).tobytes()
        return float(sum((one - other) ** 2 for one, other in pairwise(rows)))

    best = max(_TILTS, key=lambda angle: (levels(angle), -abs(angle)))
    return best if levels(best) > _CLEARER * levels(0.0) else 0.0


def _flat(picture: Image) -> Image:
    """Return a picture in grey, on white where it lets through."""
    from PIL import Image

    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        ground = Image.new("RGBA", clear.size, "white")
        ground.alpha_composite(clear)
        return ground.convert("L")
    return picture.convert("L")


def _recognised(picture: Image, context: Context) -> tuple[str, int]:
    context.tick()
    reader = _reader(context.limits.ocr, context.limits.ocr_data)
    left = min(_SECONDS, context.deadline - time.monotonic()) if context.deadline else _SECONDS
    reader.SetImageBytes(picture.tobytes(), picture.width, picture.height, 1, picture.width)
    reader.SetSourceResolution(_DOTS)
    try:
        done = reader.Recognize(max(1, int(left * 1000)))
        context.tick()
        if not done:
            raise Stop("timeout", "a picture")
        text = str(reader.GetUTF8Text())
        return (text, int(reader.MeanTextConf())) if text.strip() else ("", 0)
    finally:
        reader.Clear()


@lru_cache(maxsize=1)
def _reader(languages: str, data: str) -> Any:
    os.environ["OMP_THREAD_LIMIT"] = "1"  # before the library is loaded: workers share the processors already
    import tesserocr

    return tesserocr.PyTessBaseAPI(path=data, lang=languages, psm=tesserocr.PSM.AUTO)
