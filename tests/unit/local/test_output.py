"""What somebody who watches the stack gets to see."""

import io
import json

from scripts.local.output import Output

JSON_LINE = '{"time": "2026-01-01T00:00:00", "level": "info", "process": "sender", "message": "sent", "nonce": 7}'


def shown(*lines: str, as_json: bool) -> str:
    stream = io.StringIO()
    output = Output(stream, as_json=as_json)
    for line in lines:
        output.line("sender", line)
    return stream.getvalue()


def test_a_json_line_is_shown_as_its_message_and_facts() -> None:
    assert shown(JSON_LINE, as_json=False) == "sender    │ sent  nonce=7\n"


def test_an_exception_in_a_json_line_is_shown_line_by_line() -> None:
    line = json.dumps({"message": "failed", "exception": "Traceback\n  ValueError"})
    assert shown(line, as_json=False).splitlines() == [
        "sender    │ failed",
        "sender    │ Traceback",
        "sender    │   ValueError",
    ]


def test_a_plain_line_is_shown_as_it_is_even_if_it_looks_like_markup() -> None:
    assert shown("[red]plain[/red]", as_json=False) == "sender    │ [red]plain[/red]\n"


def test_with_json_a_json_line_is_unchanged_to_the_byte() -> None:
    assert shown(JSON_LINE, as_json=True) == f"{JSON_LINE}\n"


def test_with_json_a_plain_line_is_wrapped() -> None:
    assert json.loads(shown("plain", as_json=True)) == {"process": "sender", "message": "plain"}


def test_with_json_a_number_is_a_plain_line() -> None:
    assert json.loads(shown("42", as_json=True)) == {"process": "sender", "message": "42"}


def test_the_supervisors_own_lines_carry_their_facts_in_json_only() -> None:
    stream = io.StringIO()
    Output(stream, as_json=True).say("Redis is up", url="unix:///somewhere")
    assert json.loads(stream.getvalue())["url"] == "unix:///somewhere"
    stream = io.StringIO()
    Output(stream, as_json=False).say("Redis is up", url="unix:///somewhere")
    assert stream.getvalue() == "covenant  │ Redis is up\n"
