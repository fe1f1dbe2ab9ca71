"""What the schema found, in words a compliance officer can act on."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from .document import Document
from .source import Path, Problem, nearest

_KINDS: Mapping[str, str] = {
    "string_type": "文字を書いてください",
    "int_type": "整数を書いてください",
    "int_from_float": "整数を書いてください",
    "float_type": "数を書いてください",
    "finite_number": "数を書いてください",
    "bool_type": "true か false を書いてください",
    "list_type": "「- 」で始まる一覧を書いてください",
    "model_type": "「項目: 値」の組を書いてください",
    "model_attributes_type": "「項目: 値」の組を書いてください",
    "dict_type": "「項目: 値」の組を書いてください",
    "date_type": "日付を「年-月-日」（例 2026-10-01）で書いてください",
    "calendar_date": "暦にある日付を「年-月-日」（例 2026-10-01）で書いてください",
    "string_pattern_mismatch": "英小文字で始まる英数字の識別子（区切りは _、方針と確認例は -）を書いてください",
}
_BOUNDS: Mapping[str, tuple[str, str]] = {
    "greater_than": ("gt", "より大きい数"),
    "greater_than_equal": ("ge", "以上の数"),
    "less_than": ("lt", "より小さい数"),
    "less_than_equal": ("le", "以下の数"),
}


def problem(error: Mapping[str, Any]) -> Problem:
    """One pydantic error as a problem at its place."""
    kind, value = str(error["type"]), error["input"]
    key_itself = bool(error["loc"]) and error["loc"][-1] == "[key]"
    path: Path = tuple(error["loc"][:-1] if key_itself else error["loc"])
    context: Mapping[str, Any] = error.get("ctx", {})
    if kind == "extra_forbidden":
        known = list(_fields(path[:-1]))
        message = f"「{path[-1]}」という項目はありません。{nearest(path[-1], known)}"
        return Problem(path, f"{message}ここに書ける項目: {', '.join(known)}。", at_key=True)
    if kind == "missing":
        title = _fields(path[:-1])[str(path[-1])].title
        return Problem(
            path[:-1], f"項目「{path[-1]}」（{title}）がありません。書き加えてください。"
        )
    if kind == "literal_error":
        names = [n.strip("' ") for n in str(context["expected"]).replace(" or ", ", ").split(",")]
        message = f"{_shown(value)}は使えません。{nearest(value, names)}"
        return Problem(path, f"{message}使える値: {', '.join(names)}。")
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return Problem(path, f"{context[name]:g}{words}を書いてください（今は{_shown(value)}）。")
    if kind == "too_short":
        return Problem(path, f"{context['min_length']}件以上を書いてください。")
    if kind == "string_too_short":
        return Problem(path, "空にはできません。文字を書いてください。")
    if kind == "string_too_long":
        return Problem(path, f"{context['max_length']}文字以内で書いてください。")
    expected = _KINDS.get(kind, f"書き方が違います（{kind}）")
    return Problem(path, f"{expected}（今は{_shown(value)}）。", at_key=key_itself)


def _fields(path: Path) -> dict[str, Any]:
    """The fields that the schema has at ``path``."""
    model: type[BaseModel] = Document
    for part in path:
        if isinstance(part, str) and part in model.model_fields:
            model = _model(model.model_fields[part].annotation) or model
    return dict(model.model_fields)


def _model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for a in typing.get_args(annotation) if (m := _model(a))), None)


def _shown(value: object) -> str:
    if value is None:
        return "空"
    if isinstance(value, bool):
        return f"「{str(value).lower()}」"
    if isinstance(value, dict):
        return "「項目: 値」の組"
    if isinstance(value, list):
        return "一覧"
    text = str(value)
    return f"「{text if len(text) <= 40 else text[:40] + '…'}」"
