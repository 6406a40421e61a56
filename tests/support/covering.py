"""Few cases that still meet every combination of some of their factors."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def covering(
    factors: Mapping[str, Sequence[Any]], groups: Iterable[tuple[str, ...]], seed: int
) -> list[dict[str, Any]]:
    """Cases of all factors such that each group meets all combinations of its own factors.

    The same for the same seed. At most as many as the groups have combinations.
    """
    dice, groups = Random(seed), [*groups]
    met: set[tuple[tuple[str, ...], tuple[Any, ...]]] = set()
    cases: list[dict[str, Any]] = []
    for group in sorted(groups, key=len, reverse=True):
        for chosen in product(*(factors[name] for name in group)):
            if (group, chosen) in met:
                continue
            case = {name: dice.choice(values) for name, values in factors.items()}
            case.update(zip(group, chosen, strict=True))
            met.update((one, tuple(case[name] for name in one)) for one in groups)
            cases.append(case)
    return cases
