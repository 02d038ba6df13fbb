"""Checks of everything an instance stands on: credentials, clock, permissions, licence, secrets, store, network."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec

from casb_cli.connect.open import Environment, OpenInstance
from casb_cli.connect.probe import prove_all
from casb_cli.connect.standing import elsewhere
from casb_cli.core.app import CredentialSpec
from casb_cli.core.capabilities import ReadOwnPermissions
from casb_cli.core.errors import CasbError, ProviderError
from casb_cli.store import paths
from casb_cli.store.instances import InstanceConfig, expiring
from casb_cli.store.store import Store

SOON = timedelta(days=14)
MAX_SKEW = 30.0


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at; `fix` is the exact thing to do where it isn't well."""

    instance: str | None
    check: str
    status: Literal["ok", "warning", "failed"]
    detail: str
    fix: str | None = None


def machine(environment: Environment) -> Iterator[Check]:
    """Check what all instances share: folders, store, places for secrets, proxy and certificate authorities."""
    for name, folder in (("config", paths.config_dir()), ("state", paths.state_dir())):
        yield _folder(name, folder)
    yield _store()
    for status in environment.secrets.statuses(probe=True):
        yield Check(
            instance=None,
            check=f"secrets in the {status.place}",
            status="ok" if status.usable else "warning",
            detail=f"{status.backend}{': ' + status.detail if status.detail else ''}",
            fix=status.hint,
        )
    yield from _network()


def _folder(name: str, folder: Any) -> Check:
    told = paths.warning(folder) if folder.exists() else None
    if not folder.exists():
        return Check(instance=None, check=f"{name} folder", status="ok", detail=f"{folder} is made when first needed")
    mode = folder.stat().st_mode & 0o777
    if os.name == "posix" and mode & 0o077:
        return Check(
            instance=None,
            check=f"{name} folder",
            status="failed",
            detail=f"others can look into {folder} (mode {mode:04o})",
            fix=f"chmod 700 {folder}",
        )
    return Check(instance=None, check=f"{name} folder", status="warning" if told else "ok", detail=told or str(folder))


def _store() -> Check:
    from casb_cli.store import maintenance

    try:
        with Store() as store:
            problems = maintenance.integrity(store.db)
    except CasbError as error:
        return Check(instance=None, check="store", status="failed", detail=error.message, fix=error.hint)
    if problems:
        return Check(
            instance=None,
            check="store",
            status="failed",
            detail="; ".join(problems),
            fix="casb store backup, then prune",
        )
    return Check(instance=None, check="store", status="ok", detail="whole")


def _network() -> Iterator[Check]:
    proxies = {
        name: os.environ[name] for name in os.environ if name.lower() in {"https_proxy", "all_proxy", "no_proxy"}
    }
    shown = ", ".join(sorted(proxies)) if proxies else "none"
    yield Check(instance=None, check="proxy", status="ok", detail=f"set in the environment: {shown}")
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        value = os.environ.get(name)
        if value:
            there = Path(value).exists()
            yield Check(
                instance=None,
                check="certificate authorities",
                status="ok" if there else "failed",
                detail=f"{name} is {value}" + ("" if there else ", which does not exist"),
                fix=None if there else f"unset {name}, or point it at a bundle of certificates",
            )


def examine(config: InstanceConfig, environment: Environment) -> Iterator[Check]:
    """Check one instance: each credential signs in, sees the tenant, and has the permissions it needs."""
    instance = OpenInstance(config, environment)
    try:
        for spec in config.credentials:
            yield from _credential(instance, spec)
        yield from _abilities(instance)
    finally:
        instance.close()
    for late in expiring([config], SOON):
        yield Check(
            instance=config.label,
            check=f"credential {late.credential}",
            status="warning",
            detail=f"ends {late.when}",
            fix=f"casb connect {config.app} --instance {config.name} --add --force --credential {late.credential}",
        )


def _credential(instance: OpenInstance, spec: CredentialSpec) -> Iterator[Check]:
    name = f"credential {spec.name}"
    again = f"casb connect {instance.app.key} --instance {instance.name} --add --force --credential {spec.name}"
    try:
        connector = instance.credential(spec).connector
        tenant = connector.prove()
    except CasbError as error:
        detail = str(error.at(instance.label, "sign in")) if isinstance(error, ProviderError) else error.message
        yield Check(instance=instance.label, check=name, status="failed", detail=detail, fix=error.hint or again)
        return
    if tenant.id != instance.tenant.id:
        yield Check(
            instance=instance.label,
            check=name,
            status="failed",
            detail=f"signs in to {tenant.name} ({tenant.id}), not to {instance.tenant.name} ({instance.tenant.id})",
            fix=again,
        )
        return
    yield Check(instance=instance.label, check=name, status="ok", detail=f"signs in to {tenant.name} by {spec.method}")
    try:
        connector.check_visibility()
    except CasbError as error:
        yield Check(instance=instance.label, check="visibility", status="failed", detail=str(error), fix=error.hint)
    else:
        yield Check(instance=instance.label, check="visibility", status="ok", detail="sees the whole tenant")
    yield from _clock(instance, connector)
    yield from _granted(instance, spec)


def _clock(instance: OpenInstance, connector: Any) -> Iterator[Check]:
    skew = connector.client.skew
    if skew is None:
        return
    if abs(skew) > MAX_SKEW:
        yield Check(
            instance=instance.label,
            check="clock",
            status="failed",
            detail=f"this machine's clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'} the provider's",
            fix="switch on time synchronisation: signed assertions are refused with a wrong clock",
        )
    else:
        yield Check(instance=instance.label, check="clock", status="ok", detail=f"within {abs(skew):.0f} s")


def _granted(instance: OpenInstance, spec: CredentialSpec) -> Iterator[Check]:
    """Check the permissions as they are now; what is more of them than at connect is saved."""
    if not issubclass(instance.connector_class, ReadOwnPermissions):
        return
    try:
        renewal = instance.renew(spec)
    except CasbError as error:
        yield Check(instance=instance.label, check="permissions", status="failed", detail=str(error), fix=error.hint)
        return
    own = renewal.now
    if renewal.lost:
        yield Check(
            instance=instance.label,
            check="permissions",
            status="failed",
            detail=f"lost since it was connected: {', '.join(renewal.lost)}",
            fix=f"grant them again, or accept it: casb connect {instance.app.key} --instance {instance.name}"
            f" --add --force --credential {spec.name}",
        )
    if renewal.gained:
        yield Check(
            instance=instance.label,
            check="permissions",
            status="ok",
            detail=f"granted since it was connected, and kept: {', '.join(renewal.gained)}",
        )
    elif not renewal.lost:
        told = ", ".join(own.granted) or "none"
        detail = told if own.complete else "the provider doesn't list them: proved below"
        yield Check(instance=instance.label, check="permissions", status="ok", detail=detail)


def _abilities(instance: OpenInstance) -> Iterator[Check]:
    for told in elsewhere(instance.connector_class, instance.tenant):
        yield Check(instance=instance.label, check="variant", status="ok", detail=told)
    for one in prove_all(instance):
        fix = None
        status: Literal["ok", "warning"] = "ok"
        if one.state in {"scope-missing", "licence-missing"}:
            status = "warning"
            what = "permission" if one.state == "scope-missing" else "licence"
            fix = (
                f"add the {what} {', '.join(one.needed)}"
                if one.needed
                else (f"casb connect {instance.app.key} --print-setup")
            )
        elif one.note:
            status = "warning" if one.state != "off" else "ok"
            fix = f"add the permission {', '.join(one.needed)}" if one.needed else None
        yield Check(
            instance=instance.label,
            check=one.ability.title,
            status=status,
            detail=f"{one.state}{': ' + one.note if one.note else ''}",
            fix=fix,
        )


def as_cron(arguments: Iterable[str]) -> int:
    """Run `casb doctor` again as cron would: no terminal, no session bus, an almost empty environment."""
    import subprocess

    kept = (
        "HOME",
        "LOGNAME",
        "USER",
        "CASB_CONFIG_DIR",
        "CASB_STATE_DIR",
        "CASB_CACHE_DIR",
        "CASB_VAULT_PASSPHRASE_FILE",
        "CREDENTIALS_DIRECTORY",
    )
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "LC_ALL": "C"}
    command = [sys.executable, "-m", "casb_cli", "doctor", "--no-input", *arguments]
    return subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True, check=False
    ).returncode
