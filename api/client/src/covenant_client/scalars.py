"""Integers of any size, which JSON numbers cannot carry."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainSerializer

_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)


def _exact(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return int(value)
    raise ValueError("must be an int, or one as a decimal string; never a float")


Exact = Annotated[int, BeforeValidator(_exact), PlainSerializer(str, when_used="json")]
"""An int here, a decimal string on the wire. A float is refused, whole or not."""
