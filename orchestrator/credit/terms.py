"""The terms of a line: what its lender signed, fixed when it was opened (contract: ``LineTerms`` and its checks)."""

from dataclasses import dataclass, fields
from typing import Final

from orchestrator.credit.errors import BadTerms
from orchestrator.credit.units import BPS, HOUR, UINT16_MAX, UINT32_MAX, Bps, Seconds, Timestamp, Wei

MAX_APR_BPS: Final = Bps(10_000)
MAX_PENALTY_BPS: Final = Bps(10_000)
MAX_COMMITMENT_BPS: Final = Bps(1_000)
MAX_ORIGINATION_BPS: Final = Bps(1_000)
MAX_BONUS_BPS: Final = Bps(2_000)
MAX_DISCOUNT_BPS: Final = Bps(2_000)
MAX_KEEPER_FEE_BPS: Final = Bps(100)

_CAPS: Final = {
    "apr_bps": MAX_APR_BPS,
    "commitment_bps": MAX_COMMITMENT_BPS,
    "penalty_bps": MAX_PENALTY_BPS,
    "initial_ltv_bps": BPS,
    "liquidation_ltv_bps": BPS,
    "bonus_bps": MAX_BONUS_BPS,
    "in_kind_ltv_bps": UINT16_MAX,
    "in_kind_discount_bps": MAX_DISCOUNT_BPS,
    "amort_bps": BPS,
}


@dataclass(frozen=True, slots=True)
class Terms:
    """Rates are bps a year, durations whole hours in seconds counted from ``opened_at``, ``min_debt`` the market's.

    Raises:
        BadTerms: a field is out of its range, or two of them contradict each other.
    """

    apr_bps: Bps
    commitment_bps: Bps
    penalty_bps: Bps
    initial_ltv_bps: Bps
    liquidation_ltv_bps: Bps
    bonus_bps: Bps
    in_kind_ltv_bps: Bps
    in_kind_discount_bps: Bps
    amort_bps: Bps
    period_s: Seconds
    grace_s: Seconds
    draw_window_s: Seconds
    term_s: Seconds
    opened_at: Timestamp
    min_debt: Wei

    def __post_init__(self) -> None:
        _check_ranges(self)
        _check_ltvs(self)
        _check_durations(self)

    @property
    def window_ends_at(self) -> Timestamp:
        """W: first second at which nothing can be drawn any more."""
        return Timestamp(self.opened_at + self.draw_window_s)

    @property
    def matures_at(self) -> Timestamp:
        """M: the second at which everything is billed."""
        return Timestamp(self.opened_at + self.term_s)


_NAMES = tuple(field.name for field in fields(Terms))


def _check_ranges(terms: Terms) -> None:
    for name in _NAMES:
        value = getattr(terms, name)
        if value < 0:
            raise BadTerms(name, value, "must not be negative")
        cap = _CAPS.get(name)
        if cap is not None and value > cap:
            raise BadTerms(name, value, f"must be at most {cap} bps")
    if terms.min_debt == 0:
        raise BadTerms("min_debt", 0, "must be positive: debts too small to be worth liquidating are refused")


def _check_ltvs(terms: Terms) -> None:
    """Each inequality is cross-multiplied: nothing is rounded."""
    initial, liquidation = terms.initial_ltv_bps, terms.liquidation_ltv_bps
    if initial >= liquidation:
        raise BadTerms("initial_ltv_bps", initial, f"must be below liquidation_ltv_bps ({liquidation})")
    if liquidation * (BPS + terms.bonus_bps) >= BPS * BPS:
        raise BadTerms(
            "bonus_bps", terms.bonus_bps, f"with liquidation_ltv_bps {liquidation}, ltv·(1 + bonus) must be below 100 %"
        )
    if liquidation * (BPS + MAX_KEEPER_FEE_BPS) >= BPS * (BPS - terms.in_kind_discount_bps):
        raise BadTerms(
            "in_kind_discount_bps",
            terms.in_kind_discount_bps,
            f"with liquidation_ltv_bps {liquidation}, ltv·(1 + keeper fee cap)/(1 − discount) must be below 100 %",
        )


def _check_durations(terms: Terms) -> None:
    for name in ("period_s", "grace_s", "draw_window_s", "term_s"):
        value: Seconds = getattr(terms, name)
        if value % HOUR or value > UINT16_MAX * HOUR:
            raise BadTerms(name, value, f"must be a whole number of hours, at most {UINT16_MAX}")
    if terms.period_s == 0:
        raise BadTerms("period_s", 0, "must be at least one hour")
    if terms.draw_window_s > terms.term_s:
        raise BadTerms("draw_window_s", terms.draw_window_s, f"must not exceed term_s ({terms.term_s})")
    if terms.opened_at > UINT32_MAX:
        raise BadTerms("opened_at", terms.opened_at, "must fit 32 bits")
