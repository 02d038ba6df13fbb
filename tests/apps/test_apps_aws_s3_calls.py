"""What goes out to S3 and how its answers are read, without any provider: held to botocore where it can be."""

from __future__ import annotations

import base64
import hashlib

import botocore.session
import httpx
import pytest
from aws_s3_stage import ACCOUNT, Script
from botocore.awsrequest import AWSResponse

from casb_cli.apps.aws import mapping_s3
from casb_cli.apps.aws.mapping_s3 import Acl, Block, Bucket, Granted, Stored
from casb_cli.apps.aws.rules import WrongRegion
from casb_cli.apps.aws.s3_objects import newest_first, part_size
from casb_cli.apps.aws.s3_xml import document, element
from casb_cli.apps.aws.wire import parse
from casb_cli.core.capabilities import Unscannable
from casb_cli.core.errors import BrokenOff, CursorExpired, NotPermitted, ObjectMissing, StateConflict, UnsafeAddress
from casb_cli.core.models import File, Partition

BUCKET = Bucket("casb-tests", ACCOUNT, "eu-central-1")
PART = Partition(key="bucket:casb-tests", data={"account": ACCOUNT, "bucket": "casb-tests", "region": "eu-central-1"})
ODD = (
    "plain.txt",
    "a/../b.txt",
    "./x",
    "..",
    "//two//slashes",
    "a b+c%2Fd&e=f",
    "~!'()*;:@,$[]{}|^`<>\"\\",
    "grüße/日本語/😀",
    "line\nbreak\r\ttab",
    "percent%20twice%2520",
    "?query#fragment",
)
PAGE = '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{}</ListBucketResult>'
ENTRY = (
    "<Contents><Key>{}</Key><LastModified>2026-11-20T10:00:00.000Z</LastModified><ETag>&quot;{}&quot;</ETag>"
    "<Size>{}</Size><StorageClass>{}</StorageClass></Contents>"
)
OFF = "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>"
UNSET = "<Error><Code>{}</Code><Message>not set</Message></Error>"
BUCKETS = (
    "<ListAllMyBucketsResult><Owner><ID>c4n0n1c4l</ID></Owner><Buckets><Bucket><Name>casb-tests</Name>"
    "<BucketRegion>eu-central-1</BucketRegion></Bucket></Buckets></ListAllMyBucketsResult>"
)


@pytest.fixture(scope="module")
def botocores():
    """The requests that botocore would send for some calls."""
    session = botocore.session.Session()
    session.set_credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI")
    client = session.create_client("s3", region_name="eu-central-1")
    sent = []

    def keep(request, **_):
        sent.append(request)
        return AWSResponse(request.url, 200, {}, None)

    client.meta.events.register("before-send.s3", keep)

    def ask(operation, **params):
        # There is no body behind this answer: only what was sent matters.
        with pytest.raises(AttributeError):
            getattr(client, operation)(**params)
        return sent[-1]

    return ask


def private(script):
    """Let the bucket be one without policy, blocks or ACLs."""
    script.on("GET s3/", body=BUCKETS)
    script.on("GET 123456789012/v20180820", 404, UNSET.format("NoSuchPublicAccessBlockConfiguration"))
    script.on("GET 123456789012/v20180820/accesspoint?", body="<ListAccessPointsResult/>")
    script.on(
        "GET 123456789012/v20180820/accessgrantsinstance", 404, UNSET.format("AccessGrantsInstanceNotExistsError")
    )
    script.on("GET casb-tests/?publicAccessBlock", 404, UNSET.format("NoSuchPublicAccessBlockConfiguration"))
    script.on("GET casb-tests/?policy", 404, UNSET.format("NoSuchBucketPolicy"))
    script.on("GET casb-tests/?ownershipControls", body=OFF)


@pytest.mark.parametrize("key", ODD)
def test_a_key_goes_out_as_botocore_spells_it(key, botocores):
    script = Script()
    script.on("HEAD casb-tests/", 200)
    connector = script.connector()
    connector.head(BUCKET, key)
    [ours] = script.sent
    theirs = botocores("head_object", Bucket="casb-tests", Key=key)
    assert f"https://{ours.url.host}{ours.url.raw_path.decode()}" == theirs.url
    assert ours.headers["x-amz-expected-bucket-owner"] == ACCOUNT


def test_a_redirect_within_the_partition_is_signed_anew_and_not_followed():
    def led(request):
        if "eu-west-2" not in request.url.host:
            return httpx.Response(
                307, headers={"location": "https://casb-tests.s3-eu-west-2.amazonaws.com/?list-type=2"}
            )
        assert "/eu-west-2/s3/aws4_request" in request.headers["authorization"]
        return httpx.Response(200, content=PAGE.format("").encode())

    script = Script()
    script.on("GET casb-tests/", body=led)
    assert [rows for rows, _ in script.connector().listing(BUCKET)] == [[]]
    first, second = script.sent
    assert first.url.host == "casb-tests.s3.eu-central-1.amazonaws.com"
    assert second.url.host == "casb-tests.s3.eu-west-2.amazonaws.com"
    assert first.headers["authorization"] != second.headers["authorization"]


AWAY = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message><Region>eu-west-2</Region></Error>"
MOVED = "<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>"
READ = File(id="casb-tests/k", locator={"account": ACCOUNT, "region": "eu-central-1", "storage": "STANDARD"})


def content(connector):
    with connector.read_file(READ) as chunks:
        return b"".join(chunks)


@pytest.mark.parametrize(
    "ask",
    [
        lambda c: list(c.listing(BUCKET)),
        lambda c: list(c.version_pages(BUCKET)),
        lambda c: c.head(BUCKET, "k"),
        lambda c: c.object_acl(BUCKET, "k"),
        lambda c: c.policy_text(BUCKET),
        lambda c: c.bucket_block(BUCKET),
        lambda c: c.mark_deleted(BUCKET, "k"),
        lambda c: c.delete_version(BUCKET, "k", "v1"),
        lambda c: c.set_block(BUCKET, mapping_s3.WHOLE_BLOCK),
        content,
        lambda c: c.client.send(c.bucket_call("ListObjectsV2", "GET", "casb-tests")),
    ],
)
@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (301, MOVED, {"x-amz-bucket-region": "eu-west-2"}),
        (400, AWAY, {}),
        (301, "", {"x-amz-bucket-region": "eu-west-2"}),
    ],
)
def test_whatever_is_asked_of_a_bucket_is_asked_where_it_lives(ask, status, body, headers):
    def answer(request):
        if "eu-west-2" not in request.url.host:
            return httpx.Response(status, content=body.encode(), headers=headers)
        assert "/eu-west-2/s3/aws4_request" in request.headers["authorization"]
        return httpx.Response(200, content=PAGE.format("").encode())

    script = Script()
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        script.on(f"{method} casb-tests", body=answer)
    connector = script.connector()
    ask(connector)
    assert ["eu-west-2" in one.url.host for one in script.sent] == [False, True]
    ask(connector)  # from then on it is asked there at once
    assert [one.url.host for one in script.sent[2:]] == ["casb-tests.s3.eu-west-2.amazonaws.com"]


def test_a_bucket_that_is_nowhere_is_looked_for_once_more_only():
    script = Script()
    script.on("GET casb-tests/", 301, MOVED, x_amz_bucket_region="eu-west-2")
    with pytest.raises(WrongRegion):
        list(script.connector().listing(BUCKET))
    assert len(script.sent) == 2


@pytest.mark.parametrize("host", ["casb-tests.s3.cn-north-1.amazonaws.com.cn", "s3.eu-west-2.amazonaws.com.evil.test"])
def test_a_redirect_out_of_the_partition_is_refused(host):
    script = Script()
    script.on("GET casb-tests/", 307, location=f"https://{host}/?list-type=2")
    with pytest.raises((UnsafeAddress, WrongRegion)):
        list(script.connector().listing(BUCKET))
    assert len(script.sent) == 1


@pytest.mark.parametrize("key", ODD)
def test_the_source_of_a_copy_is_spelt_as_botocore_does(key, botocores):
    script = Script()
    version = Stored(key, "0" * 32, 5, version="3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY")
    script.on(
        "PUT casb-tests/copy", body="<CopyObjectResult><ETag>x</ETag></CopyObjectResult>", x_amz_version_id="made"
    )
    script.on("HEAD casb-tests/copy", 200, content_length="5", etag=f'"{"0" * 32}"', x_amz_version_id="made")
    assert script.connector().copy((BUCKET, key, version), (BUCKET, "copy")) == "made"
    source = {"Bucket": "casb-tests", "Key": key, "VersionId": version.version}
    theirs = botocores("copy_object", Bucket="casb-tests", Key="copy", CopySource=source)
    sent = script.sent[0].headers
    assert (
        sent["x-amz-copy-source"].lstrip("/").partition("?")[0]
        == (theirs.headers["x-amz-copy-source"].decode().partition("?")[0])
    )
    assert sent["x-amz-copy-source"].endswith("?versionId=3%2FL4kqtJlcpXroDTDmJ%2BrmSpXd3dIbrHY")
    assert sent["x-amz-copy-source-if-match"] == f'"{"0" * 32}"'
    assert sent["x-amz-metadata-directive"] == sent["x-amz-tagging-directive"] == "COPY"
    assert sent["x-amz-source-expected-bucket-owner"] == ACCOUNT


def test_keys_of_a_listing_are_decoded_as_forms_are():
    # As S3 writes them with encoding-type=url: a space is `+`, a plus is `%2B`.
    script = Script()
    private(script)
    names = {"a+b.txt": "a b.txt", "c%2Bd": "c+d", "e%252F": "e%2F", "l%0Ai": "l\ni", "%F0%9F%98%80": "😀"}
    entries = "".join(ENTRY.format(name, "0" * 32, 1, "STANDARD") for name in names)
    script.on("GET casb-tests/?list-type=2", body=PAGE.format(f"<EncodingType>url</EncodingType>{entries}"))
    [page] = script.connector().list_files(PART, None)
    assert [one.id for one in page.items] == [f"casb-tests/{name}" for name in names.values()]
    asked = script.sent[-1].url.params
    assert (asked["encoding-type"], asked["max-keys"]) == ("url", "1000")


def test_a_listing_goes_on_where_it_was_truncated_and_a_token_that_is_no_good_begins_anew():
    script = Script()
    private(script)
    more = "<IsTruncated>true</IsTruncated><NextContinuationToken>1/a+b=</NextContinuationToken>"
    script.on("GET casb-tests/?list-type=2", body=PAGE.format(more + ENTRY.format("a", "0", 1, "STANDARD")))
    last = PAGE.format("<IsTruncated>false</IsTruncated>" + ENTRY.format("b", "0", 1, "STANDARD"))
    script.answers["GET casb-tests/?list-type=2&max-keys=1000&encoding-type=url&continuation-token=1%2Fa%2Bb%3D"] = (
        200,
        last.encode(),
        {},
    )
    connector = script.connector()
    pages = list(connector.list_files(PART, None))
    assert [(one.items[0].id, one.cursor) for one in pages] == [("casb-tests/a", "1/a+b="), ("casb-tests/b", None)]
    refusal = (
        "<Error><Code>InvalidArgument</Code><Message>The continuation token provided is incorrect</Message></Error>"
    )
    script.on("GET casb-tests/?list-type=2", 400, refusal)
    with pytest.raises(CursorExpired):
        list(connector.list_files(PART, "old"))


def test_a_bucket_that_went_meanwhile_is_an_empty_part():
    script = Script()
    private(script)
    script.on("GET casb-tests/", 404, "<Error><Code>NoSuchBucket</Code><Message>gone</Message></Error>")
    assert list(script.connector().list_files(PART, None)) == []


def test_openness_that_may_not_be_read_is_told_and_leaves_levels_unknown():
    script = Script()
    private(script)
    words = "User: x is not authorized to perform: s3:GetBucketPolicy because no identity-based policy allows it"
    script.on("GET casb-tests/?policy", 403, f"<Error><Code>AccessDenied</Code><Message>{words}</Message></Error>")
    script.on("GET casb-tests/?list-type=2", body=PAGE.format(ENTRY.format("a", "0", 1, "STANDARD")))
    [page] = script.connector().list_files(PART, None)
    assert (page.items[0].sharing, page.items[0].unknown) == (None, ("sharing",))
    [notice] = page.notices
    assert (notice.code, notice.effect, notice.needed) == ("scope-missing", "degraded", ("s3:GetBucketPolicy",))


def test_acls_that_may_not_be_read_are_told_and_leave_levels_unknown():
    script = Script()
    private(script)
    script.on("GET casb-tests/?ownershipControls", 404, UNSET.format("OwnershipControlsNotFoundError"))
    script.on("GET casb-tests/?list-type=2", body=PAGE.format(ENTRY.format("a", "0", 1, "STANDARD")))
    script.on("GET casb-tests/a?acl", 403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>")
    [page] = script.connector().list_files(PART, None)
    assert (page.items[0].sharing, page.items[0].unknown) == (None, ("sharing",))
    assert [(one.code, one.needed) for one in page.notices] == [("scope-missing", ("s3:GetObjectAcl",))]


@pytest.mark.parametrize(
    ("acl", "block", "expected"),
    [
        ("<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI>", "false", "public"),
        ("<URI>http://acs.amazonaws.com/groups/global/AuthenticatedUsers</URI>", "false", "public"),
        ("<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI>", "true", "private"),
        ("<ID>5tr4ng3r</ID>", "true", "external"),
        ("<ID>c4n0n1c4l</ID>", "false", "private"),
    ],
)
def test_an_objects_acl_opens_it_as_far_as_the_block_lets_it(acl, block, expected):
    script = Script()
    private(script)
    script.on("GET casb-tests/?ownershipControls", 404, UNSET.format("OwnershipControlsNotFoundError"))
    setting = (
        f"<PublicAccessBlockConfiguration><IgnorePublicAcls>{block}</IgnorePublicAcls></PublicAccessBlockConfiguration>"
    )
    script.on("GET 123456789012/v20180820", body=setting)
    script.on("GET casb-tests/?list-type=2", body=PAGE.format(ENTRY.format("a", "0", 1, "STANDARD")))
    grant = f"<Grant><Grantee>{acl}</Grantee><Permission>READ</Permission></Grant>"
    whole = f"<Owner><ID>c4n0n1c4l</ID></Owner><AccessControlList>{grant}</AccessControlList>"
    script.on("GET casb-tests/a?acl", body=f"<AccessControlPolicy>{whole}</AccessControlPolicy>")
    [page] = script.connector().list_files(PART, None)
    assert page.items[0].sharing == expected


@pytest.mark.parametrize(
    ("location", "region"),
    [("", "us-east-1"), ("EU", "eu-west-1"), ("ap-southeast-2", "ap-southeast-2")],
)
def test_a_bucket_without_a_told_region_is_asked_for_it(location, region):
    script = Script()
    script.on("GET s3/", body=BUCKETS.replace("<BucketRegion>eu-central-1</BucketRegion>", ""))
    script.on("GET casb-tests/?location", body=f"<LocationConstraint>{location}</LocationConstraint>")
    assert script.connector().buckets(ACCOUNT)["casb-tests"].region == region


# Content


def stored_file(**locator):
    known = {"account": ACCOUNT, "region": "eu-central-1", "storage": "STANDARD"}
    return File(id="casb-tests/a.txt", name="a.txt", locator={**known, **locator})


def content(connector, file):
    with connector.read_file(file) as chunks:
        return b"".join(chunks)


def test_an_archived_object_is_a_reason_and_costs_no_call():
    script = Script()
    with pytest.raises(Unscannable) as raised:
        content(script.connector(), stored_file(storage="DEEP_ARCHIVE"))
    assert raised.value.reason == "archived"
    assert script.sent == []


@pytest.mark.parametrize(
    ("status", "code", "words", "reason"),
    [
        (403, "InvalidObjectState", "The operation is not valid for the object's storage class", "archived"),
        (403, "AccessDenied", "User is not authorized to perform: kms:Decrypt on this resource", "encrypted"),
        (400, "InvalidRequest", "The object was stored using a form of Server Side Encryption.", "encrypted"),
    ],
)
def test_objects_that_cannot_be_read_have_a_reason(status, code, words, reason):
    script = Script()
    script.on("GET casb-tests/a.txt", status, f"<Error><Code>{code}</Code><Message>{words}</Message></Error>")
    with pytest.raises(Unscannable) as raised:
        content(script.connector(), stored_file())
    assert raised.value.reason == reason


def test_an_object_that_one_may_not_read_is_a_missing_permission():
    script = Script()
    script.on("GET casb-tests/a.txt", 403, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
    with pytest.raises(NotPermitted):
        content(script.connector(), stored_file())


class Breaking(httpx.SyncByteStream):
    """A body that ends too early."""

    def __init__(self, data):
        self.data = data

    def __iter__(self):
        yield self.data
        raise httpx.ReadError("connection reset")


def broken_script(rest):
    script = Script()
    headers = {"content-length": "10", "etag": '"e1"'}

    def answer(request):
        if "range" not in request.headers:
            return httpx.Response(200, headers=headers, stream=Breaking(b"0123"))
        return rest(request)

    script.answers["GET casb-tests/a.txt"] = (200, answer, {})
    return script


def test_content_that_breaks_off_is_read_on_from_there_as_long_as_it_is_the_same():
    def rest(request):
        assert (request.headers["range"], request.headers["if-match"]) == ("bytes=4-", '"e1"')
        return httpx.Response(206, content=b"456789", headers={"etag": '"e1"'})

    script = broken_script(rest)
    assert content(script.connector(), stored_file()) == b"0123456789"


def test_content_that_was_changed_while_it_was_read_is_broken_off():
    refusal = b"<Error><Code>PreconditionFailed</Code><Message>changed</Message></Error>"
    script = broken_script(lambda _: httpx.Response(412, content=refusal))
    with pytest.raises(BrokenOff):
        content(script.connector(), stored_file())


# Versions, copies, bodies


def test_a_delete_marker_is_told_from_an_object_that_never_was():
    script = Script()
    script.on("HEAD casb-tests/a", 404, x_amz_delete_marker="true")
    script.on("HEAD casb-tests/b", 404)
    for key, code in (("a", "deleted"), ("b", "NoSuchKey")):
        with pytest.raises(ObjectMissing) as raised:
            script.connector().head(BUCKET, key)
        assert raised.value.code == code


def test_versions_are_newest_first_whether_or_not_markers_are_mixed_in():
    one = Stored("k", "1", 1, "2026-01-01T00:00:00Z", version="v1", latest=False)
    two = Stored("k", "2", 1, "2026-01-03T00:00:00Z", version="v2", latest=False)
    marker = Stored("k", "", 0, "2026-01-02T00:00:00Z", version="m1", latest=False, marker=True)
    newest = Stored("k", "", 0, "2026-01-04T00:00:00Z", version="m2", latest=True, marker=True)
    assert [found.version for found in newest_first([two, one, newest, marker])] == ["m2", "v2", "m1", "v1"]


def test_a_copy_that_is_not_whole_is_refused():
    script = Script()
    script.on("PUT casb-tests/copy", body="<CopyObjectResult><ETag>x</ETag></CopyObjectResult>")
    script.on("HEAD casb-tests/copy", 200, content_length="4", etag='"x"')
    with pytest.raises(StateConflict, match="not equal"):
        script.connector().copy((BUCKET, "a", Stored("a", "x", 5)), (BUCKET, "copy"))


def test_a_copy_under_a_key_of_kms_is_compared_by_size():
    script = Script()
    script.on("PUT casb-tests/copy", body="<CopyObjectResult><ETag>y</ETag></CopyObjectResult>")
    script.on("HEAD casb-tests/copy", 200, content_length="5", etag='"y"', x_amz_server_side_encryption="aws:kms")
    assert script.connector().copy((BUCKET, "a", Stored("a", "x", 5)), (BUCKET, "copy")) == "null"


def test_what_is_larger_than_five_gibibytes_is_copied_in_parts_with_metadata_and_tags():
    script = Script()
    size = (5 << 30) + 1
    script.on("HEAD casb-tests/", 200, content_length=str(size), etag='"e-1"', content_type="a/b", x_amz_meta_who="me")
    script.on(
        "GET casb-tests/big?tagging",
        body="<Tagging><TagSet><Tag><Key>a b</Key><Value>c&amp;d</Value></Tag></TagSet></Tagging>",
    )
    begun = "<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>"
    script.on("POST casb-tests/copy?uploads", body=begun)
    script.on("PUT casb-tests/copy", body="<CopyPartResult><ETag>p</ETag></CopyPartResult>")
    done = "<CompleteMultipartUploadResult><ETag>e-6</ETag></CompleteMultipartUploadResult>"
    script.on("POST casb-tests/copy?uploadId=U1", body=done, x_amz_version_id="made")
    version = Stored("big", "e-1", size, version="v1")
    script.connector().copy((BUCKET, "big", version), (BUCKET, "copy"), {"x-amz-storage-class": "STANDARD_IA"})
    posts = [one for one in script.sent if one.method == "POST"]
    assert posts[0].headers["content-type"] == "a/b"
    assert posts[0].headers["x-amz-meta-who"] == "me"
    assert posts[0].headers["x-amz-tagging"] == "a%20b=c%26d"
    assert posts[0].headers["x-amz-storage-class"] == "STANDARD_IA"
    ranges = [one.headers["x-amz-copy-source-range"] for one in script.sent if one.method == "PUT"]
    assert ranges[0] == f"bytes=0-{(1 << 30) - 1}"
    assert ranges[-1] == f"bytes={5 << 30}-{5 << 30}"
    assert len(ranges) == 6
    assert posts[1].content.count(b"<Part>") == 6


def test_a_copy_in_parts_that_fails_leaves_no_parts_behind():
    script = Script()
    script.on("HEAD casb-tests/", 200, content_length=str(6 << 30))
    script.on("GET casb-tests/big?tagging", body="<Tagging><TagSet/></Tagging>")
    begun = "<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>"
    script.on("POST casb-tests/copy?uploads", body=begun)
    script.on("PUT casb-tests/copy", 403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>")
    script.on("DELETE casb-tests/copy?uploadId=U1", 204)
    with pytest.raises(NotPermitted):
        script.connector().copy((BUCKET, "big", Stored("big", "e-1", 6 << 30)), (BUCKET, "copy"))
    assert script.sent[-1].method == "DELETE"


def test_parts_are_at_most_ten_thousand():
    size = 48 << 40
    assert part_size(6 << 30) == 1 << 30
    assert -(-size // part_size(size)) <= 10_000


def test_bodies_of_settings_carry_their_checksum():
    script = Script()
    script.on("PUT casb-tests/?publicAccessBlock", 200)
    script.connector().set_block(BUCKET, Block(True, False, True, False))
    [sent] = script.sent
    digest = hashlib.md5(sent.content, usedforsecurity=False).digest()
    assert sent.headers["content-md5"] == base64.b64encode(digest).decode()
    assert mapping_s3.block(parse(sent.content)) == Block(True, False, True, False)


def test_an_acl_survives_being_written_and_read():
    grants = (
        Granted("0wn3r", "FULL_CONTROL"),
        Granted("public", "READ", None, True),
        Granted("authenticated", "READ_ACP", None, True),
        Granted("http://acs.amazonaws.com/groups/s3/LogDelivery", "WRITE", None, True),
        Granted("<&>", "READ"),
    )
    found = mapping_s3.acl(parse(mapping_s3.acl_body(Acl("0wn3r", grants))))
    assert found == Acl("0wn3r", grants)
    assert mapping_s3.acl_of(mapping_s3.acl_state(found)) == found


def test_line_breaks_in_a_body_come_back_as_they_were():
    assert parse(document("Delete", element("Key", text="a\r\nb"))).value("Key") == "a\r\nb"
