"""The fuse as it is seen: a cell of the status bar, and the dialog that lights and ends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from typing_extensions import override

from terminal.domain.account_facts import StopsFate
from terminal.session.fuse import LONGEST_S, RENEWALS, SHORTEST_S, FuseState
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from terminal.domain.units import Symbol
    from terminal.session.fuse import Fuse, FuseStatus
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.workspace import Workspace

WHAT_IT_IS = (
    "While it burns, the exchange cancels your orders when this program has been silent for so "
    "long: after a crash, a lost connection, a sleeping machine. It is renewed at every third of "
    "its time."
)
STOPS_WORDS = {
    StopsFate.UNKNOWN: "Whether it also cancels waiting stops is not known here.",
    StopsFate.KEPT: "Waiting stops stay: what protects a position goes on protecting it.",
    StopsFate.CANCELED: (
        "Waiting stops are canceled too: a position may stand without protection after it."
    ),
}
_ROLES = {
    FuseState.OFF: Role.TEXT_DIM,
    FuseState.FOUND: Role.CAUTION,
    FuseState.LIGHTING: Role.CAUTION,
    FuseState.LIT: Role.TEXT,
    FuseState.NOT_RENEWED: Role.DANGER,
    FuseState.CHECKING: Role.CAUTION,
    FuseState.ENDING: Role.CAUTION,
    FuseState.BLOWN: Role.DANGER,
}


@final
@dataclass(frozen=True, slots=True)
class FuseView:
    """Everything the dialog shows.

    ``cell_text`` is what the status bar says, empty where no fuse is offered and none burns.
    ``symbol`` is the contract that can be chosen instead of all, empty without one. ``problem`` is
    what stands in the way of lighting it, or what the last try came to.
    """

    cell_text: str = ""
    cell_role: Role = Role.TEXT_DIM
    tooltip: str = ""
    state: str = ""
    role: Role = Role.TEXT_DIM
    detail: str = ""
    stops: str = ""
    symbol: str = ""
    problem: str = ""
    can_light: bool = False
    can_put_out: bool = False
    light_text: str = "Light it"
    put_out_text: str = "Put it out"


@final
class FuseViewModel(ViewModel):
    """Shows one fuse. It has no timer of its own: who shows seconds asks ``view_now``."""

    def __init__(
        self, fuse: Fuse, workspace: Workspace, frame: FrameClock, parent: QObject | None = None
    ) -> None:
        super().__init__(frame, parent)
        self._fuse = fuse
        self._workspace = workspace
        self._problem = ""
        self.timeout_s = fuse.terms.timeout_s
        self.is_for_one = bool(fuse.terms.symbols)
        self.view = FuseView()

    # Commands --------------------------------------------------------------------------------

    def light(self, timeout_text: str, *, is_for_one: bool) -> None:
        """Light it, or set a burning one anew, for the contract that is shown or for all."""
        typed = timeout_text.strip()
        if not typed.isascii() or not typed.isdigit():
            self._say(f"The time is {SHORTEST_S} to {LONGEST_S} seconds.")
            return
        symbols: tuple[Symbol, ...] = ()
        if is_for_one:
            market = self._workspace.market
            if market is None:
                self._say("There is no contract to light it for yet.")
                return
            symbols = (market.contract.symbol,)
        self._say(self._fuse.light(int(typed), symbols))
        if not self._problem:
            self.timeout_s, self.is_for_one = int(typed), is_for_one

    def put_out(self) -> None:
        """Put it out; a blown one is taken away."""
        self._say("")
        self._fuse.put_out()

    def _say(self, problem: str) -> None:
        self._problem = problem
        self.mark_dirty()

    # Refresh ---------------------------------------------------------------------------------

    @override
    def connect_sources(self) -> None:
        self.listen(self._fuse.on_changed.add(self.mark_dirty))
        self._workspace.contract_changed.connect(self.mark_dirty)

    @override
    def stop(self) -> None:
        if self._is_running:
            self._workspace.contract_changed.disconnect(self.mark_dirty)
        super().stop()

    @override
    def refresh(self) -> bool:
        view = self.view_now()
        changed = view != self.view
        self.view = view
        return changed

    def view_now(self) -> FuseView:
        """What is to be shown at this moment: seconds go by without anybody telling."""
        fuse, status = self._fuse, self._fuse.status
        state, refusal = status.state, self._fuse.refusal
        market = self._workspace.market
        is_off = state is FuseState.OFF
        return FuseView(
            cell_text="" if is_off and refusal else _cell_text(status, fuse.left_s),
            cell_role=_role(status, fuse.left_s),
            tooltip=_tooltip(status, fuse.terms.stops),
            state=_state_words(status, fuse.left_s),
            role=_role(status, fuse.left_s),
            detail="" if status.why == self._problem else status.why,
            stops=STOPS_WORDS[fuse.terms.stops],
            symbol="" if market is None else str(market.contract.symbol),
            problem=self._problem or (refusal if is_off else ""),
            can_light=not refusal,
            can_put_out=not is_off and not fuse.silence,
            light_text="Light it" if state in _UNLIT else "Set it anew",
            put_out_text="Understood" if state is FuseState.BLOWN else "Put it out",
        )


_UNLIT = frozenset({FuseState.OFF, FuseState.FOUND, FuseState.BLOWN})


def _role(status: FuseStatus, left_s: float | None) -> Role:
    """A fuse that is lit and late catches the eye before it says why."""
    is_late = left_s is not None and left_s * RENEWALS < status.timeout_s
    if status.state is FuseState.LIT and is_late:
        return Role.CAUTION
    return _ROLES[status.state]


def _cell_text(status: FuseStatus, left_s: float | None) -> str:
    state = status.state
    if state is FuseState.BLOWN:
        return "BLOWN" if status.is_certain else "BLOWN?"
    seconds = "" if left_s is None else f"{int(left_s)} s"
    if state is FuseState.LIT:
        return seconds
    if state in {FuseState.OFF, FuseState.FOUND, FuseState.LIGHTING}:
        return str(state.value)
    return f"{state.value} {seconds}".strip()


def _state_words(status: FuseStatus, left_s: float | None) -> str:
    state = status.state
    if state is FuseState.BLOWN:
        ended = status.canceled
        noun = "order" if ended == 1 else "orders"
        sure = "It has blown" if status.is_certain else "It has most likely blown"
        return f"{sure}: {text.whole(ended)} {noun} known to be canceled."
    words = state.value.capitalize()
    if left_s is None:
        return f"{words}."
    return f"{words}: {int(left_s)} s until the exchange cancels {_scope(status)}."


def _scope(status: FuseStatus) -> str:
    return f"orders of {', '.join(status.symbols)}" if status.symbols else "all orders"


def _tooltip(status: FuseStatus, stops: StopsFate) -> str:
    lines = [WHAT_IT_IS]
    if status.state is not FuseState.OFF:
        lines.append(f"Set to {status.timeout_s} s for {_scope(status)}.")
    lines.extend(filter(None, (status.why, STOPS_WORDS[stops])))
    return "\n".join(lines)
