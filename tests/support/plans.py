"""What is to happen in a generated history, before it does: drawn from one number each."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import NamedTuple

from typing_extensions import override

ACTS_FOR_S = 30.0


class Step(NamedTuple):
    """Something that happens at an instant; ``a`` and ``b`` say to what and how much."""

    at_s: float
    what: str
    a: int
    b: int

    @override
    def __str__(self) -> str:
        return f"{self.at_s:6.2f} {self.what} {self.a} {self.b}"


HAPPENINGS = {
    "limit": 8,
    "market": 4,
    "protect": 4,
    "entry stop": 2,
    "with exits": 2,
    "batch": 1,
    "cancel": 4,
    "cancel side": 1,
    "cancel stops": 1,
    "cancel all": 2,
    "cancel everywhere": 1,
    "move": 8,
    "flatten": 2,
    "reverse": 2,
    "close": 2,
    "fill": 10,
    "fire": 2,
    "other places": 1,
    "other cancels": 1,
    "thin book": 1,
    "gap": 2,
    "rest down": 1,
    "socket closes": 1,
    "dies": 1,
    "dies at a write": 2,
}
"""What may happen, and how often one of them does against the others."""
GETTING_OUT = {
    "limit": 4,
    "market": 6,
    "protect": 5,
    "move": 2,
    "flatten": 5,
    "reverse": 2,
    "fill": 8,
    "thin book": 1,
    "gap": 1,
    "dies at a write": 1,
}
"""The same for histories about a position and how it is left, in which much happens at once."""
KEEPING = {
    "market": 3,
    "guard": 4,
    "plain guard": 4,
    "limit": 2,
    "with exits": 1,
    "batch": 1,
    "price": 4,
    "breakeven": 8,
    "mend": 5,
    "hold": 4,
    "release": 1,
    "link": 4,
    "unlink": 1,
    "cancel": 2,
    "cancel newest": 4,
    "cancel chosen": 2,
    "cancel stops": 1,
    "cancel all": 1,
    "move": 3,
    "move stop": 6,
    "disarm": 1,
    "flatten": 1,
    "close": 2,
    "fill": 5,
    "fire": 2,
    "spike": 3,
    "other places": 1,
    "other cancels": 2,
    "thin book": 1,
    "gap": 2,
    "stop entries": 2,
    "stop all": 1,
    "stop and flatten": 1,
    "lift": 3,
    "leave": 2,
    "stay": 1,
    "live off": 2,
    "live on": 2,
    "dies at a write": 1,
}
"""The same for histories of a position that is held, guarded and taken away by procedures."""
BEFORE = {"mend": ("market", "guard", "plain guard", "close"), "link": ("limit", "guard")}
SWAPPING = frozenset({"breakeven", "mend", "hold", "price", "move stop"})
BETWEEN = (
    "cancel newest",
    "cancel newest",
    "cancel chosen",
    "fire",
    "gap",
    "stop entries",
    "leave",
    "disarm",
)


@dataclass(frozen=True)
class Plan:
    """A whole history before it has happened."""

    seed: int
    steps: tuple[Step, ...]
    trouble: float
    has_socket: bool
    on_disk: bool
    calmed: frozenset[int] = frozenset()
    most_lots: int = 500_000
    """So many lots one market order may be for."""

    @property
    def has_keepers(self) -> bool:
        """Whether anything happens that needs more than the desk."""
        return any(step.what not in _OF_THE_DESK for step in self.steps)


_OF_THE_DESK = frozenset({*HAPPENINGS, *GETTING_OUT})


def drawn(seed: int) -> Plan:
    """The history of a number; every third is about what is held."""
    if seed % 3 == 0:
        return _drawn_about_keeping(seed)
    rng = random.Random(seed)
    is_about_leaving = rng.random() < 0.4
    often = GETTING_OUT if is_about_leaving else HAPPENINGS
    chosen = rng.choices([*often], [*often.values()], k=rng.randint(3, 18))
    soon_s, late_s = (3.0, 12.0) if is_about_leaving else (4.0, ACTS_FOR_S)
    steps = tuple(
        Step(at_s, what, rng.randrange(64), rng.randrange(64))
        for at_s, what in zip(
            sorted(rng.choice((rng.uniform(0, late_s), rng.uniform(0, soon_s))) for _ in chosen),
            chosen,
            strict=True,
        )
    )
    return Plan(
        seed,
        steps,
        trouble=rng.choice((0.0, 0.1, 0.3, 0.6)),
        has_socket=rng.random() < 0.35,
        on_disk=rng.random() < 0.1,
    )


def _drawn_about_keeping(seed: int) -> Plan:
    """It begins with a position and a stop, and much happens close together."""
    rng = random.Random(seed)
    chosen = rng.choices([*KEEPING], [*KEEPING.values()], k=rng.randint(3, 14))
    late_s = rng.choice((5.0, 10.0, ACTS_FOR_S))
    steps = [
        Step(2.0, "market", rng.choice((1, 5)), rng.randrange(64)),
        Step(2.6, rng.choice(("guard", "guard", "plain guard")), 1, rng.randrange(64)),
    ]
    for what in chosen:
        at_s = rng.choice((rng.uniform(3, late_s), rng.uniform(3, 4.5)))
        steps.append(Step(at_s, what, rng.randrange(64), rng.randrange(64)))
        if what in BEFORE and rng.random() < 0.7:
            steps.append(Step(at_s - 0.4, rng.choice(BEFORE[what]), 1, rng.randrange(64)))
        if what in SWAPPING and rng.random() < 0.6:
            # What comes between is what such procedures stumble over.
            steps.append(Step(at_s - 0.01, "spike", 0, 0))
            if rng.random() < 0.7:
                soon_s = at_s + rng.choice((rng.uniform(0, 0.06), rng.uniform(0, 0.5)))
                steps[-1] = Step(soon_s, rng.choice(BETWEEN), 1, rng.randrange(64))
    steps.sort()
    return Plan(
        seed,
        tuple(steps),
        trouble=rng.choice((0.0, 0.1, 0.3, 0.6)),
        has_socket=rng.random() < 0.35,
        on_disk=rng.random() < 0.1,
        most_lots=rng.choice((2, 500_000, 500_000, 500_000)),
    )
