"""Every command line that the program, its help, the README and the documentation name can be typed."""

from __future__ import annotations

import ast
import re
import shlex
from functools import cache
from pathlib import Path

import pytest

from casb_cli.app import load
from casb_cli.commands._names import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
GUIDES = sorted((ROOT / "casb_cli" / "apps").glob("*/guide.md"))
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")), *GUIDES]
SOURCES = sorted((ROOT / "casb_cli").rglob("*.py"))

UNKNOWN = "X"
"""Stands for what a string takes in at run time."""

CODE = re.compile(r"`(casb [^`]+)`")


@cache
def command(name):
    return load(name)


def wrong(line):
    """Return what no command of that line takes, or None; words and options only, nothing is run."""
    line = re.split(r"\s(?:#|\||&&|>>?|2>|\(|\*|->)(?:\s|$)|[;<]|\s>", line, maxsplit=1)[0].strip().rstrip(".,:")
    line = line.replace("…", "").replace("...", "")
    try:
        words = shlex.split(line)[1:]
    except ValueError:
        return None  # cut in the middle of a quotation: another line has it whole
    if not words or words[0].startswith("-"):
        return None if not words or words[0] in {"--help", "--version", "-h", "-V"} else f"no option {words[0]}"
    if words[0] not in COMMANDS:
        return None if words[0].isupper() else f"no command {words[0]}"
    return wrong_in(command(words[0]), words[1:])


def wrong_in(made, words):
    children = getattr(made, "commands", None)
    if children and words and not words[0].startswith("-"):
        name, *rest = words
        if name in children:
            return wrong_in(children[name], rest)
        return (
            None if name.isupper() or name.startswith(UNKNOWN) or "|" in name else f"{made.name} has no command {name}"
        )
    of_all = [made, *(children or {}).values()]  # `casb list --stored` says that each of its commands takes it
    takes = {
        name: one
        for each in of_all
        for one in each.params
        for name in (*one.opts, *one.secondary_opts)
        if name.startswith("-")
    }
    number = 0
    while number < len(words):
        word, number = words[number], number + 1
        if word == "--":
            break
        option = word.strip("[]").split("=")[0]
        if not re.fullmatch(r"-[a-zA-Z]|--[a-z].*", option) or option == "--help":
            continue
        if option not in takes:
            return f"{made.name} has no option {option}"
        one = takes[option]
        if one.is_flag or "=" in word:
            continue
        if number == len(words):
            return f"{option} of {made.name} needs a value"
        choices = getattr(one.type, "choices", None)
        value, number = words[number].strip("[]"), number + 1
        if choices and not value.isupper() and value not in choices:
            return f"{value} is none of {', '.join(choices)}"
    return None


def texts(node):
    """Yield the strings of a module, those put together at run time with `X` for what comes then."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(one.value) if isinstance(one, ast.Constant) else UNKNOWN for one in node.values)
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from texts(child)


def lines_of_source(path):
    for text in texts(ast.parse(path.read_text())):
        yield from CODE.findall(text)
        for line in text.splitlines():
            start = re.match(r"\s*(?:\w[\w ]*: )?(casb ([a-z]+)\b[^`]*)$", line)
            if start and start[2] in COMMANDS:
                yield start[1].split(", or ")[0].split(", then")[0].split("  ")[0]


def lines_of_page(path):
    text = path.read_text()
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    if path.name == "commands.md":  # whole help texts: their examples alone are command lines
        blocks = [block.partition("  Examples:\n")[2].partition("\n\n")[0] for block in blocks]
    for block in blocks:
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r" && | \| |; ", re.sub(r"(^|\s)#.*", "", line)):
                found = re.search(r"(?:^|[ /])(casb [a-z].*)", part)
                if found and not line.lstrip().startswith(("gith", "Desc")):
                    yield found[1]
    yield from CODE.findall(re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize(
    ("paths", "lines", "least"), [(SOURCES, lines_of_source, 150), (PAGES, lines_of_page, 200)], ids=["source", "pages"]
)
def test_every_command_line_can_be_typed(paths, lines, least):
    said = [(str(path.relative_to(ROOT)), line) for path in paths for line in lines(path)]
    assert len(said) > least
    assert [(path, line, why) for path, line in said if (why := wrong(line))] == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("casb scna", "no command scna"),
        ("casb govern suspnd REF", "govern has no command suspnd"),
        ("casb scan --fulll", "scan has no option --fulll"),
        ("casb findings suppress REF --reason", "--reason of suppress needs a value"),
        ("casb scan -o yaml", "yaml is none of table, json, jsonl, csv"),
        ("casb govern quarantine box:prod:file:89 --reason 'case 17' -n", None),
        ("casb scan --due --quiet --fail-on high >/dev/null", None),
        ("casb list accounts --where 'is_admin' # a remark --nothing", None),
    ],
)
def test_a_line_that_cannot_be_typed_is_told(line, why):
    assert wrong(line) == why
