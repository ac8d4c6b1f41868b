"""The stored facts of a line: the contract's ``StoredState``, field by field.

Nothing here depends on the present second; ``accrual.advance`` brings a state there.
"""

from dataclasses import dataclass
from enum import IntFlag

from orchestrator.credit.units import CollateralWei, Numerator, Timestamp, Wei

NEVER_UNPAID = Timestamp(0)


class LineFlags(IntFlag):
    """How a line ended, as bits of ``flags`` (contract: ``FLAG_*`` in ``ConstantsLib``)."""

    NONE = 0
    TERMINATED = 1
    CLOSED = 2
    WRITTEN_OFF = 4


@dataclass(frozen=True, slots=True)
class LineState:
    """A line as of ``accrued_at``. The letters are those of the accrual rule.

    Attributes:
        seq: number of the action that led here; ``open`` is 1.
        principal: P, drawn and not repaid.
        undrawn: U, the lender's money that can still be drawn.
        accrued_at: T.
        unbilled: N, charges since the last bill, over ``DEN``.
        billed: Nb, billed charges not yet paid, over ``DEN``.
        billed_principal: A, the part of the principal that is billed; at most ``principal``.
        unpaid_since: S, since when a bill is unpaid; 0 when none is.
        collateral: in escrow, base units of the collateral token.
        reserve: the borrower's cash in escrow.
        claim_loan: paid and not yet claimed by the holder of the NFT.
        claim_collateral: the same in the collateral token.
    """

    seq: int
    principal: Wei
    undrawn: Wei
    accrued_at: Timestamp
    unbilled: Numerator
    billed: Numerator
    billed_principal: Wei
    unpaid_since: Timestamp
    collateral: CollateralWei
    reserve: Wei
    claim_loan: Wei
    claim_collateral: CollateralWei
    flags: LineFlags = LineFlags.NONE

    @property
    def terminated(self) -> bool:
        return LineFlags.TERMINATED in self.flags

    @property
    def closed(self) -> bool:
        return LineFlags.CLOSED in self.flags

    @property
    def written_off(self) -> bool:
        return LineFlags.WRITTEN_OFF in self.flags

    @property
    def over(self) -> bool:
        """Closed or written off: only claims still move."""
        return self.closed or self.written_off

    @property
    def bill_unpaid(self) -> bool:
        return self.unpaid_since != NEVER_UNPAID

    @property
    def settled(self) -> bool:
        """Over and with nothing left to claim: the NFT is burned."""
        return self.over and self.claim_loan == 0 and self.claim_collateral == 0

    @property
    def loan_escrow(self) -> Wei:
        """What the vault holds of the loan token for this line."""
        return Wei(self.undrawn + self.reserve + self.claim_loan)

    @property
    def collateral_escrow(self) -> CollateralWei:
        """What the vault holds of the collateral token for this line."""
        return CollateralWei(self.collateral + self.claim_collateral)
