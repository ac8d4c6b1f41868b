"""Integers of any size, which JSON numbers cannot carry, and enumerations that may grow."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, GetCoreSchemaHandler, PlainSerializer

_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)


def _exact(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return int(value)
    raise ValueError("must be an int, or one as a decimal string; never a float")


Exact = Annotated[int, BeforeValidator(_exact), PlainSerializer(str, when_used="json")]
"""An int here, a decimal string on the wire. A float is refused, whole or not."""


class OrNewer:
    """Annotation of a `Literal` with the values that were known when this was written. At run time any text will do,
    since the service may have learnt more.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return handler.generate_schema(str)
