"""The developer script: what it says when it cannot, and what it leaves alone."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / "packaging" / "dev.py"


@pytest.fixture
def dev(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script as a module, working in an empty folder that looks like a checkout."""
    spec = importlib.util.spec_from_file_location("dev", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "terminal").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]")
    (tmp_path / "terminal" / "__init__.py").write_text("")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return module


def test_it_is_standard_library_only_and_old_pythons_can_read_it() -> None:
    source = SCRIPT.read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 7))
    for node in ast.walk(tree):
        assert not isinstance(node, (ast.NamedExpr, ast.Match))
        if isinstance(node, ast.Import):
            names = {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {str(node.module).split(".")[0]}
        else:
            continue
        # The script's own second half, imported once the Python is known to be new enough.
        assert names <= set(sys.stdlib_module_names) | {"terminal", "freezing"}


def test_a_python_that_is_too_old(dev: ModuleType) -> None:
    with pytest.raises(dev.Failure, match=r"needs Python 3\.11 or newer; this is 3\.9"):
        dev.require_python((3, 9))
    dev.require_python((3, 13))


def installed(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Record installations instead of making them."""
    made: list[list[str]] = []

    def make(folder: Path, uv: str | None) -> None:
        python = dev.environment_python(folder)
        python.parent.mkdir(parents=True, exist_ok=True)
        python.write_text("")
        made.append(["environment"])

    monkeypatch.setattr(dev, "make_environment", make)
    monkeypatch.setattr(dev, "install", lambda python, extras, uv: made.append(extras))
    return made


def test_nothing_is_installed_twice(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    made = installed(dev, monkeypatch)
    python = dev.set_up([])
    assert dev.set_up([]) == python
    assert made == [["environment"], []]
    dev.set_up(["test"])
    dev.set_up([])
    assert made[2:] == [["test"]], "what is there is enough for less"
    (dev.ROOT / "pyproject.toml").write_text("[project] # changed")
    dev.set_up([])
    assert made[3:] == [["test"]], "a change installs anew, all that was there"


def test_another_python_gets_an_environment_of_its_own(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = installed(dev, monkeypatch)
    dev.set_up(["test"])
    monkeypatch.setattr(dev, "this_python", lambda: "3.99")
    monkeypatch.setattr(dev, "fingerprint", lambda extras: "another")
    dev.set_up([])
    assert made == [["environment"], ["test"], ["environment"], ["test"]]


def test_an_installation_that_failed_is_tried_again(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = installed(dev, monkeypatch)

    def fail(python: Path, extras: list[str], uv: str | None) -> None:
        raise dev.Failure("The installation failed.")

    works = dev.install
    monkeypatch.setattr(dev, "install", fail)
    with pytest.raises(dev.Failure):
        dev.set_up([])
    monkeypatch.setattr(dev, "install", works)
    dev.set_up([])
    assert made == [["environment"], ["environment"], []]


def test_programs_that_fail_become_one_sentence(dev: ModuleType) -> None:
    with pytest.raises(dev.Failure, match="It broke"):
        dev.call([sys.executable, "-c", "raise SystemExit(3)"], "It broke.")
    with pytest.raises(dev.Failure, match="It broke"):
        dev.call(["/no/such/program"], "It broke.")


def test_a_python_without_venv(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "venv", None)
    with pytest.raises(dev.Failure, match="install python3-venv"):
        dev.make_environment(dev.ROOT / ".venv", None)


def test_uv_that_fails_is_done_without(dev: ModuleType, tmp_path: Path) -> None:
    broken = tmp_path / "uv"
    broken.write_text("#!/bin/sh\nexit 2\n")
    broken.chmod(0o755)
    dev.make_environment(tmp_path / "env", str(broken))
    assert dev.environment_python(tmp_path / "env").exists()


def test_missing_libraries_name_their_packages(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    from terminal.app import display

    monkeypatch.setattr(display, "missing_packages", lambda *, window: ("libegl1",))
    with pytest.raises(dev.Failure, match="sudo apt-get install libegl1"):
        dev.require_libraries(window=False)


def test_arguments_it_does_not_know_go_to_the_program(dev: ModuleType) -> None:
    arguments, rest = dev.parse(["demo", "--tour", "--seconds", "3"])
    assert (arguments.command, rest) == ("demo", ["--tour", "--seconds", "3"])
    _, rest = dev.parse(["demo", "--help"])
    assert rest == ["--help"]
    arguments, rest = dev.parse(["test", "--nightly", "-k", "book"])
    assert arguments.nightly
    assert not arguments.peers
    assert rest == ["-k", "book"]
    arguments, rest = dev.parse(["tool", "ruff", "format", "--check", "a.py", "-v", "b.py"])
    assert (arguments.name, rest) == ("ruff", ["format", "--check", "a.py", "-v", "b.py"])
    arguments, rest = dev.parse(["shots", "there", "--modes", "flat,both"])
    assert (arguments.folder, rest) == ("there", ["--modes", "flat,both"])
    arguments, rest = dev.parse(["build", "--skip-tour", "--json", "size.json"])
    assert (arguments.skip_tour, arguments.json, rest) == (True, "size.json", [])


def test_a_tool_that_is_not_there_is_one_sentence(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(dev, monkeypatch)
    with pytest.raises(dev.Failure, match="no tool named hammer"):
        dev.run_tool(*dev.parse(["tool", "hammer"]))


def test_wrong_commands_end_with_usage() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "dance"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "invalid choice" in done.stderr


def commanded(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Record the programs that would be started."""
    made: list[list[str]] = []

    def call(command: list[str], **_options: object) -> int:
        made.append(command)
        return 0

    monkeypatch.setattr(dev.subprocess, "call", call)
    monkeypatch.setattr(dev, "require_libraries", lambda *, window: None)
    return made


def test_benchmarks_run_without_the_others_when_those_cannot_be_installed(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[list[str]] = []

    def set_up(extras: list[str]) -> Path:
        asked.append(extras)
        if "bench" in extras:
            raise dev.Failure("No network.")
        return Path("python")

    monkeypatch.setattr(dev, "set_up", set_up)
    made = commanded(dev, monkeypatch)
    assert dev.main(["bench"]) == 0
    assert asked == [["test", "bench"], ["test"]]
    assert "tests/benchmarks" in made[0]
    assert "No network. Without the extra 'bench' nothing is compared" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "is_left_out"), [(["test"], True), (["test", "--peers"], False)])
def test_programs_by_others_never_run_beside_other_tests(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, words: list[str], *, is_left_out: bool
) -> None:
    monkeypatch.setattr(dev, "set_up", lambda _extras: Path("python"))
    made = commanded(dev, monkeypatch)
    assert dev.main(words) == 0
    assert ("--ignore=tests/peers" in made[0]) is is_left_out


@pytest.mark.parametrize(
    ("given", "processes"),
    [
        ([], ["-n", "3", "--dist", "loadgroup"]),
        (["-q", "tests/domain"], ["-n", "3", "--dist", "loadgroup"]),
        (["-n0"], []),
        (["--numprocesses=3"], []),
        (["-s"], []),
        (["--pdb"], []),
    ],
)
def test_the_tests_run_on_all_cores_unless_told_otherwise(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, given: list[str], processes: list[str]
) -> None:
    """Debuggers and printed output need one process."""
    monkeypatch.setattr(dev, "set_up", lambda _extras: Path("python"))
    monkeypatch.setattr(dev.os, "cpu_count", lambda: 2)
    made = commanded(dev, monkeypatch)
    assert dev.main(["test", *given]) == 0
    assert made == [["python", "-m", "pytest", *given, "--ignore=tests/peers", *processes]]
