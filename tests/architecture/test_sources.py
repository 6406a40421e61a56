"""Rules that import-linter and ruff cannot say."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "terminal"
STOREYS = ("domain", "wire", "exchange", "storage", "session", "viewmodels", "widgets", "app")
SOURCES = sorted(PACKAGE.rglob("*.py"))
MIRRORED = ("domain", "wire", "exchange", "storage", "session", "simexchange")
# Pure declarations: what they declare is tested where it is used.
DECLARATIONS = {
    "domain/errors.py", "domain/events.py", "domain/words.py",
    "domain/account_facts.py", "domain/funds_facts.py", "domain/market_facts.py",
    "domain/intention.py",
    "wire/account.py", "wire/frames.py", "wire/market.py", "wire/trading.py", "wire/pages.py",
    "wire/series.py", "wire/history.py", "wire/settings.py", "wire/funds.py",
    "exchange/errors.py", "exchange/funding_gateway.py", "exchange/gateway.py",
    "exchange/outcome.py", "exchange/queries.py",
    "session/clock.py", "session/commands.py", "session/desk.py", "session/results.py",
    "simexchange/errors.py", "simexchange/market/contracts.py",
}  # fmt: skip
# Parts of the order desk: tested as one in tests/session/test_orders.py.
DECLARATIONS |= {"session/placing.py", "session/cancels.py"}
# Clients and drivers: tested over real sockets, in tests/integration and tests/contract.
OVER_SOCKETS = {
    "exchange/account_client.py", "exchange/connect.py",
    "exchange/sockets.py", "exchange/token.py",
    "session/backend.py", "session/library.py",
    "simexchange/engine/broadcast.py", "simexchange/market/market.py",
    "simexchange/payloads/accounts.py", "simexchange/payloads/funding.py",
    "simexchange/payloads/markets.py",
    "simexchange/payloads/orders.py", "simexchange/rest/account_calls.py",
    "simexchange/rest/market_calls.py", "simexchange/rest/order_calls.py",
    "simexchange/server.py", "simexchange/sockets/hub.py", "simexchange/tokens.py",
    "simexchange/trading/account.py", "simexchange/trading/accounts.py",
    "simexchange/trading/orders.py", "simexchange/engine/reports.py",
    "simexchange/__main__.py",
}  # fmt: skip


@cache
def imports_of(path: Path) -> frozenset[str]:
    """Full names of all modules that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(found)


def importers(module: str) -> set[str]:
    return {
        path.relative_to(PACKAGE).as_posix()
        for path in SOURCES
        if any(name == module or name.startswith(f"{module}.") for name in imports_of(path))
    }


@pytest.mark.parametrize("storey", MIRRORED)
def test_every_module_has_its_test(storey: str) -> None:
    for path in sorted((PACKAGE / storey).rglob("*.py")):
        name = path.relative_to(PACKAGE)
        if path.name == "__init__.py" or name.as_posix() in DECLARATIONS | OVER_SOCKETS:
            continue
        assert (ROOT / "tests" / name.parent / f"test_{path.name}").is_file(), name


def test_the_exceptions_above_are_still_files() -> None:
    for name in DECLARATIONS | OVER_SOCKETS:
        assert (PACKAGE / name).is_file(), name


@pytest.mark.parametrize("storey", [*STOREYS, "simexchange"])
def test_every_storey_says_what_it_may_import(storey: str) -> None:
    text = (PACKAGE / storey / "__init__.py").read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text)) or ""
    assert re.search(r"^May import: .+", docstring, re.MULTILINE)


@pytest.mark.parametrize("storey", ["viewmodels"])
def test_view_models_know_no_widgets(storey: str) -> None:
    for path in (PACKAGE / storey).rglob("*.py"):
        qt = {name for name in imports_of(path) if name.startswith("PySide6.")}
        assert all(name.startswith("PySide6.QtCore") for name in qt), path.name


@pytest.mark.parametrize("storey", ["domain", "wire", "exchange", "storage", "session"])
def test_nothing_below_knows_qt(storey: str) -> None:
    for path in (PACKAGE / storey).rglob("*.py"):
        assert not any(name.startswith(("PySide6", "qasync")) for name in imports_of(path))


@pytest.mark.parametrize(
    ("library", "only"),
    [
        ("httpx", {"exchange/http.py"}),
        ("websockets", {"exchange/sockets.py"}),
        ("qasync", {"app/program.py"}),
        ("platformdirs", {"storage/paths.py"}),
        ("keyring", {"storage/vault.py"}),
        ("PySide6QtAds", {"widgets/dock.py"}),
        ("msgspec", None),
    ],
)
def test_outside_libraries_have_one_door(library: str, only: set[str] | None) -> None:
    found = importers(library)
    if only is None:
        assert all(name.startswith("wire/") for name in found)
    else:
        assert found == only


def test_the_simulated_exchange_shares_nothing() -> None:
    for path in (PACKAGE / "simexchange").rglob("*.py"):
        for name in imports_of(path):
            assert not name.startswith(("PySide6", "httpx", "websockets", "msgspec")), path.name
            assert not name.startswith("terminal.") or name.startswith("terminal.simexchange")


def test_nothing_spins_the_loop() -> None:
    """A modal exec() or processEvents under a coroutine stalls other tasks for ever."""
    banned = re.compile(r"\.exec\(|\.exec_\(|processEvents|qWait|\.open_url\(")
    for path in SOURCES:
        assert not banned.search(path.read_text(encoding="utf-8")), path.name


def test_layouts_are_nested_before_they_stand_on_a_widget() -> None:
    """Else PySide makes Python objects of their items: see tests/support/item_wrappers.py."""
    for path in SOURCES:
        for part in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(part, ast.FunctionDef):
                assert not nested_too_late(part), f"{path.name}: {part.name}"


def nested_too_late(function: ast.FunctionDef) -> set[str]:
    """Layouts of a function that take others, or are given on, after they stand on a widget."""
    stands: dict[str, int] = {}
    taken: list[tuple[str, int]] = []
    made_on_a_widget = re.compile(r"Q\w+Layout\([^)]")
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and made_on_a_widget.match(ast.unparse(node.value)):
            stands.update((ast.unparse(target), node.lineno) for target in node.targets)
        if not isinstance(node, ast.Call):
            continue
        whose, _, name = ast.unparse(node.func).rpartition(".")
        if name == "setLayout":
            stands[ast.unparse(node.args[0])] = node.lineno
            continue
        if name in {"addLayout", "insertLayout"}:
            taken.append((whose, node.lineno))
        taken.extend((ast.unparse(argument), node.lineno) for argument in node.args)
    return {name for name, line in taken if line > stands.get(name, line)}


def test_no_float_where_money_is() -> None:
    for path in (PACKAGE / "domain").glob("*.py"):
        if path.name == "clock.py":  # seconds of waiting are no money
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert "float" not in names, path.name


def test_packaging_is_no_package_and_resources_hold_no_code() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists()
    assert not list((ROOT / "resources").rglob("*.py"))


def test_the_top_level_is_what_it_was_meant_to_be() -> None:
    allowed = {
        "pyproject.toml", "terminal", "resources", "tests", "packaging", "README.md", "LICENSE",
        "CHANGELOG.md",
    }  # fmt: skip
    made = {"build", "dist", "tern-tour.png"}
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    found = {name for name in found if not name.endswith(".egg-info")}
    assert found - made == allowed


def test_what_the_readme_points_at_is_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert links
    for link in links:
        assert link.startswith("http") or (ROOT / link).is_file(), link
    for command in re.findall(r"^python3 (packaging/\S+)", text, re.MULTILINE):
        assert (ROOT / command).is_file()


def test_the_project_speaks_of_itself_alone() -> None:
    """No registry addresses, no paths of somebody's machine."""
    pattern = re.compile(
        r"https?://[^\s\"')]*(pypi|registry|files\.pythonhosted)|/(home|root|work)/"
    )
    others = [
        path
        for name in ("tests", "packaging", ".github", ".ci")
        for path in (ROOT / name).rglob("*")
        if path.suffix in {"", ".py", ".yml", ".spec", ".desktop"} and path.is_file()
    ]
    for path in [*SOURCES, *others, ROOT / "pyproject.toml", ROOT / ".pre-commit-config.yaml"]:
        if path != Path(__file__):
            assert not pattern.search(path.read_text(encoding="utf-8")), path.name
