#!/usr/bin/env python3
"""One script for everything a developer does: set up, run, test, check, measure, build.

Standard library only. It must be readable by old Pythons, so that it can say that they are too old:
no syntax newer than 3.6 here.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
STAMP = "tern-stamp"
LARGE_FILE_LINES = 400
LARGE_FUNCTION_LINES = 40
SPELLED = ["terminal", "tests", "packaging", ".github", "README.md", "CHANGELOG.md"]
SHOTS = ((1, (1366, 768)), (1, (1920, 1080)), (2, (1920, 1080)))
"""Scale and pixels of the screens that pictures are taken for."""
WORKFLOW = ".github/workflows/ci.yml"
WORKFLOW_SCHEMA = ["--builtin-schema", "vendor.github-workflows"]  # carried along, not fetched


class Failure(Exception):
    """Something the user must know, in one sentence."""


# Set-up ------------------------------------------------------------------------------------------


def require_python(version=None):
    """Raise ``Failure`` when this Python is too old."""
    found = tuple(sys.version_info[:2] if version is None else version)
    if found < OLDEST:
        raise Failure("Tern needs Python %d.%d or newer; this is %d.%d." % (OLDEST + found))


def environment_python(folder):
    """The interpreter of a virtual environment."""
    if os.name == "nt":
        return folder / "Scripts" / "python.exe"
    return folder / "bin" / "python"


def fingerprint(extras):
    """What an installation depends on: the project's metadata, the interpreter, the extras."""
    digest = hashlib.sha256()
    for name in ("pyproject.toml", "terminal/__init__.py"):
        digest.update((ROOT / name).read_bytes())
    digest.update(repr((str(ROOT), sys.version, sorted(extras))).encode())
    return digest.hexdigest()


def this_python():
    """Major and minor version of the calling interpreter, as text."""
    return "%d.%d" % sys.version_info[:2]


def read_stamp(folder):
    """Fingerprint, Python and extras of the last good installation; empty when there is none."""
    try:
        words = (folder / STAMP).read_text(encoding="utf-8").split()
    except OSError:
        return "", "", set()
    return (words[0], words[1], set(words[2:])) if len(words) > 1 else ("", "", set())


def set_up(extras):
    """Make ``.venv`` and install into it, unless nothing changed. Returns its interpreter."""
    folder = ROOT / ".venv"
    python = environment_python(folder)
    known, version, installed = read_stamp(folder)
    if python.exists() and known == fingerprint(installed) and set(extras) <= installed:
        return python
    wanted = sorted(set(extras) | installed)
    started = time.time()
    uv = shutil.which("uv")
    if not python.exists() or version != this_python():
        say("Making the environment in .venv ...")
        make_environment(folder, uv)
    say("Installing what Tern needs (a few minutes the first time) ...")
    install(python, wanted, uv)
    stamp = [fingerprint(wanted), this_python()] + wanted
    (folder / STAMP).write_text(" ".join(stamp), encoding="utf-8")
    say("Ready after %.0f s." % (time.time() - started))
    return python


def make_environment(folder, uv):
    """Make a virtual environment of the calling interpreter, anew. Raises ``Failure``."""
    shutil.rmtree(str(folder), ignore_errors=True)
    if uv:
        command = [uv, "venv", "--quiet", "--python", sys.executable, str(folder)]
        if subprocess.call(command, cwd=str(ROOT)) == 0:
            return
        say("uv could not make it; trying without.")
        shutil.rmtree(str(folder), ignore_errors=True)
    try:
        import ensurepip  # noqa: F401 - only whether it is there
        import venv
    except ImportError:
        raise Failure(
            "This Python has no venv; on Debian and Ubuntu install python3-venv."
        ) from None
    try:
        venv.EnvBuilder(with_pip=True).create(str(folder))
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure("The environment in .venv could not be made: %s." % error) from None


def install(python, extras, uv):
    """Install the project, editable, with its extras. Raises ``Failure``."""
    target = "%s[%s]" % (ROOT, ",".join(extras)) if extras else str(ROOT)
    if uv:
        command = [uv, "pip", "install", "--python", str(python), "--editable", target]
    else:
        command = [
            str(python),
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--progress-bar",
            "on",
            "--editable",
            target,
        ]
    call(command, "The installation failed; the lines above say why. Is the network reachable?")


def require_libraries(window):
    """Raise ``Failure`` when Qt lacks system libraries; names the packages to install."""
    sys.path.insert(0, str(ROOT))
    from terminal.app.display import missing_packages

    missing = missing_packages(window=window)
    if missing:
        raise Failure(
            "Qt needs system libraries that are missing here; on Debian and Ubuntu: "
            "sudo apt-get install %s" % " ".join(missing)
        )


# Commands ----------------------------------------------------------------------------------------


def run_program(arguments, rest):
    """``run`` and ``demo``: the program itself."""
    del arguments
    from_display = has_display()
    python = set_up([])
    require_libraries(window=from_display)
    return replace_with([str(python), "-m", "terminal"] + rest)


def has_display():
    """True when a real window can be shown."""
    sys.path.insert(0, str(ROOT))
    from terminal.app.display import has_display as look

    return look()


def run_tests(arguments, rest):
    """``test``: everything that must hold, or the programs of others alone."""
    python = set_up(["test", "peers"] if arguments.peers else ["test"])
    require_libraries(window=False)
    command = [str(python), "-m", "pytest"] + rest
    environment = quiet_environment()
    if arguments.peers:
        # They bring pinned helpers and change aiohttp in their process: never beside other tests.
        environment["TERN_TEST_PEERS"] = "1"
        command.append("tests/peers")
    else:
        if not any("peers" in word for word in rest):
            command.append("--ignore=tests/peers")  # the bench command installs them, too
        if not says_how_many(rest):
            # One more than there are cores: a third of the time goes into waiting.
            command += ["-n", str(min(4, os.cpu_count() or 1) + 1), "--dist", "loadgroup"]
    if arguments.nightly:
        command.append("--nightly")
    return subprocess.call(command, cwd=str(ROOT), env=environment)


def says_how_many(rest):
    """True when the arguments for pytest say themselves in how many processes to run."""
    return any(one.startswith(("-n", "--numprocesses", "--pdb", "-s")) for one in rest)


def run_checks(arguments, rest):
    """``check``: format, lint, types, import contracts, spelling; all of them, then the verdict."""
    del arguments
    if rest:
        raise Failure("check takes no arguments.")
    python = set_up(["test", "check"])
    steps = (
        ("format", ["ruff", "format", "--check", "."]),
        ("lint", ["ruff", "check", "."]),
        ("types", ["mypy"]),
        ("types where money is", ["basedpyright"]),
        ("import contracts", ["lint-imports"]),
        ("spelling", ["codespell"] + SPELLED),
        ("workflow's form", ["check-jsonschema"] + WORKFLOW_SCHEMA + [WORKFLOW]),
        ("workflow's safety", ["zizmor", "--offline", "--quiet", "--persona=pedantic", ".github"]),
        ("hooks before commits", ["pre-commit", "validate-config"]),
    )
    failed = []
    for name, command in steps:
        say("== %s" % name)
        program = tool_of(python, command[0])
        if subprocess.call([program] + command[1:], cwd=str(ROOT), env=quiet_environment()):
            failed.append(name)
    report_sizes()
    if failed:
        raise Failure("Not right: %s." % ", ".join(failed))
    say("All checks passed.")
    return 0


def run_tool(arguments, rest):
    """``tool``: one of the checkers by name, with its own arguments; commit hooks use this."""
    python = set_up(["test", "check"])
    program = tool_of(python, arguments.name)
    if not Path(program).is_file():
        raise Failure("There is no tool named %s in .venv." % arguments.name)
    return subprocess.call([program] + rest, cwd=str(ROOT))


def tool_of(python, name):
    """The program that a library put beside an environment's interpreter."""
    return str(python.parent / (name + python.suffix))


def run_benchmarks(arguments, rest):
    """``bench``: measure, beside programs by others; never part of the tests."""
    try:
        python = set_up(["test", "bench"])
    except Failure as failure:
        # What needs nobody else is measured all the same.
        say("%s Without the extra 'bench' nothing is compared with other programs." % failure)
        python = set_up(["test"])
    require_libraries(window=False)
    command = [
        str(python),
        "-m",
        "pytest",
        "tests/benchmarks",
        "--benchmark-enable",
        "--benchmark-columns=median,iqr,ops,rounds",
        "-p",
        "no:randomly",
        "-q",
    ] + rest
    if arguments.json:
        command.append("--benchmark-json=%s" % Path(arguments.json).absolute())
    return subprocess.call(command, cwd=str(ROOT), env=quiet_environment())


def take_shots(arguments, rest):
    """``shots``: pictures of the window in every mode and palette, at two scales."""
    python = set_up(["test"])
    require_libraries(window=False)
    folder = Path(arguments.folder).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    for scale, (width, height) in SHOTS:
        say("== %d x %d at %d %%" % (width, height, 100 * scale))
        screen = {"name": "shots", "x": 0, "y": 0, "width": width, "height": height}
        screen.update(logicalDpi=96, logicalBaseDpi=96, dpr=1)
        described = folder / "screen.json"
        described.write_text(json.dumps({"screens": [screen]}), encoding="utf-8")
        environment = dict(quiet_environment(), QT_SCALE_FACTOR=str(scale))
        environment["QT_QPA_PLATFORM"] = "offscreen:configfile=%s" % described
        size = "%dx%d" % (width, height)
        command = [str(python), "-m", "tests.support.shots", str(folder), "--size", size] + rest
        code = subprocess.call(command, cwd=str(ROOT), env=environment)
        described.unlink()
        if code:
            raise Failure("The pictures at %d %% could not be taken." % (100 * scale))
    say("The sheets in %s show each mode in all palettes." % folder)
    return 0


def run_build(arguments, rest):
    """``build``: the frozen program for the system this runs on, tried by its own tour."""
    if rest:
        raise Failure("build takes no further arguments.")
    if not arguments.skip_tour:
        require_libraries(window=has_display())
    python = set_up(["package"])
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    import freezing

    try:
        figures = freezing.build(python, ROOT, arguments.skip_tour, say)
    except freezing.FreezeError as error:
        raise Failure(str(error)) from None
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def report_sizes():
    """List files and functions that grew large; an example to follow, not a law."""
    import ast

    say("== sizes")
    for path in sorted((ROOT / "terminal").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        lines = text.count("\n")
        name = path.relative_to(ROOT)
        if lines > LARGE_FILE_LINES:
            say("%s has %d lines" % (name, lines))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno:
                length = node.end_lineno - node.lineno + 1
                if length > LARGE_FUNCTION_LINES:
                    say("%s: %s has %d lines" % (name, node.name, length))


# Small steps -------------------------------------------------------------------------------------


def quiet_environment():
    """Tests and benchmarks need no screen."""
    return dict(os.environ, QT_QPA_PLATFORM="offscreen", PYTHONDONTWRITEBYTECODE="1")


def replace_with(command):
    """Become another program where the system can, else run it and pass on its end."""
    if os.name == "posix":
        sys.stdout.flush()
        os.execv(command[0], command)
    return subprocess.call(command)


def call(command, sentence):
    """Run a program; raise ``Failure`` with the sentence when it fails."""
    try:
        code = subprocess.call(command, cwd=str(ROOT))
    except OSError as error:
        raise Failure("%s (%s)" % (sentence, error)) from None
    if code:
        raise Failure(sentence)


def say(words):
    """Print at once, also into a pipe."""
    print(words, flush=True)


def parse(argv):
    """The command line; what the script does not know goes to the program it starts."""
    parser = argparse.ArgumentParser(prog="dev.py", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.required = True
    for name, action, words in (
        ("demo", run_program, "open Tern on the simulated exchange; further arguments go to it"),
        ("run", run_program, "open Tern; further arguments go to it"),
        ("test", run_tests, "run the tests; further arguments go to pytest"),
        ("check", run_checks, "format, lint, types, import contracts"),
        ("bench", run_benchmarks, "run the benchmarks"),
        ("build", run_build, "make the frozen program in dist/, weigh it, let it show itself"),
        ("shots", take_shots, "take pictures of every mode and palette; --modes A,B for some"),
        ("tool", run_tool, "run a checker, such as ruff or pre-commit; its arguments follow"),
        ("setup", None, "only make the environment"),
    ):
        command = commands.add_parser(
            name, help=words, add_help=name not in ("demo", "run", "tool")
        )
        command.set_defaults(action=action)
        if name == "test":
            command.add_argument("--nightly", action="store_true", help="add the large profiles")
            command.add_argument(
                "--peers",
                action="store_true",
                help="install ccxt and the official SDK, and run only their tests",
            )
        if name == "bench":
            command.add_argument("--json", metavar="FILE", help="write pytest-benchmark's JSON")
        if name == "shots":
            command.add_argument("folder", metavar="FOLDER", help="where the pictures go")
        if name == "tool":
            command.add_argument("name", metavar="NAME")
        if name == "build":
            command.add_argument("--skip-tour", action="store_true", help="make it only")
            command.add_argument("--json", metavar="FILE", help="write sizes and the tour's report")
    arguments, rest = parser.parse_known_args(argv)
    return arguments, rest


def main(argv):
    """Do one command; the exit code is the program's own, or 1 with one sentence."""
    try:
        require_python()
        arguments, rest = parse(argv)
        if arguments.command == "setup":
            set_up(["test", "check"])
            return 0
        if arguments.command == "demo":
            rest = ["demo"] + rest
        return arguments.action(arguments, rest)
    except Failure as failure:
        sys.stderr.write("%s\n" % failure)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
