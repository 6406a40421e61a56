"""How commands to the order desk end, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, final

from terminal.domain.guard import Block, BlockField

if TYPE_CHECKING:
    from terminal.domain.order import Order
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid, Symbol
    from terminal.session.origins import Surface


@final
@dataclass(frozen=True, slots=True)
class Submitted:
    """The order is on its way."""

    client_oid: ClientOid


@final
@dataclass(frozen=True, slots=True)
class Blocked:
    """Nothing was sent; at least one reason."""

    blocks: tuple[Block, ...]


SubmitResult: TypeAlias = Submitted | Blocked


def not_sent(field: BlockField, reason: str) -> Blocked:
    """Nothing was sent, for one reason."""
    return Blocked((Block(field, reason),))


@final
@dataclass(frozen=True, slots=True)
class DryRun:
    """How the exchange answered the test of an order that was not placed."""

    ticket: OrderTicket
    ok: bool
    sentence: str


@final
@dataclass(frozen=True, slots=True)
class OrderResult:
    """How a command ended, in one sentence for the user.

    ``origin`` is the surface that asked for it, None where none of them did.
    """

    order: Order
    ok: bool
    sentence: str
    origin: Surface | None = None


@final
@dataclass(frozen=True, slots=True)
class Verdict:
    """How one item of a batch or of a sweep ended; ``ok`` when it is as it was wanted."""

    client_oid: ClientOid
    ok: bool
    sentence: str


@final
@dataclass(frozen=True, slots=True)
class BatchResult:
    """How a command about many orders ended: one sentence for all, one verdict for each."""

    symbol: Symbol | None
    ok: bool
    sentence: str
    items: tuple[Verdict, ...]
    origin: Surface | None = None
