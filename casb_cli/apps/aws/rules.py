"""How AWS's answers are to be understood: one vocabulary of codes in four dialects.

Query services answer with `<ErrorResponse><Error>`, S3 with `<Error>`, JSON services with `__type`, REST-JSON ones
with the header `x-amzn-errortype`. botocore's `_retry.json` lists the codes that mean "too fast".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from casb_cli.apps.aws.wire import UnreadableXml, parse
from casb_cli.core.errors import (
    CursorExpired,
    NotPermitted,
    ObjectMissing,
    ProviderError,
    RequestRefused,
    ScopeMissing,
    SignInNeeded,
    StateConflict,
    Throttled,
    Unavailable,
)
from casb_cli.core.shapes import from_json
from casb_cli.transport.calls import Call
from casb_cli.transport.rules import OK, ApiRules, Verdict

_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_REJECTED = frozenset(
    {
        "AuthFailure",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidIdentityToken",
        "InvalidSignatureException",
        "InvalidToken",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotSignedUp",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_SKEWED = frozenset({"RequestTimeTooSkewed", "RequestInTheFuture"})
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AccountProblem",
        "AllAccessDisabled",
        "AuthorizationError",
        "OptInRequired",
        "RegionDisabledException",
        "UnauthorizedAccess",
        "UnauthorizedOperation",
        "AccessDeniedForDependencyException",
    }
)
_MISSING = frozenset(
    {
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchConfiguration",
        "NoSuchEntity",
        "NoSuchKey",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchUpload",
        "NoSuchVersion",
        "NoSuchTagSet",
        "NoSuchLifecycleConfiguration",
        "ObjectLockConfigurationNotFoundError",
        "NoSuchObjectLockConfiguration",
        "OwnershipControlsNotFoundError",
        "ResourceNotFoundException",
        "ServerSideEncryptionConfigurationNotFoundError",
        "TrailNotFoundException",
        "AccountNotFoundException",
        "QueueDoesNotExist",
        "AWS.SimpleQueueService.NonExistentQueue",
        "AWSOrganizationsNotInUseException",
        "NoSuchEntityException",
    }
)
_BUSY = frozenset(
    {
        "ConcurrentModification",
        "ConcurrentModificationException",
        "EntityTemporarilyUnmodifiable",
        "IDPCommunicationError",
        "InternalError",
        "InternalFailure",
        "OperationAborted",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ConflictException",
    }
)
"""For this call alone: somebody else is changing the same thing, or the service stumbled."""
_LATER = frozenset({"ReportInProgress", "CredentialReportNotReadyException"})
"""What was asked for is being made: seconds, by the documentation two."""
_STATE = frozenset(
    {
        "AccessControlListNotSupported",
        "BucketAlreadyExists",
        "BucketAlreadyOwnedByYou",
        "BucketNotEmpty",
        "ConditionalRequestConflict",
        "DeleteConflict",
        "EntityAlreadyExists",
        "InvalidBucketState",
        "InvalidObjectState",
        "LimitExceeded",
        "MethodNotAllowed",
        "PreconditionFailed",
        "ServiceQuotaExceededException",
        "UnmodifiableEntity",
    }
)
_CURSOR = frozenset(
    {"InvalidNextTokenException", "ExpiredNextTokenException", "InvalidNextToken", "InvalidPaginationTokenException"}
)
_INVALID = frozenset(
    {
        "InvalidArgument",
        "InvalidInput",
        "InvalidInputException",
        "InvalidParameterException",
        "ValidationError",
        "ValidationException",
    }
)
"""What services call a page's token that they no longer take, where they have no word of its own."""
_TOKEN = re.compile(r"marker|token", re.IGNORECASE)
_REGION = frozenset({"AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect"})
_S3_HOST = re.compile(r"(?:^|\.)s3[.-](?:dualstack\.)?([a-z]{2,}(?:-[a-z]+)+-\d)\.amazonaws\.(?:com|com\.cn|eu)$")
_COPIES = frozenset({"PUT /s3/CopyObject", "PUT /s3/UploadPartCopy", "POST /s3/CompleteMultipartUpload"})
"""Calls whose 200 may hold an error all the same."""
_ACTION = re.compile(r"not authorized to perform: ([\w-]+:\w+)")
_POLICY = re.compile(r"(explicit deny in an? [\w\s-]*policy|no [\w\s-]*policy allows the [\w:]+ action)")


class WrongRegion(RequestRefused):
    """The bucket lives in another region; `region` names it, empty where the answer does not.

    The client asks there by itself: this is raised only where that is not known, or answers so again.
    """

    kind = "wrong-region"

    def __init__(self, words: str, *, region: str = "", **rest: Any) -> None:
        super().__init__(words, **rest)
        self.region = region


class _Json(msgspec.Struct):
    type: str | None = msgspec.field(name="__type", default=None)
    code: str | None = None
    message: str | None = None
    Message: str | None = None
    Reason: str | None = None


class Told(msgspec.Struct):
    """What an error body says."""

    code: str = ""
    words: str = ""
    request_id: str | None = None
    region: str = ""
    reason: str = ""
    """What exactly is wrong, where the service has a word for it: AWS Organizations does."""


def told(headers: Mapping[str, str], body: bytes) -> Told:
    """Return what an error answer says, in whichever dialect."""
    code = _bare(headers.get("x-amzn-errortype") or headers.get("x-amzn-query-error", "").partition(";")[0])
    text = body.lstrip()
    if text.startswith(b"<"):
        try:
            root = parse(body)
        except UnreadableXml:
            return Told(code)
        error = root if root.name == "Error" else root.find("Error") or root.find("Errors/Error") or root
        return Told(
            error.value("Code") or code,
            error.value("Message") or "",
            root.value("RequestId") or error.value("RequestId"),
            error.value("Region") or "",
        )
    if text.startswith(b"{"):
        try:
            found = from_json(body, _Json)
        except msgspec.MsgspecError:
            return Told(code)
        code = code or _bare(found.type or found.code or "")
        return Told(code, found.message or found.Message or "", reason=found.Reason or "")
    return Told(code)


def _bare(code: str) -> str:
    """Return `ThrottlingException` of `com.amazon#ThrottlingException:http://...`."""
    return code.rpartition("#")[2].partition(":")[0].strip()


_BY_STATUS: dict[int, type[ProviderError]] = {
    401: SignInNeeded,
    403: NotPermitted,
    404: ObjectMissing,
    405: StateConflict,
    409: StateConflict,
    410: ObjectMissing,
    412: StateConflict,
    416: StateConflict,
    429: Throttled,
}
_BY_CODE: tuple[tuple[frozenset[str], type[ProviderError]], ...] = (
    (_THROTTLED, Throttled),
    (_EXPIRED | _REJECTED | _SKEWED, SignInNeeded),
    (_MISSING, ObjectMissing),
    (_STATE, StateConflict),
    (_CURSOR, CursorExpired),
    (_BUSY | _LATER, Unavailable),
)


def _kind(status: int, code: str) -> type[ProviderError]:
    for codes, kind in _BY_CODE:
        if code in codes:
            return kind
    if status >= 500 or status == 509:
        return Unavailable
    return _BY_STATUS.get(status, RequestRefused)


def _hint(code: str) -> str | None:
    if code in {"SignatureDoesNotMatch", "InvalidSignatureException"}:
        return "check the secret access key"
    if code in {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"}:
        return "the key is deleted or inactive, or the region is not enabled for the account; check with `casb doctor`"
    if code in _SKEWED:
        return "this machine's clock is wrong: set it by NTP and try again"
    if code in {"OptInRequired", "RegionDisabledException"}:
        return "enable the region or service in the account, or leave it out: --field regions=us-east-1,..."
    return None


def classify(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """Return what one answer means."""
    if status < 300:
        if call.name not in _COPIES or b"<Error>" not in body[:4096]:
            return OK
        status = 500
    elif status == 304:
        return OK
    found = told(headers, body)
    code = found.code
    words = found.words or code or f"AWS answered {status} without a message"
    known: dict[str, Any] = {
        "call": call.name,
        "status": status,
        "code": code or None,
        "request_id": headers.get("x-amzn-requestid") or headers.get("x-amz-request-id") or found.request_id,
    }
    region = headers.get("x-amz-bucket-region", "") or found.region or _led(headers.get("location", ""))
    if code in _REGION or status in {301, 307} or (status == 400 and region and not body):
        there = _elsewhere(call, region)
        return Verdict("moved" if there else "fail", WrongRegion(words, region=region, **known), host=there)
    if code in _DENIED or (status == 403 and _kind(status, code) is NotPermitted):
        return Verdict("fail", _denied(words, known, code))
    if code in _INVALID and _TOKEN.search(f"{words} {found.reason}") and _continues(call):
        return Verdict("fail", CursorExpired(words, **known))
    error = _kind(status, code)(words, hint=_hint(code), **known)
    if isinstance(error, Throttled):
        return Verdict("throttled", error)
    if isinstance(error, SignInNeeded):
        return Verdict("reauth", error)
    if isinstance(error, Unavailable):
        return Verdict("busy", error, 2.0 if code in _LATER else None)
    return Verdict("fail", error)


def _elsewhere(call: Call, region: str) -> str:
    """Return the host of a call to a bucket that lives in another region, or '' where it is already asked there."""
    service, _, place = call.host.partition(":")
    asked, _, bucket = place.partition(":")
    return f"s3:{region}:{bucket}" if service == "s3" and bucket and region and region != asked else ""


def _led(location: str) -> str:
    """Return the region of the S3 address that a redirect names, or ''; the address itself is never gone to."""
    match = _S3_HOST.search(urlsplit(location).hostname or "")
    return match[1] if match else ""


def _continues(call: Call) -> bool:
    """Tell whether a call asks for a page behind the first."""
    body = call.json if isinstance(call.json, dict) else {}
    return "Marker" in (call.form or {}) or "NextToken" in body or bool(call.query.get("continuation-token"))


def _denied(words: str, known: dict[str, Any], code: str) -> NotPermitted:
    match = _ACTION.search(words)
    if match is None:
        return NotPermitted(words, hint=_hint(code), **known)
    why = _POLICY.search(words)
    hint = f"allow {match[1]} in the role's policy"
    if why and why[1].startswith("explicit"):
        hint = f"{match[1]} is denied: {why[1]}; a policy that allows it does not help"
    return ScopeMissing(words, needed=(match[1],), hint=hint, **known)


RULES = ApiRules(classify=classify, redirects=frozenset({301, 307}))
