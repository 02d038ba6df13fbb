"""How the simulated AWS reads and writes: operations by botocore's models, replies and errors in each protocol."""

from __future__ import annotations

import io
import uuid
from functools import lru_cache
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

import msgspec

from casb_cli.sandbox.provider import Refused
from casb_cli.sandbox.wire import Reply, Request, Route

MODELS = {"sso-admin": "sso-admin", "access-analyzer": "accessanalyzer"}
"""The model's name where it is not the family's."""

PROTOCOLS = {
    "iam": "query",
    "sts": "query",
    "cloudtrail": "json",
    "organizations": "json",
    "identitystore": "json",
    "sso-admin": "json",
    "sqs": "json",
    "account": "rest-json",
    "access-analyzer": "rest-json",
    "s3": "rest-xml",
    "s3control": "rest-xml",
}
"""The protocol that each family is spoken in."""

_READS = ("Get", "List", "Head", "Describe", "Lookup", "Simulate", "Generate", "Assume", "Receive", "Is")
_PAGED = frozenset(
    {
        "iam/ListUsers",
        "iam/ListGroups",
        "iam/ListRoles",
        "iam/GetAccountAuthorizationDetails",
        "iam/ListAccessKeys",
        "iam/GetGroup",
        "iam/ListPolicies",
        "iam/ListGroupsForUser",
        "iam/ListSSHPublicKeys",
        "cloudtrail/LookupEvents",
        "identitystore/ListUsers",
        "identitystore/ListGroups",
        "identitystore/ListGroupMemberships",
        "sso-admin/ListPermissionSets",
        "sso-admin/ListAccountAssignments",
        "sso-admin/ListAccountsForProvisionedPermissionSet",
        "organizations/ListAccounts",
        "s3/ListBuckets",
        "s3/ListObjectsV2",
        "s3/ListObjectVersions",
    }
)


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """What a request asks for: the family, botocore's name of the operation, its route."""

    family: str
    name: str
    route: Route

    @property
    def key(self) -> str:
        """The family and the name: `iam/ListUsers`."""
        return f"{self.family}/{self.name}"


@lru_cache(maxsize=1024)
def operation(method: str, family: str, name: str) -> Operation:
    """Return an operation; what reads has no effect."""
    key = f"{family}/{name}"
    route = Route(
        name=f"{method} /{key}",
        paged=key in _PAGED,
        download=key == "s3/GetObject",
        effect=not name.startswith(_READS),
    )
    return Operation(family=family, name=name, route=route)


def family_of(service: str, path: str) -> str:
    """Return the family of a credential scope's service; s3control signs as s3."""
    if service == "s3" and path.startswith("/v20180820/"):
        return "s3control"
    return {"sso": "sso-admin"}.get(service, service)


def model_of(family: str) -> Any:
    """Return botocore's model of a family, as moto reads it."""
    from moto.core.utils import get_service_model

    return get_service_model(MODELS.get(family, family))


@lru_cache(maxsize=32)
def _router(family: str) -> Any:
    from moto.core.routing import get_service_router

    return get_service_router(MODELS.get(family, family))


def environ_of(request: Request, account: str | None = None) -> dict[str, Any]:
    """Return a request as WSGI has it, with the raw path; `account` is told to moto."""
    found: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        # For moto's dispatcher alone, whose patterns stop at a line's end; keys are read from the raw path.
        "PATH_INFO": unquote(request.path, "latin-1").replace("\n", " ").replace("\r", " "),
        "RAW_URI": request.path,
        "QUERY_STRING": request.query_text,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    kept: dict[str, str] = {}
    for name, value in request.headers.items():
        if name == "content-type":
            found["CONTENT_TYPE"] = value
        elif name not in ("content-length", "transfer-encoding"):
            key = "HTTP_" + name.upper().replace("-", "_")
            found[key] = value
            if "_" in name and name.startswith("x-amz-meta-"):
                kept[key] = name
    found["moto.preserved_header_names"] = kept
    found["HTTP_HOST"] = "127.0.0.1"  # an address: moto takes the bucket from the path
    if account is not None:
        found["HTTP_X_MOTO_ACCOUNT_ID"] = account
    return found


def read(request: Request, family: str) -> tuple[Operation, dict[str, Any]] | None:
    """Return the operation that a request asks for, with its parameters; None where the family has no such."""
    from moto.core.parse import PROTOCOL_PARSERS
    from moto.core.request import Request as MotoRequest
    from werkzeug.exceptions import HTTPException

    if family not in PROTOCOLS:
        return None
    given = MotoRequest(environ_of(request))
    try:
        model, labels = _router(family).match(given)
    except (HTTPException, NotImplementedError):
        return None
    if model is None:
        return None
    if family == "s3" and model.name in {"PutObject", "UploadPart"}:
        return operation(request.method, family, model.name), dict(labels)
    parser = PROTOCOL_PARSERS[PROTOCOLS[family]](model, map_type=dict)
    try:
        parsed = parser.parse(
            {
                "method": given.method,
                "values": given.values,
                "headers": given.headers,
                "body": request.body,
                "url_path": given.path,
                "url_params": labels,
            }
        )
    except Exception:  # noqa: BLE001 - whatever a parser of somebody else's meets in a body, the caller's body is at fault
        raise refusal(family, 400, "MalformedXML" if family == "s3" else "SerializationException", "bad body") from None
    return operation(request.method, family, model.name), {**dict(labels), **(parsed or {})}


def write(found: Operation, result: dict[str, Any], status: int = 200) -> Reply:
    """Return a result in the protocol of its family, as botocore's model shapes it."""
    from moto.core.serialize import XFormedAttributePicker, get_serializer_class

    model = model_of(found.family)
    serializer = get_serializer_class(model.service_name, PROTOCOLS[found.family])(
        operation_model=model.operation_model(found.name),
        pretty_print=False,
        value_picker=XFormedAttributePicker(),
    )
    made = serializer.serialize(result)
    body = made["body"]
    headers = {name.lower(): str(value) for name, value in made["headers"].items()}
    return Reply(
        status if status != 200 else made["status_code"], body.encode() if isinstance(body, str) else body, headers
    )


class Refusal(Refused):
    """An answer that is a refusal; `code` and `status` are kept for tests and callers."""

    def __init__(self, reply: Reply, code: str) -> None:
        super().__init__(reply)
        self.code = code


def refusal(family: str, status: int, code: str, message: str, **more: str) -> Refusal:
    """Return an error in the dialect of a family; `more` are further elements (S3) or members (JSON)."""
    return Refusal(error(family, status, code, message, **more), code)


def error(family: str, status: int, code: str, message: str, **more: str) -> Reply:
    """Return an error body in the dialect of a family."""
    request_id = str(uuid.uuid4())
    protocol = PROTOCOLS.get(family, "rest-xml")
    if protocol == "query":
        kind = "Sender" if status < 500 else "Receiver"
        namespace = {"iam": "https://iam.amazonaws.com/doc/2010-05-08/"}.get(
            family, "https://sts.amazonaws.com/doc/2011-06-15/"
        )
        text = (
            f'<ErrorResponse xmlns="{namespace}"><Error><Type>{kind}</Type><Code>{escape(code)}</Code>'
            f"<Message>{escape(message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return Reply(status, text.encode(), {"content-type": "text/xml", "x-amzn-requestid": request_id})
    if protocol == "rest-xml":
        extra = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in more.items())
        text = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message>{extra}"
            f"<RequestId>{request_id}</RequestId><HostId>{request_id}</HostId></Error>"
        )
        return Reply(status, text.encode(), {"content-type": "application/xml", "x-amz-request-id": request_id})
    headers = {"x-amzn-requestid": request_id}
    body: dict[str, str] = {"message": message, **more}
    if protocol == "rest-json":
        headers |= {"content-type": "application/json", "x-amzn-errortype": code}
    else:
        version = "1.0" if family == "sqs" else "1.1"
        headers["content-type"] = f"application/x-amz-json-{version}"
        body = {"__type": f"com.amazonaws.{family}#{code}" if family == "sqs" else code, **body}
    return Reply(status, msgspec.json.encode(body), headers)
