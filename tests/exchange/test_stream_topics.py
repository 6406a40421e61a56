"""Channels and topics."""

from __future__ import annotations

import pytest

from terminal.domain.candles import CandleInterval
from terminal.exchange.gateway import Channel, ChannelKind
from terminal.exchange.stream_topics import channel_of_topic, subject_of, topic_of, translated
from terminal.exchange.translate import Scales
from terminal.wire.connection import Pushed
from tests.support.builders import XBT, a_contract


@pytest.mark.parametrize("kind", ChannelKind)
def test_every_channel_has_a_topic_and_back(kind: ChannelKind) -> None:
    base = topic_of(kind)
    if kind.is_private:
        assert channel_of_topic(base) == Channel(kind)
        assert channel_of_topic(f"{base}:{XBT}") == Channel(kind)
    elif kind is not ChannelKind.CANDLES:
        assert channel_of_topic(f"{base}:{XBT}") == Channel(kind, XBT)


@pytest.mark.parametrize("interval", CandleInterval)
def test_every_interval_has_a_candle_topic_and_back(interval: CandleInterval) -> None:
    channel = Channel(ChannelKind.CANDLES, XBT, interval)
    assert channel_of_topic(f"{topic_of(channel.kind)}:{subject_of(channel)}") == channel


def test_candles_of_an_interval_that_is_not_ours_tell_nothing() -> None:
    for topic in ("/contractMarket/limitCandle:XBTUSDTM_3min", "/contractMarket/limitCandle:XBT"):
        assert channel_of_topic(topic) is None
        assert translated(Pushed(topic, "candle.stick", b"{}"), Scales()) is None


def test_a_channel_without_symbol_has_no_subject() -> None:
    assert subject_of(Channel(ChannelKind.WALLET)) is None
    assert subject_of(Channel(ChannelKind.BOOK, XBT)) == XBT


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
