from __future__ import annotations

import pytest


@pytest.fixture
def witness(request):
    """Tell that the SDK made these calls and took the answers: `witness(provider, *names)`."""

    def tell(provider, *names):
        for name in names:
            calls = provider.called(name)
            assert calls, f"the SDK never made {name}: {sorted({c.name for c in provider.calls})}"
            assert any(0 < call.status < 400 for call in calls), f"{name} never succeeded"
            request.node.user_properties.append(("witness", f"{provider.key} {name}"))

    return tell


# Of a module's `served`, a simulated Office 365.


@pytest.fixture
def office(served):
    """The tenant as it was at first."""
    served.reset()
    return served


@pytest.fixture(scope="module")
def opened(served):
    from graphsdk import Graph  # a large SDK, which may not be installed

    made = Graph(served.credentials()["certificate"])
    yield made
    made.close()


@pytest.fixture
def graph(office, opened):
    """Microsoft's SDK, signed in to the tenant as it was at first."""
    return opened
