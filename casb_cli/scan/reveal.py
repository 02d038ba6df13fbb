"""The matches of one finding in clear text: fetched again, inspected again, kept nowhere."""

from __future__ import annotations

from casb_cli.connect.open import OpenInstance
from casb_cli.core.capabilities import ReadFile, Unscannable
from casb_cli.core.errors import CasbError, ProviderError, Unsupported
from casb_cli.core.models import File, Finding
from casb_cli.core.text import ref_decode
from casb_cli.scan.extract.base import Stop
from casb_cli.scan.inspection import MAX_FETCH, findings_of
from casb_cli.scan.results import InspectResult, Match
from casb_cli.scan.workers import Task, WorkerPool
from casb_cli.scan.workers_content import Content
from casb_cli.store.store import Store


def revealed(instance: OpenInstance, store: Store, pool: WorkerPool, finding: Finding) -> tuple[Match, ...]:
    """Return the matches of a finding, each with its `clear` texts.

    Raises Unsupported for what the provider found itself, CasbError where the file holds this finding no more,
    and what reading it may raise.
    """
    kind, _, id_ = (finding.file_ref or "").partition(":")
    if kind != "file":
        raise Unsupported(
            f"{instance.label}: the provider's own inspection made this finding: there is no content to read again",
            hint="look at it in the provider's console",
        )
    file = store.inventory.get(instance.key, "file", ref_decode(id_))
    if not isinstance(file, File):
        raise CasbError(f"{instance.label}: the file is no longer there", hint="casb scan")
    result = _inspected(instance, pool, file)
    if finding.id not in {one.id for one in findings_of(file, result)}:
        why = f": {result.reason}" if result.reason else ""
        raise CasbError(
            f"{instance.label}: `{finding.file}` no longer holds exactly these matches{why}",
            hint="it, or the detectors, changed since: run casb scan, then look at its new finding",
        )
    return tuple(match for match in result.matches if match.detector == finding.detector)


def _inspected(instance: OpenInstance, pool: WorkerPool, file: File) -> InspectResult:
    connector = instance.connector_for(ReadFile)
    try:
        with connector.read_file(file) as chunks:
            content = Content.of(chunks, MAX_FETCH)
    except (Unscannable, Stop) as stop:
        raise CasbError(f"{instance.label}: `{file.name}` cannot be read again: {stop.reason}") from None
    except ProviderError as error:
        raise instance.explain(error, ReadFile) from None
    task = Task(ref=file.id, name=file.name or file.id, mime=file.mime, reveal=True)
    return pool.submit(task, content).result()
