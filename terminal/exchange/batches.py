"""How the items of a batch ended: one outcome for each that was asked for, in the order of asking.

By REST and by the order socket alike. A batch that was taken says nothing about its items.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from terminal.domain.units import ClientOid, OrderId
from terminal.exchange.commands import outcome_of
from terminal.exchange.outcome import Accepted, Outcome, Route, Unknown
from terminal.exchange.refusals import refusal
from terminal.wire.batches import batch_items
from terminal.wire.envelope import code_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal.wire.batches import BatchItemPayload

NO_WORD = "The exchange did not say what became of this order of the batch."


@final
@dataclass(frozen=True, slots=True)
class Subject:
    """What a command, or one item of a batch, was about.

    A placed order has our id only; a cancel has one of the two.
    """

    client_oid: ClientOid | None = None
    order_id: OrderId | None = None
    is_cancel: bool = False


def batch_outcomes(value: object, subjects: Sequence[Subject], route: Route) -> tuple[Outcome, ...]:
    """Read a batch's data (decoded JSON) into one outcome for each subject.

    Items are matched by their ids; those without any by their place, when no item is missing. What
    has no readable item is Unknown. Raises ``DecodeError`` when the data holds no items at all.
    """
    items = batch_items(value)
    left = dict(enumerate(items))
    found: dict[int, BatchItemPayload] = {}
    for at, subject in enumerate(subjects):
        # An answer in the order of asking is found at the first look.
        for place in (at, *left) if at in left else tuple(left):
            item = left[place]
            if item is not None and _is_about(item, subject):
                found[at] = item
                del left[place]
                break
    if len(items) == len(subjects):
        for at, item in left.items():
            if item is not None and at not in found and not (item.orderId or item.clientOid):
                found[at] = item
    return tuple(_outcome(found.get(at), subjects[at], route) for at in range(len(subjects)))


def _is_about(item: BatchItemPayload, subject: Subject) -> bool:
    if subject.client_oid is not None:
        return item.clientOid == subject.client_oid
    return item.orderId == subject.order_id


def _outcome(item: BatchItemPayload | None, subject: Subject, route: Route) -> Outcome:
    if item is None:
        return Unknown(NO_WORD, route)
    if not item.is_success:
        return outcome_of(refusal("batch", code_text(item.code), item.msg or ""), route)
    if item.orderId:
        return Accepted((OrderId(item.orderId),), route)
    # A cancel by our own id is answered without the exchange's; a placed order always has one.
    return Accepted((), route) if subject.is_cancel else Unknown(NO_WORD, route)
