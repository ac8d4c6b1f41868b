"""What is wrong with an offer. The contract would refuse to open a line under it for the same reasons."""

from __future__ import annotations

from typing import Final

from api.problems import Kind

UNKNOWN_OFFER: Final = Kind(
    "unknown_offer", 404, "Unknown offer", "list what is on offer with GET /v1/offers; the hash is `offer_hash`"
)
WRONG_DOMAIN: Final = Kind(
    "wrong_domain", 422, "The offer is for another chain or vault",
    "sign for the chain and vault that POST /v1/offers/typed-data names",
)  # fmt: skip
BAD_TERMS: Final = Kind(
    "bad_terms", 422, "The vault refuses these terms", "change the term named in `detail`, and sign again"
)
UNKNOWN_MARKET: Final = Kind(
    "unknown_market", 422, "No such market is listed",
    "use loan token, collateral token and oracle of one listed market, all three",
)  # fmt: skip
OFFER_EXPIRED: Final = Kind(
    "offer_expired", 422, "The offer has expired", "sign again with an `expiry` after the time of the last block"
)
SIGNATURE_REFUSED: Final = Kind(
    "signature_refused", 422, "The signature is not the lender's",
    "sign the payload of POST /v1/offers/typed-data with the lender's key, every field unchanged",
)  # fmt: skip
WRONG_EPOCH: Final = Kind(
    "wrong_epoch", 409, "The offer is of another epoch of its lender", "sign again with the lender's present `epoch`"
)
GROUP_CANCELLED: Final = Kind(
    "group_cancelled", 409, "The lender has cancelled the offer's group", "sign again with another `group`"
)
GROUP_CONSUMED: Final = Kind(
    "group_consumed", 409, "The offer's group has lent all it may",
    "sign again with a higher `groupCap`, or with another `group`",
)  # fmt: skip
