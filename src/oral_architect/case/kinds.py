"""Names of document classes in a case, and the classes behind them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import oral_architect
from oral_architect.case.document import Document
from oral_architect.errors import CaseError


def name_of_class(kind: type[Document]) -> str:
    """Return ``package.module:Class``."""
    return f"{kind.__module__}:{kind.__qualname__}"


def class_named(name: str) -> type[Document]:
    """Return the document class of a name written by :func:`name_of_class`.

    Only classes that are loaded already or belong to this program are looked up: opening a case never imports code
    that the case names.

    Raises
    ------
    CaseError
        When there is no such document class.
    """
    module = name.partition(":")[0]
    if module.split(".")[0] == oral_architect.__name__:
        try:
            import_module(module)
        except ImportError as error:
            raise CaseError(f"this program does not know documents of the kind '{name}'.") from error
    for kind in _descendants(Document):
        if name_of_class(kind) == name:
            return kind
    raise CaseError(
        f"this program does not know documents of the kind '{name}'.", todo="Install the version that wrote the case."
    )


def _descendants(kind: type[Document]) -> Iterator[type[Document]]:
    for child in kind.__subclasses__():
        yield child
        yield from _descendants(child)
