"""`python -m scripts.client [--check]`: the generated part of the Python client, from the OpenAPI document."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

from scripts.client.document import openapi_document
from scripts.client.models import models_source
from scripts.client.operations import methods_source, operations_source
from scripts.client.problems import problems_source
from scripts.deploy.artifacts import ROOT

PACKAGE: Final = ROOT / "api" / "client" / "src" / "covenant_client"
_HEADER: Final = "\n\nWritten by `make client` from the OpenAPI document: change that, not this.\n"


def generated() -> Mapping[str, str]:
    """The text of each generated module, by file name."""
    document = openapi_document()
    sources = {
        "models.py": models_source(document, _HEADER),
        "operations.py": operations_source(document, _HEADER),
        "problems.py": problems_source(_HEADER),
        "client.py": methods_source(document, _HEADER, "plain", "PlainClient", "The client for programs that wait."),
        "async_client.py": methods_source(
            document, _HEADER, "plain_async", "PlainAsyncClient", "The client for programs on asyncio."
        ),
    }
    return {name: _formatted(name, text) for name, text in sources.items()}


def differing() -> list[str]:
    """The generated modules that are not what they would be today."""
    return [name for name, text in generated().items() if not (PACKAGE / name).exists() or _read(name) != text]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.client", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail if something would change")
    if parser.parse_args().check:
        found = differing()
        for name in found:
            sys.stderr.write(f"api/client: {name} differs from the OpenAPI document: run make client\n")
        return 1 if found else 0
    for name, text in generated().items():
        (PACKAGE / name).write_text(text, encoding="utf-8")
    return 0


def _read(name: str) -> str:
    return (PACKAGE / name).read_text(encoding="utf-8")


def _formatted(name: str, text: str) -> str:
    """In the one format of all code, with imports in order; docstrings that are too long for a line stay."""
    command = [sys.executable, "-m", "ruff"]
    place = f"--stdin-filename={PACKAGE / name}"
    for step in (["check", "--fix", "--quiet", "--exit-zero", "--select=I,F401", place], ["format", "--quiet", place]):
        text = subprocess.run([*command, *step, "-"], input=text, text=True, check=True, capture_output=True).stdout
    return text


if __name__ == "__main__":
    sys.exit(main())
