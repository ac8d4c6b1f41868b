"""What each process may do in the database: one role each, and nothing that its work does not need.

A role is a group: a server's login of a process is made a member of it (``CREATE USER … IN ROLE covenant_sender``).
The embedded server, which knows its users by the kernel, lets the roles log in themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from psycopg import sql
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from orchestrator.db.models.registry import Model
from orchestrator.db.schema import require_schema
from orchestrator.db.session import unreachable
from orchestrator.errors import CovenantError

PREFIX: Final = "covenant_"

# Any number will do, as long as nothing else of ours takes it: "cov role" in ASCII, cut to 63 bits.
_ROLES_LOCK = int.from_bytes(b"cov role", "big") >> 1

MAINTAIN_SINCE: Final = (17,)

INSERT: Final = ("INSERT",)
UPDATE: Final = ("UPDATE",)
DELETE: Final = ("DELETE",)
ADD_AND_CHANGE: Final = ("INSERT", "UPDATE")
ALL: Final = ("INSERT", "UPDATE", "DELETE")


class RolesRefused(CovenantError):
    """The server does not let this user make roles or grant."""


@dataclass(frozen=True, slots=True)
class Role:
    """The process of this name; what it may do to tables besides reading them."""

    process: str
    writes: Mapping[str, tuple[str, ...]]
    private: frozenset[str] = field(default_factory=frozenset)
    """The tables of `PRIVATE` that it may read."""
    analyzes: frozenset[str] = field(default_factory=frozenset)
    """Tables of which it may tell the planner that they have changed. Servers before 17 know no such right."""

    @property
    def name(self) -> str:
        """In PostgreSQL."""
        return PREFIX + self.process


_WEBHOOKS = ("webhook_deliveries", "webhook_endpoints")
PRIVATE: Final = frozenset(
    {"accounts", "api_keys", "idempotency_keys", "sessions", "sign_in_nonces", "submissions", *_WEBHOOKS}
)
"""Tables of people and what they sent: read only by the processes that serve them. All others each role may read."""

_PROJECTED = (
    "feeds", "firings", "lender_epoch_versions", "line_versions", "lines", "mandate_revocations", "mandates", "markets",
    "note_transfers", "offer_group_versions", "oracle_rounds", "payments",
)  # fmt: skip
_FOLLOWED = ("blocks", "cursors", "logs", "outbox_events", "quarantine", "watched_contracts")

_PURGED = ("idempotency_keys", "sessions", "sign_in_nonces")

ROLES: Final = (
    Role(
        "indexer",
        dict.fromkeys((*_FOLLOWED, *_PROJECTED), ALL) | dict.fromkeys(("alerts", "leases"), ADD_AND_CHANGE),
        analyzes=frozenset({"lines"}),
    ),
    Role(
        "engine",
        dict.fromkeys(("candidates", "waiting_lines"), ALL)
        | dict.fromkeys(
            ("alerts", "engine_cursors", "evaluated_prices", "intents", "leases", "triggers"), ADD_AND_CHANGE
        )
        | {"holds": INSERT},
        analyzes=frozenset({"candidates"}),
    ),
    Role(
        "sender",
        dict.fromkeys(("alerts", "attempts", "lanes", "leases", "signers"), ADD_AND_CHANGE)
        | dict.fromkeys(("intents", "triggers"), UPDATE)
        | {"holds": INSERT},
    ),
    Role(
        "web",
        {
            "accounts": INSERT,
            "api_keys": ADD_AND_CHANGE,
            "idempotency_keys": ADD_AND_CHANGE,
            "offers": INSERT,
            "sessions": ("INSERT", "DELETE"),
            "sign_in_nonces": ("INSERT", "DELETE"),
            "submissions": INSERT,
            "webhook_deliveries": INSERT,
            "webhook_endpoints": ALL,
        },
        private=PRIVATE,
    ),
    Role(
        "worker",
        {
            "alerts": ADD_AND_CHANGE,
            "feeds": UPDATE,
            "reconciliations": INSERT,
            "webhook_deliveries": ADD_AND_CHANGE,
            "webhook_endpoints": UPDATE,
        }
        | dict.fromkeys(_PURGED, DELETE),
        private=frozenset((*_PURGED, *_WEBHOOKS)),
    ),
)


def role_of(process: str) -> Role | None:
    """None for a process that needs no database."""
    return next((role for role in ROLES if role.process == process), None)


def url_as(database_url: str, role: Role) -> str:
    """The same database for a server that lets the role log in by itself."""
    return make_url(database_url).set(username=role.name, password=None).render_as_string(hide_password=False)


def apply_roles(database_url: str, *, login: bool = False) -> None:
    """Make the roles that are missing, and grant each exactly what is written here; all of it or nothing.

    Safe to run twice, and needed again after each migration. ``login`` lets them log in themselves.

    Raises:
        DatabaseUnreachable: no connection.
        SchemaOutdated: the tables are not this version's.
        RolesRefused: the user may not make roles, or does not own the tables.
    """
    engine = create_engine(database_url, connect_args={"connect_timeout": 5})
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ROLES_LOCK})
            require_schema(connection)
            for statement in _statements(connection, login=login):
                connection.exec_driver_sql(statement)
    except OperationalError as error:
        raise unreachable(error) from None
    except ProgrammingError as error:
        reason = str(error.orig).splitlines()[0]
        raise RolesRefused(
            f"the server refused: {reason}", "run it as the owner of the tables, with the right CREATEROLE"
        ) from None
    finally:
        engine.dispose()


def _statements(connection: Connection, *, login: bool) -> Iterator[str]:
    database = connection.engine.url.database or ""
    existing = set(connection.execute(text("SELECT rolname FROM pg_roles WHERE rolname LIKE 'covenant\\_%'")).scalars())
    for role in ROLES:
        name = sql.Identifier(role.name)
        if role.name not in existing:
            yield _text("CREATE ROLE {}", name)
        if login:
            yield _text("ALTER ROLE {} LOGIN", name)
        yield _text("GRANT CONNECT ON DATABASE {} TO {}", sql.Identifier(database), name)
        yield _text("GRANT USAGE ON SCHEMA public TO {}", name)
        yield _text("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}", name)
        yield _text("GRANT SELECT ON alembic_version TO {}", name)
        for table in sorted(Model.metadata.tables):
            rights = _rights(role, table)
            if rights:
                yield _text(
                    "GRANT {} ON {} TO {}", sql.SQL(", ").join(map(sql.SQL, rights)), sql.Identifier(table), name
                )
            if table in role.analyzes and (connection.dialect.server_version_info or ()) >= MAINTAIN_SINCE:
                yield _text("GRANT MAINTAIN ON {} TO {}", sql.Identifier(table), name)


def _rights(role: Role, table: str) -> tuple[str, ...]:
    readable = table not in PRIVATE or table in role.private
    return (("SELECT",) if readable else ()) + role.writes.get(table, ())


def _text(statement: str, *parts: sql.Composable) -> str:
    return sql.SQL(statement).format(*parts).as_string(None)
