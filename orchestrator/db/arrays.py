"""Lists as one parameter each: a statement with a thousand parameters costs more to prepare than to run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from sqlalchemy import ARRAY, ColumnElement, TableValuedAlias, cast, column, func
from sqlalchemy.orm import InstrumentedAttribute

T = TypeVar("T")


def among(attribute: InstrumentedAttribute[T], values: Iterable[T]) -> ColumnElement[bool]:
    """``attribute IN values``."""
    return attribute == func.any(_array(attribute, values))


def table_of_columns(name: str, **columns: tuple[InstrumentedAttribute[Any], Iterable[Any]]) -> TableValuedAlias:
    """A table to join with: each column is named, has an attribute's type, and its values in order."""
    arrays = [_array(attribute, values) for attribute, values in columns.values()]
    typed = [column(label, attribute.type) for label, (attribute, _) in columns.items()]
    return func.unnest(*arrays).table_valued(*typed, name=name).render_derived()


def _array(attribute: InstrumentedAttribute[T], values: Iterable[T]) -> ColumnElement[Any]:
    return cast(list(values), ARRAY(attribute.type))
