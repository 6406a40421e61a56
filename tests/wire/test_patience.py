"""Nobody is late for one who stood still."""

from __future__ import annotations

from terminal.wire.patience import PATIENCE_S, STOOD_S, Patience


def test_who_looks_often_judges_always() -> None:
    patience = Patience(10.0)
    assert all(patience.may_judge(10.0 + second) for second in range(60))


def test_who_stood_still_first_reads_what_came_meanwhile() -> None:
    patience = Patience(10.0)
    now_s = 10.0 + STOOD_S
    assert not patience.may_judge(now_s)
    assert patience.until_s == now_s + PATIENCE_S
    assert not patience.may_judge(now_s + PATIENCE_S / 2)
    assert patience.may_judge(now_s + PATIENCE_S)
