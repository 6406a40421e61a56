"""The menu "Trade": the ladder's commands, for the ladder that was used last."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from terminal.domain.units import Side
from terminal.viewmodels.keys import LadderAction, first_key
from terminal.viewmodels.ladder import LadderViewModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.viewmodels.ladder_group import LadderGroup
    from terminal.widgets.main_window import MainWindow

DISARM_ALL = "Disarm all ladders"
_L, _A = LadderViewModel, LadderAction
_ENTRIES: tuple[tuple[str, LadderAction | None, Callable[[LadderViewModel], None]], ...] = (
    ("Arm or disarm the keyboard", _A.ARM_KEYBOARD, _L.toggle_keyboard),
    ("Arm or disarm the mouse", None, _L.toggle_mouse),
    ("Recentre", _A.RECENTER, _L.recenter),
    ("Price into the ticket", _A.TO_TICKET, _L.price_to_ticket),
    ("", None, _L.recenter),
    ("Cancel the buys", _A.CANCEL_BUYS, lambda ladder: ladder.cancel_side(Side.BUY)),
    ("Cancel the sells", _A.CANCEL_SELLS, lambda ladder: ladder.cancel_side(Side.SELL)),
    ("Cancel the stops", None, _L.cancel_stops),
    ("Cancel all of this contract", _A.CANCEL_ALL, _L.cancel_all),
    ("Cancel all everywhere", _A.CANCEL_EVERYWHERE, _L.cancel_everywhere),
    ("", None, _L.recenter),
    ("Close half at market (twice)", _A.CLOSE_HALF, _L.close_half_chosen),
    ("Flatten this contract (twice)", _A.FLATTEN, _L.flatten_chosen),
    ("Reverse the position (twice, armed)", _A.REVERSE, _L.reverse_chosen),
)


def fill_trade_menu(window: MainWindow, ladders: LadderGroup) -> None:
    """The commands, told with the keys that hold. They act on the ladder that was used last."""

    def act(deed: Callable[[LadderViewModel], None]) -> None:
        deed(ladders.active)

    for words, _, deed in _ENTRIES:
        window.add_trade_action(words, "", partial(act, deed))
        if deed is _L.toggle_mouse:
            window.add_trade_action(DISARM_ALL, "", partial(ladders.disarm, "by the menu."))
    first = ladders.first

    def tell() -> None:
        told = {words: first_key(action, first.keys) for words, action, _ in _ENTRIES if action}
        window.tell_trade_keys(told)

    first.keys_changed.connect(tell)
    tell()
