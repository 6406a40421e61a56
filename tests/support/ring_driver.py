"""Does one thing with the system's key ring and ends: run inside a private D-Bus session.

``python -m tests.support.ring_driver STEP``. What a step needs comes as JSON on the standard
input, secrets never as arguments; the answer is one JSON line on the standard output.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from terminal.domain.secret import Secret
from terminal.storage.vault import Vault, VaultError

NAME = "main (test)"
DEADLINE_S = 5.0
PARTS = ("key", "secret", "passphrase")


async def _with_vault(step: str, given: dict[str, str]) -> dict[str, Any]:
    vault = Vault(deadline_s=DEADLINE_S)
    try:
        if step == "save":
            kept = await vault.save(NAME, {part: Secret(given[part]) for part in PARTS})
            return {"is_lasting": kept.is_lasting, "sentence": kept.sentence}
        if step == "load":
            found = await vault.load(NAME) or {}
            return {"is_same": [found.get(part) == Secret(given[part]) for part in PARTS]}
        if step == "delete":
            await vault.delete(NAME)
            return {"is_there": await vault.load(NAME) is not None}
        return {"problem": await vault.problem(), "name": vault.ring_name}
    except VaultError as error:
        return {"problem": error.sentence}
    finally:
        await vault.close()


def _lock() -> dict[str, Any]:
    import secretstorage

    connection = secretstorage.dbus_init()
    secretstorage.get_default_collection(connection).lock()
    connection.close()
    return {}


def _connect(given: dict[str, str]) -> dict[str, Any]:
    """Let the whole program store an account that is typed into its dialog."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication, QLineEdit

    from terminal.app.cli import Command, Options
    from terminal.app.faults import Faults
    from terminal.app.logs import Logs
    from terminal.app.program import ProgramRun
    from terminal.storage.paths import Paths
    from tests.support.deadlines import eventually
    from tests.support.qt_loop import run_on_qt

    application = QApplication([])
    paths, faults, titles = Paths.of_system(), Faults(), []
    logs = Logs(paths.logs)
    logs.start()

    async def work() -> None:
        rest = given["rest"]
        run = ProgramRun(Options(Command.CONNECT, hosts=(rest, rest)), paths, faults)
        main = asyncio.get_running_loop().create_task(run.main())
        await eventually(lambda: run._entrance and run._entrance.dialog, "the dialog")
        dialog = run._entrance.dialog if run._entrance else None
        assert dialog is not None
        for field in ("name", *PARTS):
            line = dialog.findChild(QLineEdit, f"connect.{field}")
            assert isinstance(line, QLineEdit)
            QTest.keyClicks(line, given[field])
        QTest.keyClick(dialog, Qt.Key.Key_Return)
        await eventually(lambda: _answered(run), "the answer")
        QTest.keyClick(dialog, Qt.Key.Key_Return)
        await eventually(lambda: run._program, "the window", 30)
        program = run._program
        assert program is not None
        await eventually(lambda: program.backend.desk.is_trusted, "the account", 30)
        titles.append(program.window.windowTitle())
        program.window.close()
        await main

    run_on_qt(work())
    logs.stop()
    del application
    return {"titles": titles, "faults": faults.texts}


def _answered(run: Any) -> bool:
    form = run._entrance.form
    return form is not None and form.view.button_text.startswith(("Store", "Open"))


def main() -> None:
    """Do one step."""
    step, given = sys.argv[1], json.loads(sys.stdin.read() or "{}")
    if step == "lock":
        answer = _lock()
    elif step == "connect":
        answer = _connect(given)
    else:
        answer = asyncio.run(_with_vault(step, given))
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
