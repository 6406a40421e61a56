"""Wire structs to domain facts, the only package that knows both vocabularies.

Prices become whole ticks and sizes whole lots here. What cannot be translated raises
``ProtocolError``; nothing is guessed. One module for each theme; all are called through this
one but ``feed``, which says of the stream's frames what others say of answers, in the same words.
"""

from terminal.exchange.translate.account import (
    account_totals,
    margin_mode,
    overview,
    position_mode,
    position_update,
    rest_position,
    wallet_change,
)
from terminal.exchange.translate.bodies import order_body
from terminal.exchange.translate.book import (
    SLICE_LEVELS,
    SnapshotReading,
    book_delta,
    book_depth,
    book_snapshot,
)
from terminal.exchange.translate.funds import (
    account_funds,
    funding_coin,
    past_transfer,
    sub_account,
    sub_account_funds,
    user_level,
)
from terminal.exchange.translate.history import closed_position, funding_payment, ledger_entry
from terminal.exchange.translate.market import (
    candle,
    candle_update,
    contract,
    mark_price,
    mark_update,
    market_summary,
    public_trade,
    ticker,
)
from terminal.exchange.translate.orders import (
    fill,
    open_order_totals,
    order_event,
    order_stub,
    order_update,
    stop_event,
)
from terminal.exchange.translate.scales import Scales
from terminal.exchange.translate.series import (
    funding_rate,
    past_funding,
    risk_tier,
    series_point,
    service_status,
)
from terminal.exchange.translate.settings import (
    cross_order_limit,
    cross_requirement,
    dead_man_switch,
    fee_rates,
    margin_modes,
    max_open_size,
    switch_times,
)

__all__ = [
    "SLICE_LEVELS",
    "Scales",
    "SnapshotReading",
    "account_funds",
    "account_totals",
    "book_delta",
    "book_depth",
    "book_snapshot",
    "candle",
    "candle_update",
    "closed_position",
    "contract",
    "cross_order_limit",
    "cross_requirement",
    "dead_man_switch",
    "fee_rates",
    "fill",
    "funding_coin",
    "funding_payment",
    "funding_rate",
    "ledger_entry",
    "margin_mode",
    "margin_modes",
    "mark_price",
    "mark_update",
    "market_summary",
    "max_open_size",
    "open_order_totals",
    "order_body",
    "order_event",
    "order_stub",
    "order_update",
    "overview",
    "past_funding",
    "past_transfer",
    "position_mode",
    "position_update",
    "public_trade",
    "rest_position",
    "risk_tier",
    "series_point",
    "service_status",
    "stop_event",
    "sub_account",
    "sub_account_funds",
    "switch_times",
    "ticker",
    "user_level",
    "wallet_change",
]
