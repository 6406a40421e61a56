"""What keys mean in a ladder: chords, actions, the map between them.

A chord names the physical key by its place on a US keyboard, so a map works on every layout. No
chord has two meanings in one mode. Rebinding changes the map, never the code that acts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Mapping


@final
@dataclass(frozen=True, slots=True)
class Chord:
    """A physical key with modifiers.

    ``key`` is the key's name on a US keyboard: ``B``, ``1``, ``Up``, ``Delete``, ``F4``, ``[``,
    ``Keypad +``.
    """

    key: str
    shift: bool = False
    ctrl: bool = False

    @property
    def label(self) -> str:
        """The chord as a user reads it."""
        return "+".join(
            [*(["Ctrl"] if self.ctrl else []), *(["Shift"] if self.shift else []), self.key]
        )


class LadderAction(Enum):
    """Everything a key can do in a ladder. The values are what help and tooltips say."""

    ARM_KEYBOARD = "Arm or disarm keyboard trading"
    CURSOR_UP = "Cursor one row up"
    CURSOR_DOWN = "Cursor one row down"
    PAGE_UP = "Cursor ten rows up"
    PAGE_DOWN = "Cursor ten rows down"
    TO_BEST_BID = "Cursor to the best bid"
    TO_BEST_ASK = "Cursor to the best ask"
    RECENTER = "Recentre, cursor to the inside"
    STEP_FINER = "Finer price grouping"
    STEP_COARSER = "Coarser price grouping"
    SIZE_1 = "Size 1"
    SIZE_2 = "Size 2"
    SIZE_3 = "Size 3"
    SIZE_4 = "Size 4"
    SIZE_5 = "Size 5"
    STORE_1 = "Store the size as 1"
    STORE_2 = "Store the size as 2"
    STORE_3 = "Store the size as 3"
    STORE_4 = "Store the size as 4"
    STORE_5 = "Store the size as 5"
    SIZE_DOWN = "Size one step down"
    SIZE_UP = "Size one step up"
    SIZE_HALF = "Halve the size"
    SIZE_DOUBLE = "Double the size"
    SIZE_OF_POSITION = "Load the position's size"
    BUY = "Buy limit at the cursor"
    SELL = "Sell limit at the cursor"
    STOP_BUY = "Stop-market buy at the cursor"
    STOP_SELL = "Stop-market sell at the cursor"
    CLOSE_BUY = "Stop that closes a short at the cursor"
    CLOSE_SELL = "Stop that closes a long at the cursor"
    BREAKEVEN = "Stop to breakeven, fees and next funding included"
    PROTECT = "Show the order that would protect, again sends it"
    JOIN_BID = "Join the best bid"
    JOIN_ASK = "Join the best ask"
    BUY_AT_ASK = "Buy at the best ask"
    SELL_AT_BID = "Sell at the best bid"
    BUY_MARKET = "Buy at market (press twice)"
    SELL_MARKET = "Sell at market (press twice)"
    GRAB = "Grab own order at the cursor"
    GRAB_ALL_UP = "Cursor one row up with the whole bracket in hand"
    GRAB_ALL_DOWN = "Cursor one row down with the whole bracket in hand"
    COMMIT = "Commit the move"
    BACK = "One step back: drop, leave the grab, disarm"
    CANCEL_AT_CURSOR = "Cancel at the cursor"
    CANCEL_NEWEST = "Cancel the newest order"
    CANCEL_BUYS = "Cancel the buys of this contract"
    CANCEL_SELLS = "Cancel the sells of this contract"
    CANCEL_ALL = "Cancel all of this contract"
    CANCEL_EVERYWHERE = "Cancel all everywhere"
    FLATTEN = "Flatten this contract (press twice)"
    REVERSE = "Reverse the position (press twice)"
    CLOSE_HALF = "Close half at market (press twice)"
    BRACKET = "Exits attached to the next order"
    POST_ONLY = "Post-only for the next order"
    REDUCE_ONLY = "Reduce-only for the next order"
    OTHER_LANE = "Other lane in hedge mode (long, short)"
    NOTE = "Note or alert at the cursor"
    TO_TICKET = "Price of the cursor row into the ticket"


REPEATABLE = frozenset(
    {
        LadderAction.CURSOR_UP,
        LadderAction.CURSOR_DOWN,
        LadderAction.PAGE_UP,
        LadderAction.PAGE_DOWN,
        LadderAction.GRAB_ALL_UP,
        LadderAction.GRAB_ALL_DOWN,
    }
)
"""Actions that a held key may repeat: moving the cursor, nothing else."""

DOUBLE_PRESSED = frozenset(
    {
        LadderAction.FLATTEN,
        LadderAction.REVERSE,
        LadderAction.CLOSE_HALF,
        LadderAction.BUY_MARKET,
        LadderAction.SELL_MARKET,
    }
)
"""Actions that a first press only asks about."""

DOUBLE_PRESS_MS = 600
"""Both presses of a double press must lie within this time, inclusive."""

BUTTON_PRESS_MS = 4000
"""The same for what is chosen in a menu or with a button, which takes a hand longer."""

DEFAULT_KEYS: Mapping[Chord, LadderAction] = {
    Chord("F4"): LadderAction.ARM_KEYBOARD,
    Chord("Up"): LadderAction.CURSOR_UP,
    Chord("Down"): LadderAction.CURSOR_DOWN,
    Chord("PgUp"): LadderAction.PAGE_UP,
    Chord("PgDown"): LadderAction.PAGE_DOWN,
    Chord("Home"): LadderAction.TO_BEST_BID,
    Chord("End"): LadderAction.TO_BEST_ASK,
    Chord("Space"): LadderAction.RECENTER,
    Chord("["): LadderAction.STEP_FINER,
    Chord("]"): LadderAction.STEP_COARSER,
    **{Chord(str(n)): LadderAction[f"SIZE_{n}"] for n in range(1, 6)},
    **{Chord(str(n), shift=True): LadderAction[f"STORE_{n}"] for n in range(1, 6)},
    Chord("-"): LadderAction.SIZE_DOWN,
    Chord("="): LadderAction.SIZE_UP,
    Chord("/"): LadderAction.SIZE_HALF,
    Chord("8", shift=True): LadderAction.SIZE_DOUBLE,
    Chord("Keypad -"): LadderAction.SIZE_DOWN,
    Chord("Keypad +"): LadderAction.SIZE_UP,
    Chord("Keypad /"): LadderAction.SIZE_HALF,
    Chord("Keypad *"): LadderAction.SIZE_DOUBLE,
    Chord("P"): LadderAction.SIZE_OF_POSITION,
    Chord("B"): LadderAction.BUY,
    Chord("S"): LadderAction.SELL,
    Chord("B", shift=True): LadderAction.STOP_BUY,
    Chord("S", shift=True): LadderAction.STOP_SELL,
    Chord("B", ctrl=True): LadderAction.CLOSE_BUY,
    Chord("S", ctrl=True): LadderAction.CLOSE_SELL,
    Chord("Y"): LadderAction.BREAKEVEN,
    Chord("M"): LadderAction.PROTECT,
    Chord("Q"): LadderAction.JOIN_BID,
    Chord("A"): LadderAction.JOIN_ASK,
    Chord("W"): LadderAction.BUY_AT_ASK,
    Chord("Z"): LadderAction.SELL_AT_BID,
    Chord("B", ctrl=True, shift=True): LadderAction.BUY_MARKET,
    Chord("S", ctrl=True, shift=True): LadderAction.SELL_MARKET,
    Chord("G"): LadderAction.GRAB,
    Chord("Up", shift=True): LadderAction.GRAB_ALL_UP,
    Chord("Down", shift=True): LadderAction.GRAB_ALL_DOWN,
    Chord("Enter"): LadderAction.COMMIT,
    Chord("Esc"): LadderAction.BACK,
    Chord("Delete"): LadderAction.CANCEL_AT_CURSOR,
    Chord("Backspace"): LadderAction.CANCEL_NEWEST,
    Chord("D"): LadderAction.CANCEL_BUYS,
    Chord("U"): LadderAction.CANCEL_SELLS,
    Chord("Delete", ctrl=True): LadderAction.CANCEL_ALL,
    Chord("Delete", ctrl=True, shift=True): LadderAction.CANCEL_EVERYWHERE,
    Chord("F"): LadderAction.FLATTEN,
    Chord("R"): LadderAction.REVERSE,
    Chord("H"): LadderAction.CLOSE_HALF,
    Chord("T"): LadderAction.BRACKET,
    Chord("O"): LadderAction.POST_ONLY,
    Chord("I"): LadderAction.REDUCE_ONLY,
    Chord("L"): LadderAction.OTHER_LANE,
    Chord("N"): LadderAction.NOTE,
    Chord("E"): LadderAction.TO_TICKET,
}
"""The shipped map. Source: the keys page; only what acts today is bound."""


KILL_KEY = "F12"
KILL_FLATTEN_KEY = "Shift+F12"
FUSE_KEY = "Ctrl+Shift+F"
PALETTE_KEY = "Ctrl+K"
SEARCH_KEY = "Ctrl+F"
LOCK_KEY = "Ctrl+L"
HELP_KEY = "F1"
WINDOW_KEYS: Mapping[str, str] = {
    PALETTE_KEY: "The command palette: every command by its name",
    SEARCH_KEY: "Find a contract",
    LOCK_KEY: "Lock order entry, unlock it",
    HELP_KEY: "This map",
}
"""Keys of the menus that work from every window of the program. None is bound in a ladder."""
GLOBAL_KEYS: Mapping[str, str] = {
    KILL_KEY: "STOP: no opening order, cancel entries everywhere",
    KILL_FLATTEN_KEY: "STOP, and ask to flatten every position",
    FUSE_KEY: "The fuse: light it, put it out",
    "F6": "The next panel",
    "Shift+F6": "The panel before",
}
"""Keys that work from every window of the program; those that stop from its dialogs, too.

Held down, they act once. None of them is bound in a ladder.
"""


def chords_of(action: LadderAction, keys: Mapping[Chord, LadderAction]) -> tuple[Chord, ...]:
    """All chords that lead to an action, in the map's order."""
    return tuple(chord for chord, bound in keys.items() if bound is action)


def first_key(action: LadderAction, keys: Mapping[Chord, LadderAction]) -> str:
    """The first key of an action as a user reads it; empty when it has none."""
    return next((chord.label for chord in chords_of(action, keys)), "")
