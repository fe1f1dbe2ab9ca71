"""The neutral contract: one JSON object becomes a ``Conversation``, or the field at fault is named.

Only ``id``, ``kind`` and ``turns`` (of a call) or ``subject`` and ``body`` (of a mail) are required.
Keys that the contract does not have are ignored, so that an archive may carry more than we read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from screening.days import JAPAN
from screening.intake.mailtext import not_own_spans
from screening.intake.origin import Origin
from screening.intake.roles import fold_label
from screening.records import Conversation, Kind, Speaker, Turn

#: Longest identifier, in code points.
MAX_ID = 200
#: The largest integer that JSON readers agree on.
_MAX_MS = 2**53 - 1
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPEAKERS = {str(speaker): speaker for speaker in Speaker}


def conversation_from_json(obj: object, *, file: str = "", place: str = "") -> Conversation:
    """Check one object of the neutral contract. Raises IntakeError naming the field and the remedy."""
    return read_native(obj, Origin(file, place))


def whole(text: str) -> str:
    """Lone surrogates cannot be stored or sent: each becomes U+FFFD, so that offsets stay."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text


def read_native(obj: object, origin: Origin) -> Conversation:
    """``conversation_from_json`` with a place and a role map for the ``speaker`` labels."""
    if not isinstance(obj, Mapping):
        raise origin.error("", f"会話1件は {{…}} の形で書いてください（{_type(obj)}でした）。")
    identifier = _text(obj, "id", origin)
    if not identifier.strip():
        raise origin.error("id", "id が空です。会話ごとに異なる文字列を入れてください。")
    if len(identifier) > MAX_ID:
        raise origin.error(
            "id", f"id は{MAX_ID}文字以内にしてください（{len(identifier)}文字でした）。"
        )
    kind = _text(obj, "kind", origin)
    if kind == Kind.CALL:
        return Conversation(
            id=identifier,
            kind=Kind.CALL,
            turns=_turns(obj, origin),
            customer_id=_optional_text(obj, "customer_id", origin),
            occurred_at=_moment(obj, "started_at", origin),
            channel=_optional_text(obj, "channel", origin),
        )
    if kind == Kind.EMAIL:
        return Conversation(
            id=identifier,
            kind=Kind.EMAIL,
            turns=mail_turns(
                _text(obj, "subject", origin, null=""), _text(obj, "body", origin, null="")
            ),
            customer_id=_optional_text(obj, "customer_id", origin),
            occurred_at=_moment(obj, "sent_at", origin),
            channel=_optional_text(obj, "channel", origin),
            sender=_optional_text(obj, "from", origin),
        )
    raise origin.error("kind", "kind は call（通話）か email（メール）にしてください。")


def mail_turns(subject: str, body: str, speaker: Speaker = Speaker.CUSTOMER) -> tuple[Turn, Turn]:
    """Turn 0 is the subject, turn 1 the body with the parts that the sender only passes on."""
    return Turn(subject, speaker), Turn(body, speaker, not_own=not_own_spans(body))


def ordered_times(start: int | None, end: int | None) -> tuple[int | None, int | None]:
    """An end before the start says nothing: it is dropped, the start stays."""
    return (start, None) if start is not None and end is not None and end < start else (start, end)


def _turns(obj: Mapping[str, Any], origin: Origin) -> tuple[Turn, ...]:
    if "turns" not in obj or obj["turns"] is None:
        raise origin.error("turns", "turns がありません。発話の配列 [{…}, …] を入れてください。")
    turns = obj["turns"]
    if not isinstance(turns, list | tuple):
        raise origin.error(
            "turns", f"turns は配列 [{{…}}, …] にしてください（{_type(turns)}でした）。"
        )
    return tuple([_turn(turn, f"turns[{n}]", origin) for n, turn in enumerate(turns)])


def _turn(obj: object, path: str, origin: Origin) -> Turn:
    if not isinstance(obj, Mapping):
        raise origin.error(path, f"発話は {{…}} の形で書いてください（{_type(obj)}でした）。")
    text = obj.get("text")
    if not isinstance(text, str):
        raise origin.error(f"{path}.text", _wanted("text", text, "文字列"))
    label = obj.get("speaker")
    speaker = Speaker.UNKNOWN if label is None else _speaker(label, path, origin)
    start, end = ordered_times(
        _milliseconds(obj, "start_ms", path, origin), _milliseconds(obj, "end_ms", path, origin)
    )
    return Turn(
        whole(text),
        speaker,
        start,
        end,
        _number(obj, "confidence", path, origin, 1.0),
        _number(obj, "compression_ratio", path, origin, math.inf),
    )


def _speaker(label: object, path: str, origin: Origin) -> Speaker:
    if isinstance(label, str):
        if origin.roles and (mapped := origin.roles.get(fold_label(label))) is not None:
            return mapped
        if (speaker := _SPEAKERS.get(label)) is not None:
            return speaker
    raise origin.error(
        f"{path}.speaker",
        "speaker は customer・agent・system・unknown のいずれかにしてください。"
        "ほかの表記は --role-map で対応づけられます。",
    )


def _milliseconds(obj: Mapping[str, Any], name: str, path: str, origin: Origin) -> int | None:
    value = obj.get(name)
    if value is None:
        return None
    if type(value) is float and math.isfinite(value):
        value = round(value)
    if type(value) is not int or not 0 <= value <= _MAX_MS:
        raise origin.error(
            f"{path}.{name}", f"{name} は通話開始からのミリ秒（0以上の整数）にしてください。"
        )
    return value


def _number(
    obj: Mapping[str, Any], name: str, path: str, origin: Origin, top: float
) -> float | None:
    value = obj.get(name)
    if value is None:
        return None
    if type(value) not in (int, float) or not 0 <= value <= top or value == math.inf:
        span = "0以上" if top == math.inf else f"0以上{top:g}以下"
        raise origin.error(f"{path}.{name}", f"{name} は{span}の数値にしてください。")
    try:
        return float(value)
    except OverflowError:
        raise origin.error(f"{path}.{name}", f"{name} の数値が大きすぎます。") from None


def _text(obj: Mapping[str, Any], name: str, origin: Origin, *, null: str | None = None) -> str:
    value = obj.get(name)
    if value is None and null is not None and name in obj:
        return null
    if not isinstance(value, str):
        raise origin.error(name, _wanted(name, value, "文字列"))
    return whole(value)


def _optional_text(obj: Mapping[str, Any], name: str, origin: Origin) -> str | None:
    value = obj.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise origin.error(name, _wanted(name, value, "文字列"))
    # A blank customer_id would make one customer of everybody who has none.
    return whole(value) if value.strip() else None


def _moment(obj: Mapping[str, Any], name: str, origin: Origin) -> str | None:
    """The time as written; one without an offset is taken as Japan's and gets +09:00."""
    value = obj.get(name)
    if isinstance(value, datetime):  # a timestamp column of Parquet
        moment = value
    elif (text := _optional_text(obj, name, origin)) is None:
        return None
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise origin.error(
                name, f"{name} は 2026-11-01T09:00:00+09:00 の形（ISO 8601）で書いてください。"
            ) from None
        if moment.tzinfo is not None:
            return text
    return (moment if moment.tzinfo else moment.replace(tzinfo=JAPAN)).isoformat()


def _wanted(name: str, value: object, expected: str) -> str:
    if value is None:
        return f"{name} がありません。{expected}を入れてください。"
    return f"{name} は{expected}にしてください（{_type(value)}でした）。"


def _type(value: object) -> str:
    names: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "真偽値"),
        ((int, float), "数値"),
        (str, "文字列"),
        ((list, tuple), "配列"),
        (Mapping, "オブジェクト"),
    )
    return (
        "null" if value is None else next((n for t, n in names if isinstance(value, t)), "不明な値")
    )
