"""What a reviewer sets right: the words, the category, who spoke, or a flag that was missed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .errors import ReviewError
from .policy import Policy
from .records import Conversation, Speaker


class CorrectionKind(StrEnum):
    SPAN = "span"
    CATEGORY = "category"
    SPEAKER = "speaker"
    MISSED = "missed"


#: What a reviewer reads for each.
KINDS = {
    CorrectionKind.SPAN: "箇所の訂正",
    CorrectionKind.CATEGORY: "区分の訂正",
    CorrectionKind.SPEAKER: "話者の訂正",
    CorrectionKind.MISSED: "見落としの追加",
}


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction. ``start`` and ``end`` count code points of the turn's original text.

    ``turn`` is None where a missed category is shown by the whole conversation only.
    """

    kind: CorrectionKind
    flag_id: str | None = None
    turn: int | None = None
    start: int | None = None
    end: int | None = None
    category: str | None = None
    speaker: Speaker | None = None
    note: str = ""


def check(correction: Correction, conversation: Conversation, policy: Policy) -> None:
    """Raises ReviewError where something is missing or not in the conversation or the policy."""
    kind = correction.kind
    if kind in (CorrectionKind.SPAN, CorrectionKind.CATEGORY) and correction.flag_id is None:
        raise ReviewError("どの候補の訂正かを指定してください（flag_id）。")
    if kind in (CorrectionKind.CATEGORY, CorrectionKind.MISSED) and (
        correction.category not in policy.categories
    ):
        raise ReviewError(
            f"区分「{correction.category}」はこの方針にありません。"
            f"使える区分：{', '.join(policy.categories)}。"
        )
    if kind is CorrectionKind.SPEAKER and correction.speaker is None:
        raise ReviewError("正しい話者を指定してください（customer・agent・system・unknown）。")
    whole = kind is CorrectionKind.MISSED and correction.turn is None
    if kind is CorrectionKind.CATEGORY or whole:
        return
    turn = correction.turn
    if turn is None or not 0 <= turn < len(conversation.turns):
        raise ReviewError(f"発話の番号は0〜{len(conversation.turns) - 1}で指定してください。")
    if kind is CorrectionKind.SPEAKER:
        return
    length = len(conversation.turns[turn].text)
    start, end = correction.start, correction.end
    if start is None or end is None or not 0 <= start < end <= length:
        raise ReviewError(
            f"箇所は、この発話の0〜{length}文字目の間で、始まりより後に終わるように指定してください。"
        )
    if not conversation.turns[turn].text[start:end].strip():
        raise ReviewError("箇所に、空白でない文字を含めてください。")
