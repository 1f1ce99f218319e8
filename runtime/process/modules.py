"""Imports all modules of a package, so that adding a module is enough to make it count."""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def import_modules(package: ModuleType) -> list[ModuleType]:
    """Import the modules of `package`, but not its packages, and return them in the order of
    their names."""
    names = sorted(one.name for one in iter_modules(package.__path__) if not one.ispkg)
    return [import_module(f"{package.__name__}.{name}") for name in names]
