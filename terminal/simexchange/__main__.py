"""``python -m terminal.simexchange``: run the exchange until it is told to end.

Prints one line of JSON when it is ready. It ends at a signal, when its standard input closes (if
that is a pipe) or, on POSIX, when its parent process is gone; always with everything closed.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from terminal.simexchange.clock import SimClock
from terminal.simexchange.market import scenarios
from terminal.simexchange.options import Options, parsed
from terminal.simexchange.server import LOOPBACK, House, SimExchange
from terminal.simexchange.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PARENT_LOOK_S = 1.0
_SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; the exit code is 0, or 2 for wrong options and when the port cannot be had."""
    parent = os.getppid()  # before anything else: a parent that dies meanwhile must be noticed
    options = parsed(arguments)
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(_run(options, parent))
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        reason = error.strerror or str(error)
        sys.stderr.write(f"Cannot listen on {LOOPBACK}:{options.port}: {reason}.\n")
        return 2
    return 0


def made(options: Options) -> SimExchange:
    """The exchange that the options ask for, not started yet."""
    clock = SimClock(start_ms=options.start_ms, speed=options.speed, is_paused=options.is_paused)
    switches = Switches()
    switches.set_all(dict(options.switches))
    house = House(
        options.keys,
        options.vip_level,
        options.token_life_s,
        switches,
        options.pings,
        options.funding_ms,
        options.settlement_lasts_s,
    )
    exchange = SimExchange(seed=options.seed, is_calm=options.is_calm, clock=clock, house=house)
    for name, value in options.faults:
        exchange.faults.set(name, value)
    for name, symbols in options.scenarios:
        scenarios.start(exchange.engine.markets, name, symbols)
    return exchange


async def _run(options: Options, parent: int) -> None:
    ended = asyncio.Event()
    _watch_signals(ended)
    exchange = made(options)
    await exchange.start(options.port)
    line = json.dumps(exchange.announcement())
    try:
        if options.ready_file is not None:
            _write_private(options.ready_file, f"{line}\n")
        with suppress(OSError, ValueError, AttributeError):
            # A windowed program may have no usable standard output.
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        _watch_input(ended)
        await _wait_for_parent(ended, parent)
    finally:
        await exchange.stop()
        if options.ready_file is not None:
            with suppress(OSError):
                options.ready_file.unlink()


def _watch_signals(ended: asyncio.Event) -> None:
    """Every way in which a system asks a program to end, ends it cleanly."""
    loop = asyncio.get_running_loop()

    def end(_number: int, _frame: object) -> None:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(ended.set)

    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number is not None:
            with suppress(ValueError):  # not in the main thread: somebody else looks after signals
                signal.signal(number, end)


def _write_private(path: Path, text: str) -> None:
    """The line holds secrets, if only of a game: nobody else may read it, nor half of it."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        new.unlink()
    number = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


async def _wait_for_parent(ended: asyncio.Event, parent: int) -> None:
    while not ended.is_set() and (os.name == "nt" or os.getppid() == parent):
        with suppress(TimeoutError):
            async with asyncio.timeout(PARENT_LOOK_S):
                await ended.wait()


def _watch_input(ended: asyncio.Event) -> None:
    """Set ``ended`` when the other end of the standard input pipe is closed."""
    try:
        is_pipe = stat.S_ISFIFO(os.fstat(0).st_mode)
    except OSError:
        return
    if not is_pipe:
        return
    loop = asyncio.get_running_loop()

    def read() -> None:
        with suppress(OSError):
            while os.read(0, 4096):
                pass
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=read, name="parent watch", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
