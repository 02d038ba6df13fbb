"""`casb connect`: ask for what is missing, prove the connection, read the permissions back, save."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from casb_cli.commands import _complete, _components
from casb_cli.commands._options import Trace
from casb_cli.ui.streams import streams

if TYPE_CHECKING:
    from casb_cli.apps.base import Connector
    from casb_cli.connect.prove import GivenSecret, Proof
    from casb_cli.core.app import App, AuthMethod, Field
    from casb_cli.core.capabilities import Ability
    from casb_cli.store.sources import SecretOption

EXAMPLES = (
    "casb connect github --instance prod",
    "casb connect github --instance prod --auth app --field app_id=12345 --secret private_key=import:casb.pem",
    "casb connect box --instance prod --auth jwt --secret config=import:config.json",
    "casb connect github --instance prod --add --auth token --purpose read --secret token=env:GITHUB_TOKEN",
    "casb connect box --auth ccg --print-setup --for accounts,files",
)

_FOR = {
    "accounts": (1,),
    "groups": (2,),
    "privileges": (3,),
    "activity": (5, 6, 7),
    "files": (8, 9),
    "shares": (10,),
    "grants": (13,),
    "governance": (4, 10, 11, 12, 14),
}


class Person:
    """The person at the terminal, as a sign-in sees them."""

    def __init__(self, *, browser: bool) -> None:
        self.can_open_browser = browser

    def announce(self, text: str, *, url: str | None = None, code: str | None = None) -> None:
        """Show what to do next, and open the browser where there is one."""
        streams.err_line(text)
        if url:
            streams.err_line(f"  {url}")
        if code:
            streams.err_line(f"  code: {code}")
        if url and self.can_open_browser:
            import webbrowser

            webbrowser.open(url)

    def paste(self, prompt: str) -> str:
        """Return the pasted line."""
        return streams.prompt(prompt.rstrip(": "), "--auth", default="")


def command(
    app: Annotated[str, typer.Argument(metavar="APP", help="The app.", autocompletion=_complete.apps)],
    instance: Annotated[
        str | None, typer.Option("--instance", metavar="NAME", help="A name of your own for this instance.")
    ] = None,
    auth: Annotated[str | None, typer.Option("--auth", metavar="METHOD", help="How to sign in.")] = None,
    field: Annotated[list[str] | None, typer.Option("--field", metavar="K=V", help="A setting; repeatable.")] = None,
    secret: Annotated[
        list[str] | None,
        typer.Option(
            "--secret",
            metavar="K=SOURCE",
            help="Where a secret comes from: keyring, env:NAME, file:PATH, command:ARGV, credential:NAME,"
            " vault; or stdin, import:PATH to keep its value.",
        ),
    ] = None,
    component: Annotated[
        list[str] | None,
        typer.Option("--component", metavar="NAME", help="A part of the app to connect; repeatable, all without it."),
    ] = None,
    purpose: Annotated[
        Literal["read", "govern", "both"], typer.Option("--purpose", help="What this credential is for.")
    ] = "both",
    credential: Annotated[
        str | None, typer.Option("--credential", metavar="NAME", help="The credential's name within the instance.")
    ] = None,
    add: Annotated[bool, typer.Option("--add", help="Add a credential to an instance.")] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Connect a tenant a second time, or one that this credential sees only partly."),
    ] = False,
    wanted: Annotated[
        str | None,
        typer.Option("--for", metavar="A,B", help=f"Only what these need: {', '.join(_FOR)}."),
    ] = None,
    print_setup: Annotated[
        bool, typer.Option("--print-setup", help="Print what to create at the provider, and end.")
    ] = False,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser, or print the URL.")] = True,
    trace: Trace = None,
) -> int | None:
    """Connect an instance of an app and prove the connection; nothing is saved before the proof."""
    from casb_cli.apps import registry
    from casb_cli.core.errors import UsageError

    declared = registry.get(app)
    method = _method(declared, auth)
    abilities = _abilities(declared, wanted)
    given = _fields(declared, method, field)
    given = _components.chosen(declared, given, component, ask=not print_setup and not add)
    if print_setup:
        if purpose == "read":
            abilities = tuple(one for one in abilities if not one.changes)
        _print_setup(declared, method, abilities, given)
        return None
    from casb_cli.store.config import require_writable

    require_writable()
    if instance is None:
        _tell_prerequisites(declared)
        instance = streams.prompt("Instance name", "--instance NAME")
    if method.interactive and not streams.may_ask:
        raise UsageError(
            f"signing in to {declared.title} by `{method.key}` needs a person at a terminal",
            hint=f"use --auth {' or --auth '.join(m.key for m in declared.auth if not m.interactive)}",
        )
    return _connect(
        declared,
        method,
        instance,
        _ask_fields(method, given, _tenants_names(declared.key, instance) if add else {}),
        _secrets(method, secret),
        abilities,
        purpose=purpose,
        credential=credential or ("main" if not add else f"{method.key}-{purpose}"),
        add=add,
        force=force,
        browser=browser,
        trace=trace,
    )


def _connect(
    app: App,
    method: AuthMethod,
    instance: str,
    fields: dict[str, str],
    secrets: dict[str, GivenSecret],
    abilities: tuple[type[Ability], ...],
    *,
    purpose: Literal["read", "govern", "both"],
    credential: str,
    add: bool,
    force: bool,
    browser: bool,
    trace: str | None,
) -> int:
    from casb_cli.commands._session import environment
    from casb_cli.connect.prove import Request, prove, save
    from casb_cli.core.refs import instance_name
    from casb_cli.store.store import Store

    request = Request(
        app=app,
        instance=instance_name(instance),
        method=method.key,
        fields=fields,
        secrets=secrets,
        purpose=purpose,
        credential=credential,
        add=add,
        force=force,
        wanted=abilities,
    )
    person = Person(browser=browser) if streams.may_ask or method.interactive else None
    with Store() as store, environment(trace=trace, store=store) as env:
        proof = prove(request, env, person)
        config = save(proof, request, env)
        streams.err_line(
            f"Connected {config.label}: {proof.tenant.name} (id {proof.tenant.id}, {proof.tenant.variant})"
        )
        for warning in proof.warnings:
            streams.warn(warning)
        _summary(app, proof)
        _first_accounts(config.app, config.name, env)
    streams.note(f"next: casb scan --app {app.key} --instance {instance}")
    return 0


def _method(app: App, key: str | None) -> AuthMethod:
    from casb_cli.core.errors import UnknownName

    if key is None:
        return app.auth[0]
    found = app.method(key)
    if found is None:
        raise UnknownName(
            f"{app.key} has no sign-in method `{key}`", hint=f"use --auth {', '.join(m.key for m in app.auth)}"
        )
    return found


def _abilities(app: App, wanted: str | None) -> tuple[type[Ability], ...]:
    from casb_cli.connect.open import load
    from casb_cli.connect.prove import abilities_of
    from casb_cli.core.errors import UnknownName

    connector: type[Connector] = load(app.connector)
    every = abilities_of(connector)
    if wanted is None:
        return every
    rows: set[int] = {15}
    for name in wanted.split(","):
        if name.strip() not in _FOR:
            raise UnknownName(f"`{name.strip()}` is nothing to connect for", hint=f"choose of {', '.join(_FOR)}")
        rows.update(_FOR[name.strip()])
    acting = "governance" in wanted
    return tuple(
        a
        for a in every
        if (a.row in rows or (a.key == "list-activity" and rows & {5, 6, 7})) and (acting or not a.changes)
    )


def _known(app: App, method: AuthMethod) -> dict[str, Field]:
    from casb_cli.core.app import COMPONENTS_FIELD, Field

    urls = {
        f"{name}_url": Field(key=f"{name}_url", prompt=f"{name} base URL", required=False, default=default)
        for name, default in app.hosts.items()
    }
    if app.components:
        urls[COMPONENTS_FIELD] = Field(key=COMPONENTS_FIELD, prompt="components", required=False)
    return {**urls, **{f.key: f for f in app.common_fields}, **{f.key: f for f in method.fields}}


def _fields(app: App, method: AuthMethod, texts: list[str] | None) -> dict[str, str]:
    from casb_cli.core.errors import UnknownName, UsageError

    known = {key: f for key, f in _known(app, method).items() if not f.secret}
    found: dict[str, str] = {}
    for text in texts or ():
        key, mark, value = text.partition("=")
        if not mark:
            raise UsageError(f"`--field {text}` has no `=`", hint="write --field KEY=VALUE")
        if any(f.secret and f.key == key for f in method.fields):
            raise UsageError(
                f"`{key}` is a secret, and a command line is visible to others", hint=f"write --secret {key}=stdin"
            )
        if key not in known:
            raise UnknownName(
                f"{app.key} has no field `{key}` for `--auth {method.key}`", hint=f"fields: {', '.join(sorted(known))}"
            )
        found[key] = value
    return found


def _tenants_names(app: str, instance: str) -> dict[str, str]:
    """Return the fields of an instance's credentials that name its tenant: a further credential has the same."""
    from casb_cli.store.config import Config

    config = Config.load().get(app, instance)
    if config.tenant is None:
        return {}
    names = {config.tenant.id, *config.tenant.facts.values()}
    return {key: text for one in config.credentials for key, text in one.fields.items() if text in names}


def _ask_fields(method: AuthMethod, given: dict[str, str], tenant: dict[str, str]) -> dict[str, str]:
    found = {one.key: tenant[one.key] for one in method.fields if one.key in tenant} | given
    for one in method.fields:
        if one.secret or one.key in found:
            continue
        if one.required and not one.default:
            if one.help and streams.may_ask:
                streams.note(f"  {one.help}")
            found[one.key] = streams.prompt(one.prompt, f"--field {one.key}=VALUE")
        elif one.default:
            found[one.key] = one.default
    return found


def _secrets(method: AuthMethod, texts: list[str] | None) -> dict[str, GivenSecret]:
    from casb_cli.core.errors import UnknownName
    from casb_cli.store import sources

    fields = {f.key: f for f in method.fields if f.secret}
    options = sources.parse_options(texts or [])
    for key in options:
        if key not in fields:
            raise UnknownName(
                f"`--auth {method.key}` has no secret `{key}`", hint=f"secrets: {', '.join(fields) or 'none'}"
            )
    return {
        key: _given(options.get(key) or sources.SecretOption(key), one)
        for key, one in fields.items()
        if key in options or one.required
    }


def _given(option: SecretOption, field: Field) -> GivenSecret:
    """Return a secret from its option: a source outside, or a value to keep in keyring or vault.

    Where a value could not be kept, nobody is asked for it.
    """
    from casb_cli.connect.prove import GivenSecret
    from casb_cli.store import sources
    from casb_cli.store.secrets import Secrets

    if option.source is not None:
        return GivenSecret(option.source.text)

    kept = "vault:" if option.place == "vault" else ""

    def ask(label: str) -> str:
        return streams.prompt_secret(label, f"--secret {option.key}={kept}stdin` or `--secret {option.key}=SOURCE")

    if option.given == "prompt" and not streams.may_ask:
        ask(field.prompt)
    place = Secrets(ask=ask if streams.may_ask else None).default_place(option.place)
    value = sources.given_value(
        option, stdin=sys.stdin.buffer.read, ask=ask, prompt=field.prompt, whole=field.multiline
    )
    return GivenSecret(place, value)


def _print_setup(app: App, method: AuthMethod, abilities: tuple[type[Ability], ...], fields: dict[str, str]) -> None:
    from casb_cli.connect.open import load
    from casb_cli.connect.standing import switched_off
    from casb_cli.core.capabilities import needs_of

    connector: type[Connector] = load(app.connector)
    on = app.switched_on(fields)
    needs = [
        need
        for ability in abilities
        if switched_off(connector, ability, on if app.components else None) is None
        for need in needs_of(connector, ability)
        if need.component is None or need.component in on
    ]
    streams.write(load(app.setup)(method.key, needs, fields))
    streams.flush()
    _tell_prerequisites(app)


def _tell_prerequisites(app: App) -> None:
    if app.status != "available":
        streams.note(f"{app.title} is a {app.status}: its calls are not yet held against the provider's own SDK")
    streams.note(f"{app.title} needs:")
    for one in (*app.prerequisites, app.allow_list_hint):
        if one:
            streams.note(f"  - {one}")
    if app.service_account_advice:
        streams.note(f"  advice: {app.service_account_advice}")


def _summary(app: App, proof: Proof) -> None:
    from casb_cli.connect.open import load
    from casb_cli.connect.prove import abilities_of
    from casb_cli.connect.standing import elsewhere, standing

    connector: type[Connector] = load(app.connector)
    who = f" as {proof.own.identity_name}" if proof.own.identity_name else ""
    granted = ", ".join(proof.own.granted) if proof.own.complete else "not told by the provider; shown by trying"
    streams.note(f"permissions{who}: {granted or 'none'}")
    for note in proof.own.notes:
        streams.note(note)
    on = app.switched_on(proof.config.fields) if app.components else None
    gaps: dict[str, None] = {}
    for ability in abilities_of(connector):
        stands = standing(connector, ability, proof.tenant, proof.own, on)
        for gap in stands.lacks:
            what = "unavailable" if not stands.usable else f"partly unavailable ({', '.join(gap.calls)})"
            gaps[f"{ability.title}: {what}: {gap.reason}"] = None
    for text in (*gaps, *elsewhere(connector, proof.tenant)):
        streams.note(text)
    excused: dict[str, list[str]] = {}
    for ability, reason in connector.without.items():
        excused.setdefault(reason, []).append(ability.title)
    for reason, titles in excused.items():
        streams.note(f"{', '.join(titles)}: {app.title} cannot: {reason}")


def _first_accounts(app: str, name: str, env: Any) -> None:
    """Show the first accounts, so that the person sees that it is the right company."""
    from casb_cli.commands._session import opened
    from casb_cli.core.capabilities import ListAccounts
    from casb_cli.scan.listing import Listing
    from casb_cli.store.config import Config
    from casb_cli.ui.output import Output, render_row

    config = Config.load().get(app, name)
    with opened([config], env) as instances:
        if not issubclass(instances[0].connector_class, ListAccounts):
            return
        listing = Listing(instances, ListAccounts, stop=env.stop, check_visibility=False)
        sink = Output("account", "table", fields="ref,login,name,status,is_admin", limit=5)
        sink.write(render_row(row, app, name) for page in listing for row in page.rows)
        from casb_cli.ui.process import tell

        for failure in listing.outcome.failures:
            tell(failure.error)
