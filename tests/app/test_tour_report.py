import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from terminal.app.tour_report import StepReport, TourReport, percentile


def a_good_report() -> TourReport:
    return TourReport(steps=[StepReport("arm", ok=True, ms=1.5)])


def test_a_report_is_good_only_when_everything_is() -> None:
    """One failed step, one fault or one difference is enough to fail."""
    assert a_good_report().ok

    failed = a_good_report()
    failed.steps.append(StepReport("rest", ok=False, ms=1.0, detail="no order"))
    faulty = a_good_report()
    faulty.faults.append("ValueError: nobody caught it")
    different = a_good_report()
    different.exchange.differences.append("Position: we say 1 lots, the exchange 0.")

    assert not failed.ok
    assert not faulty.ok
    assert not different.ok


def test_a_tour_without_steps_is_not_good() -> None:
    """Nothing done is nothing shown."""
    assert not TourReport().ok


def test_the_report_is_written_as_json_with_its_verdict(tmp_path: Path) -> None:
    """Another program can read it."""
    path = tmp_path / "report.json"

    a_good_report().write(path)

    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["ok"] is True
    assert document["steps"] == [{"name": "arm", "ok": True, "ms": 1.5, "detail": ""}]
    assert document["exchange"]["differences"] == []
    assert document["frame_ms_p50"] is None


def test_the_percentile_of_nothing_is_none() -> None:
    """No figure is invented."""
    assert percentile([], 99) is None


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=200), st.floats(0, 100))
def test_a_percentile_is_one_of_the_values_and_grows(values: list[float], percent: float) -> None:
    """Nearest rank: never a value that was not seen."""
    value = percentile(values, percent)

    assert value in values
    assert value is not None
    assert min(values) <= value <= max(values)
    assert percentile(values, 0) == min(values)
    assert percentile(values, 100) == max(values)
