"""Imports all modules of a package: they take effect by being there."""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def import_modules(package: ModuleType) -> list[ModuleType]:
    """Returns the modules of `package`, without those of its folders, in the order of their
    names."""
    names = sorted(one.name for one in iter_modules(package.__path__) if not one.ispkg)
    return [import_module(f"{package.__name__}.{name}") for name in names]
