"""`/console`: one page of HTML and its modules, served as they are; no other host is asked for anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Request, Response

from api.console.files import INDEX, File
from api.problems import NOT_FOUND, Problem

router = APIRouter(include_in_schema=False)

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # the pictures of the notes, which the contract draws
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Known = Annotated[str | None, Header(alias="If-None-Match")]


async def console_files(request: Request) -> Mapping[str, File]:
    found: Mapping[str, File] = request.app.state.console_files
    return found


FilesDep = Annotated[Mapping[str, File], Depends(console_files)]


@router.get("/console")
@router.get("/console/")
async def show_console(files: FilesDep, known: Known = None) -> Response:
    return _response(files[INDEX], known)


@router.get("/console/{path:path}")
async def get_console_file(path: str, files: FilesDep, known: Known = None) -> Response:
    file = files.get(path)
    if file is None:
        raise Problem(NOT_FOUND, f"the console has no file {path}", "open /console")
    return _response(file, known)


def _response(file: File, known: str | None) -> Response:
    headers = {**_HEADERS, "ETag": file.etag, "Cache-Control": file.cache_control}
    if known is not None and file.etag in (tag.strip().removeprefix("W/") for tag in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=file.media_type)
