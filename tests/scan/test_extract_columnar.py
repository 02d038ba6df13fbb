"""Parquet, ORC, Arrow and Avro: rows under their columns' names where the extra is installed, else how to get it."""

from __future__ import annotations

import io
import sys

import pytest
from scan_scanner import SCANNER

from casb_cli.scan.extract.base import Limits
from casb_cli.scan.inspect import inspect_stream
from casb_cli.store.paths import cache_dir


def scanned(data):
    return inspect_stream(data, name="table", scanner=SCANNER, key=b"k" * 32)


HEADS = [(b"PAR1", "Parquet"), (b"Obj\x01", "Avro"), (b"ARROW1\0\0", "Arrow"), (b"ORC\x03\0\0\x01", "ORC")]
SSN = "536-90-4399"
IBAN = "DE89370400440532013000"  # the example of the IBAN registry


@pytest.mark.parametrize(("head", "form"), HEADS)
def test_without_the_extra_the_reason_tells_how_to_get_it(monkeypatch, head, form):
    for name in ("pyarrow.parquet", "pyarrow.orc", "pyarrow.ipc", "fastavro"):
        monkeypatch.setitem(sys.modules, name, None)
    result = scanned(head + bytes(64))
    assert (result.outcome, result.reason) == ("skipped", "unsupported")
    assert result.detail == f"{form}: pip install 'casb-cli[parquet]'"


def test_words_that_begin_as_such_files_do_are_text():
    assert scanned(b"ORCHID growers, PAR1S").kind == "text"


@pytest.fixture
def arrow():
    pytest.importorskip("pyarrow.orc")
    import pyarrow as pa

    return pa


def table(arrow):
    people = [
        {"name": "Ann", "ids": {"iban": IBAN, "tags": ["x", "y"]}},
        {"name": "Bob", "ids": {"iban": None, "tags": None}},
    ]
    return arrow.table(
        {
            "n": arrow.array([1, 2], arrow.int32()),
            "social_security_number": arrow.array([None, SSN]),
            "person": arrow.array(people),
            "raw": arrow.array([b"\xff\x00", None], arrow.binary()),
        }
    ).replace_schema_metadata({"note": "IBAN GB33BUKB20201555555555"})


def places(result):
    return sorted((match.detector, match.place) for match in result.matches if match.detector in ("iban", "us-ssn"))


def parquet(arrow, data, **options):
    import pyarrow.parquet

    file = io.BytesIO()
    pyarrow.parquet.write_table(data, file, **options)
    return file.getvalue()


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd", "brotli", "lz4"])
def test_parquet_is_read_under_its_columns_names(arrow, codec):
    result = scanned(parquet(arrow, table(arrow), compression=codec, row_group_size=1))
    assert (result.outcome, result.kind) == ("done", "parquet")
    assert places(result) == [
        ("iban", "column person, row 1"),
        ("iban", "properties"),
        ("us-ssn", "column social_security_number, row 2"),
    ]


def test_orc_and_arrow_are_read_alike(arrow):
    import pyarrow.ipc
    import pyarrow.orc

    data = table(arrow)
    orc, ipc = io.BytesIO(), io.BytesIO()
    pyarrow.orc.write_table(data, orc)
    with pyarrow.ipc.new_file(ipc, data.schema) as writer:
        writer.write_table(data)
    wanted = {("iban", "column person, row 1"), ("us-ssn", "column social_security_number, row 2")}
    for kind, file in (("orc", orc), ("arrow", ipc)):
        result = scanned(file.getvalue())
        assert (result.outcome, result.kind) == ("done", kind)
        assert wanted <= set(places(result))


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2", "xz"])
def test_avro_is_read_under_its_fields_names(codec):
    fastavro = pytest.importorskip("fastavro")
    schema = {
        "type": "record",
        "name": "row",
        "fields": [
            {"name": "social_security_number", "type": ["null", "string"]},
            {"name": "more", "type": {"type": "map", "values": "string"}},
        ],
    }
    rows = [
        {"social_security_number": None, "more": {"iban": IBAN}},
        {"social_security_number": SSN, "more": {}},
    ]
    file = io.BytesIO()
    fastavro.writer(file, schema, rows, codec=codec)
    result = scanned(file.getvalue())
    assert (result.outcome, result.kind) == ("done", "avro")
    assert places(result) == [("iban", "column more, row 1"), ("us-ssn", "column social_security_number, row 2")]


@pytest.mark.parametrize("codec", ["snappy", "none"])
def test_what_is_torn_is_told(arrow, codec):
    good = parquet(arrow, arrow.table({"a": [f"text {n}" for n in range(5_000)]}), compression=codec)
    for bad in (good[:-1], good[: len(good) // 2], b"PAR1" + bytes(40), good[:200] + bytes(200) + good[400:]):
        result = scanned(bad)
        assert (result.outcome != "done", result.reason) == (True, "corrupted"), len(bad)


def test_what_is_encrypted_is_told(arrow):
    assert scanned(b"PARE" + bytes(40) + b"PARE").reason == "encrypted"


def test_a_long_value_in_many_rows_ends_at_the_limit(arrow):
    data = arrow.table({"a": arrow.DictionaryArray.from_arrays([0] * 3_000, ["x" * 1_000_000])})
    small = parquet(arrow, data, compression="zstd")
    assert len(small) < 200_000
    result = scanned(small)
    assert (result.outcome, result.reason) == ("partial", "expansion")


def test_many_rows_stay_within_a_workers_memory(arrow, tmp_path):
    from casb_cli.scan.inspect_local import detect_paths
    from casb_cli.scan.workers import WorkerPool

    data = arrow.table({"n": list(range(300_000)), "text": [f"line {n} of some text" for n in range(300_000)]})
    path = tmp_path / "many"
    path.write_bytes(parquet(arrow, data))
    with WorkerPool(
        key=b"k" * 32, detectors=("iban",), cache_dir=str(cache_dir()), workers=1, memory=320 << 20
    ) as pool:
        (found,) = list(detect_paths([str(path)], pool, limits=Limits(memory=320 << 20)))
    assert (found.result.outcome, found.result.text > 6_000_000) == ("done", True)
