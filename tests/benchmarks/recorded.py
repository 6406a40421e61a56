"""Frames and books as the exchange writes them, the same at every run, for whoever reads them."""

from __future__ import annotations

import json
import random

SYMBOL = "XBTUSDTM"
FIRST = 100
"""Sequence of the book at the beginning; the first change has the next one."""
BEST_BID, BEST_ASK = 999_990, 1_000_010
STAMP_MS = 1_760_000_000_510


def changes(count: int, first: int = FIRST + 1) -> list[bytes]:
    """A busy hundred levels a side; the dice depend on ``first`` alone."""
    dice = random.Random(first)
    made = []
    for sequence in range(first, first + count):
        side = dice.choice(("buy", "sell"))
        ticks = 999_999 - dice.randrange(100) if side == "buy" else 1_000_000 + dice.randrange(100)
        change = f"{ticks / 10},{side},{dice.randrange(0, 900)}"
        text = (
            '{"topic":"/contractMarket/level2:XBTUSDTM","type":"message","subject":"level2",'
            f'"sn":{sequence},"data":{{"sequence":{sequence},"change":"{change}",'
            f'"timestamp":{STAMP_MS}}}}}'
        )
        made.append(text.encode())
    return made


def small_book() -> bytes:
    """The answer to a request for the book that the changes begin with."""
    rows = {"bids": [[BEST_BID / 10, 1]], "asks": [[BEST_ASK / 10, 1]]}
    return _answer(FIRST, rows)


def large_book(rows: int) -> bytes:
    """The same with so many levels a side."""
    bids = [[(1_000_000 - at) / 10, at % 99 + 1] for at in range(rows)]
    asks = [[(1_000_001 + at) / 10, at % 99 + 1] for at in range(rows)]
    return _answer(FIRST, {"bids": bids, "asks": asks})


def _answer(sequence: int, rows: dict[str, list[list[float]]]) -> bytes:
    data = {"symbol": SYMBOL, "sequence": sequence, **rows, "ts": STAMP_MS * 1_000_000}
    return json.dumps({"code": "200000", "data": data}).encode()
