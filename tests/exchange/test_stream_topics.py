"""Channels and topics; what each topic's frames say is in translate/test_feed."""

from __future__ import annotations

import pytest

from terminal.domain.candles import CandleInterval, StreamInterval
from terminal.exchange.gateway import Channel, ChannelKind, FrameIgnored
from terminal.exchange.stream_topics import channel_of_topic, subject_of, topic_of, translated
from terminal.exchange.translate import Scales
from terminal.wire.connection import Pushed
from tests.support.builders import XBT


@pytest.mark.parametrize("kind", ChannelKind)
def test_every_channel_has_a_topic_and_back(kind: ChannelKind) -> None:
    base = topic_of(kind)
    if kind is not ChannelKind.CANDLES:
        assert channel_of_topic(base) == Channel(kind)
        assert channel_of_topic(f"{base}:{XBT}") == Channel(kind, XBT)


@pytest.mark.parametrize("interval", [*CandleInterval, *StreamInterval])
def test_every_interval_has_a_candle_topic_and_back(
    interval: CandleInterval | StreamInterval,
) -> None:
    channel = Channel(ChannelKind.CANDLES, XBT, interval)
    assert channel_of_topic(f"{topic_of(channel.kind)}:{subject_of(channel)}") == channel


def test_candles_of_an_interval_that_is_not_known_are_ignored() -> None:
    for topic in ("/contractMarket/limitCandle:XBTUSDTM_7min", "/contractMarket/limitCandle:XBT"):
        assert channel_of_topic(topic) is None
        ignored = translated(Pushed(topic, "candle.stick", b"{}"), Scales())
        assert ignored == FrameIgnored("/contractMarket/limitCandle candle.stick")


def test_a_channel_without_symbol_has_no_subject() -> None:
    assert subject_of(Channel(ChannelKind.WALLET)) is None
    assert subject_of(Channel(ChannelKind.BOOK, XBT)) == XBT


@pytest.mark.parametrize(
    "topic",
    [
        "/other",
        "/contract/instrument",
        "/contract/announcement",
        "/contractAccount/wallet",
        "/contract/positionAll",
        "/contract/marginMode",
        "/contract/crossLeverage",
    ],
)
def test_topics_and_subjects_of_the_future_are_ignored_by_name(topic: str) -> None:
    fact = translated(Pushed(f"{topic}:{XBT}", "new.subject", b"{}"), Scales())
    assert fact == FrameIgnored(f"{topic} new.subject")
