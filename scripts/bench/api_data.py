"""A database as a year of business would leave it, made by the database itself: consistent, and the same each time."""

from __future__ import annotations

from typing import Final

import psycopg

from orchestrator.chain.book import AddressBook
from scripts.bench.api_load import Size

_HASHED: Final = """
CREATE FUNCTION pg_temp.h(n bigint, kind text) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN sha256(convert_to(kind || n, 'UTF8'));
CREATE FUNCTION pg_temp.a(n bigint, kind text) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN substring(pg_temp.h(n, kind), 1, 20);
"""

_CURSOR: Final = """
INSERT INTO cursors (chain_id, number, hash, timestamp, head_number, safe_number, finalized_number, finalized_hash,
                     epoch, updated_at)
VALUES (%(chain)s, %(head)s, %(hash)s, %(now)s, %(head)s, %(head)s - 32, %(head)s - 64, pg_temp.h(0, 'block'), 1,
        now());
INSERT INTO markets (chain_id, vault, market_id, loan_token, collateral_token, oracle, min_debt, block_number,
                     log_index, block_hash, tx_hash)
VALUES (%(chain)s, %(vault)s, 1, %(loan)s, %(collateral)s, %(oracle)s, 1000000000, 1, 0, pg_temp.h(1, 'block'),
        pg_temp.h(1, 'tx'));
"""

# Blocks 1 to `head` stand for the past year; a line is opened in one of their first half and changed in a later one.
_LINES: Final = """
INSERT INTO lines (chain_id, vault, line_id, lender, borrower, offer_hash, amount, origination_fee, opened_block_number,
    opened_tx_hash, state_block_number, state_log_index, apr_bps, commitment_bps, penalty_bps, initial_ltv_bps,
    liquidation_ltv_bps, bonus_bps, in_kind_ltv_bps, in_kind_discount_bps, amort_bps, period_hours, grace_hours,
    draw_window_hours, term_hours, opened_at, market_id, seq, principal, undrawn, accrued_at, unbilled, billed,
    billed_principal, unpaid_since, collateral, reserve, claim_loan, claim_collateral, flags)
SELECT %(chain)s, %(vault)s, n, pg_temp.a(n %% 500, 'lender'), pg_temp.a(n %% 5000, 'borrower'),
    pg_temp.h(n %% 700, 'offer'), 50000000000, 250000000, 1 + n * %(head)s / (2 * %(lines)s), pg_temp.h(n, 'tx'),
    %(head)s / 2 + n * %(head)s / (2 * %(lines)s), n %% 90, 900, 100, 500, 6500, 8000, 500, 7200, 200,
    CASE n %% 4 WHEN 0 THEN 500 ELSE 0 END, 720, 168, 4320, 17520, %(now)s - 31536000 + n * 15768000 / %(lines)s, 1, 2,
    CASE n %% 10 WHEN 0 THEN 0 ELSE (2 + n %% 40) * 1000000000 END,
    CASE n %% 10 WHEN 0 THEN 0 ELSE (48 - n %% 40) * 1000000000 END,
    %(now)s - (n * 7919) %% 5184000, 0, 0, 0, 0,
    CASE n %% 10 WHEN 0 THEN 0 ELSE 500000000000000000000 END, 1000000 * (n %% 900), 1000000 * (n %% 70), 0,
    CASE n %% 10 WHEN 0 THEN 2 ELSE 0 END
FROM generate_series(1::bigint, %(lines)s::bigint) AS n;
INSERT INTO note_transfers (chain_id, nft, line_id, from_address, to_address, block_number, log_index, block_hash,
    tx_hash)
SELECT chain_id, %(nft)s, line_id, decode(repeat('00', 20), 'hex'), lender, opened_block_number, 1000 + line_id %% 90,
    pg_temp.h(opened_block_number, 'block'), opened_tx_hash FROM lines;
INSERT INTO line_versions (chain_id, vault, line_id, block_number, log_index, block_hash, tx_hash, seq, principal,
    undrawn, accrued_at, unbilled, billed, billed_principal, unpaid_since, collateral, reserve, claim_loan,
    claim_collateral, flags)
SELECT chain_id, vault, line_id, state_block_number, state_log_index, pg_temp.h(state_block_number, 'block'),
    pg_temp.h(line_id, 'tx2'), seq, principal, undrawn, accrued_at, unbilled, billed, billed_principal, unpaid_since,
    collateral, reserve, claim_loan, claim_collateral, flags FROM lines
UNION ALL
SELECT chain_id, vault, line_id, opened_block_number, line_id %% 90, pg_temp.h(opened_block_number, 'block'),
    opened_tx_hash, 1, 0, amount, opened_at, 0, 0, 0, 0, collateral, 0, 0, 0, 0 FROM lines;
"""

_EVENTS: Final = """
INSERT INTO blocks (chain_id, number, hash, parent_hash, timestamp, receipts_root, canonical)
SELECT %(chain)s, n, CASE n WHEN %(head)s THEN %(hash)s ELSE pg_temp.h(n, 'block') END, pg_temp.h(n - 1, 'block'),
    %(now)s - (%(head)s - n) * 31536000 / %(head)s, pg_temp.h(n, 'receipts'), true
FROM generate_series(1::bigint, %(head)s::bigint) AS n;
INSERT INTO outbox_events (id, position, chain_id, vault, line_id, kind, block_number, block_hash, log_index, tx_hash,
    payload)
SELECT gen_random_uuid(), n, %(chain)s, %(vault)s, 1 + (n * 7919) %% %(lines)s,
    (ARRAY['line.drawn', 'line.repaid', 'line.state', 'line.collateral_deposited'])[1 + n %% 4],
    1 + n * (%(head)s - 2) / %(events)s, pg_temp.h(1 + n * (%(head)s - 2) / %(events)s, 'block'), n %% 30,
    pg_temp.h(n, 'tx'),
    jsonb_build_object('id', (1 + (n * 7919) %% %(lines)s)::text, 'amount', (n * 1000003)::text,
                       'to', '0x' || encode(pg_temp.a(n %% 5000, 'borrower'), 'hex'))
FROM generate_series(1::bigint, %(events)s::bigint) AS n;
"""


def furnish(conninfo: str, book: AddressBook, head: int, head_hash: str, now: int, size: Size) -> None:
    """Fills a migrated, empty database; the mirror stands at the chain's block ``head_hash``, numbered ``head``."""
    market = book.markets[0]
    values = {
        "chain": book.chain_id,
        "vault": _bytes(book.vault),
        "nft": _bytes(book.nft),
        "loan": _bytes(market.loan_token),
        "collateral": _bytes(market.collateral_token),
        "oracle": _bytes(market.oracle),
        "head": head,
        "hash": _bytes(head_hash),
        "now": now,
        "lines": size.lines,
        "events": size.events,
    }
    with psycopg.connect(conninfo, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(_HASHED)
        with psycopg.ClientCursor(connection) as client:  # several statements at once, with parameters
            for statements in (_CURSOR, _LINES, _EVENTS):
                client.execute(statements, values)
        cursor.execute("VACUUM ANALYZE")


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
