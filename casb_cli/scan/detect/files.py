"""In which files nothing is a secret: locks of packages, minified code, templates; and which values name files."""

from __future__ import annotations

from functools import lru_cache

from casb_cli.scan.detect.checks_secrets import by_chance, random_looking
from casb_cli.scan.detect.expressions import expression
from casb_cli.scan.detect.view import View, by_value

_FILE = expression(
    rb"[\w./\\-]+\.(?:pem|crt|cer|csr|der|key|pub|p8|p12|pfx|jks|gpg|asc|json|ya?ml|txt|log|csv|md|properties|conf|cfg|ini|xml|html?"
    rb"|php|js|ts|py|rb|go|java|sh|exe|dll|png|jpe?g|svg|pdf|docx?|xlsx?|zip|gz|tar|tgz|bz2|xz|jar)"
)


@by_value
def file_name(value: bytes) -> bool:
    """Hold for the names of files, with or without a folder."""
    return _FILE.fullmatch(value) is not None


_LOCK_NAMES = (
    "package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml poetry.lock pipfile.lock cargo.lock "
    "uv.lock composer.lock gemfile.lock go.sum flake.lock packages.lock.json mix.lock podfile.lock "
    "pubspec.lock"
)
_LOCKS = frozenset(_LOCK_NAMES.split())


def lock_file(value: bytes, view: View) -> bool:  # noqa: ARG001
    """Hold in files where package managers keep hashes of what they installed."""
    return _keeps_hashes(view.name)


@lru_cache(256)
def _keeps_hashes(name: str) -> bool:
    name = name.replace("\\", "/").lower()
    return name.rsplit("/", 1)[-1] in _LOCKS or name.endswith(".dist-info/record")


_SCRIPT = expression(rb"function\s?\w{0,20}\(|=>|\breturn\b|\bvar\s")


@lru_cache(256)
def _says_minified(name: str) -> bool:
    return name.lower().endswith((".min.js", ".min.css", ".js.map", ".css.map", ".bundle.js"))


def minified(value: bytes, view: View) -> bool:  # noqa: ARG001
    """Hold in minified code and source maps: lines of thousands of characters, or a name that says so."""
    if _says_minified(view.name):
        return True
    if view.text.find(b"\n", max(0, view.start - 500), view.end + 500) >= 0:
        return False
    window = view.text[max(0, view.start - 2000) : view.end + 2000]
    if len(window) >= 4000 and b"\n" not in window and window.count(b"{") + window.count(b";") > 60:
        return True
    window = view.text[max(0, view.start - 500) : view.end + 500]
    return (
        len(window) >= 900
        and sum(map(window.count, (b"(", b";", b"=", b"{"))) > 60
        and _SCRIPT.search(window) is not None
    )


def template_file(value: bytes, view: View) -> bool:
    """Hold in files whose name says that real values are to be filled in, unless a value is surely made by chance."""
    return _is_template(view.name) and not (random_looking(value) or by_chance(value))


@lru_cache(256)
def _is_template(name: str) -> bool:
    return name.lower().endswith((".example", ".sample", ".template", ".tmpl", ".tpl", ".j2", ".dist", ".erb"))
