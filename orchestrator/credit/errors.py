"""What the rules refuse, with the values that broke, named as the contract's custom errors (``ErrorsLib.sol``).

The contract's errors also carry the line's id, which a pure state does not know.
"""

from dataclasses import dataclass, fields


class CreditError(Exception):
    """A rule refused an action; nothing changed."""

    def __str__(self) -> str:
        values = ", ".join(f"{field.name}={getattr(self, field.name)}" for field in fields(self))  # type: ignore[arg-type]
        return f"{type(self).__name__}({values})"


@dataclass(eq=False)
class BadTerms(CreditError, ValueError):
    """A term is out of its range. ``reason`` says which range, in words."""

    field: str
    value: int
    reason: str

    def __str__(self) -> str:
        return f"{self.field} = {self.value}: {self.reason}"


@dataclass(eq=False)
class TimeBeforeAccrual(CreditError):
    """A line cannot be advanced to a second before the one it was accrued at."""

    at: int
    accrued_at: int


@dataclass(eq=False)
class LineClosed(CreditError):
    """The line is closed or written off: only its claims still move."""


@dataclass(eq=False)
class LineTerminated(CreditError):
    """The line was terminated: it lends no more."""


@dataclass(eq=False)
class ZeroAmount(CreditError):
    """Nothing was asked for, or nothing could be paid."""


@dataclass(eq=False)
class OfferExpired(CreditError):
    """The offer's expiry has passed."""

    expiry: int
    now: int


@dataclass(eq=False)
class FillTooSmall(CreditError):
    """A fill is at least the market's minimum debt."""

    amount: int
    min_debt: int


@dataclass(eq=False)
class FillTooLarge(CreditError):
    """A fill is at most what the offer's limit and its group's cap leave."""

    amount: int
    left: int


@dataclass(eq=False)
class BillUnpaid(CreditError):
    """Draws and reserve withdrawals wait for the bill."""

    unpaid_since: int


@dataclass(eq=False)
class NothingDue(CreditError):
    """There is no debt to repay."""


@dataclass(eq=False)
class WindowOver(CreditError):
    """The draw window has ended."""

    ended_at: int


@dataclass(eq=False)
class LeaveThroughClose(CreditError):
    """With no principal and an open draw window, collateral leaves through ``close`` only."""


@dataclass(eq=False)
class BeyondUndrawn(CreditError):
    """More was asked for than is undrawn."""

    amount: int
    undrawn: int


@dataclass(eq=False)
class BeyondCollateral(CreditError):
    """More was asked for than the line's collateral."""

    amount: int
    collateral: int


@dataclass(eq=False)
class BeyondReserve(CreditError):
    """More was asked for than the line's reserve."""

    amount: int
    reserve: int


@dataclass(eq=False)
class BeyondInitialLtv(CreditError):
    """The debt would exceed ``ltv_bps`` of the collateral's value at the risk price."""

    debt: int
    value: int
    ltv_bps: int


@dataclass(eq=False)
class BelowMinDebt(CreditError):
    """A draw or a partial liquidation would leave less than the market's minimum debt."""

    debt: int
    min_debt: int


@dataclass(eq=False)
class Unhealthy(CreditError):
    """The debt exceeds, or would exceed, ``ltv_bps`` of the collateral's value at the measuring price."""

    debt: int
    value: int
    ltv_bps: int


@dataclass(eq=False)
class NotLiquidatable(CreditError):
    """The line is healthy and not in default."""


@dataclass(eq=False)
class NotTerminable(CreditError):
    """The line is within its draw window and not in default."""


@dataclass(eq=False)
class SeizedTooLittle(CreditError):
    """A liquidation would seize less than its caller accepts."""

    seized: int
    min_seized: int


@dataclass(eq=False)
class InKindRefused(CreditError):
    """Paying in kind is off (discount zero), or the feeds deviate by more than the discount."""

    discount_bps: int
    deviation_bps: int


@dataclass(eq=False)
class InKindNotNeeded(CreditError):
    """No bill is unpaid and the LTV is not above the in-kind LTV."""

    debt: int
    value: int
    ltv_bps: int


@dataclass(eq=False)
class FeeTooHigh(CreditError):
    """A keeper's fee is bounded by the vault."""

    fee_bps: int
    max_bps: int


@dataclass(eq=False)
class NothingToClaim(CreditError):
    """The claim in that token is empty."""


@dataclass(eq=False)
class PriceUnavailable(CreditError):
    """The oracle gives no price of the kind that the action needs."""

    reading: str

    def __str__(self) -> str:
        return f"no {self.reading} price: the action waits for the oracle"


@dataclass(eq=False)
class BadMandate(CreditError, ValueError):
    """A field of a mandate is out of its range. ``reason`` says which range, in words."""

    field: str
    value: int
    reason: str

    def __str__(self) -> str:
        return f"{self.field} = {self.value}: {self.reason}"
