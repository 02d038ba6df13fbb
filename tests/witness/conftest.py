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
