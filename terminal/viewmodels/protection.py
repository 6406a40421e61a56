"""How positions are protected, in words, and the two presses that mend one.

The first press shows the exact order, the second sends it; nothing is ever sent without both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from typing_extensions import override

from terminal.domain.events import PositionSide, StopDirection
from terminal.domain.protection import ProtectionState
from terminal.domain.triggers import gap_warning, unclear_words, words
from terminal.domain.units import Side
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.ladder_view import Message
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtCore import QObject

    from terminal.domain.contract import Contract
    from terminal.domain.order import Order
    from terminal.domain.protection import Cover
    from terminal.domain.ticket import AttachedExits, OrderTicket
    from terminal.domain.units import Symbol
    from terminal.session.exits import HeldExits
    from terminal.session.protection import Mended, Proposal, ProtectionWatch, Watched
    from terminal.viewmodels.base import Removable
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.workspace import Workspace

DIES_WITH_APP = "dies with the app"
"""What is said wherever an exit is shown that only this program holds."""
NOT_ESTABLISHED = (
    "When the exchange makes attached exits, how large they are and whether one ends the other is "
    "not documented: what is really there is read after the fill and shown."
)
_ROLES = {
    ProtectionState.FLAT: Role.TEXT_DIM,
    ProtectionState.PROTECTED: Role.TEXT,
    ProtectionState.UNDER_COVERED: Role.DANGER,
    ProtectionState.OVER_COVERED: Role.CAUTION,
    ProtectionState.NAKED: Role.DANGER,
    ProtectionState.ORPHAN_STOPPED: Role.CAUTION,
    ProtectionState.COMING: Role.CAUTION,
    ProtectionState.UNKNOWN: Role.CAUTION,
}


def state_role(state: ProtectionState) -> Role:
    """Colour role of a state."""
    return _ROLES[state]


def state_words(cover: Cover) -> str:
    """A state in one or two words, with the lots where it is a matter of lots."""
    state = cover.state
    if state is ProtectionState.UNDER_COVERED:
        return f"Covered {text.whole(cover.covered)} of {text.whole(cover.held.size)}"
    return str(state.value).capitalize()


def ticket_words(ticket: OrderTicket, contract: Contract) -> str:
    """What a ticket would do, exactly: ``Sell 2 at market, reduce-only, if mark falls to 98.5``."""
    if ticket.is_close_order:
        what = "Close all at market"
    else:
        verb = "Buy" if ticket.side is Side.BUY else "Sell"
        where = "market" if ticket.price is None else text.price(ticket.price, contract)
        what = f"{verb} {text.whole(ticket.lots or 0)} at {where}"
        what += ", reduce-only" if ticket.is_reduce_only else ""
    if ticket.trigger is None:
        return what
    trigger = ticket.trigger
    at = text.price(trigger.price, contract)
    return f"{what}, {words(trigger.direction, trigger.reference, at)}"


def order_words(order: Order, contract: Contract) -> str:
    """A waiting order in words, with what is not known of it said."""
    what = "close all" if order.is_close_order else f"{_verb(order)} {text.whole(order.remaining)}"
    if order.trigger is None:
        return f"{what}, trigger not known"
    at = text.price(order.trigger, contract)
    return f"{what} {unclear_words(order.stop_direction, order.stop_reference, at)}"


def _verb(order: Order) -> str:
    return "order of" if order.side is None else order.side.value


def trigger_arrow(direction: StopDirection | None) -> str:
    """A triangle that points the trigger's way; empty where that is not known."""
    if direction is None:
        return ""
    return "\N{BLACK UP-POINTING TRIANGLE}" if direction is StopDirection.UP else (
        "\N{BLACK DOWN-POINTING TRIANGLE}"
    )  # fmt: skip


def proposal_words(proposal: Proposal, contract: Contract) -> str:
    """What would be sent, every order and cancel; or why nothing would be."""
    if proposal.is_empty:
        return proposal.reason or "Nothing to mend."
    parts = [ticket_words(ticket, contract) for ticket in proposal.places]
    parts += [f"Cancel: {order_words(order, contract)}" for order in proposal.cancels]
    return f"{'. Then '.join(parts)}."


def exits_words(exits: AttachedExits, contract: Contract) -> str:
    """Where attached exits lie: ``exits if mark falls to 98.5, if mark rises to 101``."""
    parts = [
        words(direction, exits.reference, text.price(price, contract))
        for direction, price in ((StopDirection.DOWN, exits.down), (StopDirection.UP, exits.up))
        if price is not None
    ]
    return f"exits {' or '.join(parts)}"


def tooltip(watched: Watched, lasts_s: float, held_words: tuple[str, ...] = ()) -> str:
    """All that is known of a position's protection, a line each."""
    cover = watched.cover
    contract = cover.held.contract
    lines = [
        f"{state_words(cover)} for {text.age(lasts_s)}, {watched.source}.",
        *(f"Stop: {order_words(order, contract)}." for order in cover.stops),
        *(f"Target: {order_words(order, contract)}." for order in cover.targets if order.is_stop),
        *(f"No protection: {order_words(o, contract)}. {why}" for o, why in cover.weak),
        *(f"Not needed: {order_words(order, contract)}." for order in cover.surplus),
        *(f"Closes nothing: {order_words(order, contract)}." for order in cover.strays),
        *cover.doubts,
        *held_words,
    ]
    return "\n".join(lines)


@final
@dataclass(frozen=True, slots=True)
class ProtectionView:
    """The banner of one contract. ``is_loud`` for what must be seen at once.

    ``words`` is empty where there is nothing to protect and nothing to say.
    """

    words: str
    role: Role
    is_loud: bool
    tooltip: str
    button: str
    can_press: bool


NOTHING = ProtectionView("", Role.TEXT_DIM, False, "", "", False)  # noqa: FBT003 - fields by place


@final
class ProtectionViewModel(ViewModel):
    """The shown contract's protection, and the hand that mends it with two presses."""

    def __init__(
        self,
        workspace: Workspace,
        watch: ProtectionWatch,
        held: HeldExits,
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self._workspace = workspace
        self._watch = watch
        self._held = held
        self._proposal: Proposal | None = None
        self._message: Message | None = None
        self._said_of: object = None
        """The situation that the message is about: it is no word on another one."""
        self._handles: list[Removable] = []
        self.lane_of: Callable[[], PositionSide] | None = None
        """Which lane of the contract is meant; the first one without."""
        self.view = NOTHING

    @property
    def staged(self) -> Proposal | None:
        """What a second press would send."""
        return self._proposal

    def press(self) -> None:
        """First press: show the exact order. Second press: send it, after another look."""
        contract = self._contract()
        if contract is None:
            return
        proposal, self._proposal = self._proposal, None
        key = self._key(contract)
        if proposal is not None and (proposal.symbol, proposal.lane) == key:
            self._say(Message("Looking at the stops again, then sending.", Role.CAUTION))
            self._watch.mend(proposal)
        else:
            self._stage(self._watch.propose(*key))
        self.mark_dirty()

    def _stage(self, proposal: Proposal) -> None:
        contract = self._contract()
        if contract is None or self._key(contract) != (proposal.symbol, proposal.lane):
            return
        self._message = None
        if proposal.is_empty:
            self._say(Message(proposal_words(proposal, contract), Role.TEXT_DIM))
        else:
            self._proposal = proposal

    def _say(self, message: Message) -> None:
        self._message, self._said_of = message, self._situation()

    def _situation(self) -> object:
        contract = self._contract()
        watched = None if contract is None else self._watch.watched(*self._key(contract))
        if watched is None:
            return None
        held = watched.cover.held
        return watched.cover.state, held.lots, held.lane

    def _key(self, contract: Contract) -> tuple[Symbol, PositionSide]:
        """The contract and the lane that are meant."""
        lanes = self._watch.lanes(contract.symbol)
        chosen = lanes[0] if self.lane_of is None else self.lane_of()
        return contract.symbol, chosen if chosen in lanes else lanes[0]

    def _forget_what_is_over(self) -> None:
        contract = self._contract()
        is_mending = contract is not None and self._watch.is_mending(*self._key(contract))
        if self._message is not None and not is_mending and self._situation() != self._said_of:
            self._message = None

    def drop(self) -> bool:
        """Take back what is staged; whether there was anything. Never sends."""
        had, self._proposal, self._message = self._proposal is not None, None, None
        self.mark_dirty()
        return had

    def message(self) -> Message | None:
        """What a press led to, for the place where the user looks."""
        contract = self._contract()
        if self._proposal is None or contract is None:
            return self._message
        words_ = proposal_words(self._proposal, contract)
        return Message(f"{words_} Press again to send, Esc drops.", Role.CAUTION)

    def alarm(self, lane: PositionSide) -> str:
        """What is wrong with a lane's protection, in a word or two; empty while nothing is.

        What the user silenced is not called out here either.
        """
        contract = self._contract()
        watched = None if contract is None else self._watch.watched(contract.symbol, lane)
        if contract is None or watched is None or not watched.cover.is_loud:
            return ""
        return "" if is_quiet(self._watch, contract.symbol) else state_words(watched.cover)

    @override
    def connect_sources(self) -> None:
        self._workspace.contract_changed.connect(self._on_contract_changed)
        self.listen(
            self._watch.on_changed.add(self.mark_dirty),
            self._watch.on_mended.add(self._on_mended),
            self._held.on_changed.add(self.mark_dirty),
        )
        self._on_contract_changed()

    @override
    def stop(self) -> None:
        super().stop()
        self._leave()
        self._workspace.contract_changed.disconnect(self._on_contract_changed)

    @override
    def refresh(self) -> bool:
        view = self._build()
        changed = view != self.view
        self.view = view
        return changed

    def _build(self) -> ProtectionView:
        contract = self._contract()
        if contract is None:
            return NOTHING
        self._forget_what_is_over()
        key = self._key(contract)
        watched = self._watch.watched(*key)
        message = self.message()
        held = held_words(self._held, contract, key[1])
        if watched is None:
            words_ = "" if message is None else message.text
            role = Role.TEXT_DIM if message is None else message.role
            return ProtectionView(words_, role, is_loud=False, tooltip="", button="",
                                  can_press=False)  # fmt: skip
        cover = watched.cover
        settings = self._watch.settings
        warning = gap_warning(
            contract.scale, self._watch.references(contract.symbol), settings.gap_ticks
        )
        is_loud = cover.is_loud and contract.symbol not in settings.quiet
        lane = "" if key[1] is PositionSide.BOTH else f"{key[1].value.capitalize()}:"
        said = [
            lane,
            _BANNER.get(cover.state, state_words(cover)),
            kept_words(self._watch.kept_ticks(*key), cover.state),
            *cover.doubts[:1],
            warning,
            *held,
        ]
        return ProtectionView(
            words=message.text if message is not None else " ".join(part for part in said if part),
            role=message.role if message is not None else state_role(cover.state),
            is_loud=is_loud,
            tooltip=tooltip(watched, self._watch.lasts_s(watched), held),
            button="Send" if self._proposal is not None else "Protect",
            can_press=cover.state in _MENDABLE and not self._watch.is_mending(*key),
        )

    def _contract(self) -> Contract | None:
        market = self._workspace.market
        return None if market is None else market.contract

    def _on_mended(self, mended: Mended) -> None:
        contract = self._contract()
        if contract is None or self._key(contract) != (mended.symbol, mended.lane):
            return
        self._say(Message(mended.sentence, Role.TEXT if mended.ok else Role.DANGER))
        if mended.instead is not None and not mended.instead.is_empty:
            self._stage(mended.instead)
        self.mark_dirty()

    def _on_contract_changed(self) -> None:
        self._leave()
        self._proposal = self._message = None
        market = self._workspace.market
        if market is not None:
            self._handles = [market.on_mark_changed.add(self.mark_dirty)]
        self.mark_dirty()

    def _leave(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []


def kept_words(ticks: int | None, state: ProtectionState) -> str:
    """What is proposed for a position whose stop a reverse has left behind; else empty."""
    if ticks is None or state is not ProtectionState.NAKED:
        return ""
    return f"Protect proposes a stop {text.whole(ticks)} ticks away, as before the reverse."


def held_words(
    held: HeldExits, contract: Contract, lane: PositionSide | None = None
) -> tuple[str, ...]:
    """What only this program holds of a contract's exits, each saying that it dies with it.

    Those of one ``lane``, or of all.
    """
    return tuple(
        f"{exit_.words(text.price(exit_.level, contract))}: {DIES_WITH_APP}."
        for exit_ in held.held()
        if exit_.symbol == contract.symbol and lane in {None, exit_.lane}
    )


def all_held_words(held: HeldExits, contracts: Mapping[Symbol, Contract]) -> tuple[str, ...]:
    """What only this program holds of exits, whatever they are for."""
    found = dict.fromkeys(exit_.symbol for exit_ in held.held())
    return tuple(
        f"{symbol}: {words}"
        for symbol in found
        if (contract := contracts.get(symbol)) is not None
        for words in held_words(held, contract)
    )


def is_quiet(watch: ProtectionWatch, symbol: Symbol) -> bool:
    """Whether the user silenced the banner of a contract."""
    return symbol in watch.settings.quiet


_MENDABLE = frozenset(
    {
        ProtectionState.NAKED,
        ProtectionState.UNDER_COVERED,
        ProtectionState.OVER_COVERED,
        ProtectionState.ORPHAN_STOPPED,
    }
)
_BANNER = {
    ProtectionState.NAKED: "NAKED: no stop limits the loss.",
    ProtectionState.ORPHAN_STOPPED: "A stop waits that closes nothing that is held.",
    ProtectionState.COMING: "Exits are on their way.",
    ProtectionState.UNKNOWN: "Protection is not known.",
    ProtectionState.OVER_COVERED: "Stops are for more than is held.",
}
