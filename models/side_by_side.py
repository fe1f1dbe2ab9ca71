"""Asks what is measured in several processes at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import Any

from screening.records import Flag

from .evaluate import Answer

#: Processes; how many changes nothing but the time it takes.
WORKERS = 2
_ASKED: dict[str, Answer] = {}


@contextmanager
def side_by_side(products: Mapping[str, Answer]) -> Iterator[dict[str, Answer]]:
    """The same products, each answering in ``WORKERS`` processes: a conversation's flags hang on nothing
    but itself and its past, so that they may be asked for in any order."""
    # What answers is no value that could be sent to another process: it is there before they part.
    with ProcessPoolExecutor(
        WORKERS, get_context("fork"), initializer=_ASKED.update, initargs=(dict(products),)
    ) as pool:

        def answered(name: str, contacts: Sequence[Any]) -> list[Sequence[Flag]]:
            found: list[Sequence[Flag]] = [()] * len(contacts)
            parts = [contacts[n::WORKERS] for n in range(WORKERS)]
            for n, given in enumerate(pool.map(partial(_answer, name), parts)):
                found[n::WORKERS] = given
            return found

        yield {name: partial(answered, name) for name in products}


def _answer(name: str, contacts: Sequence[Any]) -> list[Sequence[Flag]]:
    return _ASKED[name](contacts)
