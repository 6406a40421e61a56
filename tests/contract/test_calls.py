"""Every call of the reference through the client that makes it: asked rightly, read exactly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.contract import reference
from tests.contract.calls import CALLS, NOT_CALLED
from tests.support.clients import always, found
from tests.support.facts import assert_whole

if TYPE_CHECKING:
    from tests.contract.calls import Call


def test_every_call_of_the_reference_is_in_the_table() -> None:
    made = {call.name for call in CALLS}
    assert made | NOT_CALLED.keys() == {name for _, name in reference.CALLS}
    assert not made & NOT_CALLED.keys()


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.name} {call.fixture}")
async def test_the_example_means_what_the_reference_says(call: Call) -> None:
    """Labeled as text, for the label decides nothing (1.4)."""
    clients = always(json.dumps(call.envelope).encode())
    fact = await call.ask(clients)
    line = clients.answers.line(0)
    assert call.is_line(line), line
    assert {path: found(fact, path) for path in call.means} == call.means
    if not call.is_command and call.fixture not in {"bullet", "api_key"}:
        assert_whole(fact)
