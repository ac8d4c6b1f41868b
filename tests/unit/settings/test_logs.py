"""Logs are JSON, one object a line, with what was passed along as fields."""

import json
import logging

from orchestrator.logs import JsonFormatter


def formatted(message: str, *args: object, **extra: object) -> dict[str, object]:
    record = logging.getLogger("covenant.test").makeRecord(
        "covenant.test", logging.WARNING, __file__, 1, message, args, None, extra=extra
    )
    line = JsonFormatter("indexer").format(record)
    assert "\n" not in line
    fields: dict[str, object] = json.loads(line)
    return fields


def test_a_line_says_when_who_and_what() -> None:
    line = formatted("block %d", 7)
    assert line.pop("time", "").endswith("+00:00")  # type: ignore[attr-defined]
    assert line == {"level": "warning", "process": "indexer", "logger": "covenant.test", "message": "block 7"}


def test_extra_values_are_fields_whatever_they_are() -> None:
    line = formatted("reorg", depth=3, exactly=2**200, where={"block": 7}, odd=object)
    assert (line["depth"], line["exactly"], line["where"]) == (3, 2**200, {"block": 7})
    assert line["odd"] == str(object)


def test_an_exception_is_one_line_too() -> None:
    try:
        raise ValueError("no\nway")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", (), (type(error), error, None))
    line = JsonFormatter("web").format(record)
    assert "\n" not in line
    assert "ValueError" in json.loads(line)["exception"]
