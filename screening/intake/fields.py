"""Access to vendors' JSON that names the field at fault instead of failing somewhere inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from screening.intake.contract import MAX_ID, whole
from screening.intake.origin import Origin


def records(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list; nothing where it is no list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def listed(
    obj: Mapping[str, Any], name: str, origin: Origin, *, parent: str = ""
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each object of the list ``name`` with its path. Raises IntakeError for anything else."""
    value = obj.get(name)
    if not isinstance(value, list):
        raise origin.error(
            f"{parent}{name}",
            f"{name} の配列がありません。形式の指定（--format）を確かめてください。",
        )
    for number, entry in enumerate(value):
        path = f"{parent}{name}[{number}]"
        if not isinstance(entry, dict):
            raise origin.error(
                path, "オブジェクト {…} を入れてください。もう一度書き出してください。"
            )
        yield path, entry


def text_of(obj: Mapping[str, Any], name: str, path: str, origin: Origin) -> str:
    """The string ``name``, sound Unicode. Raises IntakeError where it is missing or no string."""
    value = obj.get(name)
    if not isinstance(value, str):
        raise origin.error(
            f"{path}.{name}", f"{name} に発話の文字列がありません。もう一度書き出してください。"
        )
    return whole(value)


def named(value: object) -> str | None:
    """A usable identifier, or None."""
    return whole(value) if isinstance(value, str) and 0 < len(value.strip()) <= MAX_ID else None
