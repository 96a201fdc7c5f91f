"""Values that objects find once, when they are first asked for."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

Value = TypeVar("Value")


class cached_property(Generic[Value]):
    """That of `functools` as Python 3.12 has it, without the lock of earlier ones.

    Theirs is held for all objects of a class while one finds its value: others wait for it, and for ever after a fork
    meanwhile, or in a signal handler that works with threads.
    """

    def __init__(self, function: Callable[[Any], Value]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> "cached_property[Value]": ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> Value: ...
    def __get__(self, instance: object | None, owner: type | None = None) -> "cached_property[Value] | Value":
        if instance is None:
            return self
        value = vars(instance)[self._name] = self._function(instance)
        return value
