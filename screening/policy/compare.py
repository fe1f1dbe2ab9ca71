"""What one policy document says differently from another, part by part, for people to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any

from .model import Policy

#: The parts of a policy in the order of the document, and what each is called.
PARTS = (
    ("basis", "条項"),
    ("categories", "区分"),
    ("criteria", "判断基準"),
    ("outcomes", "結論"),
    ("rules", "結論の条件"),
    ("exemption", "病態の例外"),
    ("roles", "役割"),
    ("responses", "対応"),
    ("retention", "保存期間"),
    ("reading", "確認者が読むもの"),
    ("cases", "確認例"),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """``before`` is None for what is new, ``after`` for what is gone; ``item`` names it in its part."""

    part: str
    item: str
    field: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        name = " ".join(x for x in (self.part, self.item, self.field) if x)
        if self.before is None:
            return f"+ {name}: {self.after}"
        if self.after is None:
            return f"- {name}: {self.before}"
        return f"~ {name}: {self.before} → {self.after}"


def compare(old: Policy, new: Policy) -> tuple[Difference, ...]:
    """Every difference but the version, in the order of the document; none for the same document."""
    return (*_head(old, new), *(d for part in PARTS for d in _part(old, new, *part)))


def _head(old: Policy, new: Policy) -> Iterator[Difference]:
    for name, title in (
        ("id", "識別子"),
        ("title", "名称"),
        ("effective_from", "適用開始日"),
        ("effective_until", "適用終了日"),
    ):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Difference("方針", title, "", _shown(before), _shown(after))


def _part(old: Policy, new: Policy, attribute: str, title: str) -> Iterator[Difference]:
    before, after = _items(getattr(old, attribute)), _items(getattr(new, attribute))
    for name in dict.fromkeys([*before, *after]):
        one, other = before.get(name), after.get(name)
        if one is None or other is None:
            here = one or other or {}
            words = str(here.get("name") or here.get("title") or here.get("label") or "")
            yield Difference(
                title, name, "", None if one is None else words, None if other is None else words
            )
            continue
        for key in one:
            if one[key] != other[key]:
                yield Difference(title, name, key, one[key], other[key])


def _items(part: Any) -> dict[str, dict[str, str]]:
    """The things in a part by name, each as its fields in words."""
    if part is None:
        return {}
    if is_dataclass(part):
        return {"": _fields(part)}
    things = part.values() if isinstance(part, Mapping) else part
    found: dict[str, dict[str, str]] = {}
    for thing in things:
        name = getattr(thing, "id", "") or getattr(thing, "number", "")
        if not name:  # a rule has no id: what it is about names it
            name = f"{thing.outcome}（{_shown(thing.groups | thing.categories)}）"
        while name in found:
            name += "'"
        found[name] = _fields(thing)
    return found


def _fields(thing: Any) -> dict[str, str]:
    return {f.name: _shown(getattr(thing, f.name)) for f in fields(thing) if f.name != "line"}


def _shown(value: Any) -> str:
    if value is None:
        return "なし"
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, Enum):
        return str(value.value)
    if is_dataclass(value):
        return "、".join(f"{k}={v}" for k, v in _fields(value).items())
    if isinstance(value, Mapping):
        return "、".join(f"{k}={_shown(v)}" for k, v in value.items()) or "なし"
    if isinstance(value, frozenset):
        return "・".join(sorted(_shown(v) for v in value)) or "なし"
    if isinstance(value, tuple):
        return "／".join(_shown(v) for v in value) or "なし"
    return f"{value:g}" if isinstance(value, float) else str(value)
