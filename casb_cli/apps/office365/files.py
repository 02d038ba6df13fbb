"""Files: every drive of every site and person through delta, their content, and the recycle bins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from casb_cli.apps.office365 import mapping_files as shapes
from casb_cli.apps.office365.common import GRAPH
from casb_cli.apps.office365.drives import ITEM, Drives
from casb_cli.apps.office365.mapping_files import Item, Place
from casb_cli.apps.office365.scopes import BY_ASSERTION, FILES, SHAREPOINT_FULL, SITES, USERS, graph, on_files, on_users
from casb_cli.apps.office365.tree import Tree
from casb_cli.core.capabilities import ListFiles, ListTrash, Page, ReadFile, Unscannable
from casb_cli.core.errors import NotPermitted, ObjectMissing, ScopeMissing, StateConflict
from casb_cli.core.models import File, Notice, Partition
from casb_cli.core.text import printable
from casb_cli.transport.calls import Answer, Call
from casb_cli.transport.paging import LinkHeader

READING = graph((FILES, SITES, USERS))
LABEL_NAMES = f"{GRAPH}/security/dataSecurityAndGovernance/sensitivityLabels"
_BIN = "_api/site/RecycleBin"
_BIN_PAGE = 1000
PLAIN = {"Accept": "application/json;odata=nometadata"}
_VIRUS = frozenset({"malwareDetected", "virusDetected", "virusSuspicious", "infected"})


@dataclass(frozen=True)
class BinLink:
    """The next page of a recycle bin; the form of its link is not documented, so none means the end."""

    feed: bool = False

    def prepare(self, call: Call, cursor: str | None) -> Call:
        return LinkHeader().prepare(call, cursor)

    def after(self, call: Call, answer: Answer) -> str | None:
        del call
        return answer.decode(shapes.BinItems).next_link or None


class _OldBinItem(msgspec.Struct, rename="camel", gc=False):
    """Something in a recycle bin, as Graph's own listing tells it."""

    id: str
    name: str | None = None
    size: int | None = None
    deleted_from_location: str | None = None


def bin_part(site: str, url: str) -> Partition:
    """Return the partition of a site's recycle bin."""
    return Partition(key=f"bin:{site}", data={"id": site, "url": url})


class Files(Drives, ListFiles, ReadFile, ListTrash):
    """Matrix row 8 and the reading half of 12."""

    @on_users("GET /organization", "GET /users", any_of=graph(USERS))
    @on_files(
        "POST /$batch",
        "GET /sites/getAllSites",
        "GET /sites/{id}/drives",
        "GET /drives/{driveId}/root/delta",
        "GET /drives/{driveId}/root",
        "GET /drives/{driveId}/items/{itemId}",
        "GET /drives/{driveId}/items/{itemId}/permissions",
        any_of=READING,
    )
    def list_files(self, part: Partition, cursor: str | None) -> Iterator[Page[File]]:
        if self.is_drive(part):
            yield from self.walk(part, cursor, self._rows)
        else:
            yield from self.partitions(part, cursor)

    def _rows(self, tree: Tree, items: list[Item], whole: bool) -> tuple[list[File], list[Notice]]:
        del whole
        found = [item for item in items if item.is_file]
        levels = self.levels(tree.place, found, tree)
        labels = self.labels_of(tree.place, found)
        rows = [
            shapes.file(item, tree.place, tree.path(item), level, labels.get(item.id))
            for item, level in zip(found, levels, strict=True)
        ]
        return rows, []

    @on_users("GET /organization", "GET /users", any_of=graph(USERS))
    @on_files(
        "GET /drives/{driveId}",
        "GET /drives/{driveId}/root",
        "GET /drives/{driveId}/items/{itemId}",
        "GET /drives/{driveId}/items/{itemId}/permissions",
        any_of=READING,
    )
    def find_file(self, id_: str) -> File:
        place, item = self.located(id_)
        if not item.is_file:
            raise ObjectMissing(f"{item.name} is a folder, which is no file")
        return self.file_of(place, item, label=True)

    def file_of(self, place: Place, item: Item, *, path: str | None = None, label: bool = False) -> File:
        """Return a file as its drive's listing would, with its sensitivity label where that is asked for."""
        [level] = self.levels(place, [item])
        labels = self.labels_of(place, [item], always=label)
        return shapes.file(item, place, path or Tree(self, place).path(item), level, labels.get(item.id))

    # Sensitivity labels

    def labels_of(self, place: Place, items: list[Item], *, always: bool = False) -> dict[str, str]:
        """Return the labels of those files that have one; each costs a call, so listings ask only where told to."""
        wanted = self.facts.fields.get("sensitivity_labels", "").strip().lower() in {"yes", "true", "1"}
        asked = [one for one in items if one.file is not None and one.malware is None] if wanted or always else []
        if not asked:
            return {}
        calls = [
            self.call(f"POST {ITEM}/extractSensitivityLabels", {"driveId": place.drive, "itemId": one.id}, safe=True)
            for one in asked
        ]
        found: dict[str, str] = {}
        for item, answer in zip(asked, self.batch(calls), strict=True):
            if isinstance(answer, Answer):
                ids = [one.sensitivity_label_id for one in answer.decode(shapes.Labels).labels or ()]
                names = self._label_names() if any(ids) else {}
                if ids and ids[0]:
                    found[item.id] = printable(names.get(ids[0], ids[0]))
            elif wanted and isinstance(answer, ScopeMissing):
                raise answer
            # Else: a type of file that takes no label, or one that is locked now, has none to be told.
        return found

    def _label_names(self) -> dict[str, str]:
        """Return the names of the tenant's labels by id; none where the permission for them is missing."""
        with self._lock:
            held: dict[str, str] | None = getattr(self, "_named_labels", None)
            if held is None:
                held = {}
                try:
                    for one in self.every(LABEL_NAMES, shapes.LabelName):
                        held[one.id] = one.display_name or one.name or one.id
                except (NotPermitted, ObjectMissing):
                    held = {}  # the ids stand for themselves
                self._named_labels = held
            return held

    # Content

    @on_files("GET /drives/{driveId}/items/{itemId}/content", any_of=graph((FILES, SITES)))
    @contextmanager
    def read_file(self, file: File) -> Iterator[Iterator[bytes]]:
        drive, item = shapes.split_id(file.id)
        if file.trashed:
            raise Unscannable("trashed", detail="SharePoint gives no content of what lies in a recycle bin")
        if file.locator.get("malware"):
            raise Unscannable("malware", detail="Microsoft found malware in it and refuses to give it")
        if file.locator.get("package"):
            raise Unscannable("no-content", detail=f"a package ({file.locator['package']}) has no content of its own")
        call = self.get(f"{ITEM}/content", {"driveId": drive, "itemId": item})
        try:
            with self.client.stream(call) as answer:
                yield answer.chunks()
        except NotPermitted as error:
            if error.code in _VIRUS or "virus" in error.words.lower() or "malware" in error.words.lower():
                raise Unscannable("malware", detail=error.words) from None
            raise
        except StateConflict as error:
            raise Unscannable("locked", detail=error.words) from None

    # Recycle bins

    @property
    def has_certificate(self) -> bool:
        """Whether SharePoint's own API takes our tokens: it takes none that a client secret got."""
        return self.facts.method in BY_ASSERTION

    @on_files("GET /sites/getAllSites", any_of=graph(SITES))
    @on_files("GET /{site}/_api/site/RecycleBin", any_of=graph(SHAREPOINT_FULL, FILES))
    def list_trash(self, part: Partition, cursor: str | None) -> Iterator[Page[File]]:
        if part.key == "":
            for sites, after in self.sites(cursor):
                more = [
                    bin_part(one.id, one.web_url)
                    for one in sites
                    if one.web_url and not shapes.site_path(one.web_url).lower().endswith("casb-quarantine")
                ]
                yield Page(items=(), cursor=after, more=tuple(more))
            return
        site, url = part.data["id"], part.data["url"]
        product = "onedrive" if shapes.site_path(url).startswith("personal/") else "sharepoint"
        try:
            for found, after in self.bin_pages(site, url, cursor):
                rows = [shapes.trashed(site, one, product) for one in found if one.item_type in {1, None}]
                yield Page(items=rows, cursor=after)
        except (StateConflict, ObjectMissing) as error:
            about = f"the recycle bin of {url}: {error.words}"
            yield Page(items=(), notices=(Notice(code="unreachable", about=about),))

    def bin_pages(
        self, site: str, url: str, cursor: str | None = None
    ) -> Iterator[tuple[list[shapes.BinItem], str | None]]:
        """Yield what lies in a site's recycle bin, both stages, page by page."""
        if not self.has_certificate:
            yield from self._bin_of_graph(site, cursor)
            return
        call = self.rest("GET", url, _BIN, query={"$filter": "ItemType eq 1", "$top": _BIN_PAGE}, headers=PLAIN)
        for answer, after in self.client.pages(call, BinLink(), cursor):
            yield answer.decode(shapes.BinItems).value, after

    def _bin_of_graph(self, site: str, cursor: str | None) -> Iterator[tuple[list[shapes.BinItem], str | None]]:
        """Yield the same as Graph's beta tells it, which a client secret may read but not act on."""
        name = f"{GRAPH}/sites/{{id}}/recycleBin/items"
        for page, after in self.pages(name, _OldBinItem, {"id": site}, cursor=cursor, host="beta", cost=2):
            rows = [
                shapes.BinItem(id=one.id, leaf_name=one.name, dir_name=one.deleted_from_location, size=one.size)
                for one in page
            ]
            yield rows, after

    def rest(self, method: str, url: str, rest: str, **more: Any) -> Call:
        """Return a call of SharePoint's own API below a site's address; raises Unsupported without a certificate."""
        path = shapes.site_path(url)
        more.setdefault("family", "sharepoint")
        # The root site's address has no path, and its calls the same name: they need the same permission.
        target = None if path else f"/{rest}"
        return self.sharepoint(f"{method} /{{+site}}/{rest}", url, {"site": path}, target=target, **more)
