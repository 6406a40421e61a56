"""What of an exchange is kept when it ends, and how a new one goes on from it.

Kept are accounts and keys, everything that the market, trading and engine rooms hold, and what was
under way: money that will arrive, dead-man switches, settlements that have begun. Not kept are
connections and tokens, quotas that were spent, faults and switches: they belong to a run.

While the exchange is off its time passes and nothing happens. What was due meanwhile happens as
soon as it is on again, but settlements of funding that were missed are passed over, as exchanges do
it after a halt: nobody could close a position before them. Prices go on where the path is by now,
and candles have a hole. Every number that clients are told goes on a leap further: what was given
out between the last saving and a crash is never given out again, and a book's followers see a gap.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, final

from terminal.simexchange.auth import ApiKey
from terminal.simexchange.clock import Timer
from terminal.simexchange.keys import NamedKey
from terminal.simexchange.saved.graph import Reader, StateError, Writer, is_of_rooms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.engine.engine import Engine

LEAP = 10_000_000
"""More than anything is numbered between two savings."""
_BEGUN_ANEW = frozenset({("Settlements", "_reached"), ("Deliveries", "_reached")})
"""Timers that every start sets."""
_KEY_FIELDS = (
    *("key", "secret", "passphrase", "version", "ip_list", "uid", "needs_v3", "is_frozen"),
    *("remark", "master_uid", "sub_name", "expires_ms"),
)
_UNFIT = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
_MS = 1_000_000


class Exchange(Protocol):
    """Whose state it is."""

    seed: int
    start_ms: int
    clock: SimClock
    engine: Engine
    keys: dict[str, NamedKey]
    account_names: dict[str, str]


@final
class Beginning(NamedTuple):
    """How an exchange must be made before a state fits it: its seed and its first instant."""

    seed: int
    start_ms: int


def written(exchange: Exchange) -> dict[str, Any]:
    """The state as JSON values, at this instant. Raises ``StateError`` for what cannot be written.

    It costs time in proportion to what is kept, some microseconds for each order or fill.
    """
    clock = exchange.clock
    timers = [timer for timer in clock.waiting_once() if _is_kept(timer)]
    writer = Writer(timers)
    engine = writer.value(exchange.engine)
    return {
        "seed": exchange.seed,
        "start_ms": exchange.start_ms,
        "now_ns": clock.now_ns() - clock.shift_ms * _MS,
        "accounts": [
            [uid, _master_of(exchange, uid), exchange.engine.accounts.funding[uid].name, name]
            for uid, name in exchange.account_names.items()
        ],
        "keys": [_written_key(named) for named in exchange.keys.values()],
        "engine": engine,
        "timers": [[timer.due_ns, writer.call(timer.call)] for timer in timers],
        "classes": writer.classes,
    }


def beginning(state: dict[str, Any]) -> Beginning:
    """What the exchange must be made with. Raises ``StateError`` when that is not said."""
    seed, start_ms = state.get("seed"), state.get("start_ms")
    if type(seed) is not int or type(start_ms) is not int:
        raise StateError("the beginning is missing")
    return Beginning(seed, start_ms)


def restore(exchange: Exchange, state: dict[str, Any], *, leap: int = LEAP) -> None:
    """Let an exchange that was just made with this beginning go on from a state.

    Its clock stands at the instant of the state then. Raises ``StateError`` when the state does not
    fit, and then the exchange is of no use any more.
    """
    try:
        _restore(exchange, state, leap)
    except _UNFIT as error:
        raise StateError(f"{type(error).__name__}: {error}") from error


def _restore(exchange: Exchange, state: dict[str, Any], leap: int) -> None:
    accounts, clock = exchange.engine.accounts, exchange.clock
    for uid, master_uid, own_name, name in state["accounts"]:
        accounts.open(uid, master_uid, own_name if master_uid else "")
        exchange.account_names[uid] = name
    clock.begin_at(int(state["now_ns"]))
    timers = [Timer(clock, due_ns, _nothing, 0) for due_ns, _ in state["timers"]]
    ended = Timer(clock, 0, _nothing, 0)
    ended.is_canceled = True
    reader = Reader(state["classes"], dict(_classes()), [*timers, ended], leap)
    if reader.value(state["engine"], exchange.engine) is not exchange.engine:
        raise StateError("the engine is missing")
    for timer, (_, call) in zip(timers, state["timers"], strict=True):
        timer.call = reader.call(call)
        clock.let_wait(timer)
    exchange.keys.clear()
    accounts.keys.clear()
    for row in state["keys"]:
        named = _read_key(row)
        exchange.keys[named.name] = named
        accounts.add(named.key)


def _is_kept(timer: Timer) -> bool:
    """True for what the rooms wait for, but not for what is begun with every start."""
    call = getattr(timer.call, "func", timer.call)
    owner = getattr(call, "__self__", None)
    if owner is None or not is_of_rooms(type(owner)):
        home = getattr(call, "__module__", None) or ""
        if owner is None and home.startswith("terminal.simexchange.engine"):
            raise StateError(f"{call!r} cannot be written")
        return False
    return (type(owner).__name__, call.__name__) not in _BEGUN_ANEW


def _master_of(exchange: Exchange, uid: str) -> str:
    master = exchange.engine.accounts.funding[uid].master
    return "" if master is None else master.account.uid


def _written_key(named: NamedKey) -> dict[str, Any]:
    return {
        "name": named.name,
        "account": named.account,
        "permissions": sorted(named.key.permissions),
        **{name: getattr(named.key, name) for name in _KEY_FIELDS},
    }


def _read_key(row: dict[str, Any]) -> NamedKey:
    values = {name: row[name] for name in _KEY_FIELDS}
    key = ApiKey(permissions=frozenset(row["permissions"]), **values)
    return NamedKey(row["name"], row["account"], key)


def _classes() -> Iterator[tuple[str, type]]:
    """Every class of the rooms by its name, without importing any that the program has not."""
    home = "terminal.simexchange."
    for name, module in list(sys.modules.items()):
        if not name.startswith(home):
            continue
        for kind in vars(module).values():
            if isinstance(kind, type) and kind.__module__ == name and is_of_rooms(kind):
                yield f"{name.removeprefix(home)}.{kind.__name__}", kind


def _nothing() -> None:
    """A timer that was not read yet."""
