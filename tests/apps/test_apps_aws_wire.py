"""XML and query parameters of AWS, and what its errors mean in each dialect."""

# ruff: noqa: ISC004
from __future__ import annotations

import msgspec
import pytest

from casb_cli.apps.aws import wire
from casb_cli.apps.aws.rules import WrongRegion, classify, told
from casb_cli.core.errors import (
    BadAnswer,
    CursorExpired,
    NotPermitted,
    ObjectMissing,
    RequestRefused,
    ScopeMissing,
    SignInNeeded,
    StateConflict,
    Throttled,
    Unavailable,
)
from casb_cli.transport.calls import Answer, Call

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>
<Users><member>&lol2;</member></Users>"""
EXTERNAL = b"""<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>"""


class Thing(msgspec.Struct):
    Name: str
    Size: int | None = None
    On: bool | None = None
    Words: list[str] = []


class Things(msgspec.Struct):
    Things: list[Thing] = []
    Entry: list[Thing] = []


def answer(body, name="POST /iam/ListUsers", status=200):
    return Answer(call=Call(name=name), status=status, headers={}, body=body, url="")


@pytest.mark.parametrize("body", [BOMB, EXTERNAL, b"<!DOCTYPE a><a/>"])
def test_documents_with_a_type_are_refused(body):
    with pytest.raises(wire.UnreadableXml, match="document type"):
        wire.parse(body)
    with pytest.raises(BadAnswer):
        wire.root(answer(body))


@pytest.mark.parametrize(
    "body", [b"", b"no xml", b"<a><b></a>", b"<a>" * 200, b"<a/><b/>", b'{"json": true}', b"\xff\xfe"]
)
def test_what_is_no_xml_is_refused(body):
    with pytest.raises(wire.UnreadableXml):
        wire.parse(body)


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("<R><Things/></R>", ([], [])),
        ("<R><Things></Things></R>", ([], [])),
        ("<R/>", ([], [])),
        ("<R><Things><member><Name>a</Name></member></Things></R>", ([Thing("a")], [])),
        (
            "<R><Things>\n <member><Name>a</Name><Size>3</Size></member>\n <member><Name> b </Name><On>true</On>"
            "</member></Things></R>",
            ([Thing("a", 3), Thing(" b ", None, True)], []),
        ),
        ("<R><Entry><Name>a</Name></Entry></R>", ([], [Thing("a")])),
        ("<R><Entry><Name>a</Name></Entry><Entry><Name>b</Name></Entry></R>", ([], [Thing("a"), Thing("b")])),
        (
            '<R xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Things><member><Name>a</Name><Words><member>x</member>'
            "<member>y</member></Words></member></Things></R>",
            ([Thing("a", None, None, ["x", "y"])], []),
        ),
        ("<R><Things><member><Name>a&amp;&#10;b</Name><Size/></member></Things></R>", ([Thing("a&\nb")], [])),
    ],
)
def test_lists_are_members_or_repeated_elements_and_one_is_still_a_list(xml, expected):
    found = wire.decode(answer(xml.encode()), Things)
    assert (found.Things, found.Entry) == expected


def test_a_missing_name_is_told_with_call_and_field():
    with pytest.raises(BadAnswer, match=r"ListUsers.*Name"):
        wire.decode(answer(b"<R><Things><member><Size>1</Size></member></Things></R>"), Things)


def test_attributes_are_found_by_their_local_name():
    xml = b"""<AccessControlPolicy><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group">
    <URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee></AccessControlPolicy>"""
    assert wire.parse(xml).value("Grantee/type") == "Group"


def test_parameters_of_query_calls():
    assert wire.flat(
        {"ActionNames": ["a", "b"], "MaxItems": 5, "On": True, "Nothing": None, "Tags": [{"Key": "k", "Value": "v"}]}
    ) == {
        "ActionNames.member.1": "a",
        "ActionNames.member.2": "b",
        "MaxItems": "5",
        "On": "true",
        "Tags.member.1.Key": "k",
        "Tags.member.1.Value": "v",
    }


def query_error(code, words="words"):
    return (
        f'<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>{code}</Code>'
        f"<Message>{words}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
    ).encode()


def s3_error(code, more=""):
    return f"<Error><Code>{code}</Code><Message>words</Message>{more}<RequestId>r-2</RequestId></Error>".encode()


def json_error(code, name="message"):
    return msgspec.json.encode({"__type": code, name: "words"})


ERRORS = [
    (400, {}, query_error("Throttling"), "throttled", Throttled),
    (400, {}, json_error("ThrottlingException"), "throttled", Throttled),
    (400, {}, json_error("com.amazon.coral.availability#ThrottlingException"), "throttled", Throttled),
    (400, {}, json_error("TooManyRequestsException", "Message"), "throttled", Throttled),
    (503, {}, s3_error("SlowDown"), "throttled", Throttled),
    (503, {}, query_error("RequestLimitExceeded"), "throttled", Throttled),
    (429, {}, b"", "throttled", Throttled),
    (429, {"x-amzn-errortype": "TooManyRequestsException:http://internal"}, b"{}", "throttled", Throttled),
    (403, {}, query_error("ExpiredToken"), "reauth", SignInNeeded),
    (400, {}, json_error("ExpiredTokenException"), "reauth", SignInNeeded),
    (400, {}, s3_error("ExpiredToken"), "reauth", SignInNeeded),
    (403, {}, query_error("InvalidClientTokenId"), "reauth", SignInNeeded),
    (400, {}, json_error("UnrecognizedClientException"), "reauth", SignInNeeded),
    (403, {}, s3_error("InvalidAccessKeyId"), "reauth", SignInNeeded),
    (403, {}, s3_error("SignatureDoesNotMatch"), "reauth", SignInNeeded),
    (403, {}, s3_error("RequestTimeTooSkewed"), "reauth", SignInNeeded),
    (403, {}, s3_error("AccessDenied"), "fail", NotPermitted),
    (403, {}, b"", "fail", NotPermitted),
    (400, {}, json_error("AccessDeniedException", "Message"), "fail", NotPermitted),
    (400, {}, json_error("RegionDisabledException"), "fail", NotPermitted),
    (404, {}, query_error("NoSuchEntity"), "fail", ObjectMissing),
    (404, {}, s3_error("NoSuchPublicAccessBlockConfiguration"), "fail", ObjectMissing),
    (404, {}, b"", "fail", ObjectMissing),
    (410, {}, query_error("ReportNotPresent"), "fail", ObjectMissing),
    (400, {}, json_error("AWSOrganizationsNotInUseException"), "fail", ObjectMissing),
    (404, {}, query_error("ReportInProgress"), "busy", Unavailable),
    (409, {}, query_error("EntityTemporarilyUnmodifiable"), "busy", Unavailable),
    (409, {}, query_error("ConcurrentModification"), "busy", Unavailable),
    (409, {}, s3_error("OperationAborted"), "busy", Unavailable),
    (500, {}, b"", "busy", Unavailable),
    (503, {}, s3_error("ServiceUnavailable"), "busy", Unavailable),
    (409, {}, query_error("DeleteConflict"), "fail", StateConflict),
    (409, {}, query_error("LimitExceeded"), "fail", StateConflict),
    (400, {}, query_error("UnmodifiableEntity"), "fail", StateConflict),
    (412, {}, s3_error("PreconditionFailed"), "fail", StateConflict),
    (403, {}, s3_error("InvalidObjectState"), "fail", StateConflict),
    (405, {}, s3_error("MethodNotAllowed"), "fail", StateConflict),
    (400, {}, s3_error("AccessControlListNotSupported"), "fail", StateConflict),
    (400, {}, json_error("InvalidNextTokenException"), "fail", CursorExpired),
    (400, {}, json_error("ValidationException"), "fail", RequestRefused),
]


@pytest.mark.parametrize(("status", "headers", "body", "kind", "error"), ERRORS)
def test_errors_mean_the_same_in_every_dialect(status, headers, body, kind, error):
    verdict = classify(Call(name="POST /iam/ListUsers"), status, headers, body)
    assert verdict.kind == kind
    assert type(verdict.error) is error


def test_a_denied_action_is_named_with_what_to_allow():
    words = (
        "User: arn:aws:iam::123456789012:user/casb is not authorized to perform: iam:ListUsers on resource: "
        "arn:aws:iam::123456789012:user/ because no identity-based policy allows the iam:ListUsers action"
    )
    error = classify(Call(name="POST /iam/ListUsers"), 403, {}, query_error("AccessDenied", words)).error
    assert isinstance(error, ScopeMissing)
    assert error.needed == ("iam:ListUsers",)
    assert error.request_id == "r-1"
    assert "allow iam:ListUsers" in error.hint


def test_an_explicit_deny_is_not_cured_by_allowing():
    words = (
        "User: x is not authorized to perform: s3:GetObject on resource: y with an explicit deny in a service control"
    )
    words += " policy"
    error = classify(
        Call(name="GET /s3/GetObject"), 403, {}, s3_error("AccessDenied").replace(b"words", words.encode())
    )
    assert "explicit deny in a service control policy" in error.error.hint


@pytest.mark.parametrize(
    ("status", "headers", "body", "region"),
    [
        (301, {"x-amz-bucket-region": "eu-west-1"}, s3_error("PermanentRedirect"), "eu-west-1"),
        (400, {}, s3_error("AuthorizationHeaderMalformed", "<Region>eu-west-3</Region>"), "eu-west-3"),
        (301, {"x-amz-bucket-region": "eu-west-1"}, b"", "eu-west-1"),
        (400, {"x-amz-bucket-region": "eu-west-1"}, b"", "eu-west-1"),
        (307, {"location": "https://b.s3-eu-west-2.amazonaws.com/k"}, s3_error("TemporaryRedirect"), "eu-west-2"),
        (307, {"location": "https://b.s3.cn-north-1.amazonaws.com.cn/k"}, b"", "cn-north-1"),
        (307, {"location": "https://s3.eu-west-2.amazonaws.com.evil.test/k"}, b"", ""),
    ],
)
def test_a_bucket_elsewhere_says_where(status, headers, body, region):
    error = classify(Call(name="GET /s3/ListObjectsV2"), status, headers, body).error
    assert isinstance(error, WrongRegion)
    assert error.region == region


def test_a_copy_that_fails_with_200_is_no_success():
    body = b'<?xml version="1.0"?>\n' + s3_error("InternalError")
    assert classify(Call(name="PUT /s3/CopyObject"), 200, {}, body).kind == "busy"
    assert (
        classify(Call(name="PUT /s3/CopyObject"), 200, {}, b"<CopyObjectResult><ETag/></CopyObjectResult>").kind == "ok"
    )
    assert classify(Call(name="GET /s3/GetObject"), 200, {}, body).kind == "ok"


def test_an_unreadable_error_keeps_its_status():
    assert told({}, b"<html>").code == ""
    assert told({}, b'{"x').code == ""
    verdict = classify(Call(name="POST /iam/ListUsers"), 403, {}, b"<html><body>blocked by a proxy")
    assert isinstance(verdict.error, NotPermitted)


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (
            Call(name="POST /iam/ListUsers", form={"Marker": "m"}),
            query_error("ValidationError", "Invalid Marker"),
        ),
        (
            Call(name="POST /organizations/ListAccounts", json={"NextToken": "t"}),
            b'{"__type":"InvalidInputException","Message":"You provided a value that is not valid.",'
            b'"Reason":"INVALID_NEXT_TOKEN"}',
        ),
        (
            Call(name="POST /organizations/ListParents", json={"NextToken": "t"}),
            json_error("ValidationException").replace(b"words", b"The token has expired."),
        ),
        (
            Call(name="GET /s3/ListObjectsV2", query={"continuation-token": "t"}),
            s3_error("InvalidArgument").replace(b"words", b"The continuation token provided is incorrect"),
        ),
    ],
)
def test_a_page_token_that_is_no_longer_taken_is_an_expired_cursor(call, body):
    assert type(classify(call, 400, {}, body).error) is CursorExpired
    first = msgspec.structs.replace(call, form=None, json=msgspec.UNSET, query={})
    assert type(classify(first, 400, {}, body).error) is RequestRefused
