"""What a ladder knows beyond the book: studies in columns, worth at a price, exits, notes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from terminal.domain.account_facts import FeeRates
from terminal.domain.book import OrderBook
from terminal.domain.breakeven import Charges, breakeven, entry_fee, funding_due, profit_at
from terminal.domain.clock import TimestampMs
from terminal.domain.events import Liquidity
from terminal.domain.fees_paid import fees_of
from terminal.domain.guard import Touch
from terminal.domain.market_facts import FundingRate
from terminal.domain.position import PositionCore
from terminal.domain.position_charges import KnownFacts, charges_of
from terminal.domain.price_notes import AlertSource
from terminal.domain.queue_estimate import QueuePlace
from terminal.domain.units import ClientOid, ExactPrice, Lots, Money, OrderId, Price, Side
from terminal.domain.volume_view import VolumePart
from terminal.viewmodels.keys import Chord
from terminal.viewmodels.ladder_choices import ColumnChoice, column_choices
from terminal.viewmodels.ladder_columns import (
    DEFAULT_COLUMNS,
    STUDIED,
    LadderColumn,
    NumberFormat,
    with_format,
)
from terminal.viewmodels.ladder_counts import (
    PLACES_A_FRAME,
    QUEUE_INTERVAL_MS,
    queue_forms,
    queue_text,
    queue_words,
)
from terminal.viewmodels.ladder_options import Centering
from terminal.viewmodels.ladder_pace import AIM_MS
from terminal.viewmodels.ladder_rows import RowBuilder, RowMarks
from terminal.viewmodels.ladder_style import RowStyle
from terminal.viewmodels.ladder_tags import TagKind
from terminal.viewmodels.ladder_view import StagedOrder
from tests.support.builders import (
    NOW_MS,
    XBT,
    a_contract,
    a_fill,
    an_inverse_contract,
    an_order_update,
)
from tests.support.desktop import OTHER
from tests.support.insight import Insighted, an_insight

pytestmark = pytest.mark.usefixtures("qapp")
ALL_COLUMNS = tuple(replace(one, is_shown=True) for one in DEFAULT_COLUMNS)
C = LadderColumn
MINUS = "\N{MINUS SIGN}"


def show(insighted: Insighted, *columns: LadderColumn) -> None:
    """Exactly these columns, besides the price."""
    insighted.ladder.set_columns(
        tuple(replace(one, is_shown=one.column in {C.PRICE, *columns}) for one in DEFAULT_COLUMNS)
    )
    insighted.desktop.frame.tick()


def tags_of(insighted: Insighted, kind: TagKind) -> list[str]:
    """The words of the tags of a kind, wherever they stand."""
    face = insighted.ladder.face
    found = [tag for row in face._marks.tags.rows.values() for tag in row]
    return [tag.words for tag in found if tag.kind is kind]


# Studies -----------------------------------------------------------------------------------------


async def test_studies_run_while_something_on_show_needs_them() -> None:
    """Not for prices alone; given back with the last column, the contract, the ladder."""
    async with an_insight() as one:
        assert one.is_counting
        one.ladder.set_options(replace(one.ladder.options, shows_day=False))
        show(one)
        assert not one.is_counting
        show(one, C.VOLUME)
        assert one.is_counting
        show(one)
        one.ladder.set_options(replace(one.ladder.options, shows_day=True))
        one.desktop.frame.tick()
        assert one.is_counting, "the day's tags need them, too"
        one.ladder.choose_contract(str(OTHER))
        await one.settle()
        assert not one.is_counting
        one.ladder.stop()
        assert not one.shelf._open


async def test_columns_fill_with_what_was_traded_and_what_makers_did() -> None:
    async with an_insight() as one:
        one.ladder.set_columns(ALL_COLUMNS)
        one.desktop.frame.tick()
        assert one.ladder.view.missing == frozenset()
        one.change(Side.BUY, 998, 10)
        one.change(Side.SELL, 1001, 1)
        await one.desktop.clock.advance(2.0)
        one.trade(Side.SELL, 1000, 3)
        one.trade(Side.BUY, 1001, 1)
        extras = one.row(1000).extras
        assert (extras.bid_trades, extras.volume_text, extras.volume_share) == ("3", "3", 1.0)
        assert one.row(1001).extras.ask_trades == "1"
        assert one.row(998).extras.bid_change == "+10"
        assert one.row(1001).extras.ask_change == f"{MINUS}3"


async def test_volume_is_split_by_who_took_when_asked() -> None:
    async with an_insight() as one:
        one.ladder.set_options(
            replace(one.ladder.options, columns=ALL_COLUMNS, is_volume_split=True)
        )
        one.trade(Side.SELL, 1000, 6)
        one.trade(Side.BUY, 1000, 2)
        extras = one.row(1000).extras
        assert (extras.volume_sold, extras.volume_text) == ("6", "2")
        assert (extras.volume_sold_share, extras.volume_share) == (0.75, 0.25)
        one.trade(Side.BUY, 1001, 2)
        assert one.row(1001).extras.is_volume_split, "also where one side took nothing"


async def test_changes_are_summed_from_the_inside_when_asked() -> None:
    """Outwards on each side, also where the inside has left the view."""
    async with an_insight() as one:
        one.ladder.set_options(
            replace(one.ladder.options, columns=ALL_COLUMNS, is_change_summed=True)
        )
        one.change(Side.BUY, 999, 17)
        one.change(Side.BUY, 997, 5)
        one.change(Side.SELL, 1003, 8)
        await one.desktop.clock.advance(2.0)
        one.desktop.mark()
        one.desktop.frame.tick()
        bids = {price: one.row(price).extras.bid_change for price in (1000, 999, 998, 997, 996)}
        assert bids == {1000: "", 999: "+10", 998: "+10", 997: "+15", 996: "+15"}
        assert one.row(1002).extras.ask_change == ""
        assert one.row(1003).extras.ask_change == one.row(1005).extras.ask_change == "+8"
        one.ladder.scroll(-30)
        one.desktop.frame.tick()
        assert one.ladder.view.off_market
        assert one.ladder.view.rows[0].extras.bid_change == "+15"


@pytest.mark.parametrize(
    ("number_format", "words"),
    [(NumberFormat.LOTS, "1\u202f500"), (NumberFormat.SHORT, "1.50k"), (NumberFormat.COIN, "1.500"),
     (NumberFormat.VALUE, "150")],
)  # fmt: skip
async def test_the_formats_of_numbers_hold_for_the_studies(
    number_format: NumberFormat, words: str
) -> None:
    async with an_insight() as one:
        columns = ALL_COLUMNS
        for column in STUDIED:
            columns = with_format(columns, column, number_format)
        one.ladder.set_columns(columns)
        one.trade(Side.SELL, 1000, 1500)
        extras = one.row(1000).extras
        shown = {extras.volume_text, extras.bid_trades}
        assert {text.replace("\N{NARROW NO-BREAK SPACE}", "\u202f") for text in shown} == {words}


async def test_an_own_order_stands_with_its_place_in_the_queue() -> None:
    """In words with how sure it is where the pointer rests."""
    async with an_insight() as one:
        one.desktop.bench.stream.push(
            an_order_update(order_id=OrderId("o1"), client_oid=None, lots=Lots(4))
        )
        await one.settle()
        one.change(Side.BUY, 1000, 9)
        await one.desktop.clock.advance(3.0)
        one.trade(Side.SELL, 1000, 1)
        row = one.row(1000)
        assert row.own_bid is not None
        assert row.extras.bid_queue[0].startswith("q")
        place = one.place_of(1000)
        words = one.insight.words_at(place, C.OWN_BID)
        assert words.startswith("4 lots: ")
        assert "ahead of it" in words or "first in the queue" in words
        assert one.insight.words_at(place, C.OWN_ASK) == ""


async def test_places_in_the_queue_are_reckoned_by_turns_in_a_burst(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """New orders at once; known ones a few with each frame, all of them within a turn."""
    async with an_insight() as one:
        now_ms, asked = 0.0, list[ClientOid]()
        monkeypatch.setattr(one.ladder.face, "_now_ms", lambda: now_ms)
        one.ladder.study_with(one.insight.studies_of)
        one.change(Side.BUY, 1000, 8)
        studies = one.shelf.open(XBT)

        def queue_place(oid: ClientOid) -> QueuePlace:
            asked.append(oid)
            return QueuePlace(Lots(1), Lots(1), Lots(1), is_guess=False)

        monkeypatch.setattr(studies, "queue_place", queue_place)
        orders = 3 * PLACES_A_FRAME
        for number in range(orders):
            update = an_order_update(
                order_id=OrderId(f"o{number}"), client_oid=None, price=Price(1000 - number)
            )
            one.desktop.bench.stream.push(update)
        await one.settle()
        assert len(set(asked)) == orders
        assert all(one.row(1000 - number).extras.bid_queue == ("q1",) for number in range(orders))

        now_ms += 0.9 * QUEUE_INTERVAL_MS
        one.change(Side.BUY, 1000, 19)
        asked.clear()
        for number in range(3):  # on a busy computer: nothing is made up for
            now_ms += 0.9 * QUEUE_INTERVAL_MS
            one.change(Side.BUY, 1000, 20 + number)
            assert len(asked) == PLACES_A_FRAME * (number + 1)
        assert len(set(asked)) == orders
        asked.clear()
        now_ms += 2 * QUEUE_INTERVAL_MS
        one.change(Side.BUY, 1000, 30)
        assert len(set(asked)) == orders, "after a pause all at once"
        one.change(Side.BUY, 1000, 31)
        assert len(asked) == orders, "the next turn is later"
        one.shelf.close(XBT)


@pytest.mark.parametrize(
    ("place", "short", "words"),
    [
        (
            (12, 20, 30, False),
            "q12-30",
            "12 to 30 lots are ahead of it in four cases of five, about 20 expected.",
        ),
        ((12, 12, 12, False), "q12", "12 lots are ahead of it, as far as the book tells."),
        ((0, 0, 0, False), "q0", "it is first in the queue, as far as the book tells."),
        (
            (0, 0, 0, True),
            "q~0",
            "it is first in the queue. Its place at the beginning was not seen.",
        ),
        (
            (1, 2, 3, True),
            "q~1-3",
            (
                "1 to 3 lots are ahead of it in four cases of five, about 2 expected. "
                "Its place at the beginning was not seen."
            ),
        ),
    ],
)
def test_a_place_in_the_queue_is_told_with_its_range(
    place: tuple[int, int, int, bool], short: str, words: str
) -> None:
    low, expected, high, is_guess = place
    found = QueuePlace(Lots(low), Lots(expected), Lots(high), is_guess)
    assert queue_forms(found)[0] == queue_text(found) == short
    assert queue_words(found) == words


async def test_large_sizes_are_told_by_the_mean_in_view_when_asked() -> None:
    """The book of the desktop holds 5, 7, 4, 9: a mean of 6.25, of 10 with one of 25 more."""
    async with an_insight() as one:
        one.ladder.set_options(
            replace(one.ladder.options, large_lots=(1, 2), is_large_by_mean=True)
        )
        one.change(Side.BUY, 998, 25)
        sizes = (one.row(1000), one.row(999), one.row(998))
        assert [row.large_bid for row in sizes] == [0, 0, 2]
        assert [one.row(price).large_ask for price in (1001, 1002)] == [0, 0]
        one.change(Side.SELL, 1002, 14)
        assert one.row(1002).large_ask == 1
        one.ladder.set_options(replace(one.ladder.options, is_large_by_mean=False))
        one.desktop.frame.tick()
        assert one.row(1000).large_bid == 2, "lots again: two are enough"


# Volume ------------------------------------------------------------------------------------------


async def test_volume_is_cleared_here_or_in_all_ladders() -> None:
    async with an_insight() as one:
        show(one, C.VOLUME)
        for price in (998, 1000, 1001, 1004):
            one.trade(Side.BUY, price, 5)
        one.insight.clear_volume(VolumePart.ABOVE)
        assert one.said.startswith("Volume above the inside is counted anew in this ladder.")
        shown = {price: one.row(price).extras.volume_text for price in (998, 1000, 1001, 1004)}
        assert shown == {998: "5", 1000: "5", 1001: "5", 1004: ""}
        studies = one.shelf._open[XBT][0]
        assert studies.profile.total == 20, "another ladder still sees it"
        one.insight.clear_volume(VolumePart.BELOW, everywhere=True)
        words = "Volume below the inside is counted anew in all ladders of the contract."
        assert one.said.startswith(words)
        assert studies.profile.total == 15
        one.trade(Side.SELL, 1004, 2)
        assert one.row(1004).extras.volume_text == "2"
        one.insight.clear_volume(VolumePart.ALL)
        one.desktop.frame.tick()
        assert not any(row.extras.volume_text for row in one.ladder.view.rows)


async def test_cleared_volume_is_brought_back_from_the_columns_menu() -> None:
    async with an_insight() as one:
        show(one, C.VOLUME)
        for price in (998, 1004):
            one.trade(Side.BUY, price, 5)

        def shown() -> list[str]:
            one.desktop.frame.tick()
            return [one.row(price).extras.volume_text for price in (998, 1004)]

        def back() -> list[ColumnChoice]:
            choices = column_choices(one.ladder, C.VOLUME)
            return [choice for choice in choices if choice.words.startswith("Bring")]

        assert back() == []
        one.insight.clear_volume(VolumePart.ABOVE)
        one.insight.clear_volume(VolumePart.BELOW, everywhere=True)
        assert shown() == ["", ""]
        assert [choice.words for choice in back()] == [
            "Bring the volume back, this ladder", "Bring the volume back, all ladders",
        ]  # fmt: skip
        back()[1].deed()
        one.trade(Side.SELL, 998, 2)
        assert shown() == ["7", ""]
        assert one.said == "The volume that was cleared in all ladders of the contract is back."
        back()[0].deed()
        assert (shown(), back()) == (["7", "5"], [])


async def test_without_studies_there_is_nothing_to_clear() -> None:
    async with an_insight() as one:
        one.ladder.set_options(replace(one.ladder.options, shows_day=False))
        show(one)
        one.insight.clear_volume(VolumePart.ALL)
        assert "Nothing is counted" in one.said


async def test_the_menu_of_each_column_offers_what_it_can_do() -> None:
    """Every entry does something, and says whether it holds."""
    async with an_insight() as one:
        options = one.ladder.options
        for column in LadderColumn:
            for entry in column_choices(one.ladder, column):
                one.ladder.set_options(options)
                one.ladder.trading.message = None
                entry.deed()
                is_done = one.ladder.options != options or one.insight.notes.draft is not None
                assert is_done or one.ladder.trading.message is not None, entry.words
                assert (entry.is_on is None) == (one.ladder.options == options)
                one.insight.drop_note()
        assert len(column_choices(one.ladder, C.VOLUME)) == 7
        assert column_choices(one.ladder, C.OWN_BID) == ()


# Worth -------------------------------------------------------------------------------------------


async def test_breakeven_has_fees_and_the_next_funding_in_it() -> None:
    """At the account's own rates; the position was entered at 100."""
    async with an_insight(300) as one:
        one.desktop.mark("100.05")
        await one.settle()
        contract, entry, taker = a_contract(), Decimal(100), Decimal("0.0006")
        due = funding_due(contract, 300, Decimal("100.05"), Decimal("0.0001"))
        charges = Charges(entry_fee(contract, 300, entry, taker), taker, due)
        assert breakeven(contract, 300, entry, charges) == 1002
        (words,) = tags_of(one, TagKind.BREAKEVEN)
        start = "breakeven 100.2 (estimated) with an entry fee of 0.06 %, assumed, "
        assert words.startswith(start)
        assert "0.06 % for leaving as taker and the next funding of 0.01 % at" in words
        show(one, C.PNL)
        maker = replace(charges, exit_rate=Decimal("0.0002"))
        gain = profit_at(contract, 300, entry, Decimal("100.5"), maker)
        sign = "+" if gain > 0 else MINUS
        assert one.row(1005).extras.pnl_text == f"{sign}{abs(gain):.2f}"
        one.ladder.set_options(replace(one.ladder.options, is_pnl_net=False))
        one.desktop.frame.tick()
        assert one.row(1005).extras.pnl_text == "+0.15"


async def test_after_a_maker_entry_head_column_and_breakeven_agree_with_what_was_paid() -> None:
    """30 coins at 100 by hand: 0.60 paid at 0.02 %, the funding of 0.01 % at 100.05 is 0.30015."""
    async with an_insight() as one:
        fill = a_fill(lots=Lots(30_000), liquidity=Liquidity.MAKER)
        one.desktop.bench.stream.push(
            an_order_update(
                client_oid=None, lots=Lots(30_000), filled=Lots(30_000), is_done=True, fill=fill
            )
        )
        one.desktop.mark("100.05")
        await one.settle()
        show(one, C.PNL)
        await one.settle()
        assert a_contract().multiplier == Decimal("0.001")
        view = one.ladder.view
        assert view.pnl_text == "+1.50 USDT", "30 x 0.05: of the price alone"
        # 30 x 0.5 - 0.60 - 0.30015 - 0.02 % of 3015: above the best bid a limit rests.
        assert one.row(1005).extras.pnl_text == "+13.50"
        # 30 x -0.2 - 0.60 - 0.30015 - 0.06 % of 2994: there it takes, or a stop does.
        assert one.row(998).extras.pnl_text == f"{MINUS}8.70"
        # Leaving as taker: (3000 + 0.90015) / (30 - 30 x 0.06 %) = 100.0901.
        (words,) = tags_of(one, TagKind.BREAKEVEN)
        start = "breakeven 100.1 (estimated) with about 0.60 USDT of entry fees paid, "
        assert words.startswith(start)
        assert view.breakeven_text == "~100.1"
        told = replace(fill, fee=Money(Decimal("0.3"), "USDT"))
        one.desktop.desk.take_recent_fills((told,))
        await one.settle()
        assert one.row(1005).extras.pnl_text == "+13.80", "it paid half of what was reckoned"
        (words,) = tags_of(one, TagKind.BREAKEVEN)
        start = "breakeven 100.1 with 0.30 USDT of entry fees paid, 0.06 % for leaving as taker"
        assert words.startswith(start)
        assert one.ladder.view.breakeven_text == "100.1", "all of it is known"
        help_ = one.ladder.view.position_help
        assert f"Breakeven{words[9:]}" in help_
        assert "+1.50 USDT at the mark 100.05, without fees and funding" in help_
        help_ = one.insight.result_words()
        assert "0.30 USDT of entry fees paid" in help_
        assert "0.06 % for leaving as taker or 0.02 % where a limit rests" in help_
        assert "the next funding of 0.01 %" in help_


def test_an_inverse_position_is_reckoned_alike() -> None:
    """10 000 dollars at 100 are 100 coins: 0.02 paid as maker, 0.01 of funding at the mark."""
    contract, rates = an_inverse_contract(), FeeRates(XBT, Decimal("0.0002"), Decimal("0.0006"))
    entry = ExactPrice(Decimal(100))
    core = PositionCore(Lots(10_000), entry)
    fill = a_fill(lots=Lots(10_000), liquidity=Liquidity.MAKER, symbol=contract.symbol)
    paid = fees_of(contract, 10_000, (fill,), rates)
    assert paid.paid == Decimal("0.02")
    now = TimestampMs(NOW_MS)
    funding = FundingRate(
        contract.symbol, Decimal("0.0001"), None, None, now, None, None, None, None
    )
    known = KnownFacts(paid, rates, funding, entry.value)
    charges = charges_of(contract, 10_000, entry.value, known).charges
    builder = RowBuilder(contract)
    builder.position, builder.charges = core, charges
    rows = builder.build(
        OrderBook(contract.symbol), Touch(Price(1000), Price(1001)),
        indices=range(1010, 980, -1), step=1, own={}, marks=RowMarks(),
        style=RowStyle({C.PNL: NumberFormat.LOTS}),
    )  # fmt: skip
    shown = {row.price: row.extras.pnl_text for row in rows}
    # 10000/100 - 10000/101 - 0.02 - 0.01 - 0.02 % of 10000/101
    assert shown[Price(1010)] == "+0.940297"
    # 10000/100 - 10000/99 - 0.03 - 0.06 % of 10000/99
    assert shown[Price(990)] == f"{MINUS}1.100707"
    at = breakeven(contract, 10_000, entry.value, charges)
    assert at == 1001, "10000 x 1.0006 / (100 - 0.03) = 100.090027"


async def test_a_flat_position_has_no_breakeven() -> None:
    async with an_insight() as one:
        assert tags_of(one, TagKind.BREAKEVEN) == []


async def test_liquidation_is_told_for_when_the_staged_order_fills() -> None:
    """Isolated, five times leverage: a fifth below the entry, less what must be kept."""
    async with an_insight() as one:
        one.ladder.staged = StagedOrder(Side.BUY, Price(1000), "limit", Lots(10))
        one.ladder.step(finer=False)
        one.ladder.step(finer=False)
        one.ladder.recenter()
        one.desktop.frame.tick()
        found = [
            mark.label
            for row in one.ladder.view.rows
            for mark in (*row.tags, *row.outside)
            if mark.label == "LIQ+"
        ]
        assert found == ["LIQ+"]
        one.ladder.staged = None
        one.ladder.mark_dirty()
        one.desktop.frame.tick()
        marks = [m.label for row in one.ladder.view.rows for m in (*row.tags, *row.outside)]
        assert "LIQ+" not in marks


async def test_the_day_is_marked_with_since_when() -> None:
    async with an_insight() as one:
        one.trade(Side.BUY, 1003, 1)
        one.trade(Side.SELL, 999, 3)
        one.desktop.mark()
        one.desktop.frame.tick()
        assert tags_of(one, TagKind.DAY_HIGH)[0].startswith("day high 100.30 since ")
        assert tags_of(one, TagKind.DAY_LOW)[0].startswith("day low 99.90 since ")
        assert tags_of(one, TagKind.VWAP)[0].startswith("VWAP 100.00 since ")
        assert "VWAP" in one.insight.words_at(one.place_of(1000), C.PRICE)
        one.ladder.set_options(replace(one.ladder.options, shows_day=False))
        one.desktop.frame.tick()
        assert tags_of(one, TagKind.VWAP) == []


# Exits -------------------------------------------------------------------------------------------


async def test_a_click_at_the_result_shows_the_exit_and_again_sends_it() -> None:
    """On the side of the gain a reduce-only limit of the whole position, armed or not."""
    async with an_insight(3) as one:
        one.click_result(1005)
        words = "Sell 3 at 100.5, reduce-only"
        assert one.said == f"{words}: click it again to send, Esc drops it."
        assert one.row(1005).staged is not None
        await one.settle()
        assert one.protected.sent == []
        one.click_result(1005)
        assert one.said.startswith(words)
        await one.settle()
        ((ticket, _),) = one.desktop.bench.trading.placed
        assert (ticket.side, ticket.price, ticket.lots) == (Side.SELL, 1005, 3)
        assert ticket.is_reduce_only
        assert one.row(1005).staged is None


async def test_below_the_market_of_a_long_the_exit_is_a_stop() -> None:
    """It closes all of it; an armed mouse sends it with the first click."""
    async with an_insight(3) as one:
        one.ladder.toggle_mouse()
        one.click_result(995)
        assert "Close all at market, if mark falls to 99.5" in one.said
        await one.settle()
        assert one.protected.sent == [("close", None, 995)]


async def test_no_exit_is_entered_while_order_entry_is_locked() -> None:
    async with an_insight(3) as one:
        one.ladder.toggle_mouse()
        one.ladder.trading.locked = lambda: "Order entry is locked."
        one.click_result(1005)
        assert one.said == "Not sent. Order entry is locked."
        await one.settle()
        assert one.protected.sent == []
        assert one.row(1005).staged is None


async def test_a_short_is_bought_back_the_other_way_round() -> None:
    async with an_insight(-2) as one:
        one.click_result(996)
        assert one.said.startswith("Buy 2 at 99.6, reduce-only")
        one.click_result(1006)
        assert one.said.startswith("Close all at market, if mark rises to 100.6")


async def test_esc_another_row_or_a_changed_position_drop_the_exit() -> None:
    async with an_insight(3) as one:
        one.click_result(1005)
        assert one.ladder.key_pressed(Chord("Esc"), 1000, False)
        assert one.said == "Nothing was sent."
        one.click_result(1005)
        one.click_result(1006)
        await one.settle()
        assert one.protected.sent == [], "another row shows another exit"
        assert one.row(1005).staged is None
        one.ladder.choose_contract(str(OTHER))
        assert one.insight.staged is None


async def test_a_click_at_rows_that_have_just_moved_sends_nothing() -> None:
    """An always centred ladder moved under the hand of an armed mouse."""
    async with an_insight(3) as one:
        clock_ms = 1000.0
        one.ladder.face._now_ms = lambda: clock_ms
        one.ladder.toggle_mouse()
        one.ladder.set_options(replace(one.ladder.options, centering=Centering.ALWAYS))
        one.desktop.frame.tick()
        clock_ms += AIM_MS + 1
        one.change(Side.BUY, 1000, 0)
        one.change(Side.BUY, 999, 0)
        one.change(Side.BUY, 996, 5)
        one.change(Side.SELL, 997, 5)
        at = int(one.ladder.view.rows[3].price)
        one.click_result(at)
        assert one.said == "The rows moved as you clicked: nothing was sent."
        clock_ms += AIM_MS + 1
        one.click_result(at)
        await one.settle()
        assert len(one.protected.sent) == 1


async def test_a_flat_position_has_nothing_to_exit() -> None:
    async with an_insight() as one:
        one.click_result(1005)
        assert one.said == "Not sent. There is no position to close."


async def test_an_exit_is_sent_while_nothing_can_be_opened() -> None:
    """Trading is stopped: what only reduces goes all the same."""
    async with an_insight(3) as one:
        one.desktop.desk._gate.stops.append(lambda: "Stopped.")
        for _ in range(2):
            one.click_result(1005)
        await one.settle()
        assert len(one.desktop.bench.trading.placed) == 1


# Notes -------------------------------------------------------------------------------------------


async def test_a_note_is_written_at_the_cursor_and_shown_on_its_row() -> None:
    async with an_insight() as one:
        asked: list[object] = []
        one.insight.note_asked.connect(lambda: asked.append(one.insight.notes.draft))
        show(one, C.NOTES)
        one.ladder.key_pressed(Chord("Down"), 1000, False)
        one.ladder.key_pressed(Chord("N"), 2000, False)
        draft = one.insight.notes.draft
        assert asked == [draft]
        assert draft is not None
        assert (draft.price_text, draft.is_new) == ("99.9", True)
        one.insight.save_note("  my   level ", None)
        assert one.said == "Note at 99.9 kept."
        assert one.row(999).extras.note == "my level"
        assert [tag.label for tag in one.row(999).tags] == ["N"]
        one.ladder.key_pressed(Chord("N"), 3000, False)
        assert one.insight.notes.draft is not None
        assert one.insight.notes.draft.text == "my level"
        one.insight.save_note("", None)
        assert one.said == "Note at 99.9 deleted."
        assert one.kept == ()


async def test_an_alert_calls_at_the_ladder_and_marks_its_row() -> None:
    async with an_insight() as one:
        one.trade(Side.BUY, 1001, 1)
        one.insight.ask_note(one.place_of(1003))
        one.insight.save_note("", AlertSource.LAST)
        assert one.said == "Alert at 100.3 on last: it calls once."
        one.trade(Side.BUY, 1001, 1)
        assert [tag.label for tag in one.row(1003).tags] == ["AL"]
        one.trade(Side.BUY, 1004, 1)
        assert one.said == "Alert last has reached 100.3."
        assert [tag.label for tag in one.row(1003).tags if tag.label.startswith("AL")] == ["AL!"]
        assert "called" in one.insight.words_at(one.place_of(1003), C.PRICE)


async def test_esc_and_another_contract_leave_the_editor_without_keeping() -> None:
    async with an_insight() as one:
        one.insight.ask_note(2)
        one.ladder.key_pressed(Chord("Esc"), 1000, False)
        assert one.insight.notes.draft is None
        one.insight.save_note("late", None)
        assert one.kept == ()
        one.insight.ask_note(2)
        one.ladder.choose_contract(str(OTHER))
        assert one.insight.notes.draft is None


async def test_nothing_written_is_said_and_keeps_nothing() -> None:
    async with an_insight() as one:
        one.insight.ask_note(2)
        one.insight.save_note(" ", None)
        assert one.said == "Nothing was written."


async def test_a_note_is_found_on_the_grouped_row_that_holds_its_price() -> None:
    async with an_insight() as one:
        one.insight.ask_note(one.place_of(1003))
        one.insight.save_note("here", None)
        one.ladder.step(finer=False)
        one.desktop.frame.tick()
        place = next(at for at, row in enumerate(one.ladder.view.rows) if row.tags
                     and "N" in {tag.label for tag in row.tags})  # fmt: skip
        one.insight.ask_note(place)
        assert one.insight.notes.draft is not None
        assert one.insight.notes.draft.price_text == "100.3"


async def test_the_last_trade_has_the_sign_of_who_took_it_and_its_tooltip_tells_both_ways() -> None:
    async with an_insight() as one:
        one.trade(Side.BUY, 1003, 1)
        one.trade(Side.BUY, 1001, 4)  # bought, at a lower price than before
        one.desktop.frame.tick()
        row = one.row(1001)
        assert (row.is_last, row.last_way) == (True, 1)
        words = one.insight.words_at(one.place_of(1001), C.PRICE).split("\n")[0]
        assert words == "▲ Last trade: 4 lots bought at 100.1. The price has fallen to it."
        assert "Last trade" not in one.insight.words_at(one.place_of(1000), C.PRICE)
        one.trade(Side.SELL, 1002, 2)
        one.desktop.frame.tick()
        assert one.row(1002).last_way == -1
        words = one.insight.words_at(one.place_of(1002), C.PRICE)
        assert words.startswith("▼ Last trade: 2 lots sold at 100.2. The price has risen to it.")


@pytest.mark.parametrize(
    ("place", "forms"),
    [
        ((1, 2, 3, False), ("q1-3", "q~2")),
        ((640, 640, 640, False), ("q640", "q.6k")),
        ((900, 1049, 1200, False), ("q900-1\u202f200", "q~1k")),
        ((1033, 1160, 1200, False), ("q1\u202f033-1\u202f200", "q~1.2k", "q~1k")),
        ((98_700, 98_700, 98_700, True), ("q~98\u202f700", "q~99k", "q~100k")),
        ((960, 960, 960, False), ("q960", "q1k")),
    ],
)
def test_a_place_in_the_queue_has_short_forms_that_say_whether_it_is_a_range(
    place: tuple[int, int, int, bool], forms: tuple[str, ...]
) -> None:
    low, expected, high, is_guess = place
    assert queue_forms(QueuePlace(Lots(low), Lots(expected), Lots(high), is_guess)) == forms
