"""Where a line stands with its bills, second by second."""

from dataclasses import replace

import pytest

from orchestrator.credit.state import LineFlags
from orchestrator.credit.status import Status, in_default, status
from orchestrator.credit.units import Seconds
from tests.unit.credit.lines import DAY, EMPTY, TERMS, after, line, usdc

DUE_AFTER_S = 30 * DAY
GRACE_S = TERMS.grace_s


@pytest.mark.parametrize(
    ("elapsed_s", "expected"),
    [
        (0, Status.CURRENT),
        (DUE_AFTER_S - 1, Status.CURRENT),
        (DUE_AFTER_S, Status.DUE),
        (DUE_AFTER_S + 1, Status.PAST_DUE),
        (DUE_AFTER_S + GRACE_S, Status.PAST_DUE),
        (DUE_AFTER_S + GRACE_S + 1, Status.DEFAULT),
    ],
    ids=["opened", "before S", "S", "after S", "S + g", "S + g + 1"],
)
def test_a_bill_is_due_then_past_due_then_in_default(elapsed_s: int, expected: Status) -> None:
    drawn = after(line(principal=usdc(1_000)), elapsed_s)
    assert status(drawn, TERMS) is expected
    assert in_default(drawn, TERMS) is (expected is Status.DEFAULT)


def test_without_grace_a_line_is_in_default_one_second_after_its_bill() -> None:
    terms = replace(TERMS, grace_s=Seconds(0))
    assert status(after(line(principal=usdc(1_000)), DUE_AFTER_S, terms), terms) is Status.DUE
    assert status(after(line(principal=usdc(1_000)), DUE_AFTER_S + 1, terms), terms) is Status.DEFAULT


def test_a_line_without_debt_stays_current() -> None:
    assert status(after(EMPTY, 1_000 * DAY), TERMS) is Status.CURRENT


def test_status_does_not_look_at_collateral() -> None:
    assert status(line(principal=usdc(1_000)), TERMS) is Status.CURRENT


def test_an_end_outweighs_a_bill_and_a_write_off_a_close() -> None:
    unpaid = after(line(principal=usdc(1_000)), 100 * DAY)
    assert status(replace(unpaid, flags=LineFlags.TERMINATED), TERMS) is Status.DEFAULT
    assert status(replace(unpaid, flags=LineFlags.CLOSED), TERMS) is Status.CLOSED
    assert status(replace(unpaid, flags=LineFlags.CLOSED | LineFlags.WRITTEN_OFF), TERMS) is Status.WRITTEN_OFF


def test_numbers_are_those_of_the_contract() -> None:
    """``enum Status`` of ``ICreditVault``, where 0 is no line, and ``FLAG_*`` of ``ConstantsLib``."""
    assert [member.name for member in Status] == ["CURRENT", "DUE", "PAST_DUE", "DEFAULT", "CLOSED", "WRITTEN_OFF"]
    assert list(Status) == [1, 2, 3, 4, 5, 6]
    assert {flag.name: flag.value for flag in LineFlags} == {"TERMINATED": 1, "CLOSED": 2, "WRITTEN_OFF": 4}
