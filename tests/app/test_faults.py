"""The three funnels."""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject, Signal

from terminal.app.faults import KEPT, Faults

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def faults() -> Iterator[Faults]:
    faults = Faults()
    before = sys.excepthook, sys.unraisablehook
    faults.install()
    yield faults
    faults.uninstall()
    sys.excepthook, sys.unraisablehook = before


class Emitter(QObject):
    happened = Signal()


class Receiver(QObject):
    def fail(self) -> None:
        raise ValueError("in a slot")


@pytest.mark.usefixtures("qapp")
def test_what_a_slot_raises(faults: Faults) -> None:
    emitter, receiver = Emitter(), Receiver()
    emitter.happened.connect(receiver.fail)
    emitter.happened.emit()
    assert faults.texts == ["slot or event: ValueError: in a slot"]


def test_what_a_finaliser_raises(faults: Faults) -> None:
    class Broken:
        def __del__(self) -> None:
            raise ValueError("in a finaliser")

    Broken()
    gc.collect()
    assert faults.count == 1
    assert "in a finaliser" in faults.texts[0]


async def test_what_the_loop_and_tasks_lose(faults: Faults) -> None:
    loop = asyncio.get_running_loop()
    handler = loop.get_exception_handler()
    faults.watch(loop)
    loop.call_exception_handler({"message": "lost", "exception": ValueError("x")})
    loop.call_exception_handler({"message": "no exception at all"})
    faults.task_failed("recover", ValueError("y"))
    loop.set_exception_handler(handler)
    assert [text.split(":")[0] for text in faults.texts] == [
        "lost",
        "no exception at all",
        "task recover",
    ]


def test_telling_the_user_cannot_loop_and_memory_is_bounded(faults: Faults) -> None:
    told: list[str] = []

    def tell(text: str) -> None:
        told.append(text)
        faults.task_failed("while telling", ValueError("again"))

    faults.on_fault = tell
    for _ in range(KEPT + 10):
        faults.task_failed("work", ValueError("x"))
    assert len(told) == KEPT + 10
    assert faults.count == 2 * (KEPT + 10)
    assert len(faults.texts) == KEPT
