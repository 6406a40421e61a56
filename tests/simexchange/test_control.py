"""The control endpoint, as somebody with a plain HTTP client uses it."""

from __future__ import annotations

import io
import itertools
import json
from typing import TYPE_CHECKING, Any, final

import aiohttp
import pytest

from terminal.simexchange.clock import SimClock
from terminal.simexchange.faults import FAULTS
from terminal.simexchange.market.scenarios import SCENARIOS
from terminal.simexchange.server import SimExchange
from terminal.simexchange.switches import described
from tests.support.deadlines import eventually
from tests.support.stranger import ask_signed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.simexchange.auth import ApiKey

START_MS = 1_760_000_000_000


@final
class Hand:
    def __init__(self, exchange: SimExchange, session: aiohttp.ClientSession) -> None:
        self.exchange, self.session = exchange, session
        self.base = exchange.announcement()["control"]

    async def look(self, name: str) -> Any:
        async with self.session.get(f"{self.base}/{name}") as answer:
            assert answer.status == 200
            return await answer.json()

    async def turn(self, name: str, body: Any, status: int = 200) -> Any:
        async with self.session.post(f"{self.base}/{name}", json=body) as answer:
            found = await answer.json()
            assert answer.status == status, found
            return found

    def state(self) -> Any:
        exchange = self.exchange
        return (
            exchange.faults.shown(),
            [getattr(exchange.switches, row[0]) for row in described()],
            (exchange.clock.speed, exchange.clock.shift_ms, exchange.clock.now_ms()),
            [(market.last, market.book.sequence) for market in exchange.engine.markets.values()],
            list(exchange.keys),
        )


@pytest.fixture
async def hand() -> AsyncIterator[Hand]:
    exchange = SimExchange(is_calm=True, clock=SimClock(start_ms=START_MS, speed=0))
    await exchange.start()
    async with aiohttp.ClientSession() as session:
        yield Hand(exchange, session)
    await exchange.stop()


async def test_the_state_says_what_there_is_but_no_secret(hand: Hand) -> None:
    state = await hand.look("state")
    assert (state["seed"], state["start"], state["status"]) == (7, START_MS, "open")
    assert state["time"]["now_ms"] == START_MS
    assert state["time"]["paused"] is True
    assert set(state["faults"]) == {row.name for row in FAULTS}
    assert set(state["switches"]) == {row[0] for row in described()}
    assert state["market"]["XBTUSDTM"]["tick"] == "0.1"
    assert [key["name"] for key in state["keys"]] == ["demo"]
    assert hand.exchange.key.secret not in json.dumps(state)
    assert hand.exchange.key.passphrase not in json.dumps(state)


async def test_faults_are_listed_set_and_cleared(hand: Hand) -> None:
    rows = await hand.look("faults")
    assert [row["name"] for row in rows] == [row.name for row in FAULTS]
    assert all(row["help"] and row["takes"] for row in rows)
    told = await hand.turn("faults", {"overloads": 2, "half_open": True, "answer_delay_s": "0.5"})
    assert (told["overloads"], told["half_open"], told["answer_delay_s"]) == (2, True, 0.5)
    assert hand.exchange.faults.overloads == 2
    told = await hand.turn("faults", {"clear": True, "cancels_lost": 1})
    assert (told["overloads"], told["half_open"], told["cancels_lost"]) == (0, False, 1)


async def test_time_is_set_moved_shifted_and_let_go(hand: Hand) -> None:
    told = await hand.turn("time", {"advance_ms": 1500, "shift_ms": -7000})
    assert told["now_ms"] == START_MS + 1500 - 7000
    assert hand.exchange.clock.shift_ms == -7000
    told = await hand.turn("time", {"speed": 1000, "shift_ms": 0})
    assert (told["speed"], told["paused"]) == (1000, False)
    await eventually(lambda: hand.exchange.clock.now_ms() > START_MS + 5000, "fast time")
    told = await hand.turn("time", {"paused": True})
    assert (told["speed"], told["paused"]) == (0, True)
    assert (await hand.turn("time", {"paused": False}))["speed"] == 1000


async def test_switches_are_listed_and_turned(hand: Hand) -> None:
    rows = await hand.look("switches")
    assert [row["name"] for row in rows] == [row[0] for row in described()]
    told = await hand.turn("switches", {"updated_at_unit": "ns"})
    assert told["updated_at_unit"] == hand.exchange.switches.updated_at_unit == "ns"


async def test_a_market_is_moved_stepped_and_brought_to_a_price(hand: Hand) -> None:
    market = hand.exchange.engine.markets["XBTUSDTM"]
    for wanted in (market.last + 700, market.last - 300, market.last - 300, market.last):
        price = market.spec.text(wanted)
        told = await hand.turn("market/XBTUSDTM", {"last": price})
        assert told["last"] == price
        assert market.last == wanted
        bid, ask = float(told["bid"]), float(told["ask"])
        assert bid < ask
        assert abs(bid - float(price)) < 5
    before, sequence = market.last, market.book.sequence
    await hand.turn("market/XBTUSDTM", {"move_ticks": -2000})
    assert abs(market.last - before + 2000) < 50
    await hand.turn("market/XBTUSDTM", {"step": 5})
    assert market.book.sequence > sequence
    assert (await hand.look("market"))["XBTUSDTM"]["sequence"] == market.book.sequence


async def test_a_new_key_opens_its_account_at_once(hand: Hand) -> None:
    told = await hand.turn("keys", {"name": "bot", "account": "desk", "permissions": ["General"]})
    key = hand.exchange.engine.accounts.keys[told["api_key"]]
    assert key.secret == told["secret"]
    assert hand.exchange.engine.accounts.of(key).uid == told["uid"] != hand.exchange.key.uid
    again = await hand.turn("keys", {"name": "bot"}, 400)
    assert again["error"] == "There is a key named bot already."
    assert [row["name"] for row in await hand.look("keys")] == ["demo", "bot"]


async def test_a_new_key_may_open_a_sub_account(hand: Hand) -> None:
    """Named behind its master, which is opened with it."""
    told = await hand.turn("keys", {"name": "bot", "account": "desk/one"})
    assert told["account"] == "desk/one"
    accounts = hand.exchange.engine.accounts
    sub = accounts.funding[told["uid"]]
    assert sub.name == "one"
    assert sub.master is not None
    assert (
        sub.master.account.uid == (await hand.turn("keys", {"name": "b", "account": "desk"}))["uid"]
    )
    for account in ("desk/", "/one", "desk/one/two", "desk/main", "desk/127.0.0.1"):
        assert "error" in await hand.turn("keys", {"name": "c", "account": account}, 400), account


async def test_streams_are_dropped_by_account(hand: Hand) -> None:
    for politely, kinds in ((True, {"CLOSE", "CLOSED"}), (False, {"CLOSED", "CLOSE", "ERROR"})):
        sockets = []
        for uid in (None, hand.exchange.key.uid):
            token = hand.exchange.tokens.issue(uid)
            url = f"{hand.exchange.rest}/endpoint?token={token}"
            sockets.append(await hand.session.ws_connect(url))
            await sockets[-1].receive_json()
        told = await hand.turn("drop", {"account": "main", "politely": politely})
        assert told == {"dropped": 1}
        assert (await sockets[1].receive(10)).type.name in kinds
        await sockets[0].send_json({"id": "1", "type": "ping"})
        assert (await sockets[0].receive_json())["type"] == "pong"
        assert (await hand.turn("drop", {}))["dropped"] >= 1
        for socket in sockets:
            await socket.close()
        await eventually(lambda: not hand.exchange.hub.listeners, "the end of the streams")


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("faults", {"overloads": 1, "nothing": 1}, 400),
        ("faults", {"clear": True, "overloads": -1}, 400),
        ("faults", {"clear": 1}, 400),
        ("faults", [], 400),
        ("faults", {"rejects": float("inf")}, 400),
        ("switches", {"updated_at_unit": "ns", "leverage_text": "4"}, 400),
        ("switches", {"updated_at_unit": 1}, 400),
        ("time", {"speed": 2, "paused": 1}, 400),
        ("time", {"speed": -1}, 400),
        ("time", {"speed": True}, 400),
        ("time", {"speed": 10**400}, 400),
        ("time", {"shift_ms": 5, "advance_ms": -1}, 400),
        ("time", {"shift_ms": 5, "advance_ms": 1.5}, 400),
        ("time", {"what": 1}, 400),
        ("market/NOPE", {"step": 1}, 404),
        ("market/XBTUSDTM", {"step": 1, "move_ticks": "x"}, 400),
        ("market/XBTUSDTM", {"step": 1, "last": "100000.05"}, 400),
        ("market/XBTUSDTM", {"step": 1, "last": "NaN"}, 400),
        ("market/XBTUSDTM", {"step": 1, "last": True}, 400),
        ("market/XBTUSDTM", {"step": 1, "last": "-1"}, 400),
        ("market", {}, 405),
        ("state", {}, 405),
        ("keys", {"name": "a b"}, 400),
        ("keys", {"name": 1}, 400),
        ("keys", {"name": "x", "ips": "127.0.0.1"}, 400),
        ("keys", {"name": "x", "permissions": ["Fly"]}, 400),
        ("drop", {"account": 1}, 400),
        ("nothing", {}, 404),
    ],
)
async def test_a_wrong_request_is_a_sentence_and_changes_nothing(
    hand: Hand, name: str, body: Any, status: int
) -> None:
    before = hand.state()
    found = await hand.turn(name, body, status)
    assert found["error"].endswith(".")
    assert hand.state() == before


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "application/json", "Origin": "http://127.0.0.1:1"}, 403),
        ({"Content-Type": "application/json", "Host": "bad.example"}, 403),
        ({"Content-Type": "application/json", "Host": "bad.example:80"}, 403),
    ],
)
async def test_no_page_of_the_web_can_use_it(
    hand: Hand, headers: dict[str, str], status: int
) -> None:
    before = hand.state()
    url = f"{hand.base}/faults"
    async with hand.session.post(url, data='{"overloads": 1}', headers=headers) as answer:
        assert answer.status == status
        assert (await answer.json())["error"].endswith(".")
    assert hand.state() == before


async def test_a_body_that_is_no_json_and_one_that_is_too_large(hand: Hand) -> None:
    media = {"Content-Type": "application/json"}
    for body, status in ((b"{", 400), (b"[" * 100_000, 400), (b" " * (2 << 20), 413)):
        async with hand.session.post(
            f"{hand.base}/time", data=io.BytesIO(body), headers=media
        ) as answer:
            assert answer.status == status
            assert (await answer.json())["error"].endswith(".")


async def test_it_answers_while_the_exchange_itself_refuses_connections(hand: Hand) -> None:
    await hand.turn("faults", {"refuses_connections": True})
    with pytest.raises(aiohttp.ClientError):
        await hand.session.get(f"{hand.exchange.rest}/api/v1/timestamp")
    await hand.turn("faults", {"clear": True})
    async with hand.session.get(f"{hand.exchange.rest}/api/v1/timestamp") as answer:
        assert answer.status == 200


async def test_keys_that_are_refused_for_what_they_are(hand: Hand) -> None:
    """Codes that the demo key never meets (reference 1.6)."""
    codes = {}
    for traits in (["v2", "v3only"], ["frozen"], ["v2"], ["v1"]):
        told = await hand.turn("keys", {"name": "-".join(traits), "traits": traits})
        assert told["traits"] == traits
        key = hand.exchange.keys["-".join(traits)].key
        codes[told["name"]] = ask_signed(hand.exchange, "GET", "/api/v1/positions", key=key)[1]
    assert {name: answer["code"] for name, answer in codes.items()} == {
        "v2-v3only": "400008",
        "frozen": "411100",
        "v2": "200000",
        "v1": "400008",
    }
    before = hand.state()
    await hand.turn("keys", {"name": "x", "traits": ["slow"]}, 400)
    await hand.turn("keys", {"name": "x", "traits": "frozen"}, 400)
    assert hand.state() == before


async def test_a_position_in_liquidation(hand: Hand) -> None:
    """No order of its contract is placed until it is over; other accounts go on."""
    await hand.turn("keys", {"name": "other", "account": "desk"})
    other = hand.exchange.keys["other"].key
    oid = itertools.count()

    def code(key: ApiKey | None = None) -> str:
        order = {
            "clientOid": f"l-{next(oid)}", "symbol": "XBTUSDTM", "side": "buy", "type": "limit",
            "price": "50000", "size": 1, "leverage": 5,
        }  # fmt: skip
        return str(ask_signed(hand.exchange, "POST", "/api/v1/orders", order, key)[1]["code"])

    await hand.turn("market/XBTUSDTM", {"liquidating": True})
    assert (code(), code(other)) == ("300014", "200000")
    await hand.turn("market/XBTUSDTM", {"liquidating": False})
    await hand.turn("market/XBTUSDTM", {"liquidating": True, "account": "desk"})
    assert (code(), code(other)) == ("200000", "300014")
    for wrong, status in (
        ({"liquidating": 1}, 400),
        ({"account": "desk"}, 400),
        ({"liquidating": True, "account": "nobody"}, 404),
    ):
        await hand.turn("market/XBTUSDTM", wrong, status)


async def test_accounts_are_opened_frozen_and_given_money(hand: Hand) -> None:
    opened = await hand.turn(
        "accounts",
        {
            "name": "desk",
            "balances": {"contract": {"USDT": "10"}},
            "keys": [{"name": "d"}],
            "subs": [{"name": "sub", "frozen": True}],
        },
    )
    rows = {row["name"]: row for row in opened}
    assert list(rows) == ["main", "desk", "desk/sub"]
    assert rows["desk"]["balances"]["contract"]["USDT"] == "10"
    assert rows["desk/sub"]["frozen"] is True
    assert await hand.look("accounts") == opened
    assert "d" in hand.exchange.keys
    deposit = {"main": {"USDC": "3"}, "contract": {"USDT": "-4"}}
    rows = {
        row["name"]: row
        for row in await hand.turn("accounts", {"name": "desk", "deposit": deposit})
    }
    assert rows["desk"]["balances"]["main"]["USDC"] == "3"
    assert rows["desk"]["balances"]["contract"]["USDT"] == "6"
    types = [
        row.type for row in hand.exchange.engine.accounts.by_uid[rows["desk"]["uid"]].ledger.rows
    ]
    assert types == ["Deposit", "Withdrawal"]
    await hand.turn("accounts", {"name": "desk/sub", "keys": [{"name": "s"}]})
    await hand.turn("accounts", {"name": "desk", "frozen": True})
    shown = await hand.look("accounts")
    assert [row["frozen"] for row in shown] == [False, True, True]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"name": "main", "balances": {}}, 400, "use deposit"),
        ({"name": "main", "keys": [{"name": "demo"}]}, 400, "There is a key named demo already"),
        ({"name": "new", "keys": [{"name": "k"}], "subs": [{"name": "a b"}]}, 400, "1 to 32"),
        ({"name": "new", "deposit": {"main": {"USDT": 1}}}, 404, "There is no account"),
        ({"name": "main", "deposit": {"main": {"USDT": 1, "USDC": "-9e9"}}}, 400, "not so much"),
        ({"name": "main", "deposit": {}, "frozen": True}, 400, "stands alone"),
    ],
)
async def test_a_wrong_account_changes_nothing(
    hand: Hand, body: Any, status: int, words: str
) -> None:
    before = await hand.look("accounts")
    assert words in (await hand.turn("accounts", body, status))["error"]
    assert await hand.look("accounts") == before
    assert list(hand.exchange.keys) == ["demo"]


async def test_a_key_is_deleted(hand: Hand) -> None:
    await hand.turn("keys", {"name": "bot"})
    await hand.turn("keys", {"name": "bot", "remove": True, "ips": []}, 400)
    left = await hand.turn("keys", {"name": "bot", "remove": True})
    assert [key["name"] for key in left] == ["demo"]
    await hand.turn("keys", {"name": "bot", "remove": True}, 400)


async def test_callers_seem_to_come_from_elsewhere(hand: Hand) -> None:
    await hand.turn("keys", {"name": "bot", "ips": ["203.0.113.7"]})
    where = await hand.turn("address", {"address": "203.0.113.8"})
    assert where == {"everybody": "203.0.113.8", "keys": {}}
    where = await hand.turn("address", {"address": "203.0.113.7", "key": "bot"})
    assert where == {"everybody": "203.0.113.8", "keys": {"bot": "203.0.113.7"}}
    await hand.turn("address", {"address": "home"}, 400)
    await hand.turn("address", {"address": "::1", "key": "none"}, 404)
    assert await hand.look("address") == where


async def test_scenarios_are_listed_started_and_ended(hand: Hand) -> None:
    rows = await hand.look("scenario")
    assert [row["name"] for row in rows] == list(SCENARIOS)
    assert all(row["help"] and row["running"] == [] for row in rows)
    rows = await hand.turn("scenario", {"name": "thin_book", "symbols": ["XBTUSDTM", "ETHUSDTM"]})
    running = {row["name"]: row["running"] for row in rows}
    assert running["thin_book"] == ["XBTUSDTM", "ETHUSDTM"]
    rows = await hand.turn("scenario", {"name": "gap", "symbols": ["XBTUSDTM"], "ticks": -900})
    running = {row["name"]: row["running"] for row in rows}
    assert (running["gap"], running["thin_book"]) == (["XBTUSDTM"], ["ETHUSDTM"])
    rows = await hand.turn("scenario", {"name": None})
    assert not any(row["running"] for row in rows)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"name": "no"},
        {"name": 5},
        {"name": "gap", "symbols": ["no"]},
        {"name": "gap", "symbols": "XBTUSDTM"},
        {"name": "gap", "ticks": 0.5},
        {"name": None, "ticks": 5},
        {"name": "gap", "other": 1},
    ],
)
async def test_a_wrong_scenario_changes_nothing(hand: Hand, fields: Any) -> None:
    before = hand.state()
    await hand.turn("scenario", fields, 400)
    assert hand.state() == before
    assert not any(row["running"] for row in await hand.look("scenario"))


async def test_the_fund_and_a_cascade(hand: Hand) -> None:
    """A cascade goes through positions until they are liquidated; the fund is looked at and set."""
    order = {
        "clientOid": "c", "symbol": "XBTUSDTM", "side": "buy", "type": "market", "size": 50,
        "leverage": 50,
    }  # fmt: skip
    assert ask_signed(hand.exchange, "POST", "/api/v1/orders", order)[1]["code"] == "200000"
    await hand.turn("insurance", {"currency": "USDT", "balance": "12.5"})
    shown = await hand.look("insurance")
    assert shown["fund"]["USDT"] == "12.5"
    assert float(shown["fees"]["USDT"]) > 0
    held = hand.exchange.engine.account.positions["XBTUSDTM"]
    for _ in range(10):
        await hand.turn("market/XBTUSDTM", {"cascade": "longs", "waves": 2})
        if not held.lots:
            break
    assert not held.lots
    for path, wrong in (
        ("market/XBTUSDTM", {"cascade": "all"}),
        ("market/XBTUSDTM", {"waves": 2}),
        ("market/XBTUSDTM", {"cascade": "longs", "waves": 0}),
        ("insurance", {"currency": "EUR", "balance": "1"}),
        ("insurance", {"currency": "USDT", "balance": "x"}),
        ("insurance", {"currency": "USDT", "balance": "-1"}),
    ):
        await hand.turn(path, wrong, 400)


async def test_a_delivery_is_brought_near_and_seen(hand: Hand) -> None:
    ((symbol, row),) = (await hand.look("delivery")).items()
    assert row == {"at_ms": 1_766_736_000_000, "phase": "Open"}
    await hand.turn("delivery", {"in_s": 700, "symbol": symbol})
    assert (await hand.turn("delivery", {"in_s": 600}))[symbol]["at_ms"] == START_MS + 600_000
    await hand.turn("time", {"advance_ms": 600_500})
    assert (await hand.look("delivery"))[symbol]["phase"] == "BeingSettled"
    await hand.turn("time", {"advance_ms": 3_000})
    assert (await hand.look("delivery"))[symbol]["phase"] == "Settled"
    last = (await hand.look("market"))[symbol]["last"]
    assert (await hand.turn(f"market/{symbol}", {"move_ticks": 9}))["last"] == last
    assert "delivered" in (await hand.turn("delivery", {"in_s": 5, "symbol": symbol}, 400))["error"]


async def test_a_delivery_that_cannot_be_is_refused_with_a_sentence(hand: Hand) -> None:
    before = await hand.look("delivery")
    for body, status in (
        ({"in_s": 5, "symbol": "XBTUSDTM"}, 400),
        ({"in_s": 5, "symbol": "NONE"}, 404),
        ({"in_s": -1}, 400),
        ({"symbol": next(iter(before))}, 400),
        ({"in_s": 5, "symbol": 7}, 400),
    ):
        assert (await hand.turn("delivery", body, status))["error"].endswith(".")
    assert await hand.look("delivery") == before
