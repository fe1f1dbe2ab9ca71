"""The chain of the audit log: each entry carries the hash of the one before it.

An entry names people, things and actions by identifier and holds digests of texts, never texts, so
that erasing somebody's words later leaves the chain whole. A changed, removed or inserted entry breaks
the chain; a cut-off tail does not, so the newest entry's number and hash (the *head*) are exported and
kept elsewhere, and looked for again when the chain is verified.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from .errors import ScreeningError

#: What stands before the first entry.
START = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """``seq`` counts from 1 without gaps; ``actor`` is a person's id, ``key:…`` or ``operator``.

    ``subject`` is ``kind:id`` of what was acted on.
    """

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry's number and hash; number 0 is an empty log."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Verification:
    """``problems`` are Japanese sentences with the number of the entry; none means the record stands."""

    entries: int
    head: Head
    problems: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        return not self.problems


def pack(detail: Mapping[str, Any]) -> str:
    """The one way to write a detail, so that its hash can be repeated."""
    return json.dumps(detail, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def chain(
    previous: str, *, seq: int, at: str, actor: str, action: str, subject: str, detail: str
) -> str:
    """The hash of an entry, over the one before it and everything it says."""
    said = json.dumps(
        [previous, seq, at, actor, action, subject, detail],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return sha256(said.encode()).hexdigest()


def digest(salt: str, *said: str) -> str:
    """The digest of texts. Without the salt, which is erased with the texts, it gives nothing away."""
    return sha256(json.dumps([salt, *said], ensure_ascii=False).encode()).hexdigest()


def read_head(text: str) -> Head:
    """Reads what ``str(head)`` wrote.

    Raises:
        ScreeningError: for anything else.
    """
    found = re.fullmatch(r"\s*(\d+):([0-9a-f]{64})\s*", text)
    if not found:
        raise ScreeningError(
            "控えが読めません。screening audit head の出力をそのまま渡してください"
        )
    return Head(int(found[1]), found[2])


def verify(entries: Iterable[Entry], kept: Head | None = None) -> Verification:
    """Walks the chain from its start; ``kept`` is a head that was exported earlier."""
    problems: list[str] = []
    previous, last = START, 0
    met = kept is None or kept.seq == 0
    for entry in entries:
        if entry.seq != last + 1:
            problems.append(f"{last + 1}番の記録がありません（次は{entry.seq}番）")
        if entry.previous != previous:
            problems.append(f"{entry.seq}番は、直前の記録とつながっていません")
        expected = chain(
            entry.previous,
            seq=entry.seq,
            at=entry.at,
            actor=entry.actor,
            action=entry.action,
            subject=entry.subject,
            detail=pack(entry.detail),
        )
        if entry.hash != expected:
            problems.append(f"{entry.seq}番の内容が、記録した後に変わっています")
        if kept is not None and entry.seq == kept.seq:
            met = True
            if entry.hash != kept.hash:
                problems.append(f"{entry.seq}番が、控えと違います")
        previous, last = entry.hash, entry.seq
    if not met and kept is not None:
        problems.append(f"控えにある{kept.seq}番までの記録が、{last}番で切れています")
    return Verification(last, Head(last, previous), tuple(problems))
