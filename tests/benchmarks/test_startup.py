"""From the start of the process to the first paint of a live ladder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.rounds import in_rounds

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

ROOT = Path(__file__).parent.parent.parent


def test_start_to_first_live_ladder_frame(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """The measured time is a whole tour; the figure asked for is in the extra info."""
    if benchmark.disabled:
        pytest.skip("the end-to-end tests start the program already")
    report = tmp_path / "tour.json"
    started_ms: list[float] = []

    def start() -> None:
        subprocess.run(
            [
                sys.executable,
                "-m",
                "terminal",
                "demo",
                "--tour",
                "--seconds",
                "0.1",
                "--report",
                str(report),
            ],
            cwd=tmp_path,
            env={**os.environ, "TERN_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
            timeout=60,
        )
        started_ms.append(json.loads(report.read_text())["startup_ms"])

    in_rounds(benchmark, start, rounds=5, warmup_rounds=1)
    benchmark.extra_info["startup_ms"] = sorted(started_ms[1:])
