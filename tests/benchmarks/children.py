"""Processes beside the benchmark: the simulated exchange, and what stands for bare sockets."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple, final

ROOT = Path(__file__).parent.parent.parent


class Secrets(NamedTuple):
    """A key of the exchange in the child process."""

    key: str
    secret: str
    passphrase: str

    def mac(self, text: str) -> str:
        """The signature of a text."""
        made = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256)
        return base64.b64encode(made.digest()).decode()

    def headers(self, method: str, path: str, body: str = "") -> dict[str, str]:
        """A signed request's headers."""
        stamp = str(time.time_ns() // 1_000_000)
        return {
            "Content-Type": "application/json",
            "KC-API-KEY": self.key,
            "KC-API-TIMESTAMP": stamp,
            "KC-API-SIGN": self.mac(stamp + method + path + body),
            "KC-API-PASSPHRASE": self.mac(self.passphrase),
        }


class _Process:
    """A Python module as a child process that prints one line of JSON when it is ready."""

    def __init__(self, module: str, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        assert self.process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())

    def say(self, line: str) -> None:
        """Write a line to its input."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def end(self) -> None:
        """Close its input, which ends it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        assert self.process.wait(10) == 0
        self.process.stdout.close()


@final
class Child(_Process):
    """The exchange as a child process."""

    def __init__(self, *options: str) -> None:
        super().__init__("terminal.simexchange", *options)
        self.secrets = _secrets(self.ready)
        self.rest: str = self.ready["rest"]
        self.ws_api: str = self.ready["ws_api"]

    @property
    def memory_mb(self) -> float:
        """What it holds in memory now."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def get(self, path: str, secrets: Secrets | None = None) -> Any:
        """The data of a GET, signed when there are secrets."""
        headers = {} if secrets is None else secrets.headers("GET", path)
        request = urllib.request.Request(f"{self.rest}{path}", headers=headers)  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
            told = json.load(answer)
        assert told["code"] == "200000", told
        return told["data"]

    def secrets_of(self, name: str) -> Secrets:
        """One of the further keys, by its name."""
        return _secrets(next(row for row in self.ready["keys"] if row["name"] == name))


def _secrets(row: dict[str, Any]) -> Secrets:
    return Secrets(row["api_key"], row["secret"], row["passphrase"])


@final
class Echo(_Process):
    """Two servers that send back what they get: ``stream`` by lines, ``socket`` by frames."""

    def __init__(self) -> None:
        super().__init__("tests.benchmarks.echo_child")


@final
class Firehose(_Process):
    """A feed that writes as many changes of a book as it is told, as fast as they are taken."""

    def __init__(self) -> None:
        super().__init__("tests.benchmarks.firehose_child")
        self.rest: str = self.ready["rest"]

    def pour(self, count: int) -> None:
        """Let the next so many changes come."""
        self.say(str(count))
