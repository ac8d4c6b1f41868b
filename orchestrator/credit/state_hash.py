"""The fingerprint of a stored state: equal to the contract's ``stateHash(id)`` when the mirror is right."""

from collections.abc import Callable

from orchestrator.credit.state import LineState


def state_hash(line_id: int, state: LineState, keccak256: Callable[[bytes], bytes]) -> bytes:
    """keccak256(abi.encode(id, stored state)): the id and the 13 stored fields, one 32-byte word each."""
    words = (
        line_id,
        state.seq,
        state.principal,
        state.undrawn,
        state.accrued_at,
        state.unbilled,
        state.billed,
        state.billed_principal,
        state.unpaid_since,
        state.collateral,
        state.reserve,
        state.claim_loan,
        state.claim_collateral,
        int(state.flags),
    )
    return keccak256(b"".join(word.to_bytes(32, "big") for word in words))
