"""Tests that loop over many values: one test per property, however many configs there are."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any


def for_each(
    arguments: str | tuple[str, ...], values: Iterable[Any], ids: Callable[[Any], str] = str
) -> Callable[[Callable], Callable]:
    """Call a test with each of some values, as ``pytest.mark.parametrize`` does, in one test.

    Each value is a subtest: a failure names it and the others are tried nonetheless. All share the
    test's fixtures.

    Args:
        arguments: Name of the argument that takes a value, or the names that take its parts.
        values: The values.
        ids: What a failure calls a value.
    """
    single = isinstance(arguments, str)
    names = (arguments,) if single else arguments
    values = list(values)
    assert values, "a test over nothing would always pass"

    def decorate(test: Callable) -> Callable:
        signature = inspect.signature(test)
        fixtures = [p for name, p in signature.parameters.items() if name not in names]

        @functools.wraps(test)
        def loop(subtests: Any, **fixtures: Any) -> None:
            for value in values:
                parts = (value,) if single else value
                with subtests.test(ids(value)):
                    test(**dict(zip(names, parts, strict=True)), **fixtures)

        first = inspect.Parameter("subtests", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        loop.__signature__ = signature.replace(parameters=[first, *fixtures])  # type: ignore[attr-defined]
        return loop

    return decorate
