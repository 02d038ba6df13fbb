"""Document fingerprints: forms filled in and templates copied in part are known, others of the same company are not."""

from __future__ import annotations

import html
import io
import random
import zipfile

import pytest
from form_texts import FORMS, HEAD, filled, part, reflowed, reordered

from casb_cli.core.errors import ConfigError, UsageError
from casb_cli.scan.detect import prints
from casb_cli.scan.detect.copies import PIECE
from casb_cli.scan.detect.custom import detectors
from casb_cli.scan.detect.rules import DetectorSet, Source
from casb_cli.scan.inspect import inspect_stream, new_scanner

KEY = b"k" * 32
TALK = (
    "the ferry left early because the wind had turned and nobody on the pier had been told about the change of plan "
    "so most of the crates stayed behind in the shed until the next boat came round the point after the weekend "
)


def scanner(folder, forms=FORMS, *, share=70, apart=False):
    """Return a scanner with a fingerprint for each form; `apart` leaves out what the forms have in common."""
    text = ""
    for name, form in forms.items():
        common = [other for key, other in forms.items() if key != name] if apart else ()
        (folder / f"{name}.prints").write_bytes(prints.build([(f"{name}.docx", form)], KEY, common=common))
        text += f'[[detector]]\nid = "fp-{name}"\ntitle = "x"\nseverity = "high"\ndocuments = "{name}.prints"\n'
        text += f"share = {share}\n"
    return new_scanner(DetectorSet(detectors([Source(str(folder / "own.toml"), text)])))


def look(ready, data, every=True):
    data = data.encode() if isinstance(data, str) else data
    result = inspect_stream(data, name="a.txt", scanner=ready, key=KEY, every=every, reveal=True)
    assert result.outcome == "done"
    return result.matches


def found(ready, data):
    return {match.detector.removeprefix("fp-"): int(match.excerpt.split()[0]) for match in look(ready, data)}


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    return scanner(tmp_path_factory.mktemp("forms"))


@pytest.fixture(scope="module")
def apart(tmp_path_factory):
    return scanner(tmp_path_factory.mktemp("apart"), share=40, apart=True)


@pytest.mark.parametrize("name", FORMS)
def test_a_filled_in_form_is_known_and_taken_for_no_other(ready, name):
    for seed in range(6):
        assert found(ready, filled(FORMS[name], seed)) == {name: 100}
        assert found(ready, reflowed(filled(FORMS[name], seed), 40 + 9 * seed)) == {name: 100}


@pytest.mark.parametrize("name", FORMS)
def test_sections_in_another_order_are_known(ready, apart, name):
    for seed in range(6):
        assert found(ready, reordered(filled(FORMS[name], seed), seed)) == {name: 100}
        assert found(apart, reordered(filled(FORMS[name], seed), seed)) == {name: 100}


@pytest.mark.parametrize("name", FORMS)
def test_sixty_percent_copied_are_known_alone_and_amid_other_text(ready, name):
    for at in (0.0, 0.1, 0.2, 0.3, 0.4):
        copied = part(FORMS[name], 0.6, at)
        told = found(ready, copied)
        assert set(told) == {name}
        assert 45 <= told[name] <= 80
        assert set(found(ready, f"{TALK * 40}\n{copied}\n{TALK * 40}")) == {name}


@pytest.mark.parametrize("name", FORMS)
def test_a_smaller_part_is_known_where_that_is_asked_for(apart, name):
    for at in (0.0, 0.2, 0.4, 0.6):
        assert set(found(apart, part(FORMS[name], 0.4, at))) <= {name}
    assert set(found(apart, part(FORMS[name], 0.5, 0.2))) == {name}


def test_what_the_company_always_writes_is_no_copy(ready, apart):
    notes = [f"{HEAD}\nDear all,\n{TALK * 3}\n", TALK * 500, f"{HEAD}\n" * 30]
    assert not any(found(one, text) for text in notes for one in (ready, apart))


def test_each_of_many_copies_in_one_file_is_told(ready):
    text = "\n".join(filled(FORMS["leave"], seed) for seed in range(7))
    told = look(ready, text)
    assert len(told) == 7
    starts = sorted(match.start for match in told)
    heads = [at for at in range(len(text)) if text.startswith("Northwind Harbour Logistics plc\nReg", at)]
    assert all(abs(start - head) < 120 for start, head in zip(starts, heads, strict=True))
    assert len({match.fingerprint for match in look(ready, text, every=False)}) == 7


def test_another_content_makes_another_finding_and_another_place_does_not(ready):
    def mark(text):
        [match] = look(ready, text)
        return match.fingerprint

    form = filled(FORMS["expenses"], 1)
    assert mark(f"{TALK * 9}\n{form}\n{TALK}") == mark(reflowed(form, 50)) == mark(form)
    assert len({mark(form), mark(FORMS["expenses"]), mark(filled(FORMS["expenses"], 2))}) == 3
    blank = FORMS["expenses"]
    assert mark(blank.replace("Miles driven: ________", "Miles driven: 271")) != mark(blank)


def test_the_place_is_where_the_copy_begins(ready):
    text = "über\n" * 50 + filled(FORMS["expenses"], 1) + TALK * 10
    (told,) = look(ready, text)
    assert told.place in ("line 51", "line 52")  # the company's name on the first line stands at the end again
    copied = text.encode()[told.start : told.end].decode()
    assert copied.startswith(("Northwind Harbour Logistics plc\nReg", "Registered office"))
    assert copied.endswith("Checked by")


def test_a_copy_across_the_border_of_pieces_is_known(ready):
    for back in (150, 300, 900, 1500, 1900):
        before = (TALK * 2000)[: PIECE - back]
        assert set(found(ready, before + filled(FORMS["accident"], 2) + TALK * 200)) == {"accident"}


def test_members_of_an_archive_are_told_each(ready):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number, name in enumerate(("leave", "contract", "health", "leave")):
            archive.writestr(f"{number}/{name}.txt", filled(FORMS[name], number))
    told = sorted((match.place.split(",")[0], match.detector) for match in look(ready, file.getvalue()))
    assert told == [
        ("0/leave.txt", "fp-leave"),
        ("1/contract.txt", "fp-contract"),
        ("2/health.txt", "fp-health"),
        ("3/leave.txt", "fp-leave"),
    ]


def docx(text):
    rows = []
    for line in text.split("\n"):
        cells = "".join(f"<w:p><w:r><w:t>{html.escape(cell)}</w:t></w:r></w:p>" for cell in line.split(":"))
        rows.append(cells)
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", f"<w:document {space}><w:body>{''.join(rows)}</w:body></w:document>")
    return file.getvalue()


def test_other_formats_than_the_template_s_are_known(ready):
    form = filled(FORMS["health"], 3)
    page = f"<html><body><p>{'</p><p>'.join(map(html.escape, form.split(chr(10))))}</p></body></html>"
    wide = form.replace(" ", "  ")
    for data in (docx(form), page, form.encode("utf-16"), form.upper(), wide, form.replace(" ", "\u00a0")):
        assert found(ready, data) == {"health": 100}


GERMAN = """Antrag auf Rückerstattung von Übernachtungskosten
Name: ____ Straße: ____
Ich versichere, daß die Angaben vollständig und wahrheitsgemäß sind und die Belege im Original vorliegen.
Zuständige Geschäftsstelle: ____
Die Auszahlung erfolgt auf das angegebene Konto innerhalb von sechs Wochen nach Eingang des Antrags.
"""
RUSSIAN = """Заявление о предоставлении отпуска
Прошу предоставить мне ежегодный оплачиваемый отпуск продолжительностью ____ календарных дней с ____ по ____
согласно утверждённому графику отпусков предприятия.
Подпись: ____ Расшифровка подписи: ____
Руководитель структурного подразделения не возражает против предоставления отпуска
"""
JAPANESE = """休暇申請書
申請者は以下の期間について年次有給休暇を申請します。期間：____から____まで
休暇中の連絡先：____
所属長は業務に支障がないことを確認したうえで承認の印を押してください。人事部受付欄：____
"""


@pytest.mark.parametrize("form", [GERMAN, RUSSIAN, JAPANESE])
def test_other_languages_are_known(tmp_path, form):
    ready = scanner(tmp_path, {"own": form})
    assert found(ready, TALK * 5 + filled(form, 1) + TALK * 5) == {"own": 100}
    assert found(ready, filled(form, 2).upper()) == {"own": 100}
    assert not found(ready, TALK * 20)


def test_placeholders_in_brackets_are_blanks(tmp_path):
    form = (
        "This notice of assignment is given by [name of the assignor] to the insurer whose policy number is <number> "
        "in respect of the vessel {vessel} and takes effect on [date]. The insurer is asked to confirm receipt by "
        "return and to note the interest of the assignee {{assignee}} on the policy until further notice in writing."
    )
    ready = scanner(tmp_path, {"notice": form})
    text = (
        form.replace("[name of the assignor]", "Blue Tern Ltd").replace("<number>", "77-1").replace("[date]", "1 May")
    )
    assert found(ready, text.replace("{vessel}", "MV Skua").replace("{{assignee}}", "Clyde Bank")) == {"notice": 100}


def test_neither_block_sizes_nor_what_stands_around_change_the_outcome(ready):
    from casb_cli.scan.detect.collector import Collector
    from casb_cli.scan.extract.base import Segment

    text = (TALK * 300 + filled(FORMS["services"], 4) + TALK * 300).encode()
    source = random.Random(3)
    for _ in range(4):
        blocks, at = [], 0
        while at < len(text):
            size = source.choice((1, 7, 100, 5_000, 70_000))
            blocks.append(text[at : at + size])
            at += size
        copies, collector = ready.copies(KEY), Collector(KEY)
        seen = b"".join(copies.watch(Segment("", "line", iter(blocks))).blocks)
        copies.finish(collector)
        assert seen == text
        assert [match["detector"] for match in collector.finish()[0]] == ["fp-services"]


def test_the_file_holds_no_text_and_another_key_opens_nothing(tmp_path):
    form = FORMS["health"]
    data = prints.build([("health.docx", form)], KEY)
    assert not any(word.encode() in data for word in set(form.casefold().split()) if len(word) > 4 and word != "health")
    path = tmp_path / "x.prints"
    path.write_bytes(data)
    assert [one.name for one in prints.about(path)[0]] == ["health.docx"]
    with pytest.raises(ConfigError, match="another installation's key"):
        prints.opened(path, b"x" * 32)
    for damaged in (b"", b"no print", data[:-40], data[:60] + bytes(40) + data[100:]):
        path.write_bytes(damaged)
        with pytest.raises(ConfigError, match=r"no fingerprint of a document|another installation's key"):
            prints.opened(path, KEY)


def test_a_match_shows_no_text(ready):
    (told,) = look(ready, filled(FORMS["health"], 1))
    assert told.excerpt == "100 % of health.docx"
    assert told.clear == ()


@pytest.mark.parametrize("text", ["", "Name: ____ Date: ____", "____ " * 500, "one two three four five six seven"])
def test_too_little_text_is_refused(text):
    with pytest.raises(UsageError, match="too little text"):
        prints.build([("a.docx", text)], KEY)


def test_a_detector_has_either_patterns_or_documents(tmp_path):
    (tmp_path / "a.prints").write_bytes(prints.build([("a.docx", FORMS["leave"])], KEY))
    head = '[[detector]]\nid = "own-a"\ntitle = "x"\nseverity = "high"\n'
    for body in ('documents = "a.prints"\npatterns = ["abc"]\n', "share = 50\n"):
        with pytest.raises(ConfigError, match="casb fingerprint build"):
            detectors([Source(str(tmp_path / "own.toml"), head + body)])
    with pytest.raises(ConfigError, match="no fingerprint of a document"):
        detectors([Source(str(tmp_path / "own.toml"), f'{head}documents = "none.prints"\n')])


def test_a_changed_document_makes_another_set_and_other_sets_keep_theirs(tmp_path):
    sets = [scanner(tmp_path, {"a": FORMS[name]}).detectors.id for name in ("leave", "health", "leave")]
    assert sets[0] != sets[1]
    assert new_scanner(DetectorSet.shipped(("iban",))).copies(KEY) is None


def test_a_file_with_any_byte_changed_or_cut_off_is_refused(tmp_path):
    path = tmp_path / "a.prints"
    whole = prints.build([("a.docx", FORMS["leave"])], KEY)
    wrong = [whole[:at] + bytes((whole[at] ^ 0x80,)) + whole[at + 1 :] for at in range(0, len(whole), 5)]
    for data in (*wrong, *(whole[:at] for at in range(0, len(whole), 50)), whole + b"x"):
        path.write_bytes(data)
        with pytest.raises(ConfigError):
            prints.opened(path, KEY)


def handbook(seed, words):
    """Return an invented text of sentences, each with words of its own."""
    source = random.Random(seed)
    pool = ["".join(source.choice("bcdfglmnprst") + source.choice("aeiou") for _ in range(3)) for _ in range(400)]
    text = [" ".join(source.choice(pool) for _ in range(12)) + "." for _ in range(words // 12)]
    return "\n".join(text)


@pytest.mark.parametrize(
    ("page", "hit"), [((0.0, 0.2), True), ((0.4, 0.6), True), ((0.8, 1.0), True), ((0.3, 0.37), False)]
)
def test_a_page_of_five_copied_out_of_a_long_document_is_known(tmp_path, page, hit):
    text = handbook(1, 2_000)
    ready = scanner(tmp_path, {"handbook": text})
    lines = text.split("\n")
    start, end = (round(len(lines) * share) for share in page)
    copied = "\n".join(lines[start:end])
    for around in ("", TALK * 20):
        assert bool(found(ready, f"{around}\n{reflowed(copied, 70)}\n{around}")) is hit
    assert not found(ready, TALK.join(lines[start:end:2])), "single sentences amid other text are no page"


def test_another_form_with_half_the_labels_is_not_taken_for_one(tmp_path):
    labels = [
        f"{one} {two}" for one in ("Date of", "Name of", "Place of", "Number of") for two in handbook(2, 96).split()[:8]
    ]
    forms = {
        "one": "Please complete this form in capitals.\n" + "".join(f"{label}: ______\n" for label in labels[:20]),
        "two": "Please complete this form in capitals.\n" + "".join(f"{label}: ______\n" for label in labels[10:30]),
    }
    ready = scanner(tmp_path, forms)
    for name, form in forms.items():
        assert list(found(ready, filled(form, 3))) == [name]
