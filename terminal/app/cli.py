"""The command line: what may be asked for, and clear words when it may not."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, final

from terminal import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_TOUR_S = 10.0
EPILOG = """\
commands:
  (none)        open the terminal on the simulated exchange; real accounts come later
  demo          the same, by name; takes the options of the tour
  simexchange   run the simulated exchange alone (--help after it lists its options)
"""


class Command(Enum):
    """What to run."""

    RUN = "run"
    DEMO = "demo"
    SIMEXCHANGE = "simexchange"


@final
@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for. ``rest`` goes to the simulated exchange when that is the command."""

    command: Command
    seed: int = 7
    tour: bool = False
    seconds: float = DEFAULT_TOUR_S
    screenshot: Path | None = None
    report: Path | None = None
    rest: tuple[str, ...] = ()


def parse(argv: Sequence[str]) -> Options:
    """Read the command line; ends the program with a sentence when it is wrong."""
    if argv and argv[0] == Command.SIMEXCHANGE.value:
        return Options(Command.SIMEXCHANGE, rest=tuple(argv[1:]))
    parser = _parser()
    given = parser.parse_args(list(argv))
    if not given.tour and (given.report is not None or given.seconds is not None):
        parser.error("--report and --seconds need --tour")
    for path in (given.screenshot, given.report):
        if path is not None and not path.absolute().parent.is_dir():
            parser.error(f"the folder of {path} does not exist")
    return Options(
        command=Command(given.command),
        seed=given.seed,
        tour=given.tour,
        seconds=DEFAULT_TOUR_S if given.seconds is None else given.seconds,
        screenshot=given.screenshot,
        report=given.report,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tern",
        description="Tern, an unofficial trading terminal for KuCoin Futures.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tern {__version__}")
    parser.add_argument(
        "command", nargs="?", choices=("run", "demo"), default="run", help="see below"
    )
    parser.add_argument("--seed", type=int, default=7, help="seed of the simulated market")
    parser.add_argument("--tour", action="store_true", help="let the program show itself, then end")
    parser.add_argument(
        "--seconds", type=_seconds, help=f"how long the tour lasts (default {DEFAULT_TOUR_S:.0f})"
    )
    parser.add_argument(
        "--screenshot", type=Path, metavar="FILE.png", help="save a picture of the window"
    )
    parser.add_argument(
        "--report", type=Path, metavar="FILE.json", help="write what the tour saw and measured"
    )
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds") from None
    if not math.isfinite(seconds) or not 0 < seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} seconds is not between 0 and a day")
    return seconds
