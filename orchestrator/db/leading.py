"""Working only while holding a lease, and standing by while another process does."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, NoReturn

import psycopg
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.db.lease import Lease, LeaseLost, acquire_lease

log = logging.getLogger(__name__)

DATABASE_FAILURES: Final = (OperationalError, InterfaceError, InternalError, psycopg.OperationalError)
"""What a database that is away, or that ended our transaction, makes of a statement: to be tried again."""

LEASE_TTL: Final = timedelta(seconds=3)


async def lead(
    engine: AsyncEngine, name: str, work: Callable[[], Awaitable[None]], ready: Callable[[], None]
) -> NoReturn:
    """Runs ``work`` whenever the lease ``name`` is ours, for ever. ``ready`` is called once, leading or standing by.

    The lease serves liveness alone: who froze and lost it may go on for a moment, and must do no harm by it.
    """
    holder = f"{name} {uuid.uuid4()}"
    announced = False
    while True:
        lease = await _acquire(engine, name, holder)
        if not announced:
            announced = True
            ready()
        if lease is None:
            await asyncio.sleep(LEASE_TTL.total_seconds() / 3)
            continue
        log.info("leading", extra={"lease": name, "epoch": lease.epoch})
        try:
            await _hold(engine, lease, work)
        finally:
            await _release(engine, lease)


async def _hold(engine: AsyncEngine, lease: Lease, work: Callable[[], Awaitable[None]]) -> None:
    working = asyncio.ensure_future(work())
    renewing = asyncio.ensure_future(_renew(engine, lease))
    try:
        done, _ = await asyncio.wait({working, renewing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        working.cancel()
        renewing.cancel()
        await asyncio.gather(working, renewing, return_exceptions=True)
    for task in done:
        try:
            task.result()
        except LeaseLost as lost:
            log.warning("%s", lost)


async def _renew(engine: AsyncEngine, lease: Lease) -> None:
    while True:
        await asyncio.sleep(lease.ttl.total_seconds() / 3)
        try:
            await lease.renew(engine)
        except DATABASE_FAILURES as error:
            log.warning("the lease could not be renewed (%s)", type(error).__name__)


async def _acquire(engine: AsyncEngine, name: str, holder: str) -> Lease | None:
    try:
        return await acquire_lease(engine, name, holder, LEASE_TTL)
    except DATABASE_FAILURES as error:
        log.warning("the lease can't be asked for (%s)", type(error).__name__)
        return None


async def _release(engine: AsyncEngine, lease: Lease) -> None:
    try:
        await lease.release(engine)
    except DATABASE_FAILURES as error:
        log.warning("the lease could not be released (%s): it expires by itself", type(error).__name__)
