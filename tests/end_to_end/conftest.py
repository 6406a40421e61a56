"""A real X server, for those who ask for one."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def x_server() -> Iterator[str]:
    """A real X server with a window manager, where they are installed."""
    xvfb, openbox = shutil.which("Xvfb"), shutil.which("openbox")
    if xvfb is None or openbox is None or shutil.which("xdotool") is None:
        assert not os.environ.get("TERN_TEST_REAL_WINDOW"), "xvfb, openbox and xdotool must be here"
        pytest.skip("needs xvfb, openbox and xdotool")
    display_read, display_write = os.pipe()
    server = subprocess.Popen(
        [xvfb, "-displayfd", str(display_write), "-screen", "0", "1366x768x24"],
        pass_fds=[display_write],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(display_write)
    with os.fdopen(display_read) as pipe:
        display = f":{pipe.readline().strip()}"
    manager = subprocess.Popen(
        [openbox],
        env={**os.environ, "DISPLAY": display},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield display
    for process in (manager, server):
        process.terminate()
        process.wait(10)
