"""Reads and plays session scripts: what a person types, and what the program answers.

    # Prose, for the reader.
    $ casb list accounts --limit 1 --fields ref -o csv
    ref
    <account>
    $ casb suspend nobody
    error: ...
    [2]

A line after `$ ` is run as by a shell (a trailing `\\` continues it); the lines below it are what stdout and stderr say
together. `...` stands for any text within a line, and alone for any lines. `<name>` stands for one word: the first
time any, later the same, and in commands that word. `[n]` is the exit code if it isn't 0; `[0|3]` allows two. The
first line may say `# apps: filing` (played once per app that has files, `<app>` being its key) or name some apps:
what is the same of each is shown of few.
"""

from __future__ import annotations

import io
import re
import shlex
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"<([a-z_]+)>")
PLAIN = re.compile(r"casb (?P<words>[^|&;<>$`\\*\n]+)(?P<quiet> 2>/dev/null)?")
"""A command line for which a shell does no more than part the words."""


@dataclass
class Command:
    line: int
    text: str
    expected: list[str] = field(default_factory=list)
    codes: tuple[int, ...] = (0,)


@dataclass
class Script:
    path: Path
    apps: tuple[str, ...]
    commands: list[Command]


def read(path, filing):
    """Return a script; `filing` is what `filing` means."""
    lines = path.read_text().splitlines()
    apps = ("",)
    if lines and lines[0].startswith("# apps:"):
        told = lines[0].removeprefix("# apps:").split()
        apps = tuple(filing if told == ["filing"] else told)
    commands, going_on = [], False
    for number, line in enumerate(lines, 1):
        if going_on:
            commands[-1].text += "\n" + line
            going_on = line.endswith("\\")
        elif line.startswith("$ "):
            commands.append(Command(number, line[2:]))
            going_on = line.endswith("\\")
        elif line.startswith("#") or (not line.strip() and not (commands and commands[-1].expected)):
            continue
        elif re.fullmatch(r"\[\d+(\|\d+)*\]", line):
            commands[-1].codes = tuple(int(code) for code in line[1:-1].split("|"))
        else:
            commands[-1].expected.append(line)
    for command in commands:
        while command.expected and not command.expected[-1].strip():
            command.expected.pop()
    return Script(path, apps, commands)


def install(folder):
    """Put a `casb` into a folder that works under any environment, and return the folder."""
    folder.mkdir(exist_ok=True)
    program = folder / "casb"
    python = shlex.quote(sys.executable)
    program.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {python} -W ignore -m casb_cli "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (folder / "python3").symlink_to(sys.executable)
    return folder


class Player:
    """Plays scripts in one environment and remembers the words that answers gave names to.

    `here` runs a command line in this process: what needs no shell is left to it, where it is given.
    """

    def __init__(self, env, folder, here=None, **words):
        self.env, self.folder, self.here, self.words = env, folder, here, dict(words)

    def play(self, script):
        for command in script.commands:
            self.one(script, command)

    def one(self, script, command):
        text = NAME.sub(lambda found: self.words.get(found[1], found[0]), command.text)
        code, said = self.answer(text)
        place = f"{script.path.name}:{command.line}: $ {text}"
        assert code in command.codes, f"{place}\nended with {code}:\n{said}"
        found = self.pattern(command.expected).fullmatch(said.rstrip("\n") + "\n" if said.strip() else "")
        assert found, f"{place}\nexpected:\n{chr(10).join(command.expected)}\n\nsaid:\n{said}"
        self.words.update(found.groupdict())

    def answer(self, text):
        """Return the exit code of a line, and what it says on stdout and stderr together."""
        if self.here and (plain := PLAIN.fullmatch(text)):
            said = io.StringIO()
            quiet = {"stderr": io.StringIO()} if plain["quiet"] else {}
            code = self.here(*shlex.split(plain["words"]), **{"stdout": said, "stderr": said, **quiet}).code
            return code, said.getvalue()
        ran = subprocess.run(
            ["/bin/sh", "-c", text],
            env=self.env,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return ran.returncode, ran.stdout

    def pattern(self, expected):
        """Return the expression that an answer must match as a whole."""
        new = set()
        parts = []
        for line in expected:
            if line.strip() == "...":
                parts.append(r"(?:.*\n)*?")
                continue
            for piece in re.split(r"(\.\.\.|<[a-z_]+>)", line.rstrip()):
                name = NAME.fullmatch(piece)
                if piece == "...":
                    parts.append(r".*")
                elif name and name[1] in self.words:
                    parts.append(re.escape(self.words[name[1]]))
                elif name and name[1] in new:
                    parts.append(f"(?P={name[1]})")
                elif name:
                    new.add(name[1])
                    parts.append(rf"(?P<{name[1]}>[^\s,]+)")
                else:
                    parts.append(re.sub(r"(\\ )+", r" +", re.escape(piece)))
            parts.append(r" *\n")
        return re.compile("".join(parts))
