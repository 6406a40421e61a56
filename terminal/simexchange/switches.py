"""What the reference does not establish, as switches: both behaviors of each open question.

A client must work whichever way a switch stands. The defaults are our reading, the other value is
the other reading; ``source`` names the paragraph that leaves it open.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def _switch(choices: tuple[str, ...], source: str, text: str) -> Any:  # noqa: ANN401 - a field
    return dataclasses.field(
        default=choices[0], metadata={"choices": choices, "source": source, "help": text}
    )


@final
@dataclass(slots=True)
class Switches:
    """One word each; the first of the choices is the default."""

    post_only_crossing: str = _switch(
        ("cancel", "reject"),
        "11",
        "a crossing post-only order is accepted and canceled, or refused",
    )
    triggered_stop_id: str = _switch(
        ("kept", "new"), "11", "an order born of a triggered stop keeps its id, or gets a new one"
    )
    stop_event_client_oid: str = _switch(
        ("absent", "present"), "11", "stop events carry no clientOid, or carry it"
    )
    exits_made: str = _switch(
        ("on_fill", "at_once"), "11", "exits attached to an order appear when it fills, or with it"
    )
    exits_size: str = _switch(
        ("filled", "order"), "11", "attached exits cover what was filled, or the whole order"
    )
    exits_linked: str = _switch(
        ("yes", "no"), "11", "one attached exit that fires ends the other, or leaves it"
    )
    market_order_margin: str = _switch(
        ("worst_price", "best_price"), "11", "what a market order must be able to pay for"
    )
    updated_at_unit: str = _switch(("ms", "ns"), "11", "unit of updatedAt in orders")
    topic_limit: str = _switch(("300", "100"), "11", "topics that one feed connection may hold")
    snapshot_key: str = _switch(
        ("public", "signed"), "11", "the full book is served to anybody, or to signed requests"
    )
    signed_query: str = _switch(
        ("either", "encoded", "decoded"), "11", "which form of the query a signature covers"
    )
    history_window: str = _switch(
        ("unlimited", "day"), "11", "longest window of the ledger and of funding history"
    )
    not_found_status: str = _switch(("200", "404"), "3.5", "HTTP status of an order not found")
    business_status: str = _switch(("200", "400"), "1.4", "HTTP status of a business refusal")
    batch_nesting: str = _switch(("flat", "nested"), "3.3", "a batch reply has one more data level")
    socket_quota: str = _switch(
        ("userRateLimit", "rateLimit", "absent", "sometimes"), "6.3", "name of the quota in replies"
    )
    socket_cancel_code: str = _switch(
        ("200", "200000"), "6.2", "item code of a batch cancel on the order socket"
    )
    stop_price_type: str = _switch(
        ("number", "text"), "3.5", "stopPrice in order objects; lists of stops show text"
    )
    wallet_subjects: str = _switch(
        ("current", "legacy", "both"), "5.7", "wallet frames of today, of accounts never switched"
    )
    order_topic_echo: str = _switch(
        ("asked", "plain"),
        "5.7",
        "order frames come back with the topic asked for, or without symbol",
    )
    mark_frame_symbol: str = _switch(
        ("absent", "present"), "5.7", "partial position frames on positionAll carry the symbol"
    )
    mark_frame_reason: str = _switch(
        ("present", "absent"), "5.7", "partial position frames carry changeReason"
    )
    statistics_names: str = _switch(
        ("Size", "Qty"), "3.5", "ending of the names in open order statistics"
    )
    predicted_funding: str = _switch(
        ("absent", "present"), "2.7", "the current funding rate carries predictedValue"
    )
    kline_columns: str = _switch(("7", "6"), "2.5", "columns of a candle row")
    leverage_text: str = _switch(("3", "3.0"), "3.5", "how an order writes its leverage")
    cancel_all_v1: str = _switch(
        ("answers", "gone"),
        "3.4",
        "the deprecated cancel-all: clients use it, one says it is gone",
    )
    multi_cancel_weight: str = _switch(("20", "30"), "1.9", "weight of a batch cancel")
    cancel_all_weight: str = _switch(("10", "30"), "1.9", "weight of cancel-all")
    liquidity_of_hidden: str = _switch(
        ("maker", "taker"), "5.7", "what a maker is called that met a hidden order"
    )
    multi_cancel_limit: str = _switch(
        ("20", "10"), "3.4", "orders in one batch cancel; the old manual says 10"
    )
    socket_challenge: str = _switch(
        ("compact", "spaced"), "6.1", "the order socket's challenge without spaces, or with them"
    )
    key_version: str = _switch(
        ("either", "exact"), "1.3", "KC-API-KEY-VERSION may be 2 or 3, or must be the key's own"
    )

    retail_orders: str = _switch(
        ("accepted", "refused"), "8 row 25", "timeInForce RPI: an order that only rests, or 400100"
    )
    partly_filled_end: str = _switch(
        ("update", "canceled"), "3.6", "type of the last frame of an order partly filled, canceled"
    )
    transfer_coin: str = _switch(
        ("BTC", "XBT", "both"), "4", "bitcoin in transfers to and from the futures account"
    )
    transfer_repeat: str = _switch(
        ("answered", "refused"), "4.1", "a repeated clientOid gets the first id, or is refused"
    )
    transfer_order: str = _switch(
        ("client_oid", "balance"), "4.1", "what a transfer is looked at for first"
    )
    transfer_credit: str = _switch(
        ("at_once", "later"), "4.1", "money arrives with the reply, or a second later"
    )
    sub_to_sub: str = _switch(
        ("refused", "taken"), "4.1", "universal-transfer from one sub-account to another"
    )
    transfer_in_envelope: str = _switch(
        ("current", "old"), "4.3", "transfer-in answers 200000, or success with code 200"
    )
    transfer_out_reply: str = _switch(
        ("PROCESSING", "APPLY", "PENDING_APPROVAL", "APPROVED", "PENDING_CANCEL", "final"),
        "4.2",
        "status in the reply of transfer-out; final: it is over at once",
    )
    transfer_out_end: str = _switch(
        ("SUCCESS", "REJECTED", "CANCEL"), "4.2", "how a transfer-out ends"
    )
    inner_to_futures: str = _switch(
        ("taken", "refused"), "4", "inner-transfer to contract, as old documents have it"
    )

    pos_funding: str = _switch(
        ("unsettled", "settled"),
        "3.8",
        "posFunding of isolated positions: what is due, or what was settled",
    )
    max_open_size_envelope: str = _switch(
        ("new", "old"), "3.11", "the largest open size in the envelope of today, or of old services"
    )
    margin_requirement_verb: str = _switch(
        ("both", "get", "post"), "3.11", "how the margin requirement is asked for"
    )
    margin_requirement_shape: str = _switch(
        ("object", "list"), "3.11", "the margin requirement is an object, or a list of one"
    )
    risk_limit_refusal: str = _switch(
        ("answer", "feed"),
        "3.12",
        "a risk limit level that cannot be is refused at once, or told on the feed alone",
    )
    risk_limit_leverage: str = _switch(
        ("lowered", "refused"),
        "3.12",
        "a level below the position's leverage takes more margin, or is refused",
    )
    dcp_stops: str = _switch(
        ("kept", "canceled"), "11", "waiting stops and exits when the dead-man switch acts"
    )
    dcp_time_unit: str = _switch(("ms", "s"), "3.14", "unit of the dead-man switch's times")
    short_price_rounding: str = _switch(
        ("down", "up"), "11", "how REST rounds liquidation and bankruptcy prices of shorts"
    )

    one_way_in_hedge: str = _switch(
        ("330011", "330012"),
        "1.6",
        "code of an order without positionSide in hedge mode; clients know both",
    )
    hedge_isolated: str = _switch(
        ("offered", "refused"),
        "11",
        "isolated margin in hedge mode: offered, or every such order is refused (330012)",
    )
    hedge_cross_margin: str = _switch(
        ("larger", "both"),
        "7.3",
        "cross margin of long and short of a contract: of the larger side, or of both",
    )
    hedge_close_side: str = _switch(
        ("required", "found"),
        "3.3",
        "closeOrder in hedge mode names its leg, or takes the only one that is open",
    )
    hedge_margin_side: str = _switch(
        ("required", "found"),
        "11",
        "margin calls in hedge mode name the leg, or take the only one that is open",
    )
    mark_frame_side: str = _switch(
        ("present", "absent"),
        "5.7",
        "partial position frames carry positionSide in hedge mode",
    )
    liquidation_fee: str = _switch(
        ("taker", "none"),
        "11",
        "fee rate of a liquidation in liquidation prices: the taker's, or none",
    )
    maintenance_size: str = _switch(
        ("position", "with_orders"),
        "11",
        "the size that a cross maintenance rate follows from: held, or with orders of its side",
    )

    liquidation_stops: str = _switch(
        ("canceled", "kept"),
        "11",
        "waiting stops of a position that is liquidated: canceled with its orders, or kept",
    )
    partial_liquidation: str = _switch(
        ("market", "bankruptcy"),
        "7.6",
        "the first part of a large position: sold into the book, or taken over like the rest",
    )
    adl_fee: str = _switch(
        ("none", "taker"), "11", "fee rate of who is deleveraged: nothing, or the taker's"
    )

    liquidation_settings: str = _switch(
        ("refused", "allowed"),
        "1.6",
        "leverage and modes of what is in liquidation: refused (300014), or changed as ever",
    )
    forced_close_type: str = _switch(
        ("named", "CLOSE"),
        "11",
        "how the history of positions calls liquidated and deleveraged ones; CLOSE is confirmed",
    )
    liquidation_history: str = _switch(
        ("null", "filled"),
        "3.8",
        "liquidAmount and liquidPrice of a position that was liquidated: null, or lots and price",
    )
    initial_margin_floor: str = _switch(
        ("none", "maintenance"),
        "11",
        "initial margin of cross positions: 1 / leverage, or not below f times maintenance",
    )
    delivery_refusal: str = _switch(
        ("300002", "300015"),
        "7.9",
        "code of an order that would open in the last ten minutes before a delivery",
    )
    delivery_resting: str = _switch(
        ("kept", "canceled"),
        "7.9",
        "working orders that would open in the last ten minutes: kept until the delivery, or gone",
    )
    delivery_close_type: str = _switch(
        ("CLOSE", "SETTLEMENT"),
        "11",
        "how the history of positions calls one that was closed by a delivery",
    )
    delivered_contract: str = _switch(
        ("shown", "unknown"),
        "2.1",
        "calls about a delivered contract by its name: answered, or like those about no contract",
    )

    def set(self, name: str, value: str) -> None:
        """Turn one. Raises ``ValueError`` with a sentence for a name or a value there is not."""
        choices = choices_of(name)
        if value not in choices:
            raise ValueError(f"{name} is one of {', '.join(choices)}, not {value!r}.")
        setattr(self, name, value)

    def set_all(self, values: Mapping[str, str]) -> None:
        """Turn several, or none of them when one is wrong."""
        for name, value in values.items():
            if value not in choices_of(name):
                self.set(name, value)
        for name, value in values.items():
            setattr(self, name, value)


def choices_of(name: str) -> tuple[str, ...]:
    """The values of a switch. Raises ``ValueError`` for a name there is not."""
    for row in described():
        if row[0] == name:
            return row[1]
    raise ValueError(f"There is no switch named {name!r}.")


def described() -> Iterable[tuple[str, tuple[str, ...], str, str]]:
    """Name, choices (default first), paragraph of the reference, and a line of help of each."""
    for field in dataclasses.fields(Switches):
        data = field.metadata
        yield field.name, data["choices"], data["source"], data["help"]
