"""The simulated Management Activity API against what Microsoft publishes of it: operations, errors, schema of records.

No SDK of Microsoft's speaks to this API; the facts below are of its reference and of its schema.
"""

from __future__ import annotations

import os
import re
import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from casb_cli.apps.office365.sandbox import build
from casb_cli.core import clock
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.server import serve
from casb_cli.sandbox.world import World

try:
    from graphsdk import MANAGE, Graph
except ImportError as error:
    if os.environ.get("CI_STRICT") == "1":
        raise
    pytest.skip(f"Microsoft's clients are not installed: {error}", allow_module_level=True)

WORLD = World(seed=31, people=30, files=30, events=1800)
FEED = "GET /api/v1.0/{tenant}/activity/feed"
CONTENT_TYPES = ("Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint", "Audit.General", "DLP.All")
CODES = {
    "AF10001", "AF20001", "AF20002", "AF20003", "AF20010", "AF20011", "AF20012", "AF20013", "AF20020", "AF20021",
    "AF20022", "AF20023", "AF20030", "AF20031", "AF20050", "AF20051", "AF20052", "AF20053", "AF20054", "AF20055",
    "AF429", "AF50000",
}  # fmt: skip
UNPUBLISHED = "AF20024"
"""Which Microsoft does answer to a start of what is enabled, though no page of its reference names it."""

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def a_text(value):
    return isinstance(value, str)


def a_guid(value):
    return str(uuid.UUID(value)) == value.lower()


def a_date(value):
    return DATE.fullmatch(value) is not None


def a_flag(value):
    return isinstance(value, bool)


def a_number(value):
    return isinstance(value, int) and not isinstance(value, bool)


def some_pairs(value):
    return all(one.keys() == {"Name", "Value"} for one in value)


def a_kind(value):
    return a_number(value) and value in CONTENT_OF


# Numbers of AuditLogRecordType, with the content type whose bundles have them.
CONTENT_OF = {
    1: "Audit.Exchange", 2: "Audit.Exchange", 3: "Audit.Exchange", 50: "Audit.Exchange",
    4: "Audit.SharePoint", 6: "Audit.SharePoint", 14: "Audit.SharePoint",
    8: "Audit.AzureActiveDirectory", 9: "Audit.AzureActiveDirectory", 15: "Audit.AzureActiveDirectory",
    16: "Audit.General", 17: "Audit.General", 20: "Audit.General", 21: "Audit.General", 22: "Audit.General",
    23: "Audit.General", 25: "Audit.General", 30: "Audit.General", 57: "Audit.General", 83: "Audit.General",
}  # fmt: skip
COMMON = {
    "Id": a_guid, "RecordType": a_kind, "CreationTime": a_date, "Operation": a_text, "OrganizationId": a_guid,
    "UserType": lambda value: value in range(11), "UserKey": a_text, "Workload": a_text, "UserId": a_text,
    "ClientIP": a_text,
}  # fmt: skip
"""What every record has, by the common schema."""
MAY = {"ResultStatus": a_text, "ObjectId": a_text, "Version": a_number}
SHAREPOINT = {"EventSource": a_text, "ItemType": a_text, "UserAgent": a_text, "Site": a_guid}
FILE = {
    "SiteUrl": a_text, "SourceFileName": a_text, "SourceFileExtension": a_text, "SourceRelativeUrl": a_text,
}  # fmt: skip
DIRECTORY = {"ExtendedProperties": some_pairs, "ActorIpAddress": a_text}
UNTOLD = (50, "ClientIP")
"""What the common schema has, and records of mailboxes haven't: they say ClientIPAddress."""
SCHEMAS = {
    # What a record of the type has besides, and what it may have.
    1: ({"ExternalAccess": a_flag, "TokenObjectId": a_text, "TokenTenantId": a_text}, {}),
    50: (
        {"LogonType": a_number, "InternalLogonType": a_number, "ExternalAccess": a_flag, "ClientIPAddress": a_text},
        {"ClientInfoString": a_text, "MailboxOwnerUPN": a_text},
    ),
    4: ({}, SHAREPOINT | FILE),
    6: ({"SiteUrl": a_text, "SourceFileName": a_text}, SHAREPOINT | FILE),
    14: ({}, SHAREPOINT | FILE | {"TargetUserOrGroupName": a_text, "TargetUserOrGroupType": a_text}),
    15: ({"AzureActiveDirectoryEventType": a_number}, DIRECTORY | {"ErrorCode": a_text, "LogonError": a_text}),
    21: (dict.fromkeys(("CrmOrganizationUniqueName", "InstanceUrl", "EntityName", "Message"), a_text), {}),
    25: ({}, {"TeamName": a_text, "TeamGuid": a_guid}),
}
FILE_OPERATIONS = {
    "FileDownloaded", "FileUploaded", "FilePreviewed", "FileModified", "FileRecycled", "SharingSet", "SharingRevoked",
}  # fmt: skip


@pytest.fixture(scope="module")
def served():
    made = build(WORLD, Options(settings={"subscriptions": " ".join(CONTENT_TYPES[:4])}))
    with serve([made]):
        yield made


@pytest.fixture
def feed(served):
    served.reset()
    made = Feed(Graph(served.credentials()["secret"]))
    yield made
    made.graph.close()


class Feed:
    """Calls of the API as its reference writes them."""

    def __init__(self, graph):
        self.graph = graph
        self.tenant = graph.fields["tenant"]
        self.root = f"{graph.fields['manage_url']}/api/v1.0/{self.tenant}/activity/feed"

    def __call__(self, method, path, **query):
        url = path if path.startswith("http") else f"{self.root}/{path}"
        headers = {"Authorization": f"Bearer {self.graph.token(MANAGE)}"}
        return self.graph.plain(method, url, headers=headers, params={**query, "PublisherIdentifier": self.tenant})

    def refusal(self, method, path, **query):
        answer = self(method, path, **query)
        error = answer.json()["error"]
        assert error.keys() == {"code", "message"}
        return answer.status_code, error["code"]

    def bundles(self, content_type, start, end):
        """Yield the bundles of a window, page by page."""
        window = {"startTime": moment(start), "endTime": moment(end)}
        answer = self("GET", "subscriptions/content", contentType=content_type, **window)
        while True:
            assert answer.status_code == 200
            yield from answer.json()
            following = answer.headers.get("NextPageUri")
            if following is None:
                return
            answer = self("GET", following)


def moment(when):
    return when.strftime("%Y-%m-%dT%H:%M:%S")


def windows():
    """Yield the seven days, each within the day that one call may ask for."""
    now = datetime.now(UTC) + timedelta(seconds=1)
    for day in range(7, 0, -1):
        yield now - timedelta(days=day) + timedelta(seconds=60 if day == 7 else 0), now - timedelta(days=day - 1)


def test_subscriptions_are_listed_started_and_stopped(served, feed, witness):
    rows = feed("GET", "subscriptions/list").json()
    assert rows == [{"contentType": name, "status": "enabled", "webhook": None} for name in CONTENT_TYPES[:4]]
    answer = feed("POST", "subscriptions/start", contentType="DLP.All")
    assert answer.status_code == 200
    assert answer.json() == {"contentType": "DLP.All", "status": "enabled", "webhook": None}
    assert "DLP.All" in {row["contentType"] for row in feed("GET", "subscriptions/list").json()}
    assert feed.refusal("POST", "subscriptions/start", contentType="DLP.All") == (400, UNPUBLISHED)
    assert feed("POST", "subscriptions/stop", contentType="DLP.All").status_code < 300
    rows = {row["contentType"]: row["status"] for row in feed("GET", "subscriptions/list").json()}
    assert rows["DLP.All"] == "disabled"
    witness(
        served,
        f"{FEED}/subscriptions/list",
        f"{FEED}/subscriptions/start".replace("GET", "POST"),
    )


def test_every_record_follows_the_schema_and_all_of_them_come(served, feed, witness):
    told, kinds = {}, set()
    for content_type in CONTENT_TYPES[:4]:
        for start, end in windows():
            for bundle in feed.bundles(content_type, start, end):
                assert bundle.keys() == {
                    "contentType", "contentId", "contentUri", "contentCreated", "contentExpiration",
                }  # fmt: skip
                assert bundle["contentType"] == content_type
                made = datetime.fromisoformat(bundle["contentCreated"])
                assert start - timedelta(seconds=1) <= made < end
                assert datetime.fromisoformat(bundle["contentExpiration"]) - made == timedelta(days=7)
                for record in feed("GET", bundle["contentUri"]).json():
                    check(record, content_type, feed.tenant)
                    told[record["Id"]] = record
                    kinds.add(record["RecordType"])
    assert kinds == {1, 4, 6, 14, 15, 16, 20, 21, 22, 25, 30, 50, 57, 83}
    check_truth(served, told)
    witness(served, f"{FEED}/subscriptions/content", f"{FEED}/audit/{{contentId}}")


def check(record, content_type, tenant):
    number = record["RecordType"]
    must, may = SCHEMAS.get(number, ({}, {}))
    must = {name: right for name, right in (COMMON | must).items() if (number, name) != UNTOLD}
    for name, right in must.items():
        assert right(record[name]), (number, name, record[name])
    for name, value in record.items():
        right = (must | MAY | may).get(name)
        assert right is not None, f"no schema has {name} in records of type {number}"
        assert right(value), (number, name, value)
    assert CONTENT_OF[number] == content_type
    assert record["OrganizationId"] == tenant
    if number in {6, 14}:
        assert record["Operation"] in FILE_OPERATIONS
        assert record["Workload"] in {"SharePoint", "OneDrive"}
        personal = "-my.sharepoint.com/personal/" in record["ObjectId"]
        assert personal == (record["Workload"] == "OneDrive")


def check_truth(served, told):
    expected = served.truth.rows("activity")
    week = clock.text(datetime.now(UTC) - timedelta(days=7) + timedelta(hours=4))
    wanted = {
        id_ for id_, row in expected.items() if not id_.startswith("Directory_") and row["time"] >= week
    }  # fmt: skip
    assert len(wanted) > 100
    assert wanted <= told.keys() <= expected.keys()
    for id_ in wanted:
        record, row = told[id_], expected[id_]
        assert record["UserId"] == row["actor"]
        assert record["Operation"] == row.get("action", record["Operation"])
        assert record["CreationTime"] == row["time"][:19]
        assert record.get("ClientIP", record.get("ClientIPAddress")).partition(":")[0] == row["ip"]
        if record["RecordType"] == 15:
            failed = row["outcome"] == "failure"
            assert record["Operation"] == ("UserLoginFailed" if failed else "UserLoggedIn")
            assert (record["ErrorCode"] != "0") == failed


def test_refusals_have_the_published_codes(served, feed):
    now = datetime.now(UTC)
    day = {"startTime": moment(now - timedelta(hours=5)), "endTime": moment(now)}
    ask = "subscriptions/content"
    other = "11111111-2222-4333-8444-555555555555"
    base = feed.root.rpartition(feed.tenant)[0]
    cases = (
        ((ask, {"contentType": "DLP.All", **day}), (400, "AF20022")),
        ((ask, {"contentType": "Audit.Nothing", **day}), (400, "AF20020")),
        ((ask, day), (400, "AF20001")),
        ((ask, {"contentType": "Audit.SharePoint", "startTime": day["startTime"]}), (400, "AF20030")),
        (
            (ask, {"contentType": "Audit.SharePoint", **day, "startTime": moment(now - timedelta(days=2))}),
            (400, "AF20030"),
        ),
        ((ask, {"contentType": "Audit.SharePoint", **day, "nextPage": "nonsense"}), (400, "AF20031")),
        ((f"audit/{quote('nothing')}", {}), (400, "AF20052")),
        ((f"{base}{other}/activity/feed/subscriptions/list", {}), (400, "AF20010")),
        ((f"{base}nothing/activity/feed/subscriptions/list", {}), (400, "AF20013")),
    )
    for (path, query), wanted in cases:
        assert feed.refusal("GET", path, **query) == wanted
        assert wanted[1] in CODES
    feed("POST", "subscriptions/start", contentType="DLP.All")
    feed("POST", "subscriptions/stop", contentType="DLP.All")
    assert feed.refusal("GET", ask, contentType="DLP.All", **day) == (400, "AF20023")
    served.faults.plan(f"{FEED}/subscriptions/list", "throttle")
    assert feed.refusal("GET", "subscriptions/list") == (429, "AF429")
    served.faults.plan(f"{FEED}/subscriptions/list", "error-before", status=500)
    assert feed.refusal("GET", "subscriptions/list") == (500, "AF50000")


def test_a_token_of_graph_is_none_of_this_api(served, feed):
    feed.graph._known[MANAGE] = feed.graph.token("https://graph.microsoft.com/.default")
    answer = feed("GET", "subscriptions/list")
    assert answer.status_code == 401
    assert "AF" not in answer.text or any(code in answer.text for code in CODES)
