"""The commands of the order socket: from the text of a frame to the reply, without a socket.

A command is charged, checked and done like its twin among the REST calls, by the same handlers.
Source: reference 6.2 and 6.3.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.faults import NO_FATE
from terminal.simexchange.fields import decoded
from terminal.simexchange.rest.gateway import report
from terminal.simexchange.rest.routing import Call, Route

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terminal.simexchange.auth import ApiKey
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.faults import Fate, Faults
    from terminal.simexchange.rest.batch_calls import BatchCalls
    from terminal.simexchange.rest.gateway import Answer, Gateway
    from terminal.simexchange.rest.order_calls import OrderCalls
    from terminal.simexchange.rest.routing import RouteTable
    from terminal.simexchange.switches import Switches
    from terminal.simexchange.trading.accounts import Accounts

SUCCESS = "200000"
_ELSEWHERE = {"spot": "Spot", "margin": "Margin"}
_ORDERS = "/api/v1/orders"
_PREFIX = "gw-ratelimit-"
_PARTS = ("limit", "remaining", "reset")
_LIMIT = f"{_PREFIX}limit"
_NO_ID = "Please check the param of your request: Field 'id' must be a non-empty string."
_compact = json.JSONEncoder(separators=(",", ":")).encode


@final
@dataclass(slots=True)
class Reply:
    """What a frame is answered with. ``in_ms`` is None for a pong, which carries no times.

    ``fate`` says how it goes out; when it is lost, the connection breaks instead.
    """

    content: dict[str, Any]
    in_ms: int | None
    quota: dict[str, Any] | None = None
    fate: Fate = NO_FATE

    def text(self, out_ms: int) -> str:
        """The frame as it leaves at ``out_ms``."""
        if self.in_ms is None:
            return _compact(self.content)
        times = {"inTime": self.in_ms, "outTime": out_ms}
        return _compact({**self.content, **times, **(self.quota or {})})


@final
class _Command(NamedTuple):
    """``twin`` is the REST call that costs the same and fails the same way on demand."""

    twin: Route
    run: Callable[[Call], Any]


@final
class OrderCommands:
    """Answers every frame of every order socket, in the order they came."""

    def __init__(
        self,
        gateway: Gateway,
        calls: tuple[OrderCalls, BatchCalls],
        accounts: Accounts,
        faults: Faults,
        switches: Switches,
    ) -> None:
        table = gateway.table
        self._gateway = gateway
        self._orders, self._batches = calls
        self._accounts = accounts
        self._faults = faults
        self._switches = switches
        self._replies = 0
        self.calls: dict[str, int] = {}
        """How often each operation was asked for."""
        self._commands = {
            "futures.order": _Command(_twin(table, "POST", _ORDERS), self._orders.place),
            "futures.cancel": _Command(
                _twin(table, "DELETE", f"{_ORDERS}/{{orderId}}"), self._cancel
            ),
            "futures.multi_order": _Command(
                _twin(table, "POST", f"{_ORDERS}/multi"), self._batches.place
            ),
            "futures.multi_cancel": _Command(
                _twin(table, "DELETE", f"{_ORDERS}/multi-cancel"), self._cancel_many
            ),
        }

    @property
    def refuses_streams(self) -> bool:
        """True while no new connection is let in."""
        return self._faults.refuses_streams

    def unavailable(self) -> Answer:
        """What a connection is answered that is not let in."""
        return self._gateway.unavailable()

    def address(self, key: str, true: str) -> str:
        """Where a connection with this key seems to come from."""
        return self._gateway.callers.address(key, true)

    def no_upgrade(self, address: str) -> Answer:
        """What a request is answered that asks for no socket."""
        refused = Refused("400100", "This address is for WebSocket connections", 400)
        return self._gateway.refusal(refused, self._gateway.headers(address))

    def swaps_reply(self) -> bool:
        """True when a reply has to wait until the next one was sent."""
        return bool(self._faults.replies_swapped) and self._faults.use("replies_swapped")

    def answer(self, key: ApiKey, text: str, clock: SimClock) -> Reply | None:
        """Do what a frame asks for; None when the answer is withheld.

        A fault of the program itself is answered 500000 and told to the running loop.
        """
        in_ms = clock.now_ms()
        try:
            frame = _parsed(text)
        except Refused as refused:
            return Reply({"code": refused.code, "msg": refused.text}, in_ms)
        operation = frame.get("op")
        head = {"id": frame["id"]}
        if isinstance(operation, str):
            head["op"] = operation
        headers: dict[str, str] | None = None
        try:
            if operation == "ping":
                return self._pong(frame, clock)
            command = self._command(operation, key)
            self._accounts.check_open(key, in_ms)
            self._faults.check_gate()
            headers = self._gateway.charge(command.twin, key.uid)
            self._faults.check_load()
            data, fate = self._done(command, self._call(command.twin, key, frame.get("args")))
        except Refused as refused:
            content = {**head, "code": refused.code, "msg": refused.text}
            return Reply(content, in_ms, self._quota(refused.headers or headers))
        except Exception as error:  # noqa: BLE001 - reported, never lost
            report(error)
            content = {**head, "code": "500000", "msg": "Internal Server Error"}
            return Reply(content, in_ms, self._quota(headers))
        content = {**head, "code": SUCCESS, "data": data}
        return Reply(content, in_ms, self._quota(headers), fate)

    def _done(self, command: _Command, call: Call) -> tuple[Any, Fate]:
        """Do a command: its data, and what becomes of its reply. Raises ``Refused``."""
        kind = command.twin.fault
        try:
            self._faults.check_command(kind, call.account.uid)
            return command.run(call), self._faults.fate(kind)
        finally:
            self._faults.end_command()

    def _pong(self, frame: Mapping[str, Any], clock: SimClock) -> Reply | None:
        stamp = frame.get("timestamp", 0)
        if isinstance(stamp, bool) or not isinstance(stamp, int | float | str):
            raise Refused("400100", "timestamp is a number or a text")
        if self._faults.withholds_pongs:
            return None
        content = {"id": frame["id"], "op": "pong", "timestamp": clock.now_ms()}
        return Reply(content, None)

    def _command(self, operation: object, key: ApiKey) -> _Command:
        if not isinstance(operation, str):
            raise Refused("400100", "op is a text")
        command = self._commands.get(operation)
        if command is None:
            permission = _ELSEWHERE.get(operation.partition(".")[0])
            if permission is not None and not key.may(permission):
                raise Refused("400007", f"Access denied, require more permission: {permission}")
            raise Refused("400100", f"op {operation} is not offered by the simulated exchange")
        self.calls[operation] = self.calls.get(operation, 0) + 1
        return command

    def _quota(self, headers: Mapping[str, str] | None) -> dict[str, Any] | None:
        """The quota under the name that the switch says, if at all (6.3)."""
        self._replies += 1
        name = self._switches.socket_quota
        if name == "sometimes":
            name = "absent" if self._replies % 2 else "userRateLimit"
        if name == "absent" or headers is None or _LIMIT not in headers:
            return None
        return {name: {part: int(headers[f"{_PREFIX}{part}"]) for part in _PARTS}}

    def _call(self, twin: Route, key: ApiKey, args: object) -> Call:
        owner = self._accounts.of(key)
        return Call(twin.method, twin.path, {}, body=args, key=key, owner=owner)

    def _cancel(self, call: Call) -> object:
        """By ``orderId`` or by ``clientOid`` and ``symbol``; the reply has the same form."""
        order_id = call.fields.text("orderId")
        if order_id:
            return self._orders.cancel(replace(call, parts={"orderId": order_id}))
        parts = {"clientOid": call.fields.required("clientOid")}
        query = {"symbol": call.fields.required("symbol")}
        return self._orders.cancel_by_client_oid(replace(call, parts=parts, query=query))

    def _cancel_many(self, call: Call) -> object:
        return self._batches.cancel(call, self._switches.socket_cancel_code)


def _twin(table: RouteTable, method: str, path: str) -> Route:
    return next(one for one in table.routes if (one.method, one.path) == (method, path))


def _parsed(text: str) -> dict[str, Any]:
    frame = decoded(text.encode())
    if not isinstance(frame, dict):
        raise Refused("400100", "The frame is no JSON object")
    identity = frame.get("id")
    if not isinstance(identity, str) or not identity:
        raise Refused("4001002", _NO_ID)
    return frame
