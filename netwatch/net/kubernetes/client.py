"""Imports the API client of kubernetes_asyncio without the 760 models that come with it.

The packages `kubernetes_asyncio` and `kubernetes_asyncio.client` import all of their modules, which
costs 38 MiB and 0.4 s. Here empty modules take their places, which know where their submodules are
and import only what is asked for: 6 MiB.
"""

import functools
import sys
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

LIBRARY = "kubernetes_asyncio"
_CLIENT = f"{LIBRARY}.client"
_HOMES = {"ApiClient": f"{_CLIENT}.api_client", "Configuration": f"{_CLIENT}.configuration"}


def is_installed() -> bool:
    """Whether the libraries of the extra `kubernetes` are there."""
    return all(find_spec(name) is not None for name in (LIBRARY, "msgspec"))


@functools.cache
def import_client() -> ModuleType:
    """Return `kubernetes_asyncio.client` with at least `ApiClient` and `Configuration`.

    `kubernetes_asyncio.config`, which reads these, can be imported as usual then.
    Raises ImportError where it is not installed. If somebody has imported all of it, that is used.
    """
    if LIBRARY not in sys.modules:
        _install(LIBRARY, None)
        client = _install(_CLIENT, sys.modules[LIBRARY])
        _install(f"{_CLIENT}.models", client)
        # PEP 562: what its own modules ask of the package is imported then.
        client.__dict__["__getattr__"] = _import_at_first_use
    import_module(f"{LIBRARY}.config")
    return import_module(_CLIENT)


def _install(name: str, parent: ModuleType | None) -> ModuleType:
    """Put an empty module in the place of a package."""
    spec = find_spec(name) if parent is None else PathFinder.find_spec(name, parent.__path__)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    shell = sys.modules[name] = module_from_spec(spec)
    if parent is not None:
        setattr(parent, name.rpartition(".")[2], shell)
    return shell


def _import_at_first_use(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"found {name!r}, expected one of {', '.join(_HOMES)}")
    return getattr(import_module(_HOMES[name]), name)
