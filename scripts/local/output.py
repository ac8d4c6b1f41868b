"""What the supervisor shows: its own lines and those of the processes, with a coloured prefix, or as JSON lines."""

import json
from typing import IO

from rich.console import Console
from rich.text import Text

SUPERVISOR = "covenant"
COLOURS = (
    "cyan",
    "green",
    "magenta",
    "yellow",
    "blue",
    "bright_cyan",
    "bright_green",
    "bright_magenta",
    "bright_yellow",
)
LEVEL_STYLES = {"warning": "yellow", "error": "red", "critical": "bold red"}
PREFIX_WIDTH = 9

# Shown as the prefix, or of no use to someone who watches as it happens.
HIDDEN_FIELDS = frozenset({"time", "level", "process", "logger", "message", "exception"})


class Output:
    """Writes whole lines to `stream`. With `as_json`, JSON lines pass through unchanged and others are wrapped."""

    def __init__(self, stream: IO[str], *, as_json: bool) -> None:
        self._stream = stream
        self._as_json = as_json
        self._console = Console(file=stream, highlight=False, soft_wrap=True, markup=False)
        self._colours: dict[str, str] = {}

    def say(self, message: str, *, level: str = "info", **facts: object) -> None:
        """A line of the supervisor itself."""
        if self._as_json:
            self._write({"process": SUPERVISOR, "level": level, "message": message, **facts})
        else:
            self._print(SUPERVISOR, message, level=level)

    def line(self, process: str, line: str) -> None:
        """A line that a process wrote."""
        fields = _parse(line)
        if self._as_json:
            self._write(fields or {"process": process, "message": line}, unchanged=line if fields else None)
        elif fields is None:
            self._print(process, line)
        else:
            self._print_fields(process, fields)

    def _print_fields(self, process: str, fields: dict[str, object]) -> None:
        facts = "".join(f"  {name}={value}" for name, value in fields.items() if name not in HIDDEN_FIELDS)
        self._print(process, str(fields.get("message", "")), level=str(fields.get("level", "info")), facts=facts)
        for line in str(fields.get("exception") or "").splitlines():
            self._print(process, line, level="error")

    def _print(self, process: str, message: str, *, level: str = "info", facts: str = "") -> None:
        colour = self._colours.setdefault(process, COLOURS[len(self._colours) % len(COLOURS)])
        prefix = Text(f"{process:<{PREFIX_WIDTH}} │ ", style=colour)
        self._console.print(prefix + Text(message, style=LEVEL_STYLES.get(level, "")) + Text(facts, style="dim"))

    def _write(self, fields: dict[str, object], *, unchanged: str | None = None) -> None:
        self._stream.write((json.dumps(fields, ensure_ascii=False) if unchanged is None else unchanged) + "\n")
        self._stream.flush()


def _parse(line: str) -> dict[str, object] | None:
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None
