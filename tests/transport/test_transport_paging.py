from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casb_cli.core.errors import BadAnswer
from casb_cli.transport.calls import Answer, Call
from casb_cli.transport.paging import (
    CursorInBody,
    GraphqlCursor,
    LinkHeader,
    LinkInBody,
    MarkerInBody,
    NextPage,
    Offset,
    links,
)

ASK = Call(name="GET /things", query={"fields": "id"})


def answer(body, **headers):
    return Answer(call=ASK, status=200, headers=headers, body=msgspec.json.encode(body), url="https://a/")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('<https://a/?p=2>; rel="next", <https://a/?p=9>; rel="last"', {"next": "https://a/?p=2", "last": "https://a/?p=9"}),
        ("<https://a/?x=1,2;3>;rel=next", {"next": "https://a/?x=1,2;3"}),
        ('<u1>; title="a, <b>; rel=next"; rel="prev"', {"prev": "u1"}),
        ('<u1>; rel="NEXT prefetch"', {"next": "u1", "prefetch": "u1"}),
        ('<u1>; rel="next"; rel="last", <u2>; rel=next', {"next": "u1"}),
        ('<u1>', {}),
        ("nonsense", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_link_headers(header, expected):
    assert links(header) == expected


@given(
    st.lists(st.tuples(st.text("abc/?=&,;%:. ", max_size=12), st.sampled_from(["next", "prev", "last"])), max_size=4)
)
def test_written_links_are_read_back(pairs):
    header = ", ".join(f'<{url}>; rel="{rel}"; title="x, y;\\"z"' for url, rel in pairs)
    expected: dict[str, str] = {}
    for url, rel in pairs:
        expected.setdefault(rel, url)
    assert links(header) == expected


@given(st.text(max_size=200))
def test_any_link_header_is_survived(text):
    assert isinstance(links(text), dict)


def test_a_long_hostile_link_header_is_quick():
    assert links("<a>;" + "x;" * 50_000) == {}


def test_link_pagers():
    assert LinkHeader().after(ASK, answer([], link='<https://a/2>; rel="next"')) == "https://a/2"
    assert LinkHeader().after(ASK, answer([])) is None
    following = LinkHeader().prepare(ASK, "https://a/2")
    assert (following.url, following.query, following.name) == ("https://a/2", {}, ASK.name)
    assert LinkInBody("paging.next").after(ASK, answer({"paging": {"next": "https://a/3"}})) == "https://a/3"
    assert LinkInBody("next").after(ASK, answer({"next": None})) is None


def test_markers():
    pager = MarkerInBody()
    assert pager.prepare(ASK, None) == ASK
    assert pager.prepare(ASK, "m1").query == {"fields": "id", "marker": "m1"}
    assert pager.after(ASK, answer({"next_marker": "m2"})) == "m2"
    assert pager.after(ASK, answer({"next_marker": 0})) == "0"
    for end in ({"next_marker": ""}, {"next_marker": None}, {}):
        assert pager.after(ASK, answer(end)) is None
    for bad in ({"next_marker": {"a": 1}}, {"next_marker": True}, []):
        with pytest.raises(BadAnswer):
            pager.after(ASK, answer(bad))


def test_cursors_in_body():
    pager = CursorInBody("cursor", "cursor", more="has_more", place="json")
    assert pager.prepare(msgspec.structs.replace(ASK, json={"a": 1}), "c").json == {"a": 1, "cursor": "c"}
    assert pager.after(ASK, answer({"cursor": "c2", "has_more": True})) == "c2"
    assert pager.after(ASK, answer({"cursor": "c2", "has_more": False})) is None


def test_offsets():
    pager = Offset(limit=2, total_field="total_count", cap=4)
    first = pager.prepare(ASK, None)
    assert (first.query["offset"], first.query["limit"]) == (0, 2)
    assert pager.after(first, answer({"entries": [1, 2], "total_count": 5})) == "2"
    assert pager.after(pager.prepare(ASK, "2"), answer({"entries": [3, 4], "total_count": 4})) is None
    with pytest.raises(BadAnswer, match="more than the 4"):
        pager.after(pager.prepare(ASK, "4"), answer({"entries": [5], "total_count": 9}))
    # total_count may promise more than is delivered: an empty page ends it
    assert pager.after(pager.prepare(ASK, "4"), answer({"entries": [], "total_count": 9})) is None
    with pytest.raises(BadAnswer):
        pager.after(first, answer({"rows": []}))


def test_page_numbers():
    pager = NextPage(size=2)
    first = pager.prepare(ASK, None)
    assert first.query["page"] == 1
    assert pager.after(first, answer([1, 2])) == "2"
    assert pager.after(pager.prepare(ASK, "2"), answer([3])) is None
    assert NextPage(items="rows").after(first, answer({"rows": []})) is None
    with pytest.raises(BadAnswer):
        pager.after(first, answer({}))


def test_graphql_cursors():
    pager = GraphqlCursor("data.org.members.pageInfo")
    ask = Call(name="POST /graphql", json={"query": "q", "variables": {"login": "x"}})
    assert pager.prepare(ask, "c1").json == {"query": "q", "variables": {"login": "x", "after": "c1"}}
    assert ask.json["variables"] == {"login": "x"}

    def page(info):
        return answer({"data": {"org": {"members": {"pageInfo": info}}}})

    assert pager.after(ask, page({"hasNextPage": True, "endCursor": "c2"})) == "c2"
    assert pager.after(ask, page({"hasNextPage": False, "endCursor": "c2"})) is None
    for bad in ({"hasNextPage": True}, {"endCursor": "x"}, None):
        with pytest.raises(BadAnswer):
            pager.after(ask, page(bad))
    with pytest.raises(BadAnswer):
        pager.after(ask, answer({"data": None, "errors": []}))
