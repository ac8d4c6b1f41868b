"""An exception for each stable code of the API.

Written by `make client` from the OpenAPI document: change that, not this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from covenant_client.errors import Refused


class BadCredentials(Refused):
    """401 `bad_credentials`: The key or session is not valid."""


class BadMandate(Refused):
    """422 `bad_mandate`: The trigger refuses this mandate."""


class BadTerms(Refused):
    """422 `bad_terms`: The vault refuses these terms."""


class BlockNotMirrored(Refused):
    """409 `block_not_mirrored`: The block asked for is not mirrored yet."""


class BodyTooLarge(Refused):
    """413 `body_too_large`: The body is too large."""


class BroadcastRefused(Refused):
    """422 `broadcast_refused`: The node does not take the transaction."""


class ChainUnavailable(Refused):
    """503 `chain_unavailable`: The chain's node cannot be reached."""


class DatabaseUnavailable(Refused):
    """503 `database_unavailable`: The database cannot be reached."""


class ForeignOrigin(Refused):
    """403 `foreign_origin`: Another site sent this request."""


class ForeignTransaction(Refused):
    """422 `foreign_transaction`: The transaction is not one for this service."""


class GroupCancelled(Refused):
    """409 `group_cancelled`: The lender has cancelled the offer's group."""


class GroupConsumed(Refused):
    """409 `group_consumed`: The offer's group has lent all it may."""


class IdempotencyKeyReused(Refused):
    """409 `idempotency_key_reused`: The idempotency key was used with another body."""


class InternalError(Refused):
    """500 `internal_error`: Something broke on our side."""


class InvalidRequest(Refused):
    """422 `invalid_request`: A value of the request is not valid."""


class MalformedCursor(Refused):
    """400 `malformed_cursor`: The cursor is not one of ours."""


class MalformedJson(Refused):
    """400 `malformed_json`: The body is not JSON."""


class MalformedTransaction(Refused):
    """422 `malformed_transaction`: The bytes are no signed transaction."""


class MethodNotAllowed(Refused):
    """405 `method_not_allowed`: This path has no such method."""


class MirrorEmpty(Refused):
    """503 `mirror_empty`: No block of the chain is mirrored yet."""


class NoSuchPath(Refused):
    """404 `not_found`: There is nothing at this path."""


class NotSignedIn(Refused):
    """401 `not_signed_in`: This needs a key or a session."""


class NoteBurned(Refused):
    """404 `note_burned`: The line's NFT is burned."""


class OfferExpired(Refused):
    """422 `offer_expired`: The offer has expired."""


class OutOfScope(Refused):
    """403 `out_of_scope`: This account or key may not do that."""


class RateLimited(Refused):
    """429 `rate_limited`: Too many requests."""


class ScopeNotHeld(Refused):
    """422 `scope_not_held`: A key cannot do what its maker may not."""


class SignInRefused(Refused):
    """401 `sign_in_refused`: The sign-in message is not accepted."""


class SignatureRefused(Refused):
    """422 `signature_refused`: The signature is not the lender's."""


class TimeBeforeState(Refused):
    """422 `time_before_state`: The line had another state then."""


class TooManyStreams(Refused):
    """503 `too_many_streams`: No more streams can be opened here."""


class TooManyWebhooks(Refused):
    """409 `too_many_webhooks`: An account has so many webhooks and no more."""


class UnknownBlock(Refused):
    """404 `unknown_block`: The mirror has no such block."""


class UnknownEvent(Refused):
    """404 `unknown_event`: Unknown event."""


class UnknownFeed(Refused):
    """404 `unknown_feed`: Unknown feed."""


class UnknownKey(Refused):
    """404 `unknown_key`: Unknown key."""


class UnknownLine(Refused):
    """404 `unknown_line`: Unknown line."""


class UnknownMarket(Refused):
    """422 `unknown_market`: No such market is listed."""


class UnknownOffer(Refused):
    """404 `unknown_offer`: Unknown offer."""


class UnknownReconciliation(Refused):
    """404 `unknown_reconciliation`: Unknown reconciliation."""


class UnknownSubmission(Refused):
    """404 `unknown_submission`: Unknown submission."""


class UnknownToken(Refused):
    """422 `unknown_token`: No market has this token."""


class UnknownTransaction(Refused):
    """404 `unknown_transaction`: Unknown transaction."""


class UnknownTrigger(Refused):
    """404 `unknown_trigger`: Unknown trigger."""


class UnknownWebhook(Refused):
    """404 `unknown_webhook`: Unknown webhook."""


class UnsupportedMediaType(Refused):
    """415 `unsupported_media_type`: The body is not declared as JSON."""


class UnusableUrl(Refused):
    """422 `unusable_url`: Nothing can be sent to this URL."""


class WebhooksOff(Refused):
    """503 `webhooks_off`: This service sends no webhooks."""


class WrongDomain(Refused):
    """422 `wrong_domain`: The offer is for another chain or vault."""


class WrongEpoch(Refused):
    """409 `wrong_epoch`: The offer is of another epoch of its lender."""


BY_CODE: Final[Mapping[str, type[Refused]]] = {
    "bad_credentials": BadCredentials,
    "bad_mandate": BadMandate,
    "bad_terms": BadTerms,
    "block_not_mirrored": BlockNotMirrored,
    "body_too_large": BodyTooLarge,
    "broadcast_refused": BroadcastRefused,
    "chain_unavailable": ChainUnavailable,
    "database_unavailable": DatabaseUnavailable,
    "foreign_origin": ForeignOrigin,
    "foreign_transaction": ForeignTransaction,
    "group_cancelled": GroupCancelled,
    "group_consumed": GroupConsumed,
    "idempotency_key_reused": IdempotencyKeyReused,
    "internal_error": InternalError,
    "invalid_request": InvalidRequest,
    "malformed_cursor": MalformedCursor,
    "malformed_json": MalformedJson,
    "malformed_transaction": MalformedTransaction,
    "method_not_allowed": MethodNotAllowed,
    "mirror_empty": MirrorEmpty,
    "not_found": NoSuchPath,
    "not_signed_in": NotSignedIn,
    "note_burned": NoteBurned,
    "offer_expired": OfferExpired,
    "out_of_scope": OutOfScope,
    "rate_limited": RateLimited,
    "scope_not_held": ScopeNotHeld,
    "sign_in_refused": SignInRefused,
    "signature_refused": SignatureRefused,
    "time_before_state": TimeBeforeState,
    "too_many_streams": TooManyStreams,
    "too_many_webhooks": TooManyWebhooks,
    "unknown_block": UnknownBlock,
    "unknown_event": UnknownEvent,
    "unknown_feed": UnknownFeed,
    "unknown_key": UnknownKey,
    "unknown_line": UnknownLine,
    "unknown_market": UnknownMarket,
    "unknown_offer": UnknownOffer,
    "unknown_reconciliation": UnknownReconciliation,
    "unknown_submission": UnknownSubmission,
    "unknown_token": UnknownToken,
    "unknown_transaction": UnknownTransaction,
    "unknown_trigger": UnknownTrigger,
    "unknown_webhook": UnknownWebhook,
    "unsupported_media_type": UnsupportedMediaType,
    "unusable_url": UnusableUrl,
    "webhooks_off": WebhooksOff,
    "wrong_domain": WrongDomain,
    "wrong_epoch": WrongEpoch,
}
