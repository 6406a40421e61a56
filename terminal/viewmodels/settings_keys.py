"""The settings of keys: the whole map, one key after the other caught and bound, or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import Signal
from typing_extensions import override

from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.key_map import FIXED, own_keys, rebound, why_not_bound
from terminal.viewmodels.keys import DEFAULT_KEYS, DOUBLE_PRESSED, LadderAction, chords_of
from terminal.viewmodels.tables import Column, RowTableModel
from terminal.viewmodels.text import EMPTY, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtCore import QObject

    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.keys import Chord

READY = (
    "Enter changes the key of the chosen row. Keys are bound by their place: the letters are those "
    "of a US keyboard."
)


@final
class KeyRow(NamedTuple):
    """One action, its keys, and what is to be said of them."""

    key: str
    action: str
    keys: str
    note: str


def _role(row: KeyRow) -> Role:
    return Role.TEXT if row.keys != EMPTY else Role.TEXT_DIM


COLUMNS: tuple[Column[KeyRow], ...] = (
    Column(
        "Keys",
        lambda row: row.keys,
        _role,
        is_number=False,
        sample="Ctrl+Shift+Delete, Ctrl+Shift+B",
    ),
    Column("", lambda row: row.note, lambda _row: Role.TEXT_DIM, is_number=False, sample="changed"),
    Column(
        "Action",
        lambda row: row.action,
        is_number=False,
        sample="Show the order that would protect, again sends it",
    ),
)


@final
class KeysPageViewModel(ViewModel):
    """Shows and changes the map that holds; every change acts at once and is stored.

    ``keys`` answers the map that holds, ``take`` lets another one hold, ``taken`` are keys of the
    whole program by their labels. ``caught`` is emitted when waiting for a key has ended.
    """

    empty_text = "There are no actions."
    stale: str | None = None
    caught = Signal()

    def __init__(
        self,
        keys: Callable[[], Mapping[Chord, LadderAction]],
        take: Callable[[Mapping[Chord, LadderAction]], None],
        taken: Callable[[], Mapping[str, str]],
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self._keys = keys
        self._take = take
        self._taken = taken
        self._waiting: LadderAction | None = None
        self._adds = False
        self.message, self.role = READY, Role.TEXT_DIM
        self.model: RowTableModel[KeyRow] = RowTableModel(COLUMNS, lambda row: row.key, self)
        self.refresh()

    @property
    def is_waiting(self) -> bool:
        """Whether the next key is caught instead of acted upon."""
        return self._waiting is not None

    # Catching --------------------------------------------------------------------------------

    def begin(self, name: str, *, adds: bool = False) -> None:
        """Wait for the key of an action: instead of its keys, or beside them with ``adds``."""
        action = LadderAction[name]
        if action in FIXED:
            self._say(f"'{action.value}' keeps its key.", Role.CAUTION)
            return
        self._waiting, self._adds = action, adds
        self._say(f"Press the key for '{action.value}'. Esc leaves it as it is.", Role.ACCENT)

    def key_pressed(self, chord: Chord) -> None:
        """The key that was waited for, if one was: bound, or refused with the reason.

        A refused key goes on waiting for a better one.
        """
        action = self._waiting
        if action is None:
            return
        keys = self._keys()
        problem = why_not_bound(chord, action, keys, self._taken())
        if problem:
            self._say(problem, Role.DANGER)
            return
        others = chords_of(action, keys) if self._adds else ()
        self._end()
        self._take(rebound(keys, action, (*(one for one in others if one != chord), chord)))
        self._say(f"{chord.label} is '{action.value}' from now on.", Role.TEXT)

    def unknown_pressed(self) -> None:
        """A key was pressed that a ladder cannot read."""
        if self._waiting is not None:
            self._say("A ladder cannot read this key. Choose another.", Role.DANGER)

    def leave(self) -> None:
        """Esc, or the focus went elsewhere: nothing is bound."""
        if self._waiting is not None:
            self._end()
            self._say(READY, Role.TEXT_DIM)

    def _end(self) -> None:
        self._waiting = None
        self.caught.emit()

    # Without catching ------------------------------------------------------------------------

    def unbind(self, name: str) -> None:
        """Take all keys of an action away; menus and buttons still do it."""
        action = LadderAction[name]
        if action in FIXED:
            self._say(f"'{action.value}' keeps its key.", Role.CAUTION)
            return
        self._take(rebound(self._keys(), action, ()))
        self._say(f"'{action.value}' has no key from now on.", Role.TEXT)

    def reset(self, name: str) -> None:
        """Give an action its shipped keys again, unless another one has them now."""
        action, keys = LadderAction[name], self._keys()
        shipped = chords_of(action, DEFAULT_KEYS)
        for chord in shipped:
            problem = why_not_bound(chord, action, keys, {})
            if problem and action not in FIXED:
                self._say(problem, Role.DANGER)
                return
        self._take(rebound(keys, action, shipped))
        self._say(f"'{action.value}' has its usual key again.", Role.TEXT)

    def reset_all(self) -> None:
        """The shipped map."""
        self._take(dict(DEFAULT_KEYS))
        self._say("All actions have their usual keys again.", Role.TEXT)

    def _say(self, words: str, role: Role) -> None:
        self.message, self.role = words, role
        self.refresh()
        self.changed.emit()

    # Showing ---------------------------------------------------------------------------------

    @override
    def refresh(self) -> bool:
        keys = self._keys()
        own = own_keys(keys)
        self.model.set_rows([_row(action, chords_of(action, keys), own) for action in LadderAction])
        return True


def _row(action: LadderAction, chords: tuple[Chord, ...], own: Mapping[str, object]) -> KeyRow:
    labels = [chord.label for chord in chords]
    if action in DOUBLE_PRESSED:
        labels = [f"{label} twice" for label in labels]
    note = "fixed" if action in FIXED else "changed" if action.name in own else ""
    return KeyRow(action.name, action.value, ", ".join(labels) or EMPTY, note)
