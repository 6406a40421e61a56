"""Envelopes: what is around the data."""

from __future__ import annotations

import json

import pytest

from terminal.simexchange.payloads.frames import Envelopes
from terminal.simexchange.switches import Switches


def test_public_frames_have_a_number_only_where_they_are_given_one() -> None:
    envelopes = Envelopes(Switches())
    frame = json.loads(envelopes.public("/t:X", "s", {"a": [1, "ä"]}, 5))
    assert list(frame) == ["topic", "type", "subject", "sn", "data"]
    assert frame["data"] == {"a": [1, "ä"]}
    assert "sn" not in json.loads(envelopes.public("/t:X", "s", {}, None))
    assert json.loads(envelopes.public("/t:X", "s", {}, 0))["sn"] == 0


@pytest.mark.parametrize("subject", ["snapshot.24h", "stopOrder", "walletBalance.change"])
def test_ids_of_frames_are_counted(subject: str) -> None:
    """Twenty-four hexadecimal digits, never twice, the same in the same run of events."""
    runs = []
    for _ in range(2):
        envelopes = Envelopes(Switches())
        texts = [envelopes.private("u", "/t", subject, {}) for _ in range(3)]
        runs.append([json.loads(text)["id"] for text in texts])
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == 3
    assert all(len(one) == 24 and int(one, 16) for one in runs[0])


def test_private_frames_name_the_account() -> None:
    frame = json.loads(Envelopes(Switches()).private('u"', "/t", "s", {}))
    assert (frame["userId"], frame["channelType"]) == ('u"', "private")


@pytest.mark.parametrize(
    ("echo", "shown"),
    [("asked", "/contractMarket/tradeOrders:X"), ("plain", "/contractMarket/tradeOrders")],
)
def test_the_topic_of_orders_is_shown_as_the_switch_says(echo: str, shown: str) -> None:
    switches = Switches()
    envelopes = Envelopes(switches)
    switches.set("order_topic_echo", echo)
    topic = "/contractMarket/tradeOrders:X"
    frame = json.loads(envelopes.private("u", topic, "symbolOrderChange", {}))
    assert frame["topic"] == shown
    position = json.loads(envelopes.private("u", "/contract/position:X", "position.change", {}))
    assert position["topic"] == "/contract/position:X"
