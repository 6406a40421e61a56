"""The transfer dialog: which accounts, how much, what is there, and how the transfer stands."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, final

from typing_extensions import override

from terminal.domain.transfer import STEP, AccountKind, TransferField, TransferTicket
from terminal.domain.units import Money, plain
from terminal.session.transfers import RETRY_WORDS, TransferEnd, words_of
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtCore import QObject

    from terminal.domain.contract import Contract
    from terminal.domain.transfer import Funds
    from terminal.domain.units import Symbol
    from terminal.session.transfers import TransferDesk, TransferResult
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.workspace import Workspace

NAMES = {
    AccountKind.MAIN: "Main",
    AccountKind.TRADE: "Trade",
    AccountKind.FUTURES: "Futures",
}
NO_AMOUNT = "Not an amount: digits and a point, as in 250.5."
_NOTES = {
    TransferEnd.MOVED: ("\N{CHECK MARK}", Role.TEXT),
    TransferEnd.ACCEPTED: ("\N{HORIZONTAL ELLIPSIS}", Role.CAUTION),
    TransferEnd.REFUSED: ("\N{MULTIPLICATION SIGN}", Role.DANGER),
    TransferEnd.NOT_SENT: ("\N{MULTIPLICATION SIGN}", Role.DANGER),
    TransferEnd.UNKNOWN: ("?", Role.CAUTION),
}
_FIRST = ("USDT", "USDC")


@final
@dataclass(frozen=True, slots=True)
class FundsRow:
    """One account as a row of texts; ``after`` is its balance if the transfer were made."""

    name: str
    mark: str
    balance: str
    after: str
    transferable: str
    role: Role


@final
@dataclass(frozen=True, slots=True)
class Note:
    """How the transfer stands: a sign, a sentence, what else there is to say, how serious."""

    sign: str
    sentence: str
    detail: str
    role: Role


@final
@dataclass(frozen=True, slots=True)
class TransferView:
    """Everything the dialog shows. ``why_not`` says why Send is off, empty when it is on."""

    source: AccountKind
    target: AccountKind
    currency: str
    currencies: tuple[str, ...]
    amount_text: str
    rows: tuple[FundsRow, ...]
    accounts_problem: str
    amount_problem: str
    send_text: str
    why_not: str
    can_edit: bool
    can_ask_again: bool
    is_unsettled: bool
    note: Note | None

    @property
    def can_send(self) -> bool:
        """Whether Send does anything."""
        return not self.why_not


@final
class TransferViewModel(ViewModel):
    """Fills in a transfer and sends it once. ``begin`` when the dialog is shown.

    A transfer whose answer was lost stays open here until it is settled or set aside, also when
    the dialog was closed meanwhile.
    """

    def __init__(
        self,
        workspace: Workspace,
        desk: TransferDesk,
        contracts: Mapping[Symbol, Contract],
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self._workspace = workspace
        self._desk = desk
        self._contracts = contracts
        self._source, self._target = AccountKind.MAIN, AccountKind.FUTURES
        self._currency = ""
        self._typed = ""
        self._sent: TransferTicket | None = None
        self._old: TransferResult | None = None
        self.view = self._build()

    # Editing ---------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start anew: no amount, balances read now. An open transfer is shown as it stands."""
        self.start()
        self._typed = ""
        self._old = self._desk.last
        unsettled = self._desk.unsettled
        market = self._workspace.market
        if unsettled is not None:
            ticket = unsettled.ticket
            self._source, self._target = ticket.source, ticket.target
            self._currency = ticket.currency
        elif market is not None:
            self._currency = market.contract.settle_currency
        elif not self._currency:
            self._currency = next(iter(self._currencies()), "")
        self.set_paused(paused=False)
        self.read_again()
        # At once: the first picture of the dialog is the present one.
        self.view = self._build()
        self.changed.emit()

    def read_again(self) -> None:
        """Ask for the balances of all three accounts."""
        if self._currency:
            self._desk.read(self._currency)

    def set_source(self, kind: AccountKind) -> None:
        """Pay from another account; taking the receiving one swaps them."""
        if kind is self._target:
            self._target = self._source
        self._source = kind
        self.mark_dirty()

    def set_target(self, kind: AccountKind) -> None:
        """Pay to another account; taking the paying one swaps them."""
        if kind is self._source:
            self._source = self._target
        self._target = kind
        self.mark_dirty()

    def swap(self) -> None:
        """The other way round."""
        self._source, self._target = self._target, self._source
        self.mark_dirty()

    def set_currency(self, currency: str) -> None:
        """Another currency; the amount of the old one is meaningless and goes."""
        if currency == self._currency:
            return
        self._currency = currency
        self._typed = ""
        self.read_again()
        self.mark_dirty()

    def set_amount_text(self, typed: str) -> None:
        """Amount as typed."""
        self._typed = typed
        self.mark_dirty()

    def set_all(self) -> None:
        """Everything that is transferable from the paying account; nothing while unknown."""
        funds = self._funds(self._source)
        if funds is not None:
            self._typed = plain(funds.whole)
            self.mark_dirty()

    # Sending ---------------------------------------------------------------------------------

    def send(self) -> None:
        """Send what is filled in, once; does nothing while something is wrong with it."""
        ticket = self._ticket()
        if ticket.amount is not None and not self._desk.submit(ticket):
            self._sent = ticket
        self.mark_dirty()

    def ask_again(self) -> None:
        """Send the transfer whose answer was lost again, under the same id."""
        self._desk.retry()
        self.mark_dirty()

    def say_arrived(self) -> None:
        """The user has seen that the open transfer arrived."""
        self._set_aside(has_arrived=True)

    def say_not_moved(self) -> None:
        """The user has seen that the open transfer did not take place."""
        self._set_aside(has_arrived=False)

    def _set_aside(self, *, has_arrived: bool) -> None:
        self._desk.set_aside(has_arrived=has_arrived)
        self._typed = ""
        self.mark_dirty()

    def _on_desk_changed(self) -> None:
        """What was taken is not left in the field, where Enter would send it once more."""
        last = self._desk.last
        if last is not None and last.ticket is self._sent and last.end in _TAKEN:
            self._typed = ""
            self._sent = None
        self.mark_dirty()

    # Refresh ---------------------------------------------------------------------------------

    @override
    def connect_sources(self) -> None:
        self.listen(self._desk.on_changed.add(self._on_desk_changed))

    @override
    def refresh(self) -> bool:
        view = self._build()
        changed = view != self.view
        self.view = view
        return changed

    def _build(self) -> TransferView:
        desk, ticket = self._desk, self._ticket()
        can_edit = not desk.is_busy and desk.unsettled is None and not desk.refusal
        blocks = desk.blocks(ticket)
        reasons = {block.field: block.reason for block in blocks}
        amount_problem = self._amount_problem(ticket, reasons)
        return TransferView(
            source=self._source,
            target=self._target,
            currency=self._currency,
            currencies=self._currencies(),
            amount_text=self._typed,
            rows=self._rows(ticket, is_sendable=not blocks),
            accounts_problem=self._accounts_problem(reasons),
            amount_problem=amount_problem,
            send_text="Send"
            if ticket.amount is None or not can_edit
            else f"Send {text.exact_money(ticket.money)} to {ticket.target.value}",
            why_not=amount_problem or (blocks[0].reason if blocks else ""),
            can_edit=can_edit,
            can_ask_again=desk.unsettled is not None and not desk.is_busy and not desk.refusal,
            is_unsettled=desk.unsettled is not None,
            note=self._note(),
        )

    def _currencies(self) -> tuple[str, ...]:
        names = {contract.settle_currency for contract in self._contracts.values()}
        if self._currency:
            names.add(self._currency)
        return (*(n for n in _FIRST if n in names), *sorted(names.difference(_FIRST)))

    def _funds(self, kind: AccountKind) -> Funds | None:
        return self._desk.funds(kind, self._currency).funds

    def _ticket(self) -> TransferTicket:
        bare = text.bare_number(self._typed)
        amount = None if bare == "x" else Decimal(bare)
        return TransferTicket(self._source, self._target, self._currency, amount)

    def _amount_problem(self, ticket: TransferTicket, reasons: Mapping[TransferField, str]) -> str:
        if not self._typed.strip() or TransferField.DESK in reasons:
            return ""
        if ticket.amount is None:
            return NO_AMOUNT
        return reasons.get(TransferField.AMOUNT, "")

    def _accounts_problem(self, reasons: Mapping[TransferField, str]) -> str:
        for kind in AccountKind:
            problem = self._desk.funds(kind, self._currency).problem
            if problem:
                return f"{NAMES[kind]} could not be read. {problem}"
        return "" if self._desk.is_reading else reasons.get(TransferField.ACCOUNTS, "")

    def _rows(self, ticket: TransferTicket, *, is_sendable: bool) -> tuple[FundsRow, ...]:
        funds = {kind: self._funds(kind) for kind in AccountKind}
        change = {ticket.source: -ticket.money.amount, ticket.target: ticket.money.amount}
        decimals = _decimals(
            self._currency,
            *(amount for each in funds.values() if each for amount in (_balance(each), each.whole)),
            *(change.values() if is_sendable else ()),
        )

        def row(kind: AccountKind) -> FundsRow:
            known = funds[kind]
            after = text.EMPTY
            if known is not None and is_sendable and kind in change:
                after = text.number(_balance(known) + change[kind], decimals)
            role = Role.TEXT if kind in change else Role.TEXT_DIM
            if self._desk.funds(kind, self._currency).problem:
                role = Role.CAUTION
            return FundsRow(
                name=NAMES[kind],
                mark={ticket.source: "from", ticket.target: "to"}.get(kind, ""),
                balance=text.EMPTY if known is None else text.number(_balance(known), decimals),
                after=after,
                transferable=text.EMPTY if known is None else text.number(known.whole, decimals),
                role=role,
            )

        return tuple(row(kind) for kind in AccountKind)

    def _note(self) -> Note | None:
        desk, last = self._desk, self._desk.last
        if desk.refusal:
            return Note("!", desk.refusal, "", Role.CAUTION)
        if desk.is_busy and last is None:
            sent = self._sent if desk.unsettled is None else desk.unsettled.ticket
            words = "Sending." if sent is None else f"Sending {words_of(sent)}."
            return Note("\N{HORIZONTAL ELLIPSIS}", words, "", Role.TEXT_DIM)
        if last is None and desk.unsettled is not None:
            # What is open is never without a word, nor without what can be done about it.
            words = f"It is not known whether {words_of(desk.unsettled.ticket)} arrived."
            return Note("?", words, RETRY_WORDS, Role.CAUTION)
        if last is None or (last is self._old and desk.unsettled is None):
            return None
        sign, role = _NOTES[last.end]
        detail = last.remedy
        if last.end is TransferEnd.MOVED:
            detail = self._new_balances(last.ticket)
        elif desk.is_busy:
            detail = "The balances are being looked at."
        return Note(sign, last.sentence, detail, role)

    def _new_balances(self, ticket: TransferTicket) -> str:
        said: list[str] = []
        for kind in (ticket.source, ticket.target):
            funds = self._desk.funds(kind, ticket.currency).funds
            if funds is not None:
                money = Money(_balance(funds), ticket.currency)
                said.append(f"{NAMES[kind]} has {text.exact_money(money)} now.")
        return " ".join(said)


_TAKEN = frozenset({TransferEnd.MOVED, TransferEnd.ACCEPTED})


def _balance(funds: Funds) -> Decimal:
    """A balance in whole steps: the futures figures come as floating numbers."""
    return funds.balance.amount.quantize(STEP)


def _decimals(currency: str, *amounts: Decimal) -> int:
    """So many decimals that no digit of these amounts is lost, at least the usual ones."""
    needed = [text.money_decimals(currency)]
    for amount in amounts:
        exponent = amount.normalize().as_tuple().exponent
        needed.append(-exponent if isinstance(exponent, int) else 0)
    return max(needed)
