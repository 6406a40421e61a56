"""The command line of the exchange: every option, explained, and what comes out of it."""

from __future__ import annotations

import argparse
import textwrap
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, final

from typing_extensions import override

from terminal.simexchange.account_plans import AccountPlan, read_file
from terminal.simexchange.callers import checked_address
from terminal.simexchange.clock import TOP_SPEED
from terminal.simexchange.engine.settlements import LASTS_S
from terminal.simexchange.faults import FAULTS, FRAMES, KINDS, TOPICS, kind_of, read
from terminal.simexchange.keys import PERMISSIONS, NamedKey, instant_ms, read_key
from terminal.simexchange.market.scenarios import SCENARIOS
from terminal.simexchange.quota import TOP_LEVEL
from terminal.simexchange.saved.keeper import EVERY_S
from terminal.simexchange.switches import Switches, described
from terminal.simexchange.tokens import PING_INTERVAL_MS, PING_TIMEOUT_MS, TOKEN_LIFE_S, Pings

if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = "python -m terminal.simexchange"
DEMO = "demo"
MOST_PING_S = 3600
LEAST_SAVE_S = 0.1
STILL_S = 6.0
"""So long prices stand still at the beginning: long enough to look around, no longer."""
MOST_FUNDING_S = 7 * 24 * 3600
_EXAMPLES = f"""examples:
  {PROGRAM}
      real time, a free port; the ready line on standard output says where
  {PROGRAM} --port 18080 --speed 60
      an hour in a minute
  {PROGRAM} --seed 1 --start 2026-01-01T00:00:00Z --paused
      the same stream at every run; time moves by POST /_sim/time {{"advance_ms": 100}}
  {PROGRAM} --key bot:Futures+Transfer@desk --key watcher:General@desk/127.0.0.1
      one more account with two keys, one of them read-only and bound to an address
  {PROGRAM} --key boss:Transfer+Spot@main --key bot@main/desk1
      a sub-account of the first account, and a key that transfers money to it
  {PROGRAM} --fault answers_lost=2 --fault 'frames_dropped=1%@/contractMarket/level2:*'
      two orders whose replies never come, and one change of the book in a hundred lost

It ends at Ctrl-C, at a request to terminate, when its standard input (if that is a pipe) is closed,
and when its parent process is gone.
"""


@final
@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for. ``start_ms`` is None for the time outside; ``speed`` 0 stands still."""

    port: int = 0
    seed: int = 7
    start_ms: int | None = None
    speed: float = 1.0
    is_paused: bool = False
    is_calm: bool = False
    vip_level: int = 0
    token_life_s: float = TOKEN_LIFE_S
    pings: Pings = field(default_factory=Pings)
    funding_ms: int | None = None
    settlement_lasts_s: float = LASTS_S
    still_s: float = STILL_S
    keys: tuple[NamedKey, ...] = ()
    accounts: tuple[AccountPlan, ...] = ()
    caller_address: str = ""
    faults: tuple[tuple[str, str], ...] = ()
    switches: tuple[tuple[str, str], ...] = ()
    scenarios: tuple[tuple[str, tuple[str, ...]], ...] = ()
    ready_file: Path | None = None
    state: Path | None = None
    save_every_s: float = EVERY_S


@final
@dataclass(slots=True)
class _Given(argparse.Namespace):
    """As argparse fills it in."""

    port: int = 0
    seed: int = 7
    start: int | None = None
    speed: float = 1.0
    paused: bool = False
    calm: bool = False
    vip: int = 0
    token_life: float = TOKEN_LIFE_S
    ping_interval: int = PING_INTERVAL_MS // 1000
    ping_timeout: int = PING_TIMEOUT_MS // 1000
    funding_interval: int | None = None
    settlement_lasts: float = LASTS_S
    still: float = STILL_S
    key: list[str] = field(default_factory=list)
    accounts: Path | None = None
    address: str = ""
    fault: list[tuple[str, str]] = field(default_factory=list)
    switch: list[tuple[str, str]] = field(default_factory=list)
    scenario: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    ready_file: Path | None = None
    state: Path | None = None
    save_every: float = EVERY_S


def parsed(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line. Ends the program (2) with one sentence for what cannot be."""
    parser = _parser()
    given = parser.parse_args(arguments, _Given())
    if given.ready_file is not None and not given.ready_file.absolute().parent.is_dir():
        parser.error(f"the folder of {given.ready_file} does not exist")
    if given.state is not None and not given.state.absolute().parent.is_dir():
        parser.error(f"the folder of {given.state} does not exist")
    accounts = _accounts(parser, given)
    keys: dict[str, NamedKey] = {key.name: key for plan in accounts for key in plan.keys}
    if DEMO in keys:
        parser.error(f"argument --accounts: there is a key named {DEMO} already")
    for text in given.key:
        try:
            named = read_key(text, given.seed)
        except ValueError as error:
            parser.error(f"argument --key: {error}")
        if named.name in keys or named.name == DEMO:
            parser.error(f"argument --key: there is a key named {named.name} already")
        keys[named.name] = named
    return Options(
        port=given.port,
        seed=given.seed,
        start_ms=given.start,
        speed=given.speed,
        is_paused=given.paused,
        is_calm=given.calm,
        vip_level=given.vip,
        token_life_s=given.token_life,
        pings=Pings(given.ping_interval * 1000, given.ping_timeout * 1000),
        funding_ms=None if given.funding_interval is None else given.funding_interval * 1000,
        settlement_lasts_s=given.settlement_lasts,
        still_s=given.still,
        keys=tuple(keys.values())[sum(len(plan.keys) for plan in accounts) :],
        accounts=accounts,
        caller_address=given.address,
        faults=tuple(given.fault),
        switches=tuple(given.switch),
        scenarios=tuple(given.scenario),
        ready_file=given.ready_file,
        state=given.state,
        save_every_s=given.save_every,
    )


def _accounts(parser: _Parser, given: _Given) -> tuple[AccountPlan, ...]:
    if given.accounts is None:
        return ()
    try:
        return read_file(given.accounts.read_text("utf-8"), given.seed)
    except OSError as error:
        parser.error(f"argument --accounts: {given.accounts}: {error.strerror or error}")
    except ValueError as error:
        parser.error(f"argument --accounts: {error}")


@final
class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without a screen of usage around it."""

    @override
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message.rstrip('.')}; see --help.\n")


def _parser() -> _Parser:
    parser = _Parser(
        prog=PROGRAM,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        description=(
            "A simulated exchange that speaks the wire of KuCoin Futures, on loopback only.\n"
            "Without --state money, orders and keys exist only while it runs."
        ),
        epilog=_EXAMPLES,
    )
    _add_place(parser)
    _add_state(parser)
    _add_time(parser)
    _add_accounts(parser)
    _add_rhythm(parser)
    _add_scenarios(parser)
    faults = parser.add_argument_group("faults on demand", _faults_help())
    faults.add_argument(
        "--fault",
        type=_fault,
        action="append",
        metavar="NAME[=VALUE]",
        help="switch one on; repeat it for more. While it runs: POST /_sim/faults",
    )
    switches = parser.add_argument_group("what is not established about the exchange", _switches())
    switches.add_argument(
        "--switch",
        type=_switch,
        action="append",
        metavar="NAME=VALUE",
        help="take another reading; repeat it for more. While it runs: POST /_sim/switches",
    )
    return parser


def _add_place(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("place")
    group.add_argument(
        "--port", type=_port, metavar="N", help="port on 127.0.0.1; 0, the default, takes any"
    )
    group.add_argument(
        "--ready-file",
        type=Path,
        metavar="FILE",
        help="also write the ready line here, for nobody else to read; removed at the end",
    )


def _add_state(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "what stays",
        "With a state file an exchange that is started again goes on: accounts, keys, money,\n"
        "positions, orders and the market are as they were, and its clients find their orders\n"
        "again. While it is off time passes and nothing is settled. Faults, switches and all\n"
        "other options are those of each start.",
    )
    group.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="go on from what is kept here, if there is something, and keep it here: at the end "
        "and again and again. It holds the simulated keys, for nobody else to read. A file that is "
        "damaged, of a newer version or of another --seed is refused and left as it is",
    )
    group.add_argument(
        "--save-every",
        type=_interval,
        metavar="SECONDS",
        help=f"how often it is saved while it runs, in seconds outside; default {EVERY_S:g}",
    )


def _add_time(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("time and chance")
    group.add_argument(
        "--seed", type=int, metavar="N", help="seed of markets, keys and faults; default 7"
    )
    group.add_argument(
        "--start",
        type=_instant,
        metavar="WHEN",
        help="first instant: epoch milliseconds, or a date as 2026-01-01T00:00:00Z; default now",
    )
    group.add_argument(
        "--speed",
        type=_speed,
        metavar="N",
        help=f"times faster than outside, up to {TOP_SPEED:.0f} or max; 0 stands still; default 1",
    )
    group.add_argument(
        "--paused", action="store_true", help="begin standing still; moved by POST /_sim/time"
    )
    group.add_argument(
        "--calm", action="store_true", help="no market moves by itself, only by POST /_sim/market"
    )


def _add_accounts(parser: argparse.ArgumentParser) -> None:
    permissions = ", ".join(dict.fromkeys(PERMISSIONS.values()))
    group = parser.add_argument_group("accounts and keys")
    group.add_argument(
        "--key",
        action="append",
        metavar="NAME[:PERMISSION+...][@ACCOUNT[/SUB]][/IP,...][!TRAIT,...]",
        help="one more key, derived from the seed and told in the ready line; repeat it for more. "
        f"Permissions: {permissions} (default General+Futures). Without an account it opens that "
        "of the demo key (main); a new name opens a new account. @main/desk1 is the sub-account "
        "desk1 of main: it begins empty and is given money by transfers of its master. "
        "Traits: v1, v2, v3 are versions of keys, v3only takes none but those of version 3, frozen "
        "is a frozen user, until=WHEN (as of --start) is when the key ends",
    )
    group.add_argument(
        "--accounts",
        type=Path,
        metavar="FILE",
        help="accounts with balances, sub-accounts and keys, as JSON: "
        '{"accounts": [{"name": "main", "balances": {"main": {"USDT": "5000"}, "contract": '
        '{"USDT": "100"}}, "keys": [{"name": "bot", "permissions": ["Futures"], "ips": [], '
        '"traits": []}], "subs": [{"name": "desk1"}]}]}. '
        'Only names are required; frozen accounts have "frozen": true. '
        "While it runs: POST /_sim/accounts",
    )
    group.add_argument(
        "--address",
        type=_address,
        metavar="IP",
        help="where all callers seem to come from, for keys that are bound to addresses. While it "
        "runs, also for one key: POST /_sim/address",
    )
    group.add_argument(
        "--vip",
        type=partial(_whole, name="VIP level", most=TOP_LEVEL),
        metavar="N",
        help=f"VIP level of all accounts, 0 to {TOP_LEVEL}: their request quotas; default 0",
    )
    group.add_argument(
        "--token-life",
        type=_seconds,
        metavar="SECONDS",
        help=f"how long a stream token opens connections; default {TOKEN_LIFE_S:.0f}",
    )


def _add_rhythm(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("rhythm")
    ping = partial(_whole, name="number of seconds", least=1, most=MOST_PING_S)
    group.add_argument(
        "--ping-interval",
        type=ping,
        metavar="SECONDS",
        help=f"how often clients are told to ping; default {PING_INTERVAL_MS // 1000}",
    )
    group.add_argument(
        "--ping-timeout",
        type=ping,
        metavar="SECONDS",
        help=f"how long clients are told to wait for a pong; default {PING_TIMEOUT_MS // 1000}",
    )
    group.add_argument(
        "--funding-interval",
        type=partial(_whole, name="number of seconds", least=1, most=MOST_FUNDING_S),
        metavar="SECONDS",
        help="time between settlements of funding, for all contracts; default: their own",
    )
    group.add_argument(
        "--settlement-lasts",
        type=_seconds,
        metavar="SECONDS",
        help=f"how long a settlement takes, without new orders; default {LASTS_S:g}",
    )


def _add_scenarios(parser: argparse.ArgumentParser) -> None:
    lines = (f"  {name:<22}{kind.help}" for name, kind in SCENARIOS.items())
    group = parser.add_argument_group("what markets do beside their usual course", "\n".join(lines))
    group.add_argument(
        "--still",
        type=_seconds,
        metavar="SECONDS",
        help="how long prices stand still at the beginning, before they wake up; default "
        f"{STILL_S:g}",
    )
    group.add_argument(
        "--scenario",
        type=_scenario,
        action="append",
        metavar="NAME[@CONTRACT,...]",
        help="begin with one, in these contracts or in all; repeat it for others. While it runs: "
        "POST /_sim/scenario",
    )


def _faults_help() -> str:
    lines, group = [], ""
    for row in FAULTS:
        if row.group != group:
            group = row.group
            lines.append(f"{group}:")
        name = f"  {row.name}={row.kind}" if row.kind != "on|off" else f"  {row.name}"
        lines.append(f"{name:<34}{row.help}")
    lines.append("values:")
    lines.extend(f"  {kind:<14}{text}" for kind, text in KINDS.items())
    return "\n".join(lines)


def _switches() -> str:
    lines = ["The first value is the default; the number is the paragraph of the API reference."]
    for name, choices, source, text in described():
        lines.append(f"  {name}={'|'.join(choices)}")
        lines.extend(textwrap.wrap(f"{text} ({source})", 90, initial_indent=" " * 6))
    return "\n".join(lines)


def _whole(text: str, *, name: str, most: int, least: int = 0) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise argparse.ArgumentTypeError(f"{text!r} is no {name} ({least} to {most})")
    return int(text)


def _port(text: str) -> int:
    return _whole(text, name="port", most=65535)


def _instant(text: str) -> int:
    try:
        return instant_ms(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _address(text: str) -> str:
    try:
        return checked_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _speed(text: str) -> float:
    try:
        speed = TOP_SPEED if text == "max" else float(text)
    except ValueError:
        speed = -1
    if not 0 <= speed <= TOP_SPEED:
        raise argparse.ArgumentTypeError(f"{text!r} is no speed (0 to {TOP_SPEED:.0f}, or max)")
    return speed


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 10**9:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds


def _interval(text: str) -> float:
    seconds = _seconds(text)
    if seconds < LEAST_SAVE_S:
        raise argparse.ArgumentTypeError(f"{text!r} is less than {LEAST_SAVE_S:g} seconds")
    return seconds


def _fault(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    try:
        if not sign:
            value = {TOPICS: "*", FRAMES: "1"}.get(kind_of(name), "")
        read(name, value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return name, value


def _scenario(text: str) -> tuple[str, tuple[str, ...]]:
    name, _, symbols = text.partition("@")
    if name not in SCENARIOS:
        raise argparse.ArgumentTypeError(
            f"there is no scenario {name!r}; there are {', '.join(SCENARIOS)}"
        )
    return name, tuple(symbol for symbol in symbols.split(",") if symbol)


def _switch(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    try:
        Switches().set(name, value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return name, value
