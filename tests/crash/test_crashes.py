"""A real process is killed in the middle of trading, started again, and compared with the exchange.

Nothing may be lost, nothing doubled, every intention is resolved before anything could be opened,
and the second start sends nothing by itself. The exchange is a process of its own that goes on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, final

import pytest

from tests.benchmarks.children import Child, Secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
XBT = "XBTUSDTM"
LIMIT_S = 120
ACTS = ("submit", "move", "flatten", "bracket", "reverse", "move_stop", "breakeven")
ACCOUNTS = 600
PARTS = 6
"""The points of one act are shared among so many tests, none of which takes too long."""

Point = tuple[str, int]


class Run(NamedTuple):
    """What a program said, and how it ended."""

    code: int
    points: list[Point]
    stands: dict[str, Any] | None
    words: str


@final
class Scene:
    """One account on the exchange, and the folder where its programs keep what they write."""

    def __init__(self, exchange: Child, key: Secrets, folder: Path, *, has_socket: bool) -> None:
        self.exchange = exchange
        self.key = key
        self.folder = folder
        self._socket = exchange.ws_api if has_socket else ""

    def run(self, act: str, kill_at: Point | None = None, quiet_s: float = 0.0) -> Run:
        """Let a program act, to its end or to a point at which it is killed."""
        plan = {
            "act": act,
            "kill_at": kill_at,
            "quiet_s": quiet_s,
            "folder": str(self.folder),
            "rest": self.exchange.rest,
            "socket": self._socket,
            "key": list(self.key),
        }
        done = subprocess.run(
            [sys.executable, "-m", "tests.crash.program"],
            input=json.dumps(plan),
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=LIMIT_S,
            check=False,
        )
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        points = [(row["point"][0], row["point"][1]) for row in rows if "point" in row]
        last = next((row for row in rows if "stands" in row), None)
        assert last is None or not last["errors"], last
        return Run(done.returncode, points, last and last["stands"], done.stderr)

    def told(self, path: str) -> Any:
        """What the exchange itself says, asked by hands of the test's own."""
        return self.exchange.get(path, self.key)

    def crash_and_look(self, act: str, point: Point, *, may_pass: bool = False) -> bool:
        """Kill at a point, start again, and hold what the program believes against the exchange.

        Answers and events race: how often one of their points is passed may differ by one, so a
        point taken from another run may be missed. Returns whether it was reached.
        """
        crashed = self.run(act, point)
        assert crashed.points[-1] == point or may_pass, f"not reached: {crashed.words}"
        assert crashed.code < 0 or (may_pass and crashed.code == 0), crashed.words
        again = self.run("nothing", quiet_s=0.3)
        assert again.code == 0, again.words
        assert again.stands is not None
        sent = [name for name, _ in again.points if name.startswith("sent")]
        assert not sent, "the second start sends nothing by itself"
        self.compare(again.stands)
        return crashed.code < 0

    def compare(self, stands: dict[str, Any]) -> None:
        """Orders, fills and position are those of the exchange, and each order is ours and once."""
        active = self.told("/api/v1/orders?status=active&pageSize=1000")["items"]
        stops = self.told("/api/v1/stopOrders?pageSize=1000")["items"]
        done = self.told("/api/v1/recentDoneOrders")
        assert stands["working"] == sorted(row["id"] for row in [*active, *stops])
        fills = self.told("/api/v1/recentFills")
        assert stands["fills"] == sorted(
            [row["tradeId"], row["orderId"], row["size"]] for row in fills
        )
        (held,) = [row["currentQty"] for row in self.told("/api/v1/positions")] or [0]
        assert stands["position"] == held
        placed = [row["clientOid"] for row in [*active, *stops, *done] if row["clientOid"]]
        assert len(placed) == len(set(placed)), "an order is there twice"
        believed = stands["orders"]
        for row in [*active, *done]:
            assert believed.get(row["clientOid"], [0, row["filledSize"]])[1] == row["filledSize"]
        unclear = [oid for oid, order in believed.items() if order[0] in {"Unknown", "Submitting"}]
        assert not unclear, "not resolved"
        still = {row["clientOid"] for row in [*active, *stops]}
        assert set(stands["open_intentions"]) <= still, "every other intention has its end"
        assert stands["open_before_found"] == 0, "something could be opened before all was found"


@pytest.fixture(scope="module")
def exchange() -> Iterator[Child]:
    keys = [word for number in range(ACCOUNTS) for word in ("--key", f"k{number}@a{number}")]
    # Run at eight o'clock, a settlement of funding must not refuse what is compared.
    child = Child("--calm", "--vip", "12", "--settlement-lasts", "0.001", *keys)
    yield child
    child.end()


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return count()


def a_scene(
    exchange: Child, numbers: Iterator[int], folder: Path, *, has_socket: bool = False
) -> Scene:
    number = next(numbers)
    key = exchange.secrets_of(f"k{number}")
    return Scene(exchange, key, folder / f"{number}", has_socket=has_socket)


@pytest.mark.parametrize(
    ("act", "point"),
    [
        ("submit", ("sent POST /api/v1/orders", 2)),
        ("move", ("sent DELETE /api/v1/orders", 1)),
        # Where a close is waited for it takes a quarter of a minute.
        pytest.param("flatten", ("intend after", 3), marks=pytest.mark.nightly),
        ("breakeven", ("step cancel old after", 1)),
    ],
)
def test_nothing_is_lost_or_doubled_by_a_kill(
    exchange: Child, numbers: Iterator[int], tmp_path: Path, act: str, point: Point
) -> None:
    """After sending without a reply, in a move, before a close is sent, and between two stops."""
    scene = a_scene(exchange, numbers, tmp_path)
    scene.crash_and_look(act, point)


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("has_socket", [False, True])
@pytest.mark.parametrize("act", ACTS)
def test_every_point_of_every_act(
    exchange: Child,
    numbers: Iterator[int],
    tmp_path: Path,
    act: str,
    part: int,
    *,
    has_socket: bool,
) -> None:
    """All that one whole run passes, each in an account of its own."""
    whole = a_scene(exchange, numbers, tmp_path, has_socket=has_socket)
    trace = whole.run(act, quiet_s=1.5)
    assert trace.code == 0, trace.words
    assert trace.stands is not None
    whole.compare(trace.stands)
    names = {name for name, _ in trace.points}
    assert {"intend before", "intend after", "signed after", "answered before"} <= names
    failed: list[str] = []
    points = trace.points[part::PARTS]
    reached = 0
    for point in points:
        scene = a_scene(exchange, numbers, tmp_path, has_socket=has_socket)
        try:
            reached += scene.crash_and_look(act, point, may_pass=True)
        except AssertionError as error:
            failed.append(f"{point}: {error}")
    assert not failed, "\n\n".join(failed)
    assert reached * 4 >= len(points) * 3, "most points are the same in every run"


def test_a_program_that_was_not_killed_stands_as_the_exchange_says(
    exchange: Child, numbers: Iterator[int], tmp_path: Path
) -> None:
    """The comparison itself holds, and what it compares is not nothing."""
    scene = a_scene(exchange, numbers, tmp_path, has_socket=True)
    run = scene.run("submit", quiet_s=1.5)
    assert run.stands is not None, run.words
    scene.compare(run.stands)
    assert run.stands["position"] == 1
    assert len(run.stands["open_intentions"]) == 1
    assert run.stands["fills"]
