"""What a line's oracle says at one block, in its two readings (contract: ``IOracleAdapter``)."""

from dataclasses import dataclass
from typing import Final

from orchestrator.credit.errors import PriceUnavailable
from orchestrator.credit.units import Bps, PriceE36

NO_DEVIATION: Final = Bps(0)


@dataclass(frozen=True, slots=True)
class OracleReading:
    """Each price is None where the adapter reverts, and positive otherwise.

    Attributes:
        risk_price: every check passes and the lower feed counts: to draw, to withdraw in debt, to pay in kind.
        measuring_price: the higher fresh feed, whatever the other checks say: to measure LTV and to liquidate.
        deviation_bps: how far the feeds are apart, rounded up; 0 with a single feed.
    """

    risk_price: PriceE36 | None
    measuring_price: PriceE36 | None
    deviation_bps: Bps = NO_DEVIATION

    def __post_init__(self) -> None:
        for name in ("risk_price", "measuring_price"):
            price: PriceE36 | None = getattr(self, name)
            if price is not None and price <= 0:
                raise ValueError(f"{name} = {price}: an oracle that has no price gives None, never a sentinel")

    def to_add_risk(self) -> PriceE36:
        """Raises PriceUnavailable without a risk price."""
        if self.risk_price is None:
            raise PriceUnavailable("risk")
        return self.risk_price

    def to_measure(self) -> PriceE36:
        """Raises PriceUnavailable without a measuring price."""
        if self.measuring_price is None:
            raise PriceUnavailable("measuring")
        return self.measuring_price
