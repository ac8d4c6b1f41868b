"""What to do about a contract's refusal."""

from __future__ import annotations

from typing import Final

HINTS: Final = {
    "BadSignature": "sign the payload of the typed-data operation again, with the account that it names",
    "BelowMinDebt": "draw more: the debt may not be smaller than the market's minimum",
    "BeyondCollateral": "ask for no more than the line's collateral",
    "BeyondInitialLtv": "draw or withdraw less, or add collateral first",
    "BeyondReserve": "ask for no more than the line's reserve",
    "BeyondUndrawn": "draw no more than what is undrawn",
    "BillUnpaid": "pay what is due first: prepare `repay`",
    "FillTooLarge": "open for less: GET /v1/offers/{offer_hash} says how much is left",
    "FillTooSmall": "open for at least the market's minimum debt",
    "InexactTransfer": "the token moved another amount than it was asked to: it is not one that the vault can hold",
    "LeaveThroughClose": "prepare `close`: it pays what is owed and returns everything",
    "LineClosed": "the line is over: only claims can still be made",
    "LineTerminated": "nothing can be drawn on it any more",
    "NonceBurned": "sign the mandate again with another nonce",
    "NonceUsed": "sign the mandate again with another nonce",
    "NotBorrower": "send it from the borrower's account",
    "NotHolder": "send it from the account that holds the line's NFT",
    "NotLiquidatable": "the line is healthy and not in default",
    "NotOperator": "the borrower must make this account its operator first: prepare `set_operator`",
    "NotTerminable": "a line is terminated in default, or once its draw window is over",
    "NothingDue": "there is nothing to pay now",
    "NothingToClaim": "the line has paid nothing in this token since the last claim",
    "OfferEpoch": "the lender has moved on to another epoch: take another offer",
    "OfferExpired": "take another offer",
    "OfferForAnother": "this offer names another borrower: take another",
    "PriceUnavailable": "wait for the feed, or do what needs no price: repay and close always can",
    "SeizedTooLittle": "the price moved: prepare it again",
    "StoppedByGuardian": "wait for the end of the stop; repaying, closing and claiming are not stopped",
    "Unhealthy": "repay or add collateral first",
    "WindowOver": "the draw window is over: nothing can be drawn any more",
    "ZeroAmount": "ask for an amount above zero",
    "ERC20InsufficientAllowance": "approve the vault first: prepare `approve`",
    "ERC20InsufficientBalance": "the sender has too little of the token",
}
"""By the name of the error."""

ANY_OTHER: Final = "see the contract's documentation of this error in contracts/interfaces"
