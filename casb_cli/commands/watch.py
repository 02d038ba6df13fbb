"""`casb watch`."""

from __future__ import annotations

import threading
from typing import Annotated, Any

import typer

from casb_cli.commands._ocr import Ocr
from casb_cli.commands._options import Apps, Instances, Trace
from casb_cli.commands._own_detectors import DetectorFiles

EXAMPLES = ("casb watch", "casb watch --app box --every 15s", "casb watch --deadline 1h")


def command(
    apps: Apps = None,
    names: Instances = None,
    every: Annotated[str, typer.Option("--every", metavar="DURATION", help="How often each feed is read.")] = "30s",
    detectors: DetectorFiles = None,
    ocr: Ocr = None,
    trace: Trace = None,
) -> int:
    """Follow the providers' change feeds and inspect what changes, until interrupted.

    The feed is read from where the last scan stopped, or from now on where there was none.
    """
    from casb_cli.commands import _ocr
    from casb_cli.commands._own_detectors import sources
    from casb_cli.commands._session import able, chosen, environment, opened
    from casb_cli.core import clock
    from casb_cli.core.capabilities import FollowFiles
    from casb_cli.scan.workers import WorkerPool
    from casb_cli.store.keys import fingerprint_key
    from casb_cli.store.paths import cache_dir
    from casb_cli.store.store import Store

    own = sources(detectors)
    seconds = max(clock.duration(every).total_seconds(), 1.0)
    with Store() as store, environment(trace=trace, store=store) as env:
        pool = WorkerPool(key=fingerprint_key(), own=own, cache_dir=str(cache_dir()), ocr=_ocr.chosen(ocr))
        with pool, opened(chosen(apps, names), env) as instances:
            follows = able(instances, FollowFiles, named=bool(apps or names))
            return _follow(follows, store, pool, env.stop, seconds)


def _follow(instances: list[Any], store: Any, pool: Any, stop: threading.Event, seconds: float) -> int:
    from casb_cli.core.errors import CasbError, combined_exit_code
    from casb_cli.ui.process import tell

    errors: list[CasbError] = []
    defects: list[BaseException] = []

    def one(instance: Any) -> None:
        from casb_cli.scan.watch import Watch
        from casb_cli.store.locks import watch_lock

        try:
            with watch_lock(instance.key, instance.label):
                Watch(instance, store, pool, stop, seconds, _say).run()
        except CasbError as error:
            errors.append(error)
            tell(error)
        except Exception as error:  # noqa: BLE001 - raised again in the main thread
            defects.append(error)

    threads = [threading.Thread(target=one, args=(i,), name=f"watch {i.label}", daemon=True) for i in instances]
    for thread in threads:
        thread.start()
    try:
        while any(thread.is_alive() for thread in threads):
            stop.wait(0.2)
    except KeyboardInterrupt:
        stop.set()
        for thread in threads:
            thread.join(15)
        raise
    if defects:
        raise defects[0]
    return combined_exit_code([error.exit_code for error in errors]) if errors else 0


def _say(label: str, text: str, *, warn: bool = False) -> None:
    from casb_cli.ui.streams import streams

    (streams.warn if warn else streams.note)(f"{label}: {text}")
