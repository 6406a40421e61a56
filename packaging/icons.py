"""The program's icon in the shape that each system wants, made from the one drawing.

The writers are plain functions of bytes; only the rendering needs Qt, which the project's
environment has.
"""

import os
import struct

ICO_SIZES = (16, 20, 24, 32, 40, 48, 64, 256)
PNG_ICO_SIZE = 256
"""From this size on an entry is a PNG; smaller ones are bitmaps, which every old part reads."""
# Type codes of Apple's icon format for PNG entries, with their sizes in pixels.
ICNS_TYPES = (
    ("icp4", 16), ("icp5", 32), ("ic11", 32), ("icp6", 64), ("ic12", 64), ("ic07", 128),
    ("ic13", 256), ("ic08", 256), ("ic14", 512), ("ic09", 512), ("ic10", 1024),
)  # fmt: skip


def make(drawing, folder, system):
    """Write the icon that PyInstaller wants on a system; None where it wants none."""
    if system not in ("win32", "darwin"):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    if system == "win32":
        path = folder / "tern.ico"
        entries = []
        for size in ICO_SIZES:
            image = render(drawing, size)
            data = png(image) if size >= PNG_ICO_SIZE else bitmap(pixels(image), size)
            entries.append((size, data))
        path.write_bytes(ico(entries))
    else:
        path = folder / "tern.icns"
        made = {size: png(render(drawing, size)) for size in sorted({s for _, s in ICNS_TYPES})}
        path.write_bytes(icns([(code, made[size]) for code, size in ICNS_TYPES]))
    return str(path)


# Writers -----------------------------------------------------------------------------------------


def ico(entries):
    """A Windows icon of (size in pixels, data) pairs."""
    header = struct.pack("<HHH", 0, 1, len(entries))
    offset = len(header) + 16 * len(entries)
    rows, blocks = b"", b""
    for size, data in entries:
        edge = 0 if size >= 256 else size  # 0 says 256
        rows += struct.pack("<BBBBHHII", edge, edge, 0, 0, 1, 32, len(data), offset + len(blocks))
        blocks += data
    return header + rows + blocks


def bitmap(bgra, size):
    """One entry of a Windows icon: a bitmap, bottom row first, with the mask that none reads."""
    if len(bgra) != size * size * 4:
        raise ValueError("%d bytes are no %d x %d picture" % (len(bgra), size, size))
    stride = size * 4
    rows = [bgra[row * stride : (row + 1) * stride] for row in range(size)]
    mask = bytes((size + 31) // 32 * 4 * size)
    header = struct.pack("<IiiHHIIiiII", 40, size, size * 2, 1, 32, 0, 0, 0, 0, 0, 0)
    return header + b"".join(reversed(rows)) + mask


def icns(entries):
    """An Apple icon of (type code, PNG) pairs."""
    blocks = b"".join(
        code.encode("ascii") + struct.pack(">I", 8 + len(data)) + data for code, data in entries
    )
    return b"icns" + struct.pack(">I", 8 + len(blocks)) + blocks


# Rendering ---------------------------------------------------------------------------------------


def render(drawing, size):
    """The drawing as a picture of Qt, ``size`` pixels wide and high. Raises ``ValueError``."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QRectF
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    renderer = QSvgRenderer(str(drawing))
    if not renderer.isValid():
        raise ValueError("%s is no drawing" % drawing)
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return image


def pixels(image):
    """Blue, green, red, alpha of each pixel, top row first."""
    return bytes(image.constBits())


def png(image):
    """A picture of Qt as PNG."""
    from PySide6.QtCore import QBuffer, QIODevice

    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())
