"""What runs first in the frozen program."""

from __future__ import annotations

import importlib
import os
import runpy
import ssl
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tests.support.scripts import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ROOTS = FOLDER / "hooks" / "trust_roots.py"


def test_a_program_without_streams_can_write_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = sys.stderr
    monkeypatch.setattr(sys, "stdout", None)
    runpy.run_path(str(FOLDER / "hooks" / "streams.py"))
    made = sys.stdout
    with made:
        assert made.write("nobody reads this") == 17
    assert sys.stderr is kept


@pytest.mark.parametrize(
    ("arguments", "refused"),
    [(["simexchange", "--port", "0"], True), (["demo"], False), ([], False)],
)
def test_the_exchange_does_without_qt(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], refused: bool
) -> None:
    monkeypatch.setattr(sys, "argv", ["tern", *arguments])
    monkeypatch.setitem(sys.modules, "PySide6", sys.modules["PySide6"])
    runpy.run_path(str(FOLDER / "hooks" / "no_qt_in_exchange.py"))
    if refused:
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("PySide6")
    else:
        importlib.import_module("PySide6")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine that keeps no certificates where the inner OpenSSL looks; its bundle's folder."""
    nowhere = SimpleNamespace(cafile=None, capath=None)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nowhere)
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.setenv(name, "")  # so that what the hook sets is taken back
        monkeypatch.delenv(name)
    return tmp_path


def with_files(monkeypatch: pytest.MonkeyPatch, files: Iterable[str]) -> str | None:
    there = {os.path.normpath(name) for name in files}
    monkeypatch.setattr(os.path, "isfile", lambda path: os.path.normpath(path) in there)
    runpy.run_path(str(ROOTS))
    return os.environ.get("SSL_CERT_FILE")


def test_the_systems_own_certificates_come_first(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = str(machine / "certifi" / "cacert.pem")
    fedora = "/etc/pki/tls/certs/ca-bundle.crt"
    assert with_files(monkeypatch, [ours, fedora]) == fedora


def test_the_certificates_that_came_along_are_the_last_resort(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = str(machine / "certifi" / "cacert.pem")
    assert with_files(monkeypatch, [ours]) == ours


def test_what_the_user_named_stays(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/my/own.pem")
    assert with_files(monkeypatch, ["/etc/ssl/cert.pem"]) == "/my/own.pem"


def test_what_openssl_finds_by_itself_stays(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = SimpleNamespace(cafile="/x/cert.pem", capath=None)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: found)
    assert with_files(monkeypatch, ["/etc/ssl/cert.pem"]) is None
