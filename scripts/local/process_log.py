"""Carries what a process writes, line by line, to its log file and to the output."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from scripts.local.output import Output

FILE_LIMIT_BYTES = 10_000_000
CHUNK_BYTES = 1 << 16
# A process that writes without ever ending its line must not fill our memory.
LINE_LIMIT_BYTES = 1 << 20
# How long to wait for what is still in the pipe when a stray descendant keeps the pipe open.
DRAIN_S = 1.0


@asynccontextmanager
async def carried(name: str, path: Path, output: Output) -> AsyncIterator[int]:
    """The file descriptor to give a process as its stdout and stderr; at the end, all it wrote has been carried."""
    read_fd, write_fd = os.pipe()
    carrying = asyncio.create_task(_carry(read_fd, name, path, output), name=f"log of {name}")
    try:
        yield write_fd
    finally:
        os.close(write_fd)
        with suppress(TimeoutError):
            await asyncio.wait_for(carrying, DRAIN_S)


async def _carry(read_fd: int, name: str, path: Path, output: Output) -> None:
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_fd, "rb", buffering=0)
    )
    file = RotatingFileHandler(path, maxBytes=FILE_LIMIT_BYTES, backupCount=1, encoding="utf-8")
    try:
        async for line in _lines(reader):
            file.emit(logging.makeLogRecord({"msg": line}))
            output.line(name, line)
    finally:
        file.close()
        transport.close()


async def _lines(reader: asyncio.StreamReader) -> AsyncIterator[str]:
    rest = b""
    while chunk := await reader.read(CHUNK_BYTES):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > LINE_LIMIT_BYTES:
            lines, rest = [*lines, rest], b""
        for line in lines:
            yield _text(line)
    if rest:
        yield _text(rest)


def _text(line: bytes) -> str:
    return line.decode("utf-8", errors="replace").rstrip("\r")
