"""Each process of an embedded database as the role that its work needs, and as no more than that."""

from collections.abc import Sequence
from dataclasses import replace

from orchestrator.db.roles import apply_roles, role_of, url_as
from scripts.local.ground import Ground
from scripts.local.processes import ProcessSpec


def in_their_roles(specs: Sequence[ProcessSpec], ground: Ground) -> Sequence[ProcessSpec]:
    """Makes the roles and names them in the processes' environment. A server that was given is left to its owner."""
    if not ground.database_is_embedded:
        return specs
    apply_roles(ground.database_url, login=True)
    return [replace(spec, env={**spec.env, "DATABASE_URL": _url(spec.name, ground)}) for spec in specs]


def _url(process: str, ground: Ground) -> str:
    role = role_of(process)
    return "" if role is None else url_as(ground.database_url, role)
