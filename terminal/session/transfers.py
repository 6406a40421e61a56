"""The transfer desk: what is transferable where, one transfer at a time, and how it ended.

Policies, in one place: nothing is sent that ``domain.transfer`` blocks, or while the last transfer
is not settled; a transfer is never resent by itself. When no answer came, the exchange cannot be
asked about it by our id, so the balances from before and after are compared; the user may retry,
and the retry sends the same id. The id is kept until the program ends. The day's result leaves a
transfer out when the balances show it or the user says that it arrived, not on anyone else's word.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, final

from terminal.domain.clock import TimestampMs
from terminal.domain.errors import TernError
from terminal.domain.transfer import (
    AccountKind,
    Evidence,
    Funds,
    TransferBlock,
    TransferField,
    change_of,
    check,
    evidence,
)
from terminal.domain.units import plain
from terminal.exchange.funding_gateway import Repeated
from terminal.exchange.outcome import Accepted, NotSent, Rejected, Unknown
from terminal.session.listeners import Listeners
from terminal.session.notices import NoticeLevel

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.clock import Clock
    from terminal.domain.events import WalletUpdate
    from terminal.domain.transfer import TransferTicket
    from terminal.domain.units import ClientOid
    from terminal.exchange.funding_gateway import TransferGateway, TransferOutcome
    from terminal.session.account import AccountSession
    from terminal.session.notices import NoticeBoard
    from terminal.session.tasks import TaskOwner

_NEVER = TimestampMs(0)
LOOKS_S = (0.0, 0.5, 1.0, 2.0)
"""Pauses before each look at the balances after a transfer: one lasts 3.5 s at most."""


@final
@dataclass(frozen=True, slots=True)
class FundsState:
    """What is known of one account in one currency; ``problem`` says why the last reading failed.

    ``funds`` are then those of the reading before, if there was one.
    """

    funds: Funds | None = None
    problem: str = ""


class TransferEnd(Enum):
    """How a transfer stands."""

    MOVED = "moved"
    ACCEPTED = "accepted, not seen in the balances yet"
    REFUSED = "refused"
    NOT_SENT = "not sent"
    UNKNOWN = "unknown"


@final
@dataclass(frozen=True, slots=True)
class TransferResult:
    """How a transfer stands, in sentences for the user; the remedy may be empty."""

    ticket: TransferTicket
    end: TransferEnd
    sentence: str
    remedy: str = ""


@final
@dataclass(slots=True)
class Unsettled:
    """A transfer that was sent and whose end is not known; its id stays the same.

    ``sent_at`` is the time of the first attempt. ``is_id_doubted`` says that the exchange called
    the id repeated at once: that it does so again proves nothing.
    """

    ticket: TransferTicket
    client_oid: ClientOid
    before: dict[AccountKind, Funds] = field(default_factory=dict)
    attempts: int = 0
    sent_at: TimestampMs = _NEVER
    is_id_doubted: bool = False


@final
class TransferDesk:
    """Reads funds, submits transfers, settles them. Commands return at once.

    Where the gateway has a ``refusal`` nothing is sent, and that is the reason.
    """

    def __init__(
        self,
        gateway: TransferGateway,
        account: AccountSession,
        clock: Clock,
        owner: TaskOwner,
        notices: NoticeBoard,
        new_client_oid: Callable[[], ClientOid],
    ) -> None:
        self._gateway = gateway
        self._account = account
        self._clock = clock
        self._owner = owner.child("transfers")
        self._notices = notices
        self._new_client_oid = new_client_oid
        self._states: dict[tuple[AccountKind, str], FundsState] = {}
        self._readings = 0
        self.refusal = gateway.refusal
        self._latest: Unsettled | None = None
        self._awaited: list[Unsettled] = []
        """Accepted, and not seen in the futures balance so far."""
        self.unsettled: Unsettled | None = None
        self.is_busy = False
        self.last: TransferResult | None = None
        self.on_changed: Listeners[[]] = Listeners(self._owner.listener_failed)
        self._handle = account.on_changed.add(self._on_account_changed)

    async def stop(self) -> None:
        """End and wait until nothing runs. What is still open is named, with its id."""
        self._handle.remove()
        await self._owner.close()
        if self.unsettled is not None:
            words = words_of(self.unsettled.ticket)
            words = f"Tern was closed before it was known how this ended: {words}, id"
            words = f"{words} {self.unsettled.client_oid}."
            self._notices.post(NoticeLevel.WARNING, "account", words)

    # Truth -----------------------------------------------------------------------------------

    @property
    def is_reading(self) -> bool:
        """True while balances are being asked for."""
        return self._readings > 0

    def funds(self, kind: AccountKind, currency: str) -> FundsState:
        """What is known of an account."""
        return self._states.get((kind, currency), FundsState())

    def blocks(self, ticket: TransferTicket) -> tuple[TransferBlock, ...]:
        """What keeps a transfer from being sent now; empty means go."""
        if self.refusal:
            return (TransferBlock(TransferField.DESK, self.refusal),)
        if self.is_busy:
            return (TransferBlock(TransferField.DESK, "A transfer is on its way."),)
        if self.unsettled is not None:
            words = "The last transfer is not settled: ask again, or say how it ended."
            return (TransferBlock(TransferField.DESK, words),)
        return check(ticket, self.funds(ticket.source, ticket.currency).funds)

    # Reading ---------------------------------------------------------------------------------

    def read(self, currency: str) -> None:
        """Ask for all three accounts in one currency; an unsettled transfer is looked at, too."""
        self._owner.spawn(f"read {currency}", self._read_all(currency))

    async def _read_all(self, currency: str) -> None:
        self._readings += 1
        self.on_changed.notify()
        try:
            for kind in AccountKind:
                await self._read(kind, currency)
                self.on_changed.notify()
        finally:
            self._readings -= 1
        latest = self._latest
        if latest is not None and not self.is_busy and latest.ticket.currency == currency:
            self._look_at(latest)
        self.on_changed.notify()

    async def _read(self, kind: AccountKind, currency: str) -> Funds | None:
        """Ask for one account; None when that failed, and why is kept for the user."""
        try:
            if kind is AccountKind.FUTURES:
                funds = _funds_of(await self._account.read_wallet(currency))
            else:
                funds = await self._gateway.funds(kind, currency)
        except TernError as error:
            why = error.sentence
        except Exception as error:  # noqa: BLE001 - reported; a transfer is followed to its end
            self._owner.report(f"read {kind.value}", error)
            why = _OWN_ERROR
        else:
            self._states[kind, currency] = FundsState(funds)
            return funds
        self._states[kind, currency] = FundsState(self.funds(kind, currency).funds, why)
        return None

    def _on_account_changed(self) -> None:
        """The stream moves what is transferable from futures, where it tells it."""
        self._note_what_came()
        changed = False
        for (kind, currency), state in tuple(self._states.items()):
            wallet = self._account.wallet(currency)
            if kind is AccountKind.FUTURES and wallet is not None:
                if wallet.withdrawable is None:
                    continue
                funds = _funds_of(wallet)
                changed |= funds != state.funds
                self._states[kind, currency] = FundsState(funds)
        if changed:
            self.on_changed.notify()

    # Moving ----------------------------------------------------------------------------------

    def submit(self, ticket: TransferTicket) -> tuple[TransferBlock, ...]:
        """Send a transfer once, or say what blocks it; how it ends comes by ``on_changed``."""
        blocks = self.blocks(ticket)
        if not blocks:
            self._begin(Unsettled(ticket, self._new_client_oid()))
        return blocks

    def retry(self) -> None:
        """Send the unsettled transfer again under its own id; nothing without one."""
        if self.unsettled is not None and not self.is_busy and not self.refusal:
            self._begin(self.unsettled)

    def set_aside(self, *, has_arrived: bool) -> None:
        """Forget the unsettled transfer's id: the user says how it ended."""
        attempt = self.unsettled
        if attempt is None or self.is_busy:
            return
        how = "it arrived" if has_arrived else "it did not move"
        words = f"You say of {words_of(attempt.ticket)}: {how}. Its id was {attempt.client_oid}."
        self._notices.post(NoticeLevel.WARNING, "account", words)
        self.unsettled = self._latest = self.last = None
        if has_arrived:
            self._note(attempt)
        self.on_changed.notify()

    def _begin(self, attempt: Unsettled) -> None:
        self.is_busy = True
        self.last = None
        self._latest = attempt
        self._owner.spawn("transfer", self._run(attempt))
        self.on_changed.notify()

    async def _run(self, attempt: Unsettled) -> None:
        try:
            await self._attempt(attempt)
        except Exception as error:  # noqa: BLE001 - reported; a transfer must never be forgotten
            self._owner.report("transfer", error)
            if self.last is None:
                self._say(_broken_off(attempt.ticket, is_open=self.unsettled is attempt))
        finally:
            self.is_busy = False
            self.on_changed.notify()

    async def _attempt(self, attempt: Unsettled) -> None:
        ticket, is_first = attempt.ticket, attempt.attempts == 0
        if not await (self._prepare(attempt) if is_first else self._is_still_open(attempt)):
            return
        # From here on it may be out there, whatever happens to this task.
        attempt.attempts += 1
        if is_first:
            attempt.sent_at = self._clock.now_ms()
        self.unsettled = attempt
        words = f"Sending {words_of(ticket)}, id {attempt.client_oid}."
        self._notices.post(NoticeLevel.INFO, "account", words)
        outcome = await self._answer(attempt)
        if is_first and isinstance(outcome, (Rejected, NotSent)):
            self.unsettled = None
        if is_first and isinstance(outcome, Repeated):
            attempt.is_id_doubted = True  # nothing of ours was there before
        if isinstance(outcome, Accepted) or (
            isinstance(outcome, Repeated) and not attempt.is_id_doubted
        ):
            self._settle(_taken(outcome, ticket))
            if ticket.futures_change.amount:
                self._awaited.append(attempt)
                self._note_what_came()
        else:
            self._say(_open_end(outcome, ticket, is_first=is_first))
        await self._follow(attempt)

    async def _answer(self, attempt: Unsettled) -> TransferOutcome:
        """How the request ended; an error of our own leaves it unknown, like a lost answer."""
        try:
            return await self._gateway.transfer(attempt.ticket, attempt.client_oid)
        except Exception as error:  # noqa: BLE001 - reported; a transfer must never be forgotten
            self._owner.report("transfer", error)
            return Unknown(_OWN_ERROR)

    async def _is_still_open(self, attempt: Unsettled) -> bool:
        """Before a retry the balances are looked at: what has arrived is not sent again."""
        for kind in (attempt.ticket.source, attempt.ticket.target):
            await self._read(kind, attempt.ticket.currency)
        return self._look_at(attempt) is not Evidence.ARRIVED

    async def _prepare(self, attempt: Unsettled) -> bool:
        """Read both accounts: what was known may be old, and the comparison needs a before."""
        ticket = attempt.ticket
        for kind in (ticket.source, ticket.target):
            funds = await self._read(kind, ticket.currency)
            if funds is None:
                why = self.funds(kind, ticket.currency).problem
                words = f"The {kind.value} balance could not be read, so nothing was sent. {why}"
                self._say(TransferResult(ticket, TransferEnd.NOT_SENT, words))
                return False
            attempt.before[kind] = funds
        blocks = check(ticket, attempt.before[ticket.source])
        if blocks:
            words = f"Nothing was sent. {blocks[0].reason}"
            self._say(TransferResult(ticket, TransferEnd.NOT_SENT, words))
        return not blocks

    async def _follow(self, attempt: Unsettled) -> None:
        """Look at the balances until they show how the transfer ended, a few times."""
        ticket = attempt.ticket
        for pause_s in LOOKS_S:
            await self._clock.sleep(pause_s)
            for kind in (ticket.source, ticket.target):
                await self._read(kind, ticket.currency)
            self._look_at(attempt)
            self.on_changed.notify()
            if self.unsettled is None and (self.last is None or self.last.end in _ENDS):
                return

    # Settling --------------------------------------------------------------------------------

    def _look_at(self, attempt: Unsettled) -> Evidence:
        """Let the balances speak about a transfer, accepted or not settled."""
        ticket = attempt.ticket
        after = {
            kind: state.funds
            for kind in (ticket.source, ticket.target)
            if (state := self.funds(kind, ticket.currency)).funds is not None and not state.problem
        }
        seen = evidence(ticket, attempt.before, after)
        known = self.last
        if self.unsettled is attempt and seen is Evidence.ARRIVED:
            words = f"the balances show that {words_of(ticket)} arrived."
            why = "The answer was in doubt" if attempt.is_id_doubted else "No answer came"
            self._note(attempt)
            self._settle(TransferResult(ticket, TransferEnd.MOVED, f"{why}, but {words}"))
        elif self.unsettled is attempt and known is not None:
            remedy = f"{_SEEN[seen]} {RETRY_WORDS}"
            self.last = TransferResult(ticket, known.end, known.sentence, remedy)
        elif known is not None and known.end is TransferEnd.ACCEPTED:
            if seen is Evidence.ARRIVED:
                words = f"Moved {words_of(ticket)}."
                self._say(TransferResult(ticket, TransferEnd.MOVED, words))
            else:
                self.last = TransferResult(ticket, known.end, known.sentence, _SEEN[seen])
        return seen

    def _settle(self, result: TransferResult) -> None:
        self.unsettled = None
        self._say(result)

    def _note_what_came(self) -> None:
        """Leave out of the day's result what was accepted, once the futures balance shows it.

        Any change of that balance will do: a fill in between hides the amount, not the acceptance.
        """
        came = [attempt for attempt in self._awaited if self._has_changed_futures(attempt)]
        # First, because noting tells the listeners of the account, of which this desk is one.
        self._awaited = [attempt for attempt in self._awaited if attempt not in came]
        for attempt in came:
            self._note(attempt)

    def _has_changed_futures(self, attempt: Unsettled) -> bool:
        wallet = self._account.wallet(attempt.ticket.currency)
        before = attempt.before[AccountKind.FUTURES]
        return wallet is not None and change_of(before, _funds_of(wallet)) != 0

    def _note(self, attempt: Unsettled) -> None:
        change = attempt.ticket.futures_change
        if change.amount:
            self._account.note_transfer(change, attempt.sent_at)

    def _say(self, result: TransferResult) -> None:
        self.last = result
        level = NoticeLevel.INFO if result.end in _GOOD else NoticeLevel.WARNING
        self._notices.post(level, "account", f"{result.sentence} {result.remedy}".strip())
        self.on_changed.notify()


_GOOD = frozenset({TransferEnd.MOVED, TransferEnd.ACCEPTED})
_ENDS = frozenset({TransferEnd.MOVED, TransferEnd.REFUSED, TransferEnd.NOT_SENT})
RETRY_WORDS = (
    "Asking again sends the same id, by which the exchange knows it as the same transfer; "
    "the id is kept until Tern is closed."
)
_OWN_ERROR = "An error inside the program hid the answer."
_SEEN = {
    Evidence.ARRIVED: "",
    Evidence.ON_ITS_WAY: "The balances show that it left and has not arrived so far.",
    Evidence.NOT_MOVED: "The balances have not changed so far.",
    Evidence.UNCLEAR: "Something else changed the balances as well: compare them yourself.",
}


def words_of(ticket: TransferTicket) -> str:
    """A transfer in words, exact: 250 USDT from main to futures."""
    amount = f"{plain(ticket.money.amount)} {ticket.currency}"
    return f"{amount} from {ticket.source.value} to {ticket.target.value}"


def _taken(outcome: Accepted | Repeated, ticket: TransferTicket) -> TransferResult:
    words = f"The exchange accepted {words_of(ticket)}."
    if isinstance(outcome, Repeated):
        words = f"The exchange knows {words_of(ticket)} already and moved nothing again."
    return TransferResult(ticket, TransferEnd.ACCEPTED, words)


def _open_end(
    outcome: Repeated | Rejected | NotSent | Unknown, ticket: TransferTicket, *, is_first: bool
) -> TransferResult:
    """Say how an attempt ended that moved nothing for sure. A retry proves nothing of the first."""
    words, remedy = "", RETRY_WORDS
    if isinstance(outcome, Rejected):
        if is_first:
            words = f"Refused, nothing was moved. {outcome.sentence}"
            return TransferResult(ticket, TransferEnd.REFUSED, words, outcome.remedy)
        words = f"Asked again and refused: {outcome.sentence} That does not tell how it ended."
        remedy = "Compare the balances, then say how it ended or ask again."
    elif isinstance(outcome, NotSent):
        if is_first:
            words = f"Nothing was sent. {outcome.sentence}"
            return TransferResult(ticket, TransferEnd.NOT_SENT, words)
        words = f"{words_of(ticket)} is still open: the exchange could not be reached to ask again."
    elif isinstance(outcome, Repeated):
        words = "The exchange says that it knew this transfer's id before it was first sent:"
        words = f"{words} it is not known whether {words_of(ticket)} arrived."
    else:
        words = f"The answer was lost: it is not known whether {words_of(ticket)} arrived."
        words = f"{words} {outcome.sentence}"
    return TransferResult(ticket, TransferEnd.UNKNOWN, words, remedy)


def _broken_off(ticket: TransferTicket, *, is_open: bool) -> TransferResult:
    """Say how a transfer stands that an error of our own broke off."""
    if is_open:
        return _open_end(Unknown(_OWN_ERROR), ticket, is_first=False)
    words = "Nothing was sent. An error inside the program stopped it before."
    return TransferResult(ticket, TransferEnd.NOT_SENT, words)


def _funds_of(wallet: WalletUpdate) -> Funds:
    """The futures account as one of three; what may leave is available where nothing else is told.

    Source: API reference 3.1, ``maxWithdrawAmount``.
    """
    return Funds(
        AccountKind.FUTURES,
        wallet.equity - wallet.unrealized,
        wallet.available if wallet.withdrawable is None else wallet.withdrawable,
    )
