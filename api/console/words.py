"""What a reviewer reads for what the record holds."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from screening.records import Kind, Priority

PRIORITIES = {Priority.URGENT: "至急", Priority.HIGH: "優先", Priority.NORMAL: "通常"}
KINDS = {Kind.CALL.value: "通話", Kind.EMAIL.value: "メール"}
DETECTORS = {
    "rule": "規則",
    "classifier": "学習した検出器",
    "repetition": "くり返しの検出",
    "conduct": "時間と回数",
    "person": "確認者",
}
#: Keys of the answers, criterion by criterion, and of the outcomes. g j k n p r u are taken.
ANSWER_KEYS = ("1234567890", "qwetyio", "cvbm")
OUTCOME_KEYS = "asdfhlzx"
_JAPAN = timezone(timedelta(hours=9))


def when(moment: str | datetime | None) -> str:
    """A time in Japan as people write it, or ``日時不明``."""
    if moment is None:
        return "日時不明"
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    at = at.astimezone(_JAPAN) if at.tzinfo else at
    return f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"


def detectors(names: tuple[str, ...]) -> list[str]:
    """The kinds of detector that saw something, each once."""
    return list(dict.fromkeys(DETECTORS.get(n.partition(":")[0], n) for n in names))
