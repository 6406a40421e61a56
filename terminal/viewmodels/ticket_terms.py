"""Margin mode and leverage in the ticket: what holds, what is wanted, what would change."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.events import MarginMode, PositionMode, PositionSide
from terminal.domain.units import ExactPrice, Lots, plain
from terminal.viewmodels import text
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.contract import Contract
    from terminal.domain.effect import Effect
    from terminal.session.account import AccountSession
    from terminal.session.position_modes import PositionModes
    from terminal.session.trading_terms import TradingTerms

    Estimate = Callable[[MarginMode, Decimal], Effect | None]

_ARROW = "\N{RIGHTWARDS ARROW}"


@final
class TermsView(NamedTuple):
    """The strip in the ticket. ``button_text`` is what stands there while it is closed.

    ``words`` say what a change would change, ``answer`` how the last one ended.
    """

    button_text: str
    is_open: bool
    mode: MarginMode | None
    leverage_text: str
    problem: str
    words: str
    answer: str
    answer_role: Role
    can_apply: bool
    reason: str
    position_mode: PositionMode | None = None
    can_choose_position_mode: bool = False


CLOSED = TermsView(
    button_text="",
    is_open=False,
    mode=None,
    leverage_text="",
    problem="",
    words="",
    answer="",
    answer_role=Role.TEXT_DIM,
    can_apply=False,
    reason="",
)


@final
class TicketTerms:
    """The wish for another mode or leverage. Nothing is asked of the exchange before ``apply``.

    ``estimate`` says what the order in the ticket would do with other terms.
    """

    def __init__(
        self, account: AccountSession, edited: Callable[[], None], estimate: Estimate
    ) -> None:
        self._account = account
        self._edited = edited
        self._estimate = estimate
        self.changes: TradingTerms | None = None
        """Who can change them; None where nobody can."""
        self.position_modes: PositionModes | None = None
        """Who can switch the account between one-way and hedge; None where nobody can."""
        self._position_mode: PositionMode | None = None
        self._is_open = False
        self._mode: MarginMode | None = None
        self._leverage_text = ""

    def open(self, contract: Contract | None, *, is_open: bool) -> None:
        """Show or hide the strip; it begins with what holds."""
        self._is_open = is_open
        self._mode, self._leverage_text, self._position_mode = None, "", None
        if self.position_modes is not None:
            self.position_modes.forget()
        if contract is not None and self.changes is not None:
            self.changes.forget(contract.symbol)
        self._edited()

    def set_mode(self, mode: MarginMode) -> None:
        """Another margin mode is wanted."""
        self._mode, self._position_mode = mode, None
        self._edited()

    def set_leverage_text(self, typed: str) -> None:
        """Leverage as typed."""
        self._leverage_text, self._position_mode = typed, None
        self._edited()

    def set_position_mode(self, mode: PositionMode) -> None:
        """The account's other position mode is wanted, and nothing else with it."""
        self._mode, self._leverage_text, self._position_mode = None, "", mode
        self._edited()

    def step_leverage(self, by: int, shown: str) -> None:
        """One more or less than what is shown."""
        self._leverage_text = shown
        now = self._leverage()
        self.set_leverage_text(plain(max(Decimal(1), (now or Decimal(0)) + by)))

    def apply(self, contract: Contract | None) -> None:
        """Ask for what differs from what holds: the mode first, by itself, then the leverage."""
        if contract is None or self.changes is None or not self.view(contract).can_apply:
            return
        wished, self._position_mode = self._position_mode, None
        if wished is not None and self.position_modes is not None:
            self.changes.forget(contract.symbol)
            self.position_modes.switch(wished)
            self._edited()
            return
        if self.position_modes is not None:
            self.position_modes.forget()
        wanted, leverage = self._mode, self._leverage()
        if wanted is not None and wanted is not self._account.margin_mode(contract.symbol):
            self.changes.set_mode(contract, wanted)
            self._mode = None
        elif leverage is not None:
            self.changes.set_leverage(contract, leverage)
            self._leverage_text = ""
        self._edited()

    def _leverage(self) -> Decimal | None:
        try:
            return Decimal(text.bare_number(self._leverage_text.rstrip("xX ")))
        except InvalidOperation:
            return None

    # View ------------------------------------------------------------------------------------

    def view(self, contract: Contract | None, lane: PositionSide | None = None) -> TermsView:
        """What is shown of it."""
        if contract is None:
            return CLOSED
        symbol = contract.symbol
        holds, leverage = self._account.margin_mode(symbol), self._account.leverage(symbol, lane)
        button = "Margin not known"
        if holds is not None:
            shown = "" if leverage is None else f" {plain(leverage)}x"
            button = f"{holds.value.capitalize()}{shown}"
        if not self._is_open:
            return CLOSED._replace(button_text=button, mode=holds)
        view, modes = self._open_view(contract, holds, leverage, button), self.position_modes
        return view if modes is None else self._with_position_mode(view, modes)

    def _with_position_mode(self, shown: TermsView, modes: PositionModes) -> TermsView:
        """The same with the account's position mode, and with what is wished or was said of it."""
        wished, told = self._position_mode, modes.answer
        if wished is modes.mode:
            wished = None
        shown = shown._replace(
            position_mode=wished or modes.mode,
            can_choose_position_mode=modes.mode is not None and not modes.is_busy,
            can_apply=shown.can_apply and not modes.is_busy,
        )
        if wished is not None:
            reason = modes.why_not()
            words = f"{_POSITION_WORDS[wished]} {reason}".rstrip()
            can_apply = not reason and not modes.is_busy
            return shown._replace(words=words, problem="", can_apply=can_apply)
        if told is None:
            return shown
        ended = Role.BUY if told.ok else Role.DANGER
        role = Role.TEXT_DIM if told.ok is None else ended
        return shown._replace(answer=told.sentence, answer_role=role)

    def _open_view(
        self,
        contract: Contract,
        holds: MarginMode | None,
        leverage: Decimal | None,
        button: str,
    ) -> TermsView:
        symbol = contract.symbol
        typed, problem = self._leverage(), ""
        if self._leverage_text.strip():
            problem = "A whole number." if typed is None else self._bad(contract, typed)
        mode = self._mode or holds
        is_other_mode = mode is not holds and mode is not None
        is_other = is_other_mode or (typed is not None and not problem)
        busy = self.changes is not None and self.changes.is_busy(symbol)
        told = None if self.changes is None else self.changes.answer(symbol)
        words = ""
        if is_other and mode is not None and not problem:
            words = self._words(contract, mode, typed, is_other_mode=is_other_mode)
        reason = "" if self.changes is not None else "Nothing can be changed here."
        role = Role.TEXT_DIM
        if told is not None and told.ok is not None:
            role = Role.BUY if told.ok else Role.DANGER
        return TermsView(
            button_text=button,
            is_open=True,
            mode=mode,
            leverage_text=self._leverage_text or ("" if leverage is None else plain(leverage)),
            problem=problem,
            words=words or reason,
            answer="" if told is None else told.sentence,
            answer_role=role,
            can_apply=is_other and not busy and not problem and self.changes is not None,
            reason=reason,
        )

    def _bad(self, contract: Contract, leverage: Decimal) -> str:
        return "" if self.changes is None else self.changes.problem(contract, leverage)

    def _words(
        self, contract: Contract, mode: MarginMode, typed: Decimal | None, *, is_other_mode: bool
    ) -> str:
        if is_other_mode:
            return _MODE_WORDS[mode]
        leverage = self._account.leverage(contract.symbol)
        if typed is None or leverage is None or typed == leverage:
            return "It is that already." if typed is not None and typed == leverage else ""
        parts = [self._position(contract, mode, leverage, typed)]
        parts.append(self._order(contract, mode, leverage, typed))
        return " ".join(part for part in parts if part)

    def _position(
        self, contract: Contract, mode: MarginMode, before: Decimal, after: Decimal
    ) -> str:
        """The margin and the liquidation of what is held, before and after."""
        held = self._account.held(contract.symbol)
        if not held:
            return ""
        if mode is not MarginMode.CROSS:
            return "The position keeps its margin and its liquidation price; new orders change."
        mark = self._account.mark(contract.symbol)
        if mark is None:
            return "The position's margin changes with it; the mark price is not known."
        lots = Lots(sum(abs(one.core.lots) for one in held))
        value = contract.settle_value(mark.value, lots).amount
        decimals = text.money_decimals(contract.settle_currency)
        old, new = (text.number(value / one, decimals) for one in (before, after))
        # All of the balance backs it before and after: only what is bound changes.
        return (
            f"Position margin {old} {_ARROW} {new} {contract.settle_currency}; "
            f"its liquidation price stays."
        )

    def _order(self, contract: Contract, mode: MarginMode, before: Decimal, after: Decimal) -> str:
        old, new = self._estimate(mode, before), self._estimate(mode, after)
        if old is None or new is None or old.margin is None or new.margin is None:
            return ""
        decimals = text.money_decimals(contract.settle_currency)
        margins = " \N{RIGHTWARDS ARROW} ".join(
            text.number(one, decimals) for one in (old.margin, new.margin)
        )
        found = f"This order: margin {margins} {contract.settle_currency}"
        if old.liquidation is None or new.liquidation is None:
            return f"{found}."
        prices = f" {_ARROW} ".join(
            text.exact_price(ExactPrice(one), contract)
            for one in (old.liquidation, new.liquidation)
        )
        return f"{found}, liquidation {prices}."


_POSITION_WORDS = {
    PositionMode.HEDGE: (
        "Hedge, for the whole account: each contract has a long and a short position beside each "
        "other, and each order names its lane. Ladders are disarmed."
    ),
    PositionMode.ONE_WAY: (
        "One-way, for the whole account: each contract has one position, which buys and sells "
        "enlarge, reduce or turn. Ladders are disarmed."
    ),
}
_MODE_WORDS = {
    MarginMode.CROSS: (
        "Cross: all of the available balance backs every cross position; the leverage is the "
        "contract's. Needs no position and no orders here."
    ),
    MarginMode.ISOLATED: (
        "Isolated: a position can lose its own margin and no more; the leverage is each order's. "
        "Needs no position and no orders here."
    ),
}
