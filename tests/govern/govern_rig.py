from __future__ import annotations

from govern_fake import FakeInstance, MemoryLedger, World, no_lock

from casb_cli.core.refs import parse
from casb_cli.govern.execute import Engine
from casb_cli.govern.plan import Request, build
from casb_cli.govern.settle import settle_unsettled


class Rig:
    """An engine over the invented provider, and short ways to use it."""

    def __init__(self, world=None, ledger=None, hold=no_lock):
        self.world = world or World()
        self.instance = FakeInstance(self.world)
        self.ledger = ledger or MemoryLedger()
        self.waited = []
        self.hold = hold

    @property
    def engine(self):
        """A new engine, as a new process would have."""
        return Engine(self.ledger, self.hold, self.opened, lambda key: self.instance, self.waited.append)

    def opened(self, ref):
        return self.instance

    def request(self, action, ref, **options):
        return Request(action=action, ref=parse(f"box:prod:{ref}"), options=options)

    def draft(self, *requests, **rest):
        return build([r if isinstance(r, Request) else self.request(*r) for r in requests], self.opened, **rest)

    def do(self, *requests, **rest):
        draft = self.draft(*requests, **rest)
        assert not draft.problems, draft.problems
        return list(self.engine.execute(draft.plan))

    def one(self, action, ref, **options):
        return self.do(self.request(action, ref, **options))[0]

    def settle(self):
        return list(settle_unsettled(self.engine, "i1"))

    def record(self, id_):
        return next(r for r in self.engine.history.by_name(id_) if r.id == id_)
