"""Who listens to what, how it stands, and when silence is no longer quiet."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.clock import TimestampMs
from terminal.domain.events import BookDepth, FundingRateUpdate, MarginModesUpdate, MarkUpdate
from terminal.domain.units import ExactPrice, Symbol
from terminal.exchange.gateway import Channel, ChannelKind, FrameUnreadable
from terminal.session.subscriptions import (
    LIQUID_FRAMES,
    SILENCE_S,
    ChannelState,
    Subscription,
    Subscriptions,
    Verdict,
)
from tests.support.builders import NOW_MS, XBT, a_delta, an_order_update

if TYPE_CHECKING:
    from terminal.exchange.gateway import StreamFact

ETH = Symbol("ETHUSDTM")
BOOK = Channel(ChannelKind.BOOK, XBT)
MARK = Channel(ChannelKind.MARK, XBT)


def one_of(_fact: StreamFact) -> None:
    """A handler."""


def another(_fact: StreamFact) -> None:
    """A second handler."""


def confirmed(channel: Channel, now_s: float = 0.0) -> Subscription:
    subscription = Subscription(channel)
    subscription.asked()
    subscription.confirmed(now_s)
    return subscription


def busy(now_s: float = 0.0) -> Subscription:
    """A book that changes ten times a second for as long as it takes to be called busy."""
    book = confirmed(BOOK, now_s)
    for number in range(LIQUID_FRAMES):
        book.heard(now_s + number / 10)
    return book


def test_a_busy_book_that_falls_silent_is_asked_for_again_and_then_reconnected() -> None:
    book, limit_s = busy(), SILENCE_S[ChannelKind.BOOK]
    last_s = (LIQUID_FRAMES - 1) / 10
    assert book.verdict(last_s + limit_s - 0.1) is Verdict.FINE
    assert book.verdict(last_s + limit_s) is Verdict.ASK_AGAIN
    book.asked()
    assert book.verdict(99.0) is Verdict.FINE, "the answer is on its way"
    book.confirmed(100.0)
    assert book.verdict(100.0 + limit_s - 0.1) is Verdict.FINE
    assert book.verdict(100.0 + limit_s) is Verdict.RECONNECT


def test_a_silence_that_was_proved_to_be_the_markets_is_no_reason_to_reconnect() -> None:
    """It counts as calm until it has been busy again."""
    book, limit_s = busy(), SILENCE_S[ChannelKind.BOOK]
    assert book.verdict(50.0) is Verdict.ASK_AGAIN
    book.confirmed(51.0)
    book.quiet(51.5)
    assert book.verdict(1000.0) is Verdict.FINE
    for number in range(LIQUID_FRAMES):
        book.heard(1000.0 + number / 10)
    assert book.verdict(1010.0 + limit_s) is Verdict.FINE


def test_a_frame_after_asking_again_ends_the_suspicion() -> None:
    book, limit_s = busy(), SILENCE_S[ChannelKind.BOOK]
    assert book.verdict(50.0) is Verdict.ASK_AGAIN
    book.confirmed(51.0)
    book.heard(52.0)
    assert book.verdict(52.0 + limit_s) is not Verdict.RECONNECT


def test_a_quiet_market_may_be_quiet_for_ever() -> None:
    book = confirmed(BOOK)
    for minute in range(60):
        book.heard(minute * 60.0)
    assert book.verdict(10_000.0) is Verdict.FINE


def test_a_steady_topic_that_never_spoke_is_asked_again_once_and_left() -> None:
    mark, limit_s = confirmed(MARK), SILENCE_S[ChannelKind.MARK]
    assert mark.verdict(limit_s) is Verdict.ASK_AGAIN
    mark.confirmed(limit_s)
    assert mark.verdict(1000.0) is Verdict.FINE, "another connection would tell no more"


def test_topics_without_a_limit_are_never_silent() -> None:
    trades = confirmed(Channel(ChannelKind.TRADES, XBT))
    trades.heard(1.0)
    assert trades.verdict(1e6) is Verdict.FINE


def test_a_refusal_keeps_its_reason_until_it_is_confirmed() -> None:
    book = Subscription(BOOK)
    book.refused("topic is not found (404)")
    assert (book.state, book.reason) == (ChannelState.FAILED, "topic is not found (404)")
    book.confirmed(1.0)
    assert (book.state, book.reason, book.refusals) == (ChannelState.CONFIRMED, "", 0)


def routed(subscriptions: Subscriptions, fact: Any) -> list[Any]:
    return list(subscriptions.route(fact).handlers)


def test_facts_go_to_their_kind_and_contract() -> None:
    all_of = Subscriptions()
    all_of.add(BOOK, one_of)
    all_of.add(Channel(ChannelKind.BOOK, ETH), another)
    assert routed(all_of, a_delta(1)) == [one_of]
    assert routed(all_of, a_delta(1)._replace(symbol=ETH)) == [another]


def test_orders_of_one_contract_are_for_who_asked_for_it_or_for_all() -> None:
    all_of = Subscriptions()
    all_of.add(Channel(ChannelKind.ORDERS), one_of)
    all_of.add(Channel(ChannelKind.ORDERS, ETH), another)
    assert routed(all_of, an_order_update()) == [one_of]
    assert routed(all_of, an_order_update(symbol=ETH)) == [one_of, another]


def test_five_levels_are_not_fifty() -> None:
    all_of = Subscriptions()
    all_of.add(Channel(ChannelKind.DEPTH5, XBT), one_of)
    all_of.add(Channel(ChannelKind.DEPTH50, XBT), another)
    depth = BookDepth(XBT, 5, 1, (), (), NOW_MS)
    assert routed(all_of, depth) == [one_of]
    assert routed(all_of, depth._replace(rows=50)) == [another]


def test_facts_without_a_contract_are_for_all_who_listen() -> None:
    all_of = Subscriptions()
    all_of.add(Channel(ChannelKind.MARGIN_MODES), one_of)
    assert routed(all_of, MarginModesUpdate(())) == [one_of]


def test_a_funding_rate_does_not_end_the_silence_of_the_mark_price() -> None:
    all_of = Subscriptions()
    subscription, _ = all_of.add(MARK, one_of)
    rate = FundingRateUpdate(XBT, Decimal(0), 60_000, TimestampMs(1))
    assert all_of.route(rate) == ((one_of,), ())
    price = ExactPrice(Decimal(1))
    mark = MarkUpdate(XBT, price, price, TimestampMs(1))
    assert all_of.route(mark) == ((one_of,), (subscription,))


def test_a_frame_of_nobody_may_have_been_the_accounts_or_a_books() -> None:
    all_of = Subscriptions()
    all_of.add(BOOK, one_of)
    all_of.add(MARK, another)
    assert all_of.concerned(FrameUnreadable("x", None)) == (one_of,)
    assert all_of.concerned(FrameUnreadable("x", MARK)) == (another,)
    orders = Subscriptions()
    orders.add(Channel(ChannelKind.ORDERS), one_of)
    echoed = FrameUnreadable("x", Channel(ChannelKind.ORDERS, XBT))
    assert orders.concerned(echoed) == (one_of,), "whichever form of the topic is echoed"


channels = st.sampled_from([BOOK, MARK, Channel(ChannelKind.WALLET)])
handlers = st.sampled_from([one_of, another])


@given(st.lists(st.tuples(st.booleans(), channels, handlers), max_size=60))
def test_a_channel_is_there_exactly_as_long_as_somebody_listens(
    history: list[tuple[bool, Channel, Any]],
) -> None:
    all_of = Subscriptions()
    counts: dict[tuple[Channel, Any], int] = {}
    held: dict[tuple[Channel, Any], Subscription] = {}
    for is_added, channel, handler in history:
        key = (channel, handler)
        if is_added:
            held[key], is_new = all_of.add(channel, handler)
            assert is_new == (not any(n for (c, _), n in counts.items() if c == channel))
            counts[key] = counts.get(key, 0) + 1
        elif counts.get(key):
            counts[key] -= 1
            is_last = all_of.remove(held[key], handler)
            assert is_last == (not any(n for (c, _), n in counts.items() if c == channel))
    wanted = {channel for (channel, _), count in counts.items() if count}
    assert {one.channel for one in all_of} == wanted
