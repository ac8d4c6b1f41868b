"""A real Chromium from npm: it asks for no package of the system, neither for libraries nor for fonts."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, Playwright

ROOT: Final = Path(__file__).parents[2]
NODE_MODULES: Final = ROOT / "node_modules"
UNPACKED: Final = ROOT / "build" / "chromium"

FONTS: Final = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{folder}/fonts</dir>
  <dir>{dejavu}</dir>
  <cachedir>{folder}/font-cache</cachedir>
  <alias><family>sans-serif</family><prefer><family>Open Sans</family><family>DejaVu Sans</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""

FLAGS: Final = ("--no-sandbox", "--no-zygote", "--font-render-hinting=none")
"""Chromium's sandbox refuses root, as whom containers run. It opens nothing here but our own pages."""


async def launch(playwright: Playwright) -> Browser:
    """A browser of its own, without a window."""
    folder = unpacked()
    return await playwright.chromium.launch(
        executable_path=folder / "chromium",
        args=FLAGS,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LD_LIBRARY_PATH": str(folder / "al2023" / "lib"),
            "FONTCONFIG_FILE": str(folder / "fonts.conf"),
        },
    )


def unpacked() -> Path:
    """The folder of the unpacked browser, made on the first call of all and kept."""
    version: str = json.loads((NODE_MODULES / "@sparticuz" / "chromium" / "package.json").read_text())["version"]
    folder = UNPACKED / version
    UNPACKED.mkdir(parents=True, exist_ok=True)
    with (UNPACKED / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _unpack(folder)
    return folder


def _unpack(folder: Path) -> None:
    """Whole or not at all."""
    unfinished = Path(tempfile.mkdtemp(dir=UNPACKED))
    subprocess.run(["node", Path(__file__).with_suffix(".mjs"), unfinished], check=True, timeout=60)
    dejavu = NODE_MODULES / "dejavu-fonts-ttf" / "ttf"
    (unfinished / "fonts.conf").write_text(FONTS.format(folder=folder, dejavu=dejavu))
    unfinished.rename(folder)
