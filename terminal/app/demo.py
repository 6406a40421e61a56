"""The simulated exchange as a child process: started, watched, ended, restarted in its place."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import Any, final

from PySide6.QtCore import QObject, QProcess, QTemporaryDir, QTimer, Signal

from terminal.domain.errors import TernError
from terminal.exchange.credentials import Credentials
from terminal.exchange.hosts import Hosts

READY_TIMEOUT_MS = 20_000
END_TIMEOUT_MS = 3_000
LOOK_MS = 50

_log = logging.getLogger("demo")


class DemoError(TernError):
    """The simulated exchange could not be started; the sentence says why."""


@final
class DemoExchange(QObject):
    """One child process. A restart uses the same port and seed, so addresses and key stay valid.

    The child says on its standard output that it is ready. A frozen program without a console may
    have none that works, so there the child also writes a file that is looked for.

    ``died`` is emitted when the child ends without having been asked to.
    """

    died = Signal()

    def __init__(self, seed: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._seed = seed
        self._port = 0
        self._process: QProcess | None = None
        self._ready: asyncio.Future[dict[str, Any]] | None = None
        self._ended: asyncio.Future[None] | None = None
        self._output = b""
        self._is_ending = False
        self._is_over = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(READY_TIMEOUT_MS)
        self._timer.timeout.connect(self._on_timeout)
        self._folder: QTemporaryDir | None = None
        self._looker = QTimer(self)
        self._looker.setInterval(LOOK_MS)
        self._looker.timeout.connect(self._look_for_file)

    @property
    def process_id(self) -> int:
        """The child's process id, zero when there is none."""
        return 0 if self._process is None else int(self._process.processId())

    async def start(self) -> tuple[Hosts, Credentials]:
        """Start the child and wait until it is ready. Raises ``DemoError``."""
        if self._is_over:
            raise DemoError("stopped", sentence="The program is ending.")
        try:
            return await self._start()
        except BaseException:
            await self._kill()
            raise

    async def _start(self) -> tuple[Hosts, Credentials]:
        self._is_ending = False
        self._output = b""
        loop = asyncio.get_running_loop()
        self._ready, self._ended = loop.create_future(), loop.create_future()
        process = QProcess(self)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.SeparateChannels)
        process.readyReadStandardOutput.connect(self._on_output)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        self._process = process
        program, arguments = self._command()
        process.start(program, arguments)
        self._timer.start()
        if self._folder is not None:
            self._looker.start()
        try:
            line = await self._ready
        finally:
            self._timer.stop()
            self._looker.stop()
            self._folder = None  # removed with what is in it
        hosts = Hosts(line["rest"], line["rest"], line["ws_api"])
        self._port = int(line["rest"].rpartition(":")[2])
        return hosts, Credentials(line["api_key"], line["secret"], line["passphrase"])

    def _command(self) -> tuple[str, list[str]]:
        options = ["--port", str(self._port), "--seed", str(self._seed)]
        if not getattr(sys, "frozen", False):
            return sys.executable, ["-m", "terminal.simexchange", *options]
        self._folder = QTemporaryDir()
        return sys.executable, ["simexchange", *options, "--ready-file", self._ready_file()]

    def _ready_file(self) -> str:
        return "" if self._folder is None else self._folder.filePath("ready.json")

    async def stop(self) -> None:
        """Ask the child to end by closing its input; kill it if it does not in time."""
        process, self._is_ending, self._is_over = self._process, True, True
        if process is None:
            return
        if process.state() is not QProcess.ProcessState.NotRunning and self._ended is not None:
            process.closeWriteChannel()
            # Not awaited under a time-out: that would cancel the future we wait for again.
            await asyncio.wait({self._ended}, timeout=END_TIMEOUT_MS / 1000)
            if not self._ended.done():
                _log.warning("the simulated exchange did not end in time and was killed")
                process.kill()
                await self._ended
        self._drop()

    async def _kill(self) -> None:
        """A child that did not become an exchange must not stay."""
        process, self._is_ending = self._process, True
        if process is not None and process.state() is not QProcess.ProcessState.NotRunning:
            process.kill()
            if self._ended is not None:
                await asyncio.wait({self._ended}, timeout=END_TIMEOUT_MS / 1000)
        self._drop()

    def _drop(self) -> None:
        if self._process is not None:
            self._process.deleteLater()
            self._process = None

    # Slots -----------------------------------------------------------------------------------

    def _on_output(self) -> None:
        if self._process is None or self._ready is None or self._ready.done():
            return
        self._output += bytes(self._process.readAllStandardOutput().data())
        self._take(self._output)

    def _look_for_file(self) -> None:
        path = self._ready_file()
        if path and Path(path).is_file():
            self._take(Path(path).read_bytes())

    def _take(self, text: bytes) -> None:
        line, newline, _ = text.partition(b"\n")
        if not newline or self._ready is None or self._ready.done():
            return
        try:
            self._ready.set_result(json.loads(line))
        except ValueError:
            self._fail("what it printed cannot be read")

    def _on_finished(self, code: int) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)
        if self._ready is not None and not self._ready.done():
            self._fail(f"it ended with code {code}. {self._error_text()}".strip())
        elif not self._is_ending:
            _log.warning("the simulated exchange ended with code %d", code)
            self._drop()
            self.died.emit()

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            if self._ended is not None and not self._ended.done():
                self._ended.set_result(None)
            self._fail("the program could not be started")

    def _on_timeout(self) -> None:
        self._fail(f"it was not ready within {READY_TIMEOUT_MS // 1000} s")

    def _fail(self, why: str) -> None:
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(
                DemoError(
                    f"simulated exchange: {why}",
                    sentence=f"The simulated exchange could not be started: {why}.",
                )
            )

    def _error_text(self) -> str:
        if self._process is None:
            return ""
        raw = bytes(self._process.readAllStandardError().data())
        text = raw.decode("utf-8", "replace").strip()
        return text.splitlines()[-1].rstrip(".") if text else ""
