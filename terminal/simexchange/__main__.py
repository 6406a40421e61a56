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
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from terminal.simexchange.clock import SimClock
from terminal.simexchange.market import scenarios
from terminal.simexchange.options import Options, parsed
from terminal.simexchange.saved.files import BadFile, write
from terminal.simexchange.saved.keeper import Keeper
from terminal.simexchange.saved.lock import used
from terminal.simexchange.server import LOOPBACK, House, SimExchange
from terminal.simexchange.switches import Switches

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

PARENT_LOOK_S = 1.0
_SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK")


class CannotSave(Exception):  # noqa: N818 - an answer, not a fault of the program
    """The state file cannot be written; the text is one sentence that says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; the exit code is 0, or 2 for wrong options, port or state file."""
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
    except (BadFile, CannotSave) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def made(options: Options, keeper: Keeper | None = None) -> SimExchange:
    """The exchange that the options ask for, not started yet; it goes on from what is kept.

    Raises ``BadFile`` when what is kept does not fit.
    """
    beginning = None if keeper is None else keeper.beginning
    # What is kept is laid over the exchange of its first instant, while time stands still.
    clock = SimClock(
        start_ms=options.start_ms if beginning is None else beginning.start_ms,
        speed=options.speed,
        is_paused=options.is_paused or beginning is not None,
    )
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
        options.still_s,
        options.accounts,
        options.caller_address,
    )
    first = house if beginning is None else replace(house, accounts=(), keys=())
    exchange = SimExchange(seed=options.seed, is_calm=options.is_calm, clock=clock, house=first)
    if keeper is not None and beginning is not None:
        if beginning.seed != options.seed:
            raise BadFile(f"{options.state} was saved with --seed {beginning.seed}; it was left.")
        keeper.restore(exchange)
        exchange.go_on(house)
        clock.begin_at(None if options.start_ms is None else options.start_ms * 1_000_000)
        if options.speed and not options.is_paused:
            clock.resume()
    for name, value in options.faults:
        exchange.faults.set(name, value)
    for name, symbols in options.scenarios:
        scenarios.start(exchange.engine.markets, name, symbols)
    return exchange


async def _run(options: Options, parent: int) -> None:
    ended = asyncio.Event()
    _watch_signals(ended)
    with nullcontext() if options.state is None else used(options.state):
        await _serve(options, parent, ended)


async def _serve(options: Options, parent: int, ended: asyncio.Event) -> None:
    keeper = None if options.state is None else Keeper(options.state)
    exchange = made(options, keeper)
    async with _started(options, exchange, keeper):
        line = json.dumps(exchange.announcement())
        try:
            if options.ready_file is not None:
                write(options.ready_file, f"{line}\n")
            with suppress(OSError, ValueError, AttributeError):
                # A windowed program may have no usable standard output.
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
            _watch_input(ended)
            await _wait_for_parent(ended, parent)
        finally:
            if options.ready_file is not None:
                with suppress(OSError):
                    options.ready_file.unlink()


@asynccontextmanager
async def _started(
    options: Options, exchange: SimExchange, keeper: Keeper | None
) -> AsyncIterator[None]:
    """Run the exchange meanwhile; its state is saved before, during and after."""
    if keeper is not None:
        # From here on no number that is given out now is given out by a later start.
        try:
            keeper.save(exchange)
        except OSError as error:
            raise CannotSave(
                f"{options.state} cannot be written: {error.strerror or error}."
            ) from None
    await exchange.start(options.port)
    try:
        if keeper is None:
            yield
        else:
            async with keeper.saving(exchange, options.save_every_s):
                yield
    finally:
        await exchange.stop()
        if keeper is not None:
            keeper.save_at_last(exchange)


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
