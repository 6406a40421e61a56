"""Limits as texts to type and back: which fields there are, with their units, and what is wrong.

An empty field switches its rule off, or leaves a contract's limit to those of all contracts.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.guard_terms import ContractLimits, OrderRate
from terminal.domain.units import Lots, plain
from terminal.session.daily_loss import is_zone
from terminal.viewmodels.text import bare_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.domain.guard_terms import GuardLimits
    from terminal.domain.units import Symbol

LARGEST = 1_000_000_000
LOSS = "loss."
"""What the names of the fields of a day's loss begin with; the currency follows."""


@final
class FieldSpec(NamedTuple):
    """One field: its name, what it is called, its unit, and what it means in a sentence."""

    name: str
    title: str
    unit: str
    hint: str
    is_whole: bool = True
    least: int = 1
    most: int = LARGEST
    can_be_off: bool = True


SCOPED = (
    FieldSpec("max_lots", "Order size", "lots", "The most lots in one opening order.",
              can_be_off=False),
    FieldSpec("max_value", "Order value", "quote currency", "The most that one opening order is "
              "worth, in the contract's quote currency.", is_whole=False, can_be_off=False),
    FieldSpec("max_position", "Position", "lots", "The most lots held, long or short, once all "
              "working entries have filled."),
)  # fmt: skip
"""Fields that a contract may have for itself."""
GENERAL = (
    FieldSpec("collar_ticks", "Collar", "ticks", "How far a limit may lie through the touch.",
              least=0, can_be_off=False),
    FieldSpec("mark_percent", "From the mark price", "%", "How far a limit may lie from the mark "
              "price, either way.", is_whole=False),
    FieldSpec("rate_orders", "Orders", "orders", "The most opening orders in a stretch of time.",
              most=1000),
    FieldSpec("rate_seconds", "within", "s", "The stretch of time that orders are counted in.",
              most=3600),
    FieldSpec("repeat_ms", "The same order again", "ms", "How soon the same order is taken for a "
              "slip of the hand.", most=60_000),
    FieldSpec("max_leverage", "Leverage", "x", "The most leverage of what opens.",
              is_whole=False),
    FieldSpec("liquidation_percent", "To liquidation", "%", "The least distance to the estimated "
              "liquidation price after a fill.", is_whole=False, most=100),
)  # fmt: skip


def loss_field(currency: str) -> FieldSpec:
    """The field of a day's loss in a settle currency."""
    hint = f"What may be lost in {currency} in a day before nothing opens any more."
    return FieldSpec(
        f"{LOSS}{currency}", f"Loss of a day, {currency}", currency, hint, is_whole=False
    )


def texts_of(limits: GuardLimits, symbol: Symbol | None) -> dict[str, str]:
    """What stands in the fields for some limits; of one contract its own only."""
    own: ContractLimits | GuardLimits = limits
    if symbol is not None:
        own = limits.contracts.get(symbol, ContractLimits())
    rate = limits.rate
    return {
        "max_lots": _text(own.max_lots),
        "max_value": _text(own.max_value),
        "max_position": _text(own.max_position),
        "collar_ticks": _text(limits.collar_ticks),
        "mark_percent": _text(limits.mark_percent),
        "rate_orders": "" if rate is None else str(rate.orders),
        "rate_seconds": "" if rate is None else str(rate.seconds),
        "repeat_ms": _text(limits.repeat_ms or None),
        "max_leverage": _text(limits.max_leverage),
        "liquidation_percent": _text(limits.liquidation_percent),
        "zone": limits.zone,
        **{f"{LOSS}{currency}": plain(most) for currency, most in limits.max_losses.items()},
    }


def _text(value: Decimal | int | None) -> str:
    if value is None:
        return ""
    return plain(value) if isinstance(value, Decimal) else str(value)


def problem_of(spec: FieldSpec, typed: str, *, is_of_contract: bool = False) -> str:
    """What is wrong with a field, one sentence; empty when nothing is."""
    if not typed.strip():
        return "" if spec.can_be_off or is_of_contract else "This limit cannot be off."
    bare = bare_number(typed)
    if bare == "x" or (spec.is_whole and not bare.isdecimal()):
        return "A whole number." if spec.is_whole else "A number, as in 2.5."
    value = Decimal(bare)
    if value < spec.least and (spec.is_whole or value <= 0):
        return "Above zero." if spec.least else "Not below zero."
    return f"At most {spec.most}." if value > spec.most else ""


def zone_problem(typed: str) -> str:
    """What is wrong with the name of a zone."""
    if is_zone(typed.strip()):
        return ""
    return "No zone of this name is known: UTC, or as in Europe/Berlin."


def problems_of(texts: Mapping[str, str], symbol: Symbol | None) -> dict[str, str]:
    """What is wrong, by field; empty when nothing is."""
    losses = [loss_field(name.removeprefix(LOSS)) for name in texts if name.startswith(LOSS)]
    found = {
        spec.name: problem_of(
            spec,
            texts.get(spec.name, ""),
            is_of_contract=spec in SCOPED and symbol is not None,
        )
        for spec in (*SCOPED, *GENERAL, *losses)
    }
    found["zone"] = zone_problem(texts["zone"])
    halves = [bool(texts.get(name, "").strip()) for name in ("rate_orders", "rate_seconds")]
    if any(halves) and not all(halves):
        missing = "rate_seconds" if halves[0] else "rate_orders"
        found[missing] = "Orders and their time belong together."
    return {name: problem for name, problem in found.items() if problem}


def limits_of(texts: Mapping[str, str], symbol: Symbol | None, before: GuardLimits) -> GuardLimits:
    """The limits that the fields say; they must have no problems. The rest stays as it was."""

    def amount(name: str) -> Decimal | None:
        typed = texts.get(name, "").strip()
        return Decimal(bare_number(typed)) if typed else None

    def whole(name: str) -> int | None:
        value = amount(name)
        return None if value is None else int(value)

    def lots(name: str) -> Lots | None:
        value = whole(name)
        return None if value is None else Lots(value)

    orders, seconds = whole("rate_orders"), whole("rate_seconds")
    losses = {
        name.removeprefix(LOSS): most
        for name in texts
        if name.startswith(LOSS) and (most := amount(name)) is not None
    }
    after = replace(
        before,
        collar_ticks=whole("collar_ticks") or 0,
        mark_percent=amount("mark_percent"),
        rate=None if orders is None or seconds is None else OrderRate(orders, seconds),
        repeat_ms=whole("repeat_ms") or 0,
        max_leverage=amount("max_leverage"),
        liquidation_percent=amount("liquidation_percent"),
        max_losses=losses,
        zone=texts["zone"].strip(),
    )
    own = ContractLimits(lots("max_lots"), amount("max_value"), lots("max_position"))
    if symbol is not None:
        return after.with_contract(symbol, own)
    return replace(
        after,
        max_lots=own.max_lots or before.max_lots,
        max_value=own.max_value or before.max_value,
        max_position=own.max_position,
    )
