"""What goes into the frozen program and what stays out; read by ``tern.spec``.

Paths are those inside the program's folder, with forward slashes. Standard library only.
"""

import re

NAME = "tern"
BUNDLE_IDENTIFIER = "tern.terminal"

# Found by name at run time only: the analysis of imports cannot see them.
LATE_IMPORTS = (
    "keyring", "numpy", "pyqtgraph",
    "PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets",  # pyqtgraph asks for them, drawn with or not
)  # fmt: skip
# The way to each system's key ring.
KEY_RING = {
    "linux": ("keyring.backends.SecretService", "secretstorage", "jeepney"),
    "darwin": ("keyring.backends.macOS",),
    "win32": ("keyring.backends.Windows", "win32ctypes.pywin32"),
}
# Libraries that ask for their own metadata; the key ring finds its back ends by entry points.
METADATA = ("keyring",)
# Read by the repository's front page only.
LEFT_RESOURCES = frozenset({"pictures"})

EXCLUDED = (
    "tkinter", "curses", "lib2to3", "idlelib", "ensurepip", "pip", "setuptools", "pkg_resources",
    "pytest", "_pytest", "hypothesis",
    # Asked for by libraries in case they are there: other toolkits, notebooks, command lines.
    "IPython", "matplotlib", "scipy", "pandas", "h5py", "numba", "cupy", "OpenGL", "PIL", "yaml",
    "rich", "click", "pygments", "trio", "uvloop", "h2", "socksio", "tomli_w", "PyQt5", "PyQt6",
    "PySide2", "gi", "dbus",
    "numpy.f2py", "numpy.testing", "numpy.distutils", "numpy._pyinstaller",
    "pyqtgraph.opengl", "pyqtgraph.examples", "pyqtgraph.jupyter",
    # pyqtgraph does without these.
    "PySide6.QtNetwork", "PySide6.QtPrintSupport",
    "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtSql", "PySide6.QtDesigner", "PySide6.QtHelp",
    "PySide6.QtUiTools", "PySide6.QtConcurrent", "PySide6.QtXml",
)  # fmt: skip

# Qt's plugins by kind; None keeps all of a kind, a kind that is not named stays out whole.
# Out: boards without a window system, QML, printing, SQL, TLS (ours is Python's), GTK's theme
# (our look is our own, and it would bring GTK), the virtual keyboard (it would bring QML).
KEPT_PLUGINS = {
    "platforms": {"qxcb", "qwayland", "qwayland-generic", "qwayland-egl", "qwindows", "qcocoa",
                  "qoffscreen", "qminimal"},
    "platforminputcontexts": {"composeplatforminputcontextplugin",
                              "ibusplatforminputcontextplugin"},
    "platformthemes": {"qxdgdesktopportal"},
    "styles": None,
    "iconengines": {"qsvgicon"},
    "imageformats": {"qsvg", "qico"},
    "xcbglintegrations": None,
    "wayland-decoration-client": None,
    "wayland-graphics-integration-client": {"qt-plugin-wayland-egl"},
    "wayland-shell-integration": {"xdg-shell"},
}  # fmt: skip
_PLUGIN = re.compile(r"^PySide6/(?:Qt/)?plugins/([^/]+)/(?:lib)?([^/]+?)\.(?:so|dll|dylib)$")
# Texts of Qt in other languages, the software renderer for OpenGL, tests and examples of libraries.
_UNWANTED = re.compile(
    r"^PySide6/(?:Qt/)?translations/|(?:^|/)opengl32sw\.dll$|^numpy/(?:.+/)?tests/"
    r"|^pyqtgraph/(?:examples|opengl)/|(?:^|/)__pycache__/|\.pyi$|^numpy/_core/include/"
)


def version_of(path):
    """The version that a package's ``__init__.py`` states. Raises ``ValueError``."""
    found = re.search(r'^__version__ = "([^"]+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise ValueError("%s states no version" % path)
    return found.group(1)


def is_wanted(destination):
    """False for a file that the program does without."""
    path = destination.replace("\\", "/")
    plugin = _PLUGIN.match(path)
    if plugin is not None:
        kind, name = plugin.groups()
        kept = KEPT_PLUGINS.get(kind, frozenset())
        return kept is None or name in kept
    return _UNWANTED.search(path) is None


def absent(system, pure, binaries):
    """Modules that must be inside and are not: the freezer itself only warns.

    ``pure`` are names of Python modules, ``binaries`` paths of what was compiled.
    """
    wanted = LATE_IMPORTS + KEY_RING.get(system, ()) + ("terminal.simexchange.__main__",)
    compiled = {re.split(r"[.]", path.replace("\\", "/"))[0] for path in binaries}
    return [name for name in wanted if name not in pure and name.replace(".", "/") not in compiled]


def orphans(dropped, kept, needs):
    """Libraries that came along for dropped files alone.

    ``needs`` maps a file to what it loads, all by base name. What dropped files reach and kept
    files do not is an orphan; what nobody reaches was put in for another reason, and stays.
    """
    lost = _reach(dropped, needs)
    return lost - set(dropped) - _reach(set(kept) - lost, needs)


def _reach(seeds, needs):
    found, waiting = set(), list(seeds)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(needs.get(name, ()))
    return found


INFO_PLIST = {
    "CFBundleDisplayName": "Tern",
    "CFBundleName": "Tern",
    "LSApplicationCategoryType": "public.app-category.finance",
    "LSMinimumSystemVersion": "13.0",
    "NSHighResolutionCapable": True,
    "NSHumanReadableCopyright": "The Tern authors. MIT License.",
}


def windows_version(version):
    """The version resource of the Windows program, as the text that PyInstaller reads."""
    numbers = [int(part) for part in re.findall(r"\d+", version)[:4]]
    four = tuple(numbers + [0] * (4 - len(numbers)))
    strings = (
        ("CompanyName", "The Tern authors"),
        ("FileDescription", "Tern, an unofficial trading terminal for KuCoin Futures"),
        ("FileVersion", version),
        ("InternalName", NAME),
        ("LegalCopyright", "The Tern authors. MIT License."),
        ("OriginalFilename", NAME + ".exe"),
        ("ProductName", "Tern"),
        ("ProductVersion", version),
    )
    table = ", ".join("StringStruct(%r, %r)" % pair for pair in strings)
    return (
        "VSVersionInfo(\n"
        "  ffi=FixedFileInfo(filevers=%r, prodvers=%r, mask=0x3f, flags=0x0, OS=0x40004,\n"
        "                    fileType=0x1, subtype=0x0, date=(0, 0)),\n"
        "  kids=[StringFileInfo([StringTable('040904B0', [%s])]),\n"
        "        VarFileInfo([VarStruct('Translation', [1033, 1200])])],\n"
        ")\n" % (four, four, table)
    )
