"""The command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.simexchange.clock import TOP_SPEED
from terminal.simexchange.faults import FAULTS
from terminal.simexchange.market.scenarios import SCENARIOS
from terminal.simexchange.options import Options, parsed
from terminal.simexchange.switches import described

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_asked_for_is_real_time_on_any_port() -> None:
    assert parsed([]) == Options()


def test_every_option_arrives(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    options = parsed(
        [
            *("--port", "1234", "--seed", "-3", "--start", "1760000000000", "--speed", "2.5"),
            *("--paused", "--calm", "--vip", "12", "--token-life", "3.5"),
            *("--ready-file", str(ready), "--key", "a@x", "--key", "b:General"),
            *("--fault", "half_open", "--fault", "silent_topics", "--fault", "overloads=2"),
            *("--switch", "updated_at_unit=ns", "--fault", "frames_dropped"),
            *("--scenario", "gap", "--scenario", "calm@XBTUSDTM,ETHUSDTM"),
        ]
    )
    assert (options.port, options.seed, options.start_ms) == (1234, -3, 1_760_000_000_000)
    assert (options.speed, options.is_paused, options.is_calm) == (2.5, True, True)
    assert (options.vip_level, options.token_life_s, options.ready_file) == (12, 3.5, ready)
    assert [named.name for named in options.keys] == ["a", "b"]
    assert options.scenarios == (("gap", ()), ("calm", ("XBTUSDTM", "ETHUSDTM")))
    assert options.switches == (("updated_at_unit", "ns"),)
    assert options.faults == (
        ("half_open", ""),
        ("silent_topics", "*"),
        ("overloads", "2"),
        ("frames_dropped", "1"),
    )


def test_keys_are_those_of_the_seed_wherever_it_stands() -> None:
    assert parsed(["--key", "a", "--seed", "3"]).keys == parsed(["--seed", "3", "--key", "a"]).keys


@pytest.mark.parametrize(
    ("text", "ms"),
    [("2026-01-01T00:00:00Z", 1767225600000), ("2026-01-01", 1767225600000), ("0", 0)],
)
def test_an_instant_is_milliseconds_or_a_date(text: str, ms: int) -> None:
    assert parsed(["--start", text]).start_ms == ms


def test_the_highest_speed_has_a_name() -> None:
    assert parsed(["--speed", "max"]).speed == TOP_SPEED


def test_help_explains_every_option_fault_and_switch(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed(["--help"])
    text = capsys.readouterr().out
    assert ended.value.code == 0
    for row in FAULTS:
        assert f"\n    {row.name}" in text
        assert row.help in text
    for name, choices, _, _ in described():
        assert f"{name}={'|'.join(choices)}" in text
    assert all(f"\n    {name}" in text for name in SCENARIOS)
    assert "examples:" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ("--port", "x"),
        ("--scenario", "no"),
        ("--port", "99999"),
        ("--port", "-1"),
        ("--what",),
        ("extra",),
        ("--see", "7"),
        ("--seed", "a"),
        ("--start", "tomorrow"),
        ("--start", "-5"),
        ("--speed", "-1"),
        ("--speed", "nan"),
        ("--speed", "1e9"),
        ("--vip", "13"),
        ("--token-life", "-1"),
        ("--token-life", "nan"),
        ("--key", "a:Fly"),
        ("--key", "demo"),
        ("--key", "a", "--key", "a"),
        ("--fault", "nothing"),
        ("--fault", "answers_lost=x"),
        ("--switch", "nothing=1"),
        ("--switch", "updated_at_unit"),
        ("--ready-file", "/no/such/folder/x"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed(arguments)
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert said.err.endswith("; see --help.\n")
    assert said.err.count("\n") == 1


def test_rhythms_are_whole_seconds() -> None:
    options = parsed(
        [
            *("--ping-interval", "5", "--ping-timeout", "3"),
            *("--funding-interval", "60", "--settlement-lasts", "0.5", "--still", "0"),
        ]
    )
    assert options.still_s == 0 < parsed([]).still_s
    assert (options.pings.interval_ms, options.pings.timeout_ms) == (5000, 3000)
    assert (options.funding_ms, options.settlement_lasts_s) == (60_000, 0.5)
    for text in ("0", "-1", "x", "604801"):
        with pytest.raises(SystemExit):
            parsed(["--funding-interval", text])


def test_accounts_an_address_and_a_state_file_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    path.write_text('{"accounts": [{"name": "desk", "keys": [{"name": "d"}]}]}')
    state = tmp_path / "state"
    options = parsed(
        [
            *("--accounts", str(path), "--key", "k", "--address", "::0001"),
            *("--state", str(state), "--save-every", "5"),
        ]
    )
    assert [plan.name for plan in options.accounts] == ["desk"]
    assert [named.name for named in options.keys] == ["k"]
    assert (options.caller_address, options.state) == ("::1", state)
    assert options.save_every_s == 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--accounts", "{folder}/none"], "No such file"),
        (["--accounts", "{folder}/wrong"], "The file of accounts is no JSON"),
        (["--accounts", "{folder}/demo"], "there is a key named demo already"),
        (["--accounts", "{folder}/good", "--key", "d"], "there is a key named d already"),
        (["--address", "home"], "'home' is no IP address"),
        (["--state", "{folder}/none/state"], "does not exist"),
        (["--save-every", "0.01"], "is less than 0.1 seconds"),
        (["--key", "k!until=soon"], "'soon' is no instant"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_ends_the_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    (tmp_path / "wrong").write_text("{")
    for name, key in (("demo", "demo"), ("good", "d")):
        text = f'{{"accounts": [{{"name": "desk", "keys": [{{"name": "{key}"}}]}}]}}'
        (tmp_path / name).write_text(text)
    with pytest.raises(SystemExit) as info:
        parsed([one.format(folder=tmp_path) for one in arguments])
    said = capsys.readouterr().err
    assert (info.value.code, said.count("\n")) == (2, 1)
    assert words in said
