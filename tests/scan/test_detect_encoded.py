"""A key is found in the parameters of an address within an address, and in those of a form that a log keeps."""

from urllib.parse import quote

import pytest
from scan_scanner import SCANNER
from test_extract_formats import KEY

from casb_cli.scan.detect.rules import DetectorSet
from casb_cli.scan.inspect import inspect_stream

CHOSEN = (
    "aws-access-key",
    "github-token",
    "gitlab-token",
    "google-api-key",
    "json-web-token",
    "npm-token",
    "sendgrid-key",
    "shopify-token",
    "slack-token",
    "stripe-key",
)


def found(text):
    return inspect_stream(text.encode(), name="file", scanner=SCANNER, key=KEY).matches


def example(name):
    """Return the value in the first example of a detector."""
    (detector,) = DetectorSet.shipped((name,)).detectors
    text = detector.match()[0] if callable(detector.match) else detector.match[0]
    (match,) = (one for one in found(text) if one.detector == name)
    return text[match.start : match.end]


@pytest.mark.parametrize("name", CHOSEN)
def test_a_key_is_found_in_an_address_within_an_address(name):
    inner = f"https://app.example.com/cb?state=x&key={example(name)}&next=1"
    line = f'10.0.0.7 - - "GET /login?to={quote(inner, safe="")} HTTP/1.1" 302'
    assert [one.detector for one in found(line)] == [name]


@pytest.mark.parametrize("name", CHOSEN)
def test_a_key_is_found_in_json_that_an_address_holds(name):
    body = quote(f'{{"id": 5, "key":"{example(name)}"}}', safe="")
    assert [one.detector for one in found(f"GET /submit?body={body}&v=1")] == [name]


@pytest.mark.parametrize("name", ["github-token", "stripe-key", "sendgrid-key"])
def test_a_key_that_letters_touch_is_none(name):
    assert not [one for one in found(f"GET /submit?body=%3Dx{example(name)}") if one.detector == name]


@pytest.mark.parametrize(("label", "number", "name"), [("bsn", "498174104", "nl-bsn"), ("dni", "54362315K", "es-dni")])
@pytest.mark.parametrize("form", ['{{"{}":"{}"}}', '{{"{}": "{}"}}', "x {}={} y", "x {}: {} y"])
def test_a_number_of_a_person_is_found_in_what_an_address_holds(form, label, number, name):
    # The Spanish number is an example of python-stdnum.
    body = quote(form.format(label, number), safe="")
    assert [one.detector for one in found(f"GET /submit?body={body}&v=1")] == [name]
