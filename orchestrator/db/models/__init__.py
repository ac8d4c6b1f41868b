"""Every table, one file per aggregate."""

from orchestrator.db.models.accounts import Account, ApiKey, Session, SignInNonce
from orchestrator.db.models.chain import Block, Cursor, Lease, Log, Quarantine, WatchedContract
from orchestrator.db.models.events import OutboxEvent
from orchestrator.db.models.feeds import Feed, OracleRound
from orchestrator.db.models.holds import EvaluatedPrice, Hold
from orchestrator.db.models.lines import Line, LineVersion, Market, NoteTransfer, Payment
from orchestrator.db.models.mandates import Firing, Mandate, MandateRevocation
from orchestrator.db.models.offers import LenderEpochVersion, Offer, OfferGroupVersion
from orchestrator.db.models.operations import Alert, IdempotencyKey, Reconciliation
from orchestrator.db.models.registry import Model
from orchestrator.db.models.submissions import Submission
from orchestrator.db.models.transactions import Attempt, Intent, Lane, Signer
from orchestrator.db.models.triggers import Candidate, EngineCursor, Trigger, WaitingLine
from orchestrator.db.models.webhooks import WebhookDelivery, WebhookEndpoint

__all__ = [
    "Account", "Alert", "ApiKey", "Attempt", "Block", "Candidate", "Cursor", "EngineCursor", "EvaluatedPrice",
    "Feed", "Firing", "Hold", "IdempotencyKey", "Intent", "Lane", "Lease", "LenderEpochVersion", "Line",
    "LineVersion", "Log", "Mandate", "MandateRevocation", "Market", "Model", "NoteTransfer", "Offer",
    "OfferGroupVersion", "OracleRound", "OutboxEvent", "Payment", "Quarantine", "Reconciliation", "Session",
    "SignInNonce", "Signer", "Submission", "Trigger", "WaitingLine", "WatchedContract", "WebhookDelivery",
    "WebhookEndpoint",
]  # fmt: skip
