"""The files that the organization's trail leaves in its bucket: gzipped records by account, region and day."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from casb_cli.apps.aws.sandbox_company import HOME
from casb_cli.apps.aws.sandbox_moto import Moto
from casb_cli.apps.aws.sandbox_store import key_class
from casb_cli.sandbox import chance

if TYPE_CHECKING:
    from casb_cli.apps.aws.sandbox_trail import Trail

BUCKET = "larkspur-trail"
_BATCH = timedelta(minutes=15)
_LATE = timedelta(minutes=5)


def files(trail: Trail) -> dict[str, bytes]:
    """Return every file by its key: what happened in a quarter of an hour, named by when it was delivered."""
    batches: dict[tuple[str, str, datetime], list[int]] = {}
    for (account, region), indices in trail.by_place.items():
        for index in indices:
            time = trail.event(index)["EventTime"]
            end = time.replace(minute=time.minute // 15 * 15, second=0) + _BATCH + _LATE
            batches.setdefault((account, region, end), []).append(index)
    company, found = trail.company, {}
    for (account, region, moment), indices in batches.items():
        records = ",".join(trail.event(index)["CloudTrailEvent"] for index in sorted(indices))
        mark = chance.text(chance.BASE62, 16, company.seed, 86, indices[0])
        name = f"{account}_CloudTrail_{region}_{moment:%Y%m%dT%H%M}Z_{mark}.json.gz"
        key = f"AWSLogs/{company.org_id}/{account}/CloudTrail/{region}/{moment:%Y/%m/%d}/{name}"
        found[key] = gzip.compress(f'{{"Records":[{records}]}}'.encode(), mtime=0)
    return found


def deliver(moto: Moto, trail: Trail) -> None:
    """Make the trail's bucket in the management account and fill it."""
    key_class()  # it keeps moto from warning of objects that nobody deletes
    with moto.held():
        store = moto.backend("s3", trail.company.main)
        store.create_bucket(BUCKET, HOME)
        for key, content in files(trail).items():
            store.put_object(BUCKET, key, content)
