"""The one door to ``BenchmarkFixture.pedantic``, of which its package tells no types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_benchmark.fixture import BenchmarkFixture


def in_rounds(
    benchmark: BenchmarkFixture,
    run: Callable[..., object],
    args: Sequence[object] = (),
    *,
    setup: Callable[[], object] | None = None,
    rounds: int,
    warmup_rounds: int = 0,
) -> Any:
    """Run so many rounds, each after ``setup``, and measure them; returns what the last one did."""
    return benchmark.pedantic(  # type: ignore[no-untyped-call]  # pytest-benchmark has no type here
        run, args, setup=setup, rounds=rounds, warmup_rounds=warmup_rounds
    )
