"""What the ticket tells of an order before it is sent, as rows of text for buy and sell.

All figures of margin and liquidation are estimates by the exchange's published formulas.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.events import OrderType, TimeInForce
from terminal.domain.units import ExactPrice, Money, Side
from terminal.viewmodels import text

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from terminal.domain.contract import Contract
    from terminal.domain.effect import Effect
    from terminal.domain.slippage import Sweep
    from terminal.domain.ticket import OrderTicket


@final
class FigureRow(NamedTuple):
    """One figure: its title, what it is for a buy and a sell, and how to read it.

    ``sell`` is empty where both sides have the same. Of sides in ``doubts`` it is no good news.
    """

    title: str
    buy: str
    sell: str
    tip: str
    doubts: frozenset[Side] = frozenset()


@final
class SideFigures(NamedTuple):
    """What is known of one side; None while it is not complete."""

    effect: Effect | None
    sweep: Sweep | None


NOTHING = SideFigures(None, None)


def figure_rows(
    contract: Contract, sides: dict[Side, SideFigures], *, waits: bool
) -> tuple[FigureRow, ...]:
    """All rows, always the same ones: what is not known is a dash, and rows never jump."""
    later = " It is frozen when the stop fires, not before." if waits else ""
    return (
        _row("Margin", sides, lambda one: _money(contract, one.effect and one.effect.margin),
             f"Initial margin with the taker's fee that it would freeze, estimated.{later}"),
        _row("Slippage", sides, lambda one: _slippage(contract, one, waits=waits),
             _slippage_tip(contract, sides, waits=waits)),
        _row("Liquidation", sides, lambda one: _liquidation(contract, one.effect),
             "Where the position would be liquidated once this has filled, estimated."),
        _row("Free after", sides, lambda one: _money(contract, one.effect and one.effect.available),
             "What of the balance would be available afterwards, estimated."),
        _row("Risk level", sides, lambda one: _level(one.effect),
             "The isolated risk level that the position needs. It is set for the contract, lowest "
             "at first, and the exchange does not raise it by itself: what needs a higher one is "
             "refused until it is raised on the exchange's site, which cancels the contract's "
             "orders. In cross mode there is none.")._replace(doubts=_doubts(sides)),
    )  # fmt: skip


class Charged(Enum):
    """As what an order pays; the values are the words of the line."""

    MAKER = "Fee maker"
    TAKER = "Fee taker"
    EITHER = "Fee maker / taker"


def charged(ticket: OrderTicket | None) -> Charged:
    """As what an order can only fill, or that it may be either.

    What is at market, may not rest, or is hidden takes; post-only makes (API reference 3.3).
    """
    if ticket is None:
        return Charged.EITHER
    terms = ticket.terms
    if (
        ticket.order_type is OrderType.MARKET
        or terms.is_hidden
        or terms.time_in_force is TimeInForce.IOC
    ):
        return Charged.TAKER
    return Charged.MAKER if ticket.is_post_only else Charged.EITHER


def fees_words(contract: Contract, effect: Effect | None, charge: Charged) -> str:
    """The fees that can be asked: ``0.06 USDT``, or maker's and taker's ``0.02 / 0.06 USDT``."""
    if effect is None:
        return text.EMPTY
    decimals = text.money_decimals(contract.settle_currency) + 2
    fees = {
        Charged.MAKER: (effect.maker_fee,),
        Charged.TAKER: (effect.taker_fee,),
        Charged.EITHER: (effect.maker_fee, effect.taker_fee),
    }[charge]
    shown = " / ".join(text.number(fee, decimals) for fee in fees)
    return f"{shown} {contract.settle_currency}"


def distance_words(contract: Contract, price: Decimal, last: Decimal, atr: Decimal | None) -> str:
    """How far a price is from the last one, in ticks and in average ranges of a minute."""
    ticks = (price - last) / contract.scale.tick_size
    way = "above" if ticks > 0 else "below"
    shown = f"{text.counted(abs(ticks), 'tick')} {way} last" if ticks else "at last"
    if atr is None or atr <= 0:
        return shown
    return f"{shown}, {text.number(abs(ticks) / atr, 1)} ATR"


def _row(
    title: str, sides: dict[Side, SideFigures], words: Callable[[SideFigures], str], tip: str
) -> FigureRow:
    buy, sell = (words(sides[side]) for side in Side)
    return FigureRow(title, buy, "" if buy == sell else sell, tip)


def _money(contract: Contract, amount: Decimal | None) -> str:
    if amount is None:
        return text.EMPTY
    return text.number(amount, text.money_decimals(contract.settle_currency))


def _slippage(contract: Contract, side: SideFigures, *, waits: bool) -> str:
    """Average and worst in ticks from the best price, and the levels: ``0.5 / 1 t, 2 lv``.

    None is said only of an order that is known and takes nothing at once; what a stop will take
    when it fires nobody knows.
    """
    sweep = side.sweep
    if sweep is None and waits and side.effect is not None:
        return "not known"
    if sweep is None:
        return text.EMPTY if side.effect is None else "none"
    average = text.number(sweep.average_ticks(contract), 1)
    levels = f"{sweep.levels} lv" if not sweep.left else "part"
    return f"{average} / {sweep.worst_ticks} t, {levels}"


def _slippage_tip(contract: Contract, sides: dict[Side, SideFigures], *, waits: bool) -> str:
    if waits:
        return "What the book holds when the stop fires is not known before."
    lines = ["What fills at once from the visible book: average and worst in ticks, levels taken."]
    for side, one in sides.items():
        if one.sweep is None:
            continue
        average = text.number(one.sweep.average, contract.scale.decimals + 1)
        worst, filled = text.price(one.sweep.worst, contract), text.whole(one.sweep.lots)
        left = f", {text.whole(one.sweep.left)} do not fill" if one.sweep.left else ""
        lines.append(
            f"{side.value.capitalize()}: {filled} at {average} on average, the worst {worst}, "
            f"{one.sweep.levels} levels{left}."
        )
    return "\n".join(lines)


def _liquidation(contract: Contract, effect: Effect | None) -> str:
    if effect is None or effect.liquidation is None:
        return "flat" if effect is not None and effect.after == 0 else text.EMPTY
    return text.exact_price(ExactPrice(effect.liquidation), contract)


def _level(effect: Effect | None) -> str:
    """The level that is set or that it is within; else the one it needs: ``needs 2, is 1``."""
    if effect is None or effect.tiers is None or effect.level is None:
        return text.EMPTY
    needed = effect.needs_level
    if needed is not None:
        return f"needs {needed}, is {effect.level.number}{'' if effect.level.is_told else '?'}"
    return str(effect.level.number if effect.level.is_told else effect.tiers[1].level)


def _doubts(sides: dict[Side, SideFigures]) -> frozenset[Side]:
    return frozenset(
        side
        for side, one in sides.items()
        if one.effect is not None and one.effect.needs_level is not None
    )


def level_refusal(effect: Effect | None) -> str:
    """Why the exchange is sure to refuse an order for its risk level; empty when it is not."""
    if effect is None or effect.level is None or not effect.is_refused:
        return ""
    return (
        f"It needs risk level {effect.needs_level}; {effect.level.number} is set, and the exchange "
        f"does not raise it by itself. Take fewer lots."
    )


def value_words(contract: Contract, value: Decimal | None) -> str:
    """The value in the settle currency."""
    return text.EMPTY if value is None else text.money(Money(value, contract.settle_currency))
