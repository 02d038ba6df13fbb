from __future__ import annotations

import pytest

from casb_cli.apps.github.urls import base_urls, variant_of


@pytest.mark.parametrize(
    ("fields", "variant"),
    [
        ({}, "github.com"),
        ({"host": "https://GitHub.com/"}, "github.com"),
        ({"host": "acme.ghe.com"}, "ghe.com"),
        ({"host": "git.acme.example"}, "ghes"),
        ({"api_url": "https://api.github.com"}, "github.com"),
        ({"api_url": "https://git.acme.example/api/v3"}, "ghes"),
        ({"api_url": "https://git.acme.example/api/v3/"}, "ghes"),
        ({"api_url": "https://api.acme.ghe.com"}, "ghe.com"),
        ({"api_url": "http://127.0.0.1:8080"}, "github.com"),
        ({"host": "acme.ghe.com", "api_url": "http://127.0.0.1:8080"}, "ghe.com"),
    ],
)
def test_the_variant_follows_from_the_addresses(fields, variant):
    assert variant_of(fields) == variant


def test_an_enterprise_servers_addresses():
    assert base_urls({"host": "git.acme.example"}) == {
        "api": "https://git.acme.example/api/v3",
        "oauth": "https://git.acme.example",
        "graphql": "https://git.acme.example/api",
    }
