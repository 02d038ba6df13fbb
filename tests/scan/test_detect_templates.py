"""Detectors by purpose."""

import re

import pytest

from casb_cli.core.errors import UnknownName
from casb_cli.scan.detect import templates
from casb_cli.scan.detect.rules import catalogue


def test_each_template_has_detectors_and_each_name_is_one_word():
    for name in templates.names():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert templates.chosen([name]), name


@pytest.mark.parametrize(
    ("name", "within", "without"),
    [
        ("pci-dss", {"payment-card"}, {"iban", "us-ssn"}),
        (
            "gdpr",
            {"de-tax-id", "gb-nhs-number", "passport-number", "iban"},
            {"us-ssn", "payment-card", "aws-access-key"},
        ),
        ("hipaa", {"us-ssn", "us-npi", "date-of-birth"}, {"de-tax-id"}),
        ("credentials", {"github-token", "private-key"}, {"iban"}),
        ("country-fr", {"fr-social-security"}, {"de-tax-id"}),
    ],
)
def test_what_a_template_holds(name, within, without):
    chosen = set(templates.chosen([name]))
    assert within <= chosen
    assert not without & chosen


def test_templates_add_up_and_an_unknown_one_is_refused():
    both = set(templates.chosen(["pci-dss", "country-it"]))
    assert both == set(templates.chosen(["pci-dss"])) | set(templates.chosen(["country-it"]))
    with pytest.raises(UnknownName, match="no template"):
        templates.chosen(["pci"])
    assert set(both) <= set(catalogue())
