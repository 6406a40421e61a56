"""Exits that only this program holds: trailing in steps, breakeven after so many ticks, targets.

A pure state machine: a price and what is held in, at most one wish out. It dies with the program,
so a stop at the exchange stands behind it unless the user declined that; then the machine itself
closes when its level is reached. Laws: the level only moves in favor of the position, nothing
closes more than is held, and what has fired once never fires again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, final

from terminal.domain.errors import UnitError
from terminal.domain.units import Lots, Price

if TYPE_CHECKING:
    from collections.abc import Sequence


@final
class Step(NamedTuple):
    """From so many ticks in favor on, the level follows the best price at a distance, in ticks."""

    after: int
    behind: int


@final
class Target(NamedTuple):
    """Close so many lots once the price gets there."""

    price: Price
    lots: Lots


@final
class Breakeven(NamedTuple):
    """Once the price was so many ticks in favor, and past it, the level is at least ``price``."""

    after: int
    price: Price


class Phase(Enum):
    """Where a held exit is in its life."""

    WATCHING = "watching"
    CLOSING = "closing"
    STUCK = "stuck"
    ENDED = "ended"


@final
@dataclass(frozen=True, slots=True)
class HeldPlan:
    """What is to be done with a position. Prices are ticks, distances above zero.

    ``level`` is where the loss is cut to begin with. ``is_insured`` keeps it as a stop at the
    exchange; without it the program itself closes there. Raises ``UnitError`` for a plan that
    contradicts itself.
    """

    is_long: bool
    entry: Price
    level: Price
    lots: Lots
    steps: tuple[Step, ...] = ()
    breakeven: Breakeven | None = None
    targets: tuple[Target, ...] = ()
    is_insured: bool = True

    def __post_init__(self) -> None:
        if self.lots <= 0:
            raise UnitError("a held exit needs lots above zero")
        if any(step.after < 0 or step.behind <= 0 for step in self.steps):
            raise UnitError("a trailing step lies behind the price")
        if any(target.lots <= 0 for target in self.targets):
            raise UnitError("a target needs lots above zero")
        if sum(target.lots for target in self.targets) > self.lots:
            raise UnitError("the targets are for more lots than the position has")

    @property
    def sign(self) -> int:
        """+1 for a long position, -1 for a short one."""
        return 1 if self.is_long else -1

    @property
    def words(self) -> str:
        """What it does, in a few words."""
        parts = [
            *(["trailing"] if self.steps else []),
            *(["breakeven"] if self.breakeven is not None else []),
            *([f"{len(self.targets)} targets"] if self.targets else []),
        ]
        return " and ".join(parts) or "stop"


@final
@dataclass(frozen=True, slots=True)
class Progress:
    """How far a plan has come. ``done`` are the numbers of targets that were taken."""

    level: Price
    best: Price
    phase: Phase = Phase.WATCHING
    done: frozenset[int] = frozenset()


@final
class MoveStop(NamedTuple):
    """The stop at the exchange belongs at this level now."""

    level: Price


@final
class CloseLots(NamedTuple):
    """Close so many lots at market; never more than is held."""

    lots: Lots
    target: int | None


Wish: TypeAlias = MoveStop | CloseLots


def begin(plan: HeldPlan) -> Progress:
    """Before any price was seen."""
    return Progress(plan.level, plan.entry)


def advance(
    plan: HeldPlan, progress: Progress, price: Price, held: Lots
) -> tuple[Progress, Wish | None]:
    """Take one price into account. ``held`` is signed.

    Without a position of the plan's own side it ends. A close is wished for once; until the caller
    says how it went (``closed``) nothing else is.
    """
    size = held * plan.sign
    if size <= 0:
        return replace(progress, phase=Phase.ENDED), None
    if progress.phase is not Phase.WATCHING:
        return progress, None
    best = _better(plan, progress.best, price)
    level = _level(plan, progress.level, best)
    now = replace(progress, best=best, level=level)
    if not plan.is_insured and (price - level) * plan.sign <= 0:
        return replace(now, phase=Phase.CLOSING), CloseLots(Lots(min(size, plan.lots)), None)
    reached = _reached(plan, progress, price)
    if reached is not None:
        lots = Lots(min(size, plan.targets[reached].lots))
        return replace(now, phase=Phase.CLOSING), CloseLots(lots, reached)
    if level != progress.level and plan.is_insured:
        return now, MoveStop(level)
    return now, None


def closed(progress: Progress, target: int | None, *, is_done: bool) -> Progress:
    """Say how a close went. One that is not known to have worked is not sent again."""
    if progress.phase is Phase.ENDED:
        return progress
    if not is_done:
        return replace(progress, phase=Phase.STUCK)
    if target is None:
        return replace(progress, phase=Phase.ENDED)
    return replace(progress, phase=Phase.WATCHING, done=progress.done | {target})


def is_past_breakeven(plan: HeldPlan, best: Price) -> bool:
    """Whether a best price so far takes the level to breakeven; False for a plan without it."""
    even = plan.breakeven
    if even is None:
        return False
    return (best - plan.entry) * plan.sign >= even.after and (best - even.price) * plan.sign > 0


def _better(plan: HeldPlan, one: Price, other: Price) -> Price:
    return max(one, other) if plan.is_long else min(one, other)


def _level(plan: HeldPlan, level: Price, best: Price) -> Price:
    """Where the level belongs after this best price: never further from the profit than before."""
    gained = (best - plan.entry) * plan.sign
    wanted: Sequence[Price] = [level]
    reached = [step for step in plan.steps if gained >= step.after]
    if reached:
        step = max(reached, key=lambda one: one.after)
        wanted = [*wanted, Price(best - plan.sign * step.behind)]
    if plan.breakeven is not None and is_past_breakeven(plan, best):
        wanted = [*wanted, plan.breakeven.price]
    return max(wanted) if plan.is_long else min(wanted)


def _reached(plan: HeldPlan, progress: Progress, price: Price) -> int | None:
    """The number of the next target that the price has come to, None without."""
    for number, target in enumerate(plan.targets):
        if number not in progress.done and (price - target.price) * plan.sign >= 0:
            return number
    return None
