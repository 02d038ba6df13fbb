"""Where each service of AWS is, as botocore's endpoint rules say, and by which name and region calls are signed.

A name is `service`, `service:region`, `s3:region:bucket` or `s3control:region:account`. Without a region it is the
instance's home region. An endpoint that the instance, the environment or the profile sets wins, for all services
(`endpoint_url`, `AWS_ENDPOINT_URL`) or for one (`AWS_ENDPOINT_URL_S3`); buckets then stand in the path.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from casb_cli.core.errors import UnsafeAddress, UsageError

_BOTOCORE = {"access-analyzer": "accessanalyzer"}
_SIGNING = {"sso-admin": "sso", "s3control": "s3", "sso-oidc": "sso-oauth"}
_VARIABLE = {"access-analyzer": "ACCESSANALYZER", "s3control": "S3_CONTROL"}
_REGION = re.compile(r"[a-z]{2,}(?:-[a-z0-9]+)+")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
_ACCOUNT = re.compile(r"\d{12}")
DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class Place:
    """Where a service is, and how calls to it are signed; `s3`: the path is signed as it is sent."""

    url: str
    signing_name: str
    region: str
    s3: bool = False


@dataclass(frozen=True)
class Partition:
    """One of Amazon's separate clouds: its name in ARNs and the suffix of its hosts."""

    name: str
    suffix: str
    regions: tuple[str, ...]


@cache
def _loader() -> Any:
    from botocore.loaders import Loader

    return Loader()  # one for all: each looks through the folders of all services first


@cache
def _partitions() -> Any:
    return _loader().load_data("partitions")


@cache
def _rules(service: str) -> Any:
    from botocore.endpoint_provider import EndpointProvider

    rules = _loader().load_service_model(_BOTOCORE.get(service, service), "endpoint-rule-set-1")
    return EndpointProvider(rules, _partitions())


@cache
def partition_of(region: str) -> Partition:
    """Return the partition that a region belongs to; raises UsageError where the word is no region."""
    if not _REGION.fullmatch(region):
        raise UsageError(f"`{region}` is no AWS region", hint="--field region=eu-west-1")
    known = _partitions()["partitions"]
    for one in known:
        if region in one["regions"] or re.fullmatch(one["regionRegex"].strip("^$"), region):
            regions = tuple(name for name in one["regions"] if not name.endswith("-global"))
            return Partition(one["id"], one["outputs"]["dnsSuffix"], regions)
    raise UsageError(f"`{region}` belongs to no partition of AWS", hint="--field region=eu-west-1")


class Endpoints(dict[str, str]):
    """Base URLs by name, each made when it is first asked for."""

    def __init__(self, region: str = DEFAULT_REGION, endpoint: str = "", profile: str | None = None) -> None:
        super().__init__()
        self.region = region
        self.partition = partition_of(region)
        self._endpoint = endpoint.rstrip("/")
        self._configured = _configured(profile)
        self._places: dict[str, Place] = {}
        self["sts"] = self.place("sts").url

    def __missing__(self, name: str) -> str:
        url = self[name] = self.place(name).url
        return url

    def place(self, name: str) -> Place:
        """Return the place of that name; raises UnsafeAddress where it names none, KeyError for another service."""
        known = self._places.get(name)
        if known is None:
            known = self._places[name] = self._made(*name.split(":", 2))
        return known

    def _made(self, service: str, region: str = "", part: str = "") -> Place:
        region = region or self.region
        if not _REGION.fullmatch(region) or partition_of(region).name != self.partition.name:
            raise UnsafeAddress(f"the region `{region}` is not in the partition `{self.partition.name}`")
        if part and not (_ACCOUNT if service == "s3control" else _BUCKET).fullmatch(part):
            raise UnsafeAddress(f"`{part}` is no name for an address of {service}")
        endpoint = self._endpoint or self._configured(service)
        signing, url = _SIGNING.get(service, service), ""
        from botocore.exceptions import BotoCoreError

        try:
            found = _rules(service).resolve_endpoint(**_parameters(service, region, part if not endpoint else ""))
        except BotoCoreError as error:
            raise UnsafeAddress(f"AWS has no `{service}` in `{region}`: {error}") from None
        schemes = found.properties.get("authSchemes") or [{}]
        signing = schemes[0].get("signingName", signing)
        region = schemes[0].get("signingRegion", region)
        url = found.url
        if endpoint:
            url = f"{endpoint}/{part}" if part and service == "s3" else endpoint
        elif not (urlsplit(url).hostname or "").endswith(f".{self.partition.suffix}"):
            raise UnsafeAddress(f"the address of `{service}` in `{region}` lies outside {self.partition.suffix}")
        return Place(url, signing, region, s3=service in {"s3", "s3control"})


def _parameters(service: str, region: str, part: str) -> dict[str, Any]:
    found: dict[str, Any] = {"Region": region, "UseFIPS": False, "UseDualStack": False}
    if service == "s3" and part:
        found["Bucket"] = part
    if service == "s3control" and part:
        found |= {"AccountId": part, "RequiresAccountId": True}
    if service == "sts":
        found["UseGlobalEndpoint"] = False
    return found


def _configured(profile: str | None) -> Any:
    """Return a function that gives the endpoint set for a service by the environment or the profile, or ''."""
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    session = Session(profile=profile, include_builtin_handlers=False)  # its settings alone are read
    services: Mapping[str, Any] = {}
    everywhere = ""
    ignored = os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true"
    try:
        scoped = session.get_scoped_config()
        ignored = ignored or str(scoped.get("ignore_configured_endpoint_urls", "")).lower() == "true"
        everywhere = scoped.get("endpoint_url") or ""
        services = session.full_config.get("services", {}).get(scoped.get("services"), {})
    except BotoCoreError:
        pass  # a profile that is missing is told when credentials are looked for

    def find(service: str) -> str:
        if ignored:
            return ""
        variable = _VARIABLE.get(service, service.upper().replace("-", "_"))
        of_service = services.get(variable.lower())
        return (
            os.environ.get(f"AWS_ENDPOINT_URL_{variable}")
            or os.environ.get("AWS_ENDPOINT_URL")
            or (of_service.get("endpoint_url") if isinstance(of_service, dict) else "")
            or everywhere
        ).rstrip("/")

    return find


def base_urls(fields: Mapping[str, str]) -> Endpoints:
    """Return the addresses of an instance; raises UsageError where its region is none."""
    region = (fields.get("region") or "").strip() or DEFAULT_REGION
    profile = (fields.get("profile") or fields.get("base_profile") or "").strip() or None
    return Endpoints(region, (fields.get("endpoint_url") or "").strip(), profile)
