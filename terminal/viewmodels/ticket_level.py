"""The risk level that an order needs, raised from the ticket: shown, pressed twice, asked for once.

Offered only where the exchange is sure to refuse the order for its level: where nobody told which
level is set, what looks like raising might lower it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.viewmodels import text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terminal.domain.contract import Contract
    from terminal.domain.effect import Effect
    from terminal.domain.market_facts import RiskTier
    from terminal.domain.units import Symbol
    from terminal.session.orders import OrderDesk
    from terminal.session.risk_levels import RiskLevels
    from terminal.session.trading_terms import TermsAnswer


@final
class LevelView(NamedTuple):
    """The button below the sides, empty for none; ``words`` once it was pressed.

    ``announced`` are the words that the first press will show: room is kept for them.
    """

    button: str = ""
    can_press: bool = False
    words: str = ""
    announced: str = ""


NO_LEVEL = LevelView()
HELP = (
    "Asks the exchange for the isolated risk level that the order needs; this sends no order.\n"
    "It cancels the contract's open orders with it. Whether waiting stops go too is not\n"
    "documented: look at the protection afterwards. The first press says what it does."
)


@final
class TicketLevel:
    """The wish for a higher level. ``levels`` is who can raise it; None where nobody can."""

    def __init__(self, desk: OrderDesk) -> None:
        self.levels: RiskLevels | None = None
        self._desk = desk
        self._shown: tuple[Symbol, RiskTier] | None = None
        self._staged: tuple[Symbol, int] | None = None

    @property
    def is_staged(self) -> bool:
        """Whether one more press asks for it."""
        return self._staged is not None

    def drop(self) -> None:
        """Take back what is staged."""
        self._staged = None

    def press(self, contract: Contract | None) -> None:
        """First press: say what it does. The second asks for it, if it is still what was shown."""
        levels, shown = self.levels, self._shown
        staged, self._staged = self._staged, None
        if contract is None or levels is None or shown is None or shown[0] != contract.symbol:
            return
        if levels.is_busy(contract.symbol):
            return
        wanted = (contract.symbol, shown[1].level)
        if staged == wanted:
            levels.raise_to(contract, shown[1].level)
        else:
            self._staged = wanted

    def ended(self, symbol: Symbol) -> TermsAnswer | None:
        """How it ended, told once; None while nothing has."""
        answer = None if self.levels is None else self.levels.answer(symbol)
        if self.levels is None or answer is None or answer.ok is None:
            return None
        self.levels.forget(symbol)
        return answer

    def view(self, contract: Contract | None, effects: Iterable[Effect | None]) -> LevelView:
        """What is offered for the orders of both sides: the least that helps one of them."""
        self._shown = None
        if contract is None or self.levels is None:
            return NO_LEVEL
        if self.levels.is_busy(contract.symbol):
            return LevelView("Raising the risk level\N{HORIZONTAL ELLIPSIS}")
        found = [tier for tier in map(_helps, effects) if tier is not None]
        if not found:
            self._staged = None
            return NO_LEVEL
        tier = min(found, key=lambda one: one.level)
        self._shown = (contract.symbol, tier)
        words = self._words(contract, tier)
        if self._staged != (contract.symbol, tier.level):
            self._staged = None
            button = f"Raise to risk level {tier.level}"
            return LevelView(button, can_press=True, announced=words)
        return LevelView(f"Press again: risk level {tier.level}", can_press=True, words=words)

    def _words(self, contract: Contract, tier: RiskTier) -> str:
        working = len(self._desk.working(contract.symbol))
        most, times = text.number(tier.max_value, 0), f"{tier.max_leverage.normalize():f}x"
        return (
            f"Level {tier.level}: up to {most} {contract.settle_currency}, at most {times}. "
            f"Cancels the contract's open orders ({working or 'none'} now), perhaps its stops. "
            f"Press again, Esc drops."
        )


def _helps(effect: Effect | None) -> RiskTier | None:
    """The level that lets an order pass which is sure to be refused; None where none does.

    An order beyond the highest level is refused at every one.
    """
    if effect is None or effect.tiers is None or not effect.is_refused:
        return None
    tier, after = effect.tiers[1], effect.after
    if after is None or not effect.signed:
        return None
    value = effect.value * abs(after) / abs(effect.signed)
    return tier if value <= tier.max_value else None
