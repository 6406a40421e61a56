"""Changes of an account's settings over REST: modes, leverage, margin, risk level.

Commands return outcomes and are never resent. Accepted means that the exchange took the change; who
wants to know reads it back, for some changes are carried out later. Source: API reference 3.9-3.12.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.events import MarginMode, PositionMode
from terminal.domain.units import plain
from terminal.exchange import translate
from terminal.exchange.commands import ended
from terminal.exchange.errors import ProtocolError, RejectedError
from terminal.exchange.outcome import Accepted, NotSent
from terminal.wire.account import MarginModePayload, PositionModePayload
from terminal.wire.codec import Raw, excerpt, number
from terminal.wire.settings import MarginModesPayload

if TYPE_CHECKING:
    from decimal import Decimal

    from terminal.domain.account_facts import MarginModes
    from terminal.domain.events import PositionSide
    from terminal.domain.units import ClientOid, OrderId, Symbol
    from terminal.exchange.http import HttpClient
    from terminal.exchange.outcome import Outcome, Rejected, Unknown

_MODES = {MarginMode.ISOLATED: "ISOLATED", MarginMode.CROSS: "CROSS"}
_POSITION_MODES = {PositionMode.ONE_WAY: "0", PositionMode.HEDGE: "1"}
LONGEST_BIZ_NO = 36


@final
class SettingsClient:
    """``AccountCommands`` over HTTP. With a ``refusal`` nothing is ever sent.

    With a ``margin_refusal`` no money goes into positions or out of them.
    """

    def __init__(self, http: HttpClient, refusal: str = "", margin_refusal: str = "") -> None:
        self._http = http
        self._refusal = refusal
        self._margin_refusal = refusal or margin_refusal

    @property
    def refusal(self) -> str:
        """Why nothing is changed here; empty when changes are on."""
        return self._refusal

    @property
    def margin_refusal(self) -> str:
        """Why no margin is moved here; empty when it is."""
        return self._margin_refusal

    async def set_margin_mode(self, symbol: Symbol, mode: MarginMode) -> Outcome:
        """Choose the margin mode of a contract; it must be without position and orders."""

        async def change() -> tuple[OrderId, ...]:
            path = "/api/v2/position/changeMarginMode"
            body = {"symbol": symbol, "marginMode": _MODES[mode]}
            answer = await self._http.post(path, MarginModePayload, body)
            if answer.symbol != symbol or translate.margin_mode(answer.marginMode) is not mode:
                raise ProtocolError(f"marginMode: {symbol} is {answer.marginMode[:20]} now")
            return ()

        return NotSent(self._refusal) if self._refusal else await ended(change())

    async def set_margin_modes(
        self, symbols: tuple[Symbol, ...], mode: MarginMode
    ) -> MarginModes | Rejected | NotSent | Unknown:
        """Choose the margin mode of many contracts; each can fail by itself."""
        found: list[MarginModes] = []

        async def change() -> tuple[OrderId, ...]:
            path = "/api/v2/position/batchChangeMarginMode"
            body = {"marginMode": _MODES[mode], "symbols": list(symbols)}
            answer = await self._http.post(path, MarginModesPayload, body)
            found.append(translate.margin_modes(answer))
            return ()

        outcome = NotSent(self._refusal) if self._refusal else await ended(change())
        return found[0] if isinstance(outcome, Accepted) else outcome

    async def set_cross_leverage(self, symbol: Symbol, leverage: Decimal) -> Outcome:
        """Choose the leverage of a contract in cross mode. Isolated leverage is in each order."""
        body = {"symbol": symbol, "leverage": plain(leverage)}
        return await self._changed("/api/v2/changeCrossUserLeverage", body)

    async def set_position_mode(self, mode: PositionMode) -> Outcome:
        """Choose one-way or hedge for the account; it must be without positions and orders."""

        async def change() -> tuple[OrderId, ...]:
            path = "/api/v2/position/switchPositionMode"
            body = {"positionMode": _POSITION_MODES[mode]}
            answer = await self._http.post(path, PositionModePayload, body)
            if translate.position_mode(answer) is not mode:
                raise ProtocolError(f"positionMode: {answer.positionMode} now")
            return ()

        return NotSent(self._refusal) if self._refusal else await ended(change())

    async def add_margin(
        self,
        symbol: Symbol,
        amount: Decimal,
        biz_no: ClientOid,
        position_side: PositionSide | None = None,
    ) -> Outcome:
        """Put money into an isolated position's margin.

        ``biz_no`` (up to 36 characters) makes the call idempotent on the exchange's side. Whether
        hedge mode needs ``position_side`` is not established (part 11): it is sent when given.
        """
        if not 0 < len(biz_no) <= LONGEST_BIZ_NO:
            return NotSent(f"The id of a margin deposit has 1 to {LONGEST_BIZ_NO} characters.")
        if not amount.is_finite() or amount <= 0:
            return NotSent("The amount must be above zero.")
        body: dict[str, object] = {"symbol": symbol, "margin": number(amount), "bizNo": biz_no}
        if position_side is not None:
            body["positionSide"] = position_side.name
        return await self._moved("/api/v1/position/margin/deposit-margin", body)

    async def withdraw_margin(self, symbol: Symbol, amount: Decimal) -> Outcome:
        """Take money out of an isolated position's margin."""
        if not amount.is_finite() or amount <= 0:
            return NotSent("The amount must be above zero.")
        body: dict[str, object] = {"symbol": symbol, "withdrawAmount": plain(amount)}
        return await self._moved("/api/v1/margin/withdrawMargin", body)

    async def set_auto_deposit(self, symbol: Symbol, *, is_on: bool) -> Outcome:
        """Let the exchange add margin by itself, or not. Deprecated by the exchange."""
        body: dict[str, object] = {"symbol": symbol, "status": is_on}
        return await self._changed("/api/v1/position/margin/auto-deposit-status", body)

    async def set_risk_level(self, symbol: Symbol, level: int) -> Outcome:
        """Ask for another isolated risk level. Cancels the open orders of the contract.

        Accepted means asked: how it ended is told by the stream.
        """
        body: dict[str, object] = {"symbol": symbol, "level": level}
        return await self._changed("/api/v1/position/risk-limit-level/change", body)

    async def _changed(self, path: str, body: dict[str, object] | dict[str, str]) -> Outcome:
        """A change that is answered with true."""

        async def change() -> tuple[OrderId, ...]:
            answer = bytes(await self._http.post(path, Raw, body)).strip()
            if answer == b"false":
                raise RejectedError(
                    "",
                    "false",
                    sentence="The exchange did not take the change.",
                    remedy="Look at what it is set to now.",
                    where=path,
                )
            if answer not in {b"true", b'"true"'}:
                raise ProtocolError(f"{path}: true was expected, not {excerpt(answer)}")
            return ()

        return NotSent(self._refusal) if self._refusal else await ended(change())

    async def _moved(self, path: str, body: dict[str, object]) -> Outcome:
        """Margin in or out: the answer is a figure, read back elsewhere, that must be there."""

        async def change() -> tuple[OrderId, ...]:
            answer = bytes(await self._http.post(path, Raw, body)).strip()
            if answer in {b"", b"null", b"false"}:
                raise ProtocolError(f"{path}: an answer without data")
            return ()

        return NotSent(self._margin_refusal) if self._margin_refusal else await ended(change())
