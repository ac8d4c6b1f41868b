"""The client's models, by datamodel-code-generator."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from scripts.client.document import Schema, model_document

_FLAGS: Final = (
    "--input-file-type=openapi",
    "--output-model-type=pydantic_v2.BaseModel",
    "--target-python-version=3.11",
    "--base-class=covenant_client.model.Model",
    "--enum-field-as-literal=all",
    "--formatters=builtin",
    "--disable-timestamp",
    "--use-annotated",
    "--use-attribute-docstrings",
    "--use-double-quotes",
    "--use-field-description",
    "--use-schema-description",
    "--use-single-line-docstring",
    "--use-standard-collections",
    "--use-standard-primitive-types",
    "--use-type-alias",
    "--use-union-operator",
)

_NOISE: Final = (
    (r" {8}(arbitrary_types_allowed|use_attribute_docstrings)=True,\n", ""),  # the base class says so, or needs it not
    (r" {4}model_config = ConfigDict\(\n {4}\)\n", ""),
    (r'(\w+) = TypeAliasType\(\s*"\w+",\s*(Literal\[[^\]]*\]),?\s*\)\n', r"\1: TypeAlias = \2\n"),
    (r"from typing_extensions import TypeAliasType\n", ""),
    (r"(Literal\[[^\]]*\])", r"Annotated[\1, OrNewer]"),
    (r"(from covenant_client.scalars import Exact)\n", r"\1, OrNewer\n"),
    (r"from typing import Annotated, Any, Literal\n", "from typing import Annotated, Any, Literal, TypeAlias\n"),
)
"""What the generator writes and nobody needs (`typing_extensions` is one more dependency), and what it cannot say."""


def models_source(document: Schema, header: str) -> str:
    """A module with a class for each schema of the document."""
    with tempfile.TemporaryDirectory() as directory:
        schemas, written = Path(directory, "openapi.json"), Path(directory, "models.py")
        schemas.write_text(json.dumps(model_document(document)), encoding="utf-8")
        subprocess.run(
            [sys.executable, "-m", "datamodel_code_generator", f"--input={schemas}", f"--output={written}", *_FLAGS],
            check=True,
            cwd=directory,  # and not where a pyproject.toml could add flags
        )
        text = written.read_text(encoding="utf-8")
    _, _, body = text.partition("from __future__ import annotations\n")
    for pattern, replacement in _NOISE:
        body = re.sub(pattern, replacement, body)
    return f'"""Every object that the API takes or gives.{header}"""\n\nfrom __future__ import annotations\n{body}'
