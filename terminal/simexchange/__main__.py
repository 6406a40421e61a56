"""``python -m terminal.simexchange``: run the exchange until its parent ends or Ctrl-C.

Prints one line of JSON when it is ready. It ends when its standard input closes (if that is a
pipe) or, on POSIX, when its parent process is gone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import stat
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from terminal.simexchange.server import LOOPBACK, SimExchange

if TYPE_CHECKING:
    from collections.abc import Sequence

PARENT_LOOK_S = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; the exit code is 0, or 2 when the port cannot be had."""
    parser = argparse.ArgumentParser(
        prog="python -m terminal.simexchange",
        description="A simulated exchange that speaks the wire of KuCoin Futures, on loopback.",
    )
    parser.add_argument("--port", type=_port, default=0, help="port to listen on; 0 takes any")
    parser.add_argument("--seed", type=int, default=7, help="seed of the market and of the key")
    parser.add_argument("--ready-file", type=Path, help="also write the ready line to this file")
    parent = os.getppid()  # before anything else: a parent that dies meanwhile must be noticed
    options = parser.parse_args(arguments)
    if options.ready_file is not None and not options.ready_file.absolute().parent.is_dir():
        parser.error(f"the folder of {options.ready_file} does not exist")
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(_run(options, parent))
    except OSError as error:
        reason = error.strerror or str(error)
        sys.stderr.write(f"Cannot listen on {LOOPBACK}:{options.port}: {reason}.\n")
        return 2
    return 0


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port (0 to 65535)")
    return int(text)


async def _run(options: argparse.Namespace, parent: int) -> None:
    exchange = SimExchange(seed=options.seed)
    await exchange.start(options.port)
    line = json.dumps(exchange.announcement())
    if options.ready_file is not None:
        _write_private(options.ready_file, f"{line}\n")
    with suppress(OSError, ValueError, AttributeError):
        # A windowed program may have no usable standard output.
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    ended = asyncio.Event()
    _watch_input(ended)
    try:
        await _wait_for_parent(ended, parent)
    finally:
        await exchange.stop()


def _write_private(path: Path, text: str) -> None:
    """The line holds secrets, if only of a game: nobody else may read it."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(text)


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
