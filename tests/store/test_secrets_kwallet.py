"""KWallet is asked whether it is open before anything that would make it show a dialogue."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

# A wallet daemon as KDE documents its D-Bus interface: two methods, and a record of what was called.
DAEMON = """
import sys
from jeepney import DBusErrorResponse, new_error, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
bus = open_dbus_connection()
bus.send_and_get_reply(message_bus.RequestName("org.kde.kwalletd5"))
print("ready", flush=True)
while True:
    call = bus.receive()
    if call.header.message_type.name != "method_call":
        continue
    fields = {key.name: value for key, value in call.header.fields.items()}
    if fields["path"] == "/modules/kwalletd5" and fields["interface"] == "org.kde.KWallet":
        if fields["member"] == "networkWallet":
            bus.send(new_method_return(call, "s", ("kdewallet",)))
            continue
        if fields["member"] == "isOpen" and call.body == ("kdewallet",):
            bus.send(new_method_return(call, "b", (sys.argv[1] == "open",)))
            continue
    bus.send(new_error(call, "org.example.Unexpected", "s", (fields["member"],)))
"""

LOOK = """
import subprocess, sys
from casb_cli.store import unlocked
daemon = subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2]], stdout=subprocess.PIPE)
assert daemon.stdout.readline() == b"ready\\n"
print(unlocked.looker("keyring.backends.kwallet")())
daemon.kill()
daemon.wait()
"""


@pytest.mark.parametrize(("state", "seen"), [("open", "open"), ("closed", "locked")])
def test_wallet_is_looked_at_without_opening_it(state, seen):
    pytest.importorskip("jeepney", reason="D-Bus is asked through jeepney, which Linux alone needs")
    if not shutil.which("dbus-run-session"):
        reason = "not installed: dbus-run-session (Debian: apt install dbus)"
        if os.environ.get("CI_STRICT") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    done = subprocess.run(
        ["dbus-run-session", "--", sys.executable, "-c", LOOK, DAEMON, state],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"{seen}\n", done.stderr
