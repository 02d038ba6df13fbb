from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from casb_cli import apps
from casb_cli.apps import registry
from casb_cli.core.errors import CasbError, UnknownName

DECLARATION = """
from casb_cli.core.app import App
APP = App(
    key="{key}", title="{key} title", auth=(), common_fields=(), hosts={{}},
    connector="{module}.connector:{name}", signin="x:y", setup="x:y",
)
"""
CONNECTOR = "class Fake:\n    pass\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A second home of `casb_cli.apps`, found beside the real one."""
    home = tmp_path / "apps"
    home.mkdir()
    monkeypatch.setattr(apps, "__path__", [*apps.__path__, str(home)])
    monkeypatch.setattr(registry, "__file__", str(home / "registry.py"))
    yield home
    for name in [name for name in sys.modules if name.startswith("casb_cli.apps.fake")]:
        del sys.modules[name]
    registry.forget()


def add(home, package, key=None, declaration=DECLARATION):
    place = home / package
    place.mkdir()
    text = declaration.format(key=key or package.replace("_", "-"), module=f"casb_cli.apps.{package}", name="Fake")
    (place / "__init__.py").write_text(text)
    (place / "connector.py").write_text(CONNECTOR)
    registry.forget()


def test_a_folder_is_an_app_without_being_listed_anywhere(folder):
    add(folder, "fake_suite")
    assert registry.keys() == ("fake-suite",)
    assert registry.get("fake-suite").title == "fake-suite title"
    assert registry.all() == (registry.get("fake-suite"),)


def test_no_connector_is_imported_until_it_is_asked_for(folder):
    add(folder, "fake1")
    declared = registry.get("fake1")
    assert "casb_cli.apps.fake1.connector" not in sys.modules
    assert registry.load_connector(declared).__name__ == "Fake"


def test_folders_that_are_no_apps_are_passed_over(folder):
    add(folder, "_fake_family")
    add(folder, "fake2", declaration="# nothing declared yet: {key}")
    (folder / "notes").mkdir()
    (folder / "file.py").write_text("")
    registry.forget()
    assert registry.all() == ()
    with pytest.raises(UnknownName):
        registry.get("fake2")


def test_an_unknown_app_names_the_near_ones(folder):
    add(folder, "fake3")
    with pytest.raises(UnknownName, match="no app `fake4`") as caught:
        registry.get("fake4")
    assert "`fake3`" in caught.value.hint


def test_globs_choose_and_an_idle_one_is_an_error(folder):
    for name in ("fake5", "fake6", "fakex"):
        add(folder, name)
    assert [app.key for app in registry.matching(["fake[56]", "fake6"])] == ["fake5", "fake6"]
    assert len(registry.matching(None)) == len(registry.matching([])) == 3
    with pytest.raises(UnknownName):
        registry.matching(["fake5", "zzz*"])


def test_an_app_must_call_itself_as_its_folder(folder):
    add(folder, "fake7", key="other")
    with pytest.raises(CasbError, match="calls itself `other`"):
        registry.get("fake7")


def test_a_connector_that_cannot_be_loaded_is_named(folder):
    add(folder, "fake8")
    (folder / "fake8" / "connector.py").write_text("class Other: pass\n")
    with pytest.raises(CasbError, match=r"could not load `casb_cli.apps.fake8.connector:Fake`"):
        registry.load_connector(registry.get("fake8"))


def distribution(site, points):
    info = site / "third-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: third\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[casb.apps]\n" + points)


def test_another_distribution_registers_an_app_and_a_broken_one_hides_no_other(folder, tmp_path, monkeypatch):
    add(folder, "fake9")
    site = tmp_path / "site"
    distribution(site, "fake-third = fake_third_app\nfake-bad = fake_no_such_module\nfake9 = fake_third_app\n")
    (site / "fake_third_app.py").write_text(
        textwrap.dedent(DECLARATION).format(key="fake-third", module="fake_third_app", name="X")
    )
    monkeypatch.syspath_prepend(str(site))
    registry.forget()
    assert [app.key for app in registry.all()] == ["fake-third", "fake9"]
    assert "fake_no_such_module" in registry.broken()["fake-bad"]
    assert "already" in registry.broken()["fake9"]
    sys.modules.pop("fake_third_app", None)


def test_importing_the_registry_imports_no_app_and_nothing_heavy():
    code = (
        "import sys; from casb_cli.apps import registry; registry.keys();"
        "print([m for m in sys.modules if m.startswith('casb_cli.apps.') and m != 'casb_cli.apps.registry'"
        " or m in ('httpx', 'importlib.metadata')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
