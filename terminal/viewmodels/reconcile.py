"""What the exchange has, as one table with the sentences that somebody should read above it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import Signal
from typing_extensions import override

from terminal.domain.events import OrderType
from terminal.domain.intention import Source
from terminal.domain.lanes import about, lane_words
from terminal.domain.reconcile import Comparison, Heard, OrderFinding, Origin, ReconcileReport
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.tables import Column, RowTableModel
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtCore import QObject

    from terminal.domain.contract import Contract
    from terminal.domain.order import Order
    from terminal.domain.units import Symbol
    from terminal.session.reconcile import Reconciling
    from terminal.viewmodels.frame import FrameClock

_TOLD = {
    Source.REPLY: "an answer",
    Source.STREAM: "the stream",
    Source.REST: "a reading",
    Source.ASSUMED: "silence",
    Source.OWN: "this program",
}
BARE = "reduces, nothing to reduce"
LOOKING = "Still looking."


@final
class FindingRow(NamedTuple):
    """One thing that is there, in texts; ``key`` is the same in the next report."""

    key: str
    what: str
    symbol: str
    words: str
    origin: str
    role: Role
    told_by: str
    age: str


COLUMNS: tuple[Column[FindingRow], ...] = (
    Column("What", lambda row: row.what, is_number=False, sample="Margin mode"),
    Column("Contract", lambda row: row.symbol, is_number=False, sample="1000BONKUSDTM"),
    Column(
        "As it is",
        lambda row: row.words,
        is_number=False,
        sample="Sell 10 000 at 100 000.0, partly filled",
    ),
    Column("From", lambda row: row.origin, lambda row: row.role, is_number=False, sample=BARE),
    Column("Told by", lambda row: row.told_by, is_number=False, sample="this program"),
    Column("Age", lambda row: row.age, sample="59 min"),
)


@final
class ReconcileViewModel(ViewModel):
    """The last report. ``attention_asked`` once, when the first whole one has something to read."""

    attention_asked = Signal()
    empty_text = "No orders and no positions."
    stale: str | None = None

    def __init__(
        self,
        reconciling: Reconciling,
        contracts: Mapping[Symbol, Contract],
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self.model: RowTableModel[FindingRow] = RowTableModel(COLUMNS, lambda row: row.key, self)
        self.headline = "Nothing was read yet."
        self.sentences: tuple[str, ...] = ()
        self._reconciling = reconciling
        self._contracts = contracts
        self._has_asked = False

    # Commands --------------------------------------------------------------------------------

    def read_again(self) -> None:
        """Read everything from the exchange now."""
        self._reconciling.read()

    def acknowledge(self) -> None:
        """Somebody has read it: what was under way is not shown again."""
        self._reconciling.acknowledge()

    # Showing ---------------------------------------------------------------------------------

    @override
    def connect_sources(self) -> None:
        self.listen(self._reconciling.on_report.add(self._on_report))

    def _on_report(self) -> None:
        self.mark_dirty()
        report = self._reconciling.report
        if self._has_asked or report is None or not report.is_complete:
            return
        self._has_asked = True
        if report.attention:
            self.attention_asked.emit()

    @override
    def refresh(self) -> bool:
        report = self._reconciling.report
        if report is None:
            return False
        before = (self.headline, self.sentences)
        self.headline = f"As of {text.clock_time(report.made_at)}."
        orders, positions = self._reconciling.compared
        said = (comparison_words("Orders", orders), comparison_words("Positions", positions))
        self.headline = " ".join((self.headline, *said))
        if not report.is_complete:
            self.headline = f"{self.headline} {LOOKING}"
        problem = self._reconciling.problem
        self.sentences = (*((problem,) if problem else ()), *report.attention)
        changed = self.model.set_rows(self._rows(report))
        return changed or before != (self.headline, self.sentences)

    def _rows(self, report: ReconcileReport) -> list[FindingRow]:
        rows = [
            FindingRow(
                one.procedure.procedure_id, "Under way", one.procedure.symbol,
                one.procedure.wanted, "before", Role.CAUTION, _TOLD[Source.OWN],
                _age(report, Heard(Source.OWN, one.procedure.begun_at)),
            )
            for one in report.unfinished
        ]  # fmt: skip
        rows += [self._before(order) for order in report.from_before if not order.is_working]
        for one in report.positions:
            words = " ".join(filter(None, (f"{one.lots:+} lots", lane_words(one.lane))))
            key = about(one.symbol, one.lane)
            told = _told(one.heard)
            age = _age(report, one.heard)
            rows.append(
                FindingRow(f"p:{key}", "Position", one.symbol, words, "", Role.TEXT, told, age)
            )
        ordered = sorted(report.orders, key=lambda found: found.is_stop)
        rows += [self._order(report, one) for one in ordered]
        for mode in report.modes:
            words = "not known" if mode.margin_mode is None else mode.margin_mode.value
            rows.append(
                FindingRow(
                    f"m:{mode.symbol}", "Margin mode", mode.symbol, words, "", Role.TEXT, "", ""
                )
            )
        return rows

    def _before(self, order: Order) -> FindingRow:
        told = Source.ASSUMED if order.is_guess else Source.REST
        words = f"{self._order_words(order)}: {order.reason or order.state.value.lower()}"
        return FindingRow(
            f"b:{order.client_oid}", "Order", order.symbol, words, "before", Role.CAUTION,
            _TOLD[told], "",
        )  # fmt: skip

    def _order(self, report: ReconcileReport, one: OrderFinding) -> FindingRow:
        order = one.order
        origin = BARE if one.is_bare else one.origin.value
        is_odd = one.is_bare or one.origin is Origin.ORPHAN
        words = f"{self._order_words(order)}, {order.state.value.lower()}"
        return FindingRow(
            order.client_oid, "Stop" if one.is_stop else "Order", order.symbol, words, origin,
            Role.CAUTION if is_odd else Role.TEXT, _told(one.heard), _age(report, one.heard),
        )  # fmt: skip

    def _order_words(self, order: Order) -> str:
        contract = self._contracts.get(order.symbol)
        side = "Close" if order.side is None else order.side.value.capitalize()
        words = f"{side} {text.whole(order.lots)}" if order.lots else side
        at = order.shown_at
        if at is not None and contract is not None:
            return f"{words} at {text.price(at, contract)}"
        return f"{words} at market" if order.order_type is OrderType.MARKET else words


def comparison_words(what: str, comparison: Comparison | None) -> str:
    """When a list was last held against the exchange's, and what differed."""
    if comparison is None:
        return f"{what} not read yet."
    at = text.clock_time(comparison.at)
    if comparison.differences is None:
        return f"{what} first read {at}."
    found = {0: "no difference", 1: "one difference"}.get(
        comparison.differences, f"{comparison.differences} differences"
    )
    return f"{what} compared {at}: {found}."


def _told(heard: Heard) -> str:
    return "" if heard.source is None else _TOLD[heard.source]


def _age(report: ReconcileReport, heard: Heard) -> str:
    """How long before the report it was heard."""
    if not heard.at:
        return ""
    return text.age(max(0, report.made_at - heard.at) / 1000)
