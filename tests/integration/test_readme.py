"""The example of the README does what the README says."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path

from terminal.simexchange.server import SimExchange
from tests.support.deadlines import STRETCH
from tests.support.steady_time import steady_time

ROOT = Path(__file__).parent.parent.parent
DEADLINE_S = 40.0
MOST_LINES = 40


def the_example() -> str:
    """The one program in the README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return str(code)


async def run(code: str, *arguments: str) -> tuple[int, list[str], str]:
    """Run a program as a child; its exit code, its lines and its errors."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        "-c",
        code,
        *arguments,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(DEADLINE_S * STRETCH):
            out, err = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return child.returncode or 0, out.decode().splitlines(), err.decode()


def test_the_example_is_short() -> None:
    assert len(the_example().splitlines()) <= MOST_LINES


async def test_the_example_of_the_readme_runs(tmp_path: Path) -> None:
    """A live book, an order in it and out of it, by the order socket; nothing is left behind."""
    exchange = SimExchange(clock=steady_time())
    await exchange.start()
    ready = tmp_path / "ready.json"
    ready.write_text(json.dumps(exchange.announcement()))
    code, lines, errors = await run(the_example(), str(ready))
    orders = list(exchange.engine.account.orders.values())
    left = dict(exchange.engine.account.working("XBTUSDTM"))
    await exchange.stop()
    assert (code, errors) == (0, "")
    books, (placed, canceled) = lines[:-2], lines[-2:]
    assert len(books) == 3
    for line in books:
        bid, ask = re.fullmatch(r"([\d.]+) bid, ([\d.]+) asked", line).groups()  # type: ignore[union-attr]  # fails without a match
        assert float(bid) < float(ask)
    assert re.fullmatch(r"1 lot at [\d.]+: Open, accepted by socket", placed)
    assert canceled == "and away again: Canceled, accepted by socket"
    assert len(orders) == 1
    assert left == {}
