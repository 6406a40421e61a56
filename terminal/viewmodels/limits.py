"""The limits of the account: what is set, what of it is used, what is locked and until when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import QTimer
from typing_extensions import override

from terminal.domain.guard_pace import countdown
from terminal.domain.guard_terms import loosened
from terminal.domain.secret import Secret
from terminal.domain.units import Money, plain
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.limit_form import (
    GENERAL,
    LOSS,
    SCOPED,
    FieldSpec,
    limits_of,
    loss_field,
    problems_of,
    texts_of,
)
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtCore import QObject

    from terminal.domain.contract import Contract
    from terminal.domain.guard_terms import GuardLimits
    from terminal.domain.units import Symbol
    from terminal.session.account import AccountSession
    from terminal.session.daily_loss import DailyLoss
    from terminal.session.limits import LimitKeeper
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.workspace import Workspace

TICK_MS = 1000
"""Ages and countdowns are told by the second."""
ALL = "All contracts"
_FIRST = ("USDT", "USDC")


@final
class LimitSources(NamedTuple):
    """What the panel shows and changes."""

    keeper: LimitKeeper
    loss: DailyLoss
    desk: OrderDesk
    account: AccountSession
    contracts: Mapping[Symbol, Contract]


@final
@dataclass(frozen=True, slots=True)
class LimitRow:
    """One field: what was typed, what is used now, what is wrong; empty where there is nothing."""

    name: str
    title: str
    unit: str
    hint: str
    typed: str
    used: str
    problem: str


@final
@dataclass(frozen=True, slots=True)
class LimitsView:
    """Everything the panel shows. ``why_not`` says why Apply is off, empty when it is on."""

    scopes: tuple[str, ...]
    scope: str
    rows: tuple[LimitRow, ...]
    zone: str
    zone_problem: str
    checks_margin: bool
    counts_unrealized: bool
    is_locked: bool
    is_busy: bool
    needs_password: bool
    can_end_lockout: bool
    state: str
    state_role: Role
    message: str
    message_role: Role
    why_not: str

    @property
    def can_apply(self) -> bool:
        """Whether Apply does anything."""
        return not self.why_not


@final
class LimitsViewModel(ViewModel):
    """Fills in limits and lets them hold. ``begin`` when the panel is shown.

    A password is passed on and never kept here.
    """

    def __init__(
        self,
        workspace: Workspace,
        sources: LimitSources,
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self._workspace = workspace
        self._from = sources
        self._scope: Symbol | None = None
        self._limits = sources.keeper.limits
        self._texts: dict[str, str] = texts_of(self._limits, None)
        self._checks_margin = self._limits.checks_margin
        self._counts_unrealized = self._limits.counts_unrealized
        self._shows_answer = False
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.mark_dirty)
        self._is_paused = True  # nobody looks before it begins
        self.view = self._build()

    # Editing ---------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start anew from what holds; what was typed before is forgotten."""
        self.start()
        self._shows_answer = False
        self._load(None)
        self.set_paused(paused=False)
        self._timer.start()
        self.view = self._build()
        self.changed.emit()

    def choose_scope(self, scope: str) -> None:
        """Show the limits of all contracts, or those that one has for itself."""
        market = self._workspace.market
        symbol = None if market is None or scope == ALL else market.contract.symbol
        if symbol != self._scope:
            self._load(symbol)
            self.mark_dirty()

    def set_text(self, name: str, typed: str) -> None:
        """A field as typed."""
        self._texts[name] = typed
        self._edited()

    def set_checks_margin(self, is_set: bool) -> None:  # noqa: FBT001 - a switch told by the widget
        """Whether margin and fees must be available."""
        self._checks_margin = is_set
        self._edited()

    def set_counts_unrealized(self, is_set: bool) -> None:  # noqa: FBT001 - told by the widget
        """Whether open profit and loss count for the day."""
        self._counts_unrealized = is_set
        self._edited()

    def _edited(self) -> None:
        self._shows_answer = False
        self.mark_dirty()

    def _load(self, symbol: Symbol | None) -> None:
        self._scope = symbol
        self._limits = limits = self._from.keeper.limits
        self._texts = texts_of(limits, symbol)
        self._checks_margin = limits.checks_margin
        self._counts_unrealized = limits.counts_unrealized

    # Acting ----------------------------------------------------------------------------------

    def apply(self, password: str) -> None:
        """Let what is typed hold; does nothing while something is wrong with it."""
        if self._problems():
            return
        self._shows_answer = True
        self._from.keeper.change(self._wanted(), Secret(password))
        self.mark_dirty()

    def lock(self, password: str) -> None:
        """Lock the limits: from now on nothing is loosened without this password."""
        self._shows_answer = True
        self._from.keeper.set_password(Secret(password))
        self.mark_dirty()

    def unlock(self, password: str) -> None:
        """Unlock the limits."""
        self._shows_answer = True
        self._from.keeper.remove_password(Secret(password))
        self.mark_dirty()

    def end_lockout(self, password: str) -> None:
        """End what a loss has locked before its time."""
        self._shows_answer = True
        self._from.keeper.end_lockouts(Secret(password))
        self.mark_dirty()

    # Refresh ---------------------------------------------------------------------------------

    @override
    def connect_sources(self) -> None:
        self._workspace.contract_changed.connect(self._on_contract_changed)
        self.listen(
            self._from.keeper.on_changed.add(self._on_keeper),
            self._from.account.on_changed.add(self.mark_dirty),
            self._from.desk.on_changed.add(self.mark_dirty),
        )

    @override
    def stop(self) -> None:
        if self._is_running:
            self._workspace.contract_changed.disconnect(self._on_contract_changed)
        self._timer.stop()
        super().stop()

    @override
    def set_paused(self, paused: bool) -> None:
        if paused:
            self._timer.stop()
        super().set_paused(paused)

    @override
    def refresh(self) -> bool:
        view = self._build()
        changed = view != self.view
        self.view = view
        return changed

    def _on_contract_changed(self) -> None:
        if self._scope is not None:
            self._load(None)
        self.mark_dirty()

    def _on_keeper(self) -> None:
        """What holds now is shown, unless something else is being typed."""
        if self._from.keeper.limits is not self._limits and (
            self._shows_answer or self._is_untouched()
        ):
            self._load(self._scope)
        self.mark_dirty()

    def _is_untouched(self) -> bool:
        limits = self._limits
        return (
            self._texts == texts_of(limits, self._scope)
            and self._checks_margin == limits.checks_margin
            and self._counts_unrealized == limits.counts_unrealized
        )

    def _problems(self) -> dict[str, str]:
        return problems_of(self._texts, self._scope)

    def _wanted(self) -> GuardLimits:
        wanted = limits_of(self._texts, self._scope, self._from.keeper.limits)
        return replace(
            wanted, checks_margin=self._checks_margin, counts_unrealized=self._counts_unrealized
        )

    def _build(self) -> LimitsView:
        keeper, problems = self._from.keeper, self._problems()
        market = self._workspace.market
        symbol = None if market is None else market.contract.symbol
        looser = () if problems else loosened(keeper.limits, self._wanted())
        state, role = self._state()
        answer = keeper.answer if self._shows_answer else None
        why_not = next(iter(problems.values()), "")
        if keeper.is_busy:
            why_not = "The password is being looked at."
        return LimitsView(
            scopes=(ALL,) if symbol is None else (ALL, f"{symbol} only"),
            scope=ALL if self._scope is None else f"{self._scope} only",
            rows=tuple(self._row(spec, problems) for spec in self._specs()),
            zone=self._texts["zone"],
            zone_problem=problems.get("zone", ""),
            checks_margin=self._checks_margin,
            counts_unrealized=self._counts_unrealized,
            is_locked=keeper.has_password,
            is_busy=keeper.is_busy,
            needs_password=keeper.has_password and bool(looser),
            can_end_lockout=keeper.has_password and bool(keeper.lockouts),
            state=state,
            state_role=role,
            message="" if answer is None else answer.sentence,
            message_role=Role.TEXT if answer is None or answer.ok else Role.DANGER,
            why_not=why_not,
        )

    def _specs(self) -> tuple[FieldSpec, ...]:
        named = {contract.settle_currency for contract in self._from.contracts.values()}
        named.update(name.removeprefix(LOSS) for name in self._texts if name.startswith(LOSS))
        ordered = (*(n for n in _FIRST if n in named), *sorted(named.difference(_FIRST)))
        return (*SCOPED, *GENERAL, *(loss_field(currency) for currency in ordered))

    def _row(self, spec: FieldSpec, problems: Mapping[str, str]) -> LimitRow:
        return LimitRow(
            spec.name,
            spec.title,
            spec.unit,
            spec.hint,
            self._texts.get(spec.name, ""),
            self._used(spec.name),
            problems.get(spec.name, ""),
        )

    def _state(self) -> tuple[str, Role]:
        keeper = self._from.keeper
        if keeper.must_confirm:
            return keeper.refusal(), Role.DANGER
        going = keeper.lockouts
        if going:
            longest = max(going, key=lambda one: one.until_ms)
            left = countdown(longest.until_ms - keeper.now_ms())
            what = longest.currency or "Everything"
            return f"{what} is locked until {longest.until}, {left} from now. {longest.why}", (
                Role.DANGER
            )
        if keeper.has_password:
            return "Locked: tightening is free, loosening needs the password.", Role.CAUTION
        if not keeper.is_kept:
            return "Not stored here: these limits end with the program.", Role.CAUTION
        return "Not locked: anybody at the keys can change these limits.", Role.TEXT_DIM

    # What is used ----------------------------------------------------------------------------

    def _used(self, name: str) -> str:
        limits = self._from.keeper.limits
        if name.startswith(LOSS):
            return self._lost(name.removeprefix(LOSS), limits)
        if name == "rate_orders" and limits.rate is not None:
            used = self._from.desk.guarding.pace.used(limits.rate)
            return f"{used} of {limits.rate.orders} in {limits.rate.seconds} s"
        market = self._workspace.market
        if market is None:
            return ""
        if name == "max_position":
            return self._held(market.contract, limits)
        if name == "max_leverage" and limits.max_leverage is not None:
            leverage = self._from.account.leverage(market.contract.symbol)
            now = text.EMPTY if leverage is None else f"{plain(leverage)}x"
            return f"{now} of {plain(limits.max_leverage)}x"
        return ""

    def _held(self, contract: Contract, limits: GuardLimits) -> str:
        most = limits.of(contract.symbol).max_position
        if most is None:
            return ""
        worst = self._from.desk.guarding.worst(contract)
        if worst is None:
            return f"{text.EMPTY} of {text.whole(most)} lots"
        return f"{text.whole(worst)} of {text.whole(most)} lots"

    def _lost(self, currency: str, limits: GuardLimits) -> str:
        most = limits.max_losses.get(currency)
        if most is None:
            return ""
        limit = f"of {text.MINUS}{text.money(Money(most, currency))}"
        day = self._from.loss.day(currency)
        if day is None:
            return f"{text.EMPTY} {limit}, being read from the ledger"
        rests = ", resting today" if self._from.keeper.is_lifted(currency) else ""
        total = text.number(day.total, text.money_decimals(currency))
        age = text.age(day.age_ms / 1000)
        beside = "" if day.unrealized is None else ", open positions included"
        return f"{total} {limit}, ledger {age} ago{beside}{rests}"
