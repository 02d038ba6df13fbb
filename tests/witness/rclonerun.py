"""rclone as a witness: its base URLs are fixed, so its calls go through a CONNECT proxy with a certificate of ours."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from urllib.parse import urlsplit

import pytest
from connectproxy import ConnectProxy, authority


def needed():
    """Skip the module where rclone is not installed; where nothing may be skipped, that is an error."""
    if shutil.which("rclone") is None:
        if os.environ.get("CI_STRICT") == "1":
            raise RuntimeError("rclone is not installed, and here a skipped witness is a failure")
        pytest.skip("rclone is not installed", allow_module_level=True)


@contextlib.contextmanager
def against(provider, hosts, folder, remote, kind):
    """Yield a function that runs rclone and returns what it prints; its options are settings of the remote.

    `hosts` are the real names that the provider's own hosts play; `remote` and `kind` are the remote's name and type.
    """
    ca, cert, key = authority(folder, tuple(hosts))
    ports = {host: urlsplit(provider.urls[name]).port for host, name in hosts.items()}
    settings_of = f"RCLONE_CONFIG_{remote.upper()}_"
    with ConnectProxy(ports, cert, key) as proxy:

        def run(*words, **settings):
            env = {
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "RCLONE_CONFIG": str(folder / "rclone.conf"),
                "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}",
                f"{settings_of}TYPE": kind,
                **{settings_of + name.upper(): value for name, value in settings.items()},
            }
            flags = ("--ca-cert", str(ca), "--retries", "1", "--low-level-retries", "2")
            done = subprocess.run(["rclone", *flags, *words], env=env, capture_output=True, check=False)
            assert done.returncode == 0, done.stderr.decode()
            return done.stdout

        yield run
    assert proxy.refused == []
