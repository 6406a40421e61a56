"""What a ladder does only when asked twice: flatten, reverse, close half, orders at market."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.domain.lanes import about, lane_words
from terminal.domain.units import Side
from terminal.viewmodels import text
from terminal.viewmodels.double_press import DoublePress
from terminal.viewmodels.keys import DOUBLE_PRESS_MS, LadderAction
from terminal.viewmodels.ladder_hands import ArmedBy
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.units import Lots
    from terminal.session.account import AccountSession
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.ladder_hands import TradingHand
    from terminal.viewmodels.sizes import InHand

HALF = Decimal("0.5")
_MARKET_SIDES = {LadderAction.BUY_MARKET: Side.BUY, LadderAction.SELL_MARKET: Side.SELL}
_DONE = {
    LadderAction.FLATTEN: "flattened",
    LadderAction.REVERSE: "reversed",
    LadderAction.CLOSE_HALF: "closed",
    LadderAction.BUY_MARKET: "sent",
    LadderAction.SELL_MARKET: "sent",
}


@final
class LadderPresses:
    """The double presses of one ladder."""

    def __init__(self, trading: TradingHand, desk: OrderDesk, account: AccountSession) -> None:
        self._trading = trading
        self._desk = desk
        self._account = account
        self._presses = DoublePress()
        self._size: tuple[InHand, Lots] | None = None  # that a market order was asked about with

    def press(self, action: LadderAction, at_ms: int, within_ms: int = DOUBLE_PRESS_MS) -> None:
        """A first press of flatten, reverse, close half or market asks, a second does it.

        What can open needs arming; flattening and closing do not.
        """
        trading = self._trading
        is_second = self._presses.is_second(action, at_ms, within_ms)
        if trading.contract is None:
            return
        needs_arming = action not in {LadderAction.FLATTEN, LadderAction.CLOSE_HALF}
        side = _MARKET_SIDES.get(action)
        reduces = not needs_arming or (side is not None and trading.is_exit(side))
        if trading.is_refused(f"Not {_DONE[action]}.", reduces=reduces) or (
            needs_arming
            and (
                trading.is_locked(f"Not {_DONE[action]}.")
                or trading.is_unarmed(ArmedBy.KEYBOARD, reduces=reduces)
            )
        ):
            self._presses.forget()
        elif side is not None:
            self._market(side, action, at_ms, is_second=is_second)
        elif not is_second:
            trading.say(f"Once more to {self._asked(action)}.", Role.CAUTION)
        elif action is LadderAction.FLATTEN:
            self._flatten(trading.contract)
        elif action is LadderAction.REVERSE:
            self._reverse(trading.contract)
        else:
            self._close_half(trading.contract)

    def _market(self, side: Side, action: LadderAction, at_ms: int, *, is_second: bool) -> None:
        """Ask about the lots of now, then send those; about another size it is asked anew."""
        trading, asked = self._trading, self._size
        if is_second and asked is not None and asked[0] == trading.sizes.in_hand:
            self._size = None
            if trading.size_to_send() is not None:  # else the price is gone that they came from
                trading.press_market(side, asked[1])
            return
        lots = trading.size_to_send()
        self._presses.forget()
        if lots is None:
            return
        self._presses.is_second(action, at_ms)
        self._size = trading.sizes.in_hand, lots
        lane = lane_words(trading.lane)
        in_lane = f" in the {lane}" if lane else ""
        words = f"{side.value} {text.whole(lots)} at market{in_lane}"
        trading.say(f"Once more to {words}.", Role.CAUTION)

    def _asked(self, action: LadderAction) -> str:
        trading = self._trading
        lane = lane_words(trading.lane)
        of_lane = f" of the {lane}" if lane else ""
        return {
            LadderAction.REVERSE: f"reverse the {lane}" if lane else "reverse",
            LadderAction.CLOSE_HALF: f"close half{of_lane}",
        }.get(action, "flatten both lanes" if lane else "flatten")

    def take_back(self, at_ms: int) -> str:
        """Whether a question was open until now: what is not done then, else empty."""
        asked = self._presses.take_back(at_ms)
        return "" if asked is None else _DONE[asked]

    def forget(self) -> None:
        """Another key came in between: two presses must follow each other."""
        self._presses.forget()

    def _flatten(self, contract: Contract) -> None:
        is_running = self._desk.flattening(contract.symbol)
        self._desk.flatten(contract.symbol)  # which calls a reverse off that is under way
        both = ", both lanes" if self._account.is_hedged else ""
        words = f"Flattening {contract.symbol}{both}."
        if is_running:
            words = f"{contract.symbol} is being flattened already."
        self._trading.say(words, Role.CAUTION)

    def _reverse(self, contract: Contract) -> None:
        trading = self._trading
        blocked = self._desk.reverse(contract.symbol, trading.lane)
        if blocked is None:
            name = about(contract.symbol, trading.lane)
            trading.say(f"Reversing {name}: flatten first.", Role.CAUTION)
        else:
            trading.say(f"Not reversed. {blocked.blocks[0].reason}", Role.DANGER)

    def _close_half(self, contract: Contract) -> None:
        trading = self._trading
        blocked = self._desk.close_share(contract.symbol, HALF, lane=trading.lane)
        if blocked is None:
            name = about(contract.symbol, trading.lane)
            # Quiet, so that it goes: nothing else says that it was done but the position.
            trading.say(f"Closing half of {name} at market.", Role.TEXT)
        else:
            trading.say(f"Nothing was closed. {blocked.blocks[0].reason}", Role.DANGER)
