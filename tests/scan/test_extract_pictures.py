"""What pictures and scanned pages show: read where that was asked for, and never taken for nothing where not."""

from __future__ import annotations

import io
import zipfile

import msgspec
import pytest
from scan_scanner import SCANNER

from casb_cli.commands._ocr import chosen
from casb_cli.core.errors import UsageError
from casb_cli.scan.extract.base import Context, Limits, Source, Stop
from casb_cli.scan.extract.formats import extract
from casb_cli.scan.extract.pictures import shown
from casb_cli.scan.inspect import inspect_stream
from casb_cli.store.paths import cache_dir

IBAN, CARD = "DE89 3704 0044 0532 0130 00", "4539 1488 0343 6467"


@pytest.fixture
def limits():
    pytest.importorskip("tesserocr")
    try:
        languages, data = chosen("eng")
    except UsageError as error:
        pytest.skip(str(error))
    return Limits(ocr=languages, ocr_data=data)


def look(data, limits):
    return inspect_stream(data, name="scan", scanner=SCANNER, key=b"k" * 32, limits=limits)


def kinds(result):
    return {match.detector for match in result.matches}


def page(*, scale=1.0, size=(1240, 900), mode="L", turn=0, ink=0):
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new(mode, size, "white")
    draw = ImageDraw.Draw(picture)
    lines = ("Dear Mrs Schmidt,", "please pay to the account", f"IBAN: {IBAN}", f"or from your card number {CARD}")
    for number, line in enumerate((*lines, "within the next fourteen days.", "Kind regards, the accounting")):
        draw.text((70, 60 + 70 * number), line, font=ImageFont.load_default(34), fill=(ink,) * len(picture.getbands()))
    picture = picture.rotate(turn, expand=True)
    return picture.resize((round(picture.width * scale), round(picture.height * scale))) if scale != 1 else picture


def saved(picture, form, **more):
    file = io.BytesIO()
    picture.save(file, form, **more)
    return file.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP"])
def test_every_kind_of_picture_is_read(limits, form):
    result = look(saved(page(mode="RGB"), form), limits)
    assert (result.outcome, kinds(result) >= {"iban", "payment-card"}) == ("done", True)


@pytest.mark.parametrize("options", [{"turn": 90}, {"turn": 180}, {"turn": 270}, {"scale": 0.5}, {"ink": 110}])
def test_turned_coarse_and_pale_pages_are_read(limits, options):
    assert kinds(look(saved(page(**options), "PNG"), limits)) >= {"iban", "payment-card"}


def test_a_page_without_text_is_read_and_told_where_it_is(limits):
    result = look(saved(page(), "PDF", resolution=150), limits)
    assert (result.outcome, {match.place for match in result.matches}) == ("done", {"page 1"})
    assert kinds(result) >= {"iban", "payment-card"}
    without = look(saved(page(), "PDF", resolution=150), Limits())
    assert (without.reason, without.detail) == ("unsupported", "pages without a text layer")


def test_each_page_of_a_tiff_and_pictures_in_documents_are_read(limits):
    result = look(saved(page(size=(1240, 100)), "TIFF", save_all=True, append_images=[page()]), limits)
    assert {match.place for match in result.matches} == {"page 2"}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w:document><w:body><w:p>scan</w:p></w:body></w:document>")
        archive.writestr("word/media/image1.png", saved(page(), "PNG"))
    result = look(file.getvalue(), limits)
    assert {match.place for match in result.matches} == {"word/media/image1.png"}
    assert look(file.getvalue(), Limits()).outcome == "done"


def test_what_is_too_large_torn_or_slow_is_told(limits):
    from PIL import Image

    bomb = saved(Image.new("1", (20_000, 20_000)), "PNG")
    assert look(bomb, limits).reason == "too-large"
    assert look(saved(page(), "PNG")[:3000], limits).reason == "corrupted"
    assert look(saved(page(), "PNG"), msgspec.structs.replace(limits, wall=0.02)).reason == "timeout"


def test_kinds_whose_readers_start_programs_are_not_opened():
    pytest.importorskip("PIL")
    data = io.BytesIO()
    page().save(data, "EPS")
    context = Context(limits=Limits(ocr="eng"), open=extract)
    with pytest.raises(Stop, match="unsupported"):
        list(shown(Source(data, "a.eps", len(data.getvalue())), context, ""))


def test_a_picture_without_text_is_done(limits):
    from PIL import Image

    assert look(saved(Image.new("L", (300, 300), 200), "PNG"), limits).outcome == "done"


def test_without_being_asked_pictures_are_named(limits):
    result = look(saved(page(), "PNG"), Limits())
    assert (result.outcome, result.reason, result.detail) == ("skipped", "unsupported", "image/png")


def test_workers_read_pictures_within_their_bounds(limits, tmp_path):
    from casb_cli.scan.inspect_local import detect_paths
    from casb_cli.scan.workers import WorkerPool

    (tmp_path / "a.png").write_bytes(saved(page(), "PNG"))
    with WorkerPool(key=b"k" * 32, cache_dir=str(cache_dir()), workers=1, ocr=(limits.ocr, limits.ocr_data)) as pool:
        (found,) = [one for one in detect_paths([str(tmp_path)], pool) if not one.more]
        with WorkerPool(key=b"k" * 32, cache_dir=str(cache_dir()), workers=1) as plain:
            assert plain.detector_set != pool.detector_set, "what was skipped before is looked at again"
    assert found.result.outcome == "done"


@pytest.mark.parametrize(
    ("languages", "missing", "words"),
    [
        ("eng", "tesserocr", "needs an extra"),
        ("xxx_none", "", "tesseract's data for `xxx_none` is not there"),
        ("../eng", "", "names no languages"),
    ],
)
def test_what_is_missing_is_told_with_how_to_get_it(monkeypatch, languages, missing, words):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == missing else True)
    with pytest.raises(UsageError, match=words) as raised:
        chosen(languages)
    assert raised.value.hint
