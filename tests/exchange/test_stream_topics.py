"""Channels and topics."""

from __future__ import annotations

import pytest

from terminal.exchange.gateway import Channel, ChannelKind
from terminal.exchange.stream_topics import channel_of_topic, topic_of, translated
from terminal.exchange.translate import Scales
from terminal.wire.connection import Pushed
from tests.support.builders import XBT, a_contract


@pytest.mark.parametrize("kind", ChannelKind)
def test_every_channel_has_a_topic_and_back(kind: ChannelKind) -> None:
    base = topic_of(kind)
    if kind.is_private:
        assert channel_of_topic(base) == Channel(kind)
        assert channel_of_topic(f"{base}:{XBT}") == Channel(kind)
    else:
        assert channel_of_topic(f"{base}:{XBT}") == Channel(kind, XBT)


def test_foreign_topics_and_subjects_tell_nothing() -> None:
    scales = Scales()
    scales.learn([a_contract()])
    assert channel_of_topic("/contractMarket/snapshot:XBTUSDTM") is None
    assert translated(Pushed("/other:XBTUSDTM", "x", b"{}"), scales) is None
    funding = Pushed("/contract/instrument:XBTUSDTM", "funding.rate", b"{}")
    assert translated(funding, scales) is None
    partial = b'{"markPrice":5.0,"changeReason":"markPriceChange"}'
    marked = Pushed("/contract/positionAll", "position.change", partial)
    assert translated(marked, scales) is None
