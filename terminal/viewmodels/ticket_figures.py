"""What the ticket tells of an order before it is sent, as rows of text for buy and sell.

All figures of margin and liquidation are estimates by the exchange's published formulas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.units import ExactPrice, Money, Side
from terminal.viewmodels import text

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from terminal.domain.contract import Contract
    from terminal.domain.effect import Effect
    from terminal.domain.slippage import Sweep


@final
class FigureRow(NamedTuple):
    """One figure: its title, what it is for a buy and a sell, and how to read it.

    ``sell`` is empty where both sides have the same.
    """

    title: str
    buy: str
    sell: str
    tip: str


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
        _row("Slippage", sides, lambda one: _slippage(contract, one.sweep),
             _slippage_tip(contract, sides)),
        _row("Liquidation", sides, lambda one: _liquidation(contract, one.effect),
             "Where the position would be liquidated once this has filled, estimated."),
        _row("Free after", sides, lambda one: _money(contract, one.effect and one.effect.available),
             "What of the balance would be available afterwards, estimated."),
        _row("Risk level", sides, lambda one: _tier(one.effect),
             "The isolated risk level of the position before and after; a higher one wants more "
             "margin and allows less leverage. The exchange has none in cross mode."),
    )  # fmt: skip


def fees_words(contract: Contract, effect: Effect | None) -> str:
    """Maker's and taker's fee: ``0.02 / 0.06 USDT``."""
    if effect is None:
        return text.EMPTY
    decimals = text.money_decimals(contract.settle_currency) + 2
    maker, taker = (text.number(fee, decimals) for fee in (effect.maker_fee, effect.taker_fee))
    return f"{maker} / {taker} {contract.settle_currency}"


def distance_words(contract: Contract, price: Decimal, last: Decimal, atr: Decimal | None) -> str:
    """How far a price is from the last one, in ticks and in average ranges of a minute."""
    ticks = (price - last) / contract.scale.tick_size
    way = "above" if ticks > 0 else "below"
    shown = f"{text.number(abs(ticks), 0)} ticks {way} last" if ticks else "at last"
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


def _slippage(contract: Contract, sweep: Sweep | None) -> str:
    """Average and worst in ticks from the best price, and the levels: ``0.5 / 1 t, 2 lv``."""
    if sweep is None:
        return "none"
    average = text.number(sweep.average_ticks(contract), 1)
    levels = f"{sweep.levels} lv" if not sweep.left else "part"
    return f"{average} / {sweep.worst_ticks} t, {levels}"


def _slippage_tip(contract: Contract, sides: dict[Side, SideFigures]) -> str:
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


def _tier(effect: Effect | None) -> str:
    if effect is None or effect.tiers is None:
        return text.EMPTY
    before, after = effect.tiers
    if before.level == after.level:
        return str(after.level)
    arrow = "\N{RIGHTWARDS ARROW}"
    return f"{before.level} {arrow} {after.level}, to {text.number(after.max_leverage, 0)}x"


def value_words(contract: Contract, value: Decimal | None) -> str:
    """The value in the settle currency."""
    return text.EMPTY if value is None else text.money(Money(value, contract.settle_currency))
