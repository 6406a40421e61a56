"""``python -m terminal.simexchange`` as a process."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

ROOT = Path(__file__).parent.parent.parent
DEADLINE_S = 30


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "terminal.simexchange", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_one_ready_line_then_service_then_the_end_of_its_input(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    with start("--port", "0", "--seed", "7", "--ready-file", str(ready)) as process:
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        assert set(line) == {"rest", "ws_api", "api_key", "secret", "passphrase"}
        assert json.loads(ready.read_text()) == line
        if os.name == "posix":
            assert ready.stat().st_mode & 0o077 == 0
        direct = build_opener(ProxyHandler({}))
        with direct.open(f"{line['rest']}/api/v1/timestamp", timeout=DEADLINE_S) as answer:
            assert json.load(answer)["code"] == "200000"
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(DEADLINE_S) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_busy_port_is_one_sentence() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        with start("--port", str(busy.getsockname()[1])) as process:
            _, errors = process.communicate(timeout=DEADLINE_S)
            assert process.returncode == 2
    assert errors.startswith("Cannot listen on 127.0.0.1:")
    assert "Traceback" not in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [("--port", "x"), ("--port", "99999"), ("--what",), ("--ready-file", "/no/such/folder/x")],
)
def test_wrong_arguments(arguments: tuple[str, ...]) -> None:
    with start(*arguments) as process:
        _, errors = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 2
    assert "usage:" in errors
