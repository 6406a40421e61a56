"""``tern doctor``: looks at exchange and machine beside each other, then says what was found."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sys
from typing import TYPE_CHECKING, NamedTuple, TextIO, final

from terminal.app.doctor import machine, qt_probe
from terminal.app.doctor.options import DoctorOptions, key_from, parsed, standard_input
from terminal.app.doctor.plan import Plan, UsageError, plan, stored_key, stored_order_key
from terminal.app.doctor.report import KeySource, Report
from terminal.app.executor import DaemonPool
from terminal.domain.errors import TernError
from terminal.exchange.credentials import Credentials
from terminal.exchange.diagnosis import Diagnosis, NoKey, not_possible
from terminal.session.clock import SystemClock
from terminal.storage.paths import Paths
from terminal.storage.profiles import ProfileStore
from terminal.storage.settings import SettingsStore
from terminal.storage.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal.domain.secret import Secret
    from terminal.exchange.findings import Finding
    from terminal.storage.profiles import Profile

EXIT_POSSIBLE, EXIT_NOT_POSSIBLE, EXIT_USAGE = 0, 1, 2
KEY_RING_S = 6.0
"""A key ring that asks its owner something is not waited for any longer."""


@final
class _Files(NamedTuple):
    """The program's files as they are; problems are sentences, empty for none."""

    paths: Paths
    profiles: ProfileStore
    profiles_problem: str
    settings_problem: str
    proxy: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; the exit code is as ``--help`` says."""
    options = parsed(sys.argv[1:] if arguments is None else arguments)
    if options.probe is not None:
        return qt_probe.run(options.probe)
    quiet = logging.NullHandler()  # what goes wrong is a finding; nothing else is printed
    logging.getLogger().addHandler(quiet)
    try:
        return _examine(options)
    except UsageError as error:
        sys.stderr.write(f"tern doctor: {error.sentence}\n")
        return EXIT_USAGE
    finally:
        logging.getLogger().removeHandler(quiet)


def _examine(options: DoctorOptions) -> int:
    files = _files(options)
    wanted = plan(options, files.profiles)
    given: dict[str, Secret] | None = None
    if options.has_key_on_stdin:
        try:
            given = key_from(standard_input())
        except TernError as error:
            raise UsageError(str(error), sentence=error.sentence) from None
    report = asyncio.run(_report(wanted, files, given))
    _write(report, options, sys.stdout)
    return EXIT_POSSIBLE if report.is_trading_possible else EXIT_NOT_POSSIBLE


def _files(options: DoctorOptions) -> _Files:
    """Read settings and accounts; what is damaged stays where it is."""
    clock, paths = SystemClock(), Paths.of_system()
    settings, settings_problem = SettingsStore(paths.config, clock).look()
    profiles = ProfileStore(paths.config, clock)
    problem = profiles.load(keeps_in_place=True)
    return _Files(paths, profiles, problem, settings_problem, options.proxy or settings.proxy)


async def _report(wanted: Plan, files: _Files, given: dict[str, Secret] | None) -> Report:
    """Look at everything. A name that cannot be looked up is not waited for at the end."""
    # Nobody waits for a look-up that hangs: the loop's own executor would.
    asyncio.get_running_loop().set_default_executor(DaemonPool())
    clock = SystemClock()
    began_s = clock.monotonic_s()
    vault = Vault(deadline_s=KEY_RING_S)
    secrets: list[Secret] = list((given or {}).values())
    try:
        async with asyncio.TaskGroup() as group:
            ring = group.create_task(machine.key_ring(vault))
            qt = group.create_task(qt_probe.probe())
            exchange = group.create_task(_exchange(wanted, files.proxy, vault, given, secrets))
    finally:
        await vault.close()
    findings = (*exchange.result(), *_machine(wanted, files, ring.result(), qt.result()))
    return Report(
        findings,
        wanted.hosts,
        _source(wanted, given),
        None if wanted.profile is None else wanted.profile.name,
        clock.now_ms(),
        round((clock.monotonic_s() - began_s) * 1000),
        tuple(secrets),
    )


def _source(wanted: Plan, given: dict[str, Secret] | None) -> KeySource:
    if given is not None:
        return KeySource.STANDARD_INPUT
    return KeySource.NONE if wanted.profile is None else KeySource.PROFILE


async def _exchange(
    wanted: Plan,
    proxy: str,
    vault: Vault,
    given: dict[str, Secret] | None,
    secrets: list[Secret],
) -> tuple[Finding, ...]:
    """What is found about the exchange; the key's parts are added to ``secrets``."""

    async def key() -> Credentials | NoKey:
        if given is not None:
            return Credentials(given["key"], given["secret"], given["passphrase"])
        if wanted.profile is None:
            return wanted.no_key or NoKey("There is no key.")
        return noted(await stored_key(wanted.profile, vault))

    def noted(found: Credentials | NoKey) -> Credentials | NoKey:
        if isinstance(found, Credentials):
            secrets.extend(found.parts)
        return found

    async def order_key(profile: Profile) -> Credentials | NoKey:
        return noted(await stored_order_key(profile, vault))

    profile = wanted.profile
    has_order_key = given is None and profile is not None and profile.has_order_key
    try:
        diagnosis = Diagnosis(wanted.hosts, SystemClock(), proxy)
    except TernError as error:
        return not_possible(error, wanted.no_key)
    try:
        own = order_key(profile) if profile is not None and has_order_key else None
        return await diagnosis.run(key(), own)
    finally:
        await diagnosis.aclose()


def _machine(
    wanted: Plan, files: _Files, ring: Finding, qt: tuple[Finding, ...]
) -> tuple[Finding, ...]:
    return (
        ring,
        *qt,
        machine.folders(files.paths),
        machine.settings_file(files.settings_problem),
        machine.profiles_file(files.profiles, files.profiles_problem),
        machine.libraries(),
        machine.versions(),
        machine.access(wanted.hosts),
    )


def _write(report: Report, options: DoctorOptions, out: TextIO | None) -> None:
    if out is None:  # a windowed program may have none; the exit code is the answer
        return
    if options.is_json:
        text = report.as_json()
    else:
        is_colored = (
            out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        )
        text = report.as_table(
            shutil.get_terminal_size().columns, is_colored=is_colored and os.name != "nt"
        )
    encoding = out.encoding or "ascii"
    out.write(text.encode(encoding, "replace").decode(encoding))
    out.flush()
