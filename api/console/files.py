"""The console's files, read once. What is not among them does not exist, so no path leads anywhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final, Self

INDEX: Final = "index.html"

_VENDOR: Final = "vendor/"
_MEDIA_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_TEXT: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is served. ``etag`` changes exactly when the content does."""

    content: bytes
    media_type: str
    etag: str
    cache_control: str

    @classmethod
    def of(cls, path: str, content: bytes) -> Self:
        """``path`` decides: what a vendor released under a version in its path never changes; ours may at any time."""
        return cls(
            content=content,
            media_type=_MEDIA_TYPES.get(path.rpartition(".")[2], _TEXT),
            etag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
            cache_control="public, max-age=31536000, immutable" if path.startswith(_VENDOR) else "no-cache",
        )


def read_files() -> Mapping[str, File]:
    """Every file of the console by its path below ``/console/``."""
    return dict(_walk(resources.files("api.console").joinpath("static"), ""))


def _walk(directory: Traversable, prefix: str) -> Iterator[tuple[str, File]]:
    for entry in directory.iterdir():
        path = prefix + entry.name
        if entry.is_dir():
            yield from _walk(entry, f"{path}/")
        else:
            yield path, File.of(path, entry.read_bytes())
