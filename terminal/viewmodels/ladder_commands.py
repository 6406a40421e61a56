"""What the ladder's actions need before they may act, and the actions as commands of the palette.

One table for whoever asks: help, the palette, and the walk of all keys in the tests.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from terminal.viewmodels.keys import LadderAction, first_key
from terminal.viewmodels.ladder_trading import ArmedBy
from terminal.viewmodels.palette import PaletteCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terminal.viewmodels.ladder import LadderViewModel

GROUP = "Ladder"
_A = LadderAction
ENTERS = frozenset(
    {
        _A.BUY,
        _A.SELL,
        _A.STOP_BUY,
        _A.STOP_SELL,
        _A.CLOSE_BUY,
        _A.CLOSE_SELL,
        _A.JOIN_BID,
        _A.JOIN_ASK,
        _A.BUY_AT_ASK,
        _A.SELL_AT_BID,
        _A.BUY_MARKET,
        _A.SELL_MARKET,
        _A.GRAB,
        _A.COMMIT,
        _A.GRAB_ALL_UP,
        _A.GRAB_ALL_DOWN,
        _A.BREAKEVEN,
        _A.REVERSE,
    }
)
"""Actions that enter or move orders: they need arming, and the lock keeps them all."""
GETS_OUT = frozenset(
    {
        _A.CANCEL_AT_CURSOR,
        _A.CANCEL_NEWEST,
        _A.CANCEL_BUYS,
        _A.CANCEL_SELLS,
        _A.CANCEL_ALL,
        _A.CANCEL_EVERYWHERE,
        _A.FLATTEN,
        _A.CLOSE_HALF,
        _A.PROTECT,
    }
)
"""Actions that cancel, close or protect: they work armed or not, locked or not, stale or not."""
_INSIDE = frozenset({_A.COMMIT, _A.BACK, _A.GRAB_ALL_UP, _A.GRAB_ALL_DOWN})
"""Actions that make sense only while the hands are on the ladder."""


def why_not(ladder: LadderViewModel, action: LadderAction) -> str:
    """Why an action cannot act now, one sentence; empty while it may, by its own rules."""
    trading = ladder.trading
    if action not in ENTERS | GETS_OUT:
        return ""
    if ladder.silence:
        return ladder.silence
    if action in GETS_OUT:
        return ""
    if reason := trading.locked():
        return reason
    if ArmedBy.KEYBOARD in trading.armed or trading.is_free(ArmedBy.KEYBOARD, reduces=True):
        return ""
    key = trading.arming_key
    return f"Keyboard trading is off: {key} arms it." if key else "Keyboard trading is off."


def ladder_commands(ladder: LadderViewModel) -> Iterator[PaletteCommand]:
    """The ladder's actions with the keys that hold; they obey the same rules as their keys."""
    for action in LadderAction:
        if action not in _INSIDE:
            key = first_key(action, ladder.keys)
            yield PaletteCommand(
                action.value, GROUP, key, partial(ladder.run, action), why_not(ladder, action)
            )
