"""`credit.accrual` in SQL: what each line of a large book owes at one second, summed where the rows are.

A test holds these expressions to ``accrual.advance``, ``due`` and ``debt``, to the base unit. `lines` is called `line`;
`at` is the second to which it is accrued, and `billed_to` the last one of which the charges are billed by then.
"""

from __future__ import annotations

from typing import Final

from orchestrator.credit.units import BPS, DEN, PRICE_SCALE


def _charges(to: str) -> str:
    """C(to) as a numerator over DEN: interest, the commitment fee, and the penalty once the grace is over."""
    return f"""(
        line.unbilled + line.principal * line.apr_bps * ({to} - line.accrued_at)
        + line.undrawn * line.commitment_bps
            * (least({to}, terms.window_ends_at) - least(line.accrued_at, terms.window_ends_at))
        + line.principal * line.penalty_bps * coalesce(
            greatest({to}, line.unpaid_from + terms.grace_s)
            - greatest(line.accrued_at, line.unpaid_from + terms.grace_s), 0)
    )"""


def _ceiling(numerator: str, denominator: int) -> str:
    return f"div({numerator} + {denominator - 1}, {denominator})"


_INSTALMENT: Final = _ceiling("line.principal * line.amort_bps", BPS)

ACCRUED: Final = f"""
    CROSS JOIN LATERAL (SELECT
        line.opened_at + line.draw_window_hours * 3600 AS window_ends_at,
        line.opened_at + line.term_hours * 3600 AS matures_at,
        line.period_hours * 3600 AS period_s, line.grace_hours * 3600 AS grace_s
    ) AS terms
    CROSS JOIN LATERAL (SELECT
        CASE WHEN line.flags & 6 <> 0 THEN line.accrued_at ELSE %(now)s END AS at
    ) AS moment
    CROSS JOIN LATERAL (SELECT
        CASE WHEN moment.at >= terms.matures_at THEN moment.at
             ELSE greatest(line.accrued_at, moment.at - (moment.at - line.opened_at) %% terms.period_s) END AS billed_to
    ) AS bills
    CROSS JOIN LATERAL (SELECT
        line.principal + {_ceiling(f"line.billed + {_charges('moment.at')}", DEN)} AS debt,
        CASE WHEN bills.billed_to <= line.accrued_at THEN {_ceiling("line.billed", DEN)}
             ELSE {_ceiling(f"line.billed + {_charges('bills.billed_to')}", DEN)} END
        + CASE
            WHEN bills.billed_to <= line.accrued_at THEN line.billed_principal
            WHEN moment.at >= terms.matures_at THEN line.principal
            ELSE least(line.principal, line.billed_principal + {_INSTALMENT} * greatest(0,
                (bills.billed_to - line.opened_at) / terms.period_s
                - (greatest(line.accrued_at, terms.window_ends_at) - line.opened_at) / terms.period_s))
          END AS due
    ) AS owed"""
"""To be joined to `line`: `owed.debt` and `owed.due` at the parameter `now`, in loan base units, rounded up."""

VALUE_DOWN: Final = f"div(line.collateral * price.e36, {PRICE_SCALE})"
"""As ``health.value_down``; `price.e36` is the measuring price, or null."""
