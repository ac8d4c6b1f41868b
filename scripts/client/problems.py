"""The client's exceptions: a class for each code with which the API refuses."""

from __future__ import annotations

import sys
from typing import Final

from api.problems import Kind

_NAME_OF_CODE: Final = {"not_found": "NoSuchPath"}
"""Where the code alone would say too little beside the others."""


def problem_kinds() -> list[Kind]:
    """All that the application's modules define, by code."""
    kinds = {
        value.code: value
        for name, module in list(sys.modules.items())
        if name.startswith("api.")
        for value in vars(module).values()
        if isinstance(value, Kind)
    }
    return [kinds[code] for code in sorted(kinds)]


def problems_source(header: str) -> str:
    """A module with an exception for each code, and the way from the code to it."""
    kinds = problem_kinds()
    return "\n".join(
        [
            f'"""An exception for each stable code of the API.{header}"""',
            "",
            "from __future__ import annotations",
            "",
            "from collections.abc import Mapping",
            "from typing import Final",
            "",
            "from covenant_client.errors import Refused",
            "",
            *(line for kind in kinds for line in _class(kind)),
            "",
            "BY_CODE: Final[Mapping[str, type[Refused]]] = {",
            *(f'    "{kind.code}": {class_name(kind.code)},' for kind in kinds),
            "}",
            "",
        ]
    )


def class_name(code: str) -> str:
    return _NAME_OF_CODE.get(code, "".join(word.capitalize() for word in code.split("_")))


def _class(kind: Kind) -> list[str]:
    return ["", f"class {class_name(kind.code)}(Refused):", f'    """{kind.status} `{kind.code}`: {kind.title}."""', ""]
