"""Labels of speakers and channels become roles; a label that nobody explained stays unknown.

Recognisers write ``AGENT``, ``external``, ``spk_0``, ``ch_1`` or a person's name. Only words that name a
role in themselves are understood without a role map: to guess that the first voice is the agent would
put the customer's words into the agent's mouth on every outbound call.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from screening.records import Speaker

_WORDS: dict[Speaker, tuple[str, ...]] = {
    Speaker.CUSTOMER: (
        "customer", "caller", "end_user", "external", "consumer", "顧客", "お客様", "お客さま", "客",
    ),
    Speaker.AGENT: (
        "agent", "operator", "internal", "human_agent", "staff", "オペレーター", "オペレータ", "オペ",
        "担当者", "応対者", "スタッフ",
    ),
    Speaker.SYSTEM: (
        "system", "bot", "chatbot", "ivr", "acd", "virtual_agent", "automated_agent", "voicemail",
        "自動音声", "システム",
    ),
    Speaker.UNKNOWN: ("unknown", "不明"),
}  # fmt: skip


def fold_label(label: str) -> str:
    """Width, case and spacing do not tell two labels apart."""
    return "".join(unicodedata.normalize("NFKC", label).casefold().split())


_KNOWN = {fold_label(word): speaker for speaker, words in _WORDS.items() for word in words}


def prepare(role_map: Mapping[str, Speaker] | None) -> dict[str, Speaker]:
    """The map with folded labels. Raises ValueError for a value that is no role."""
    return {fold_label(label): Speaker(role) for label, role in (role_map or {}).items()}


def speaker_of(roles: Mapping[str, Speaker], *labels: object) -> Speaker:
    """The role of the first label that the role map knows, else that names a role in itself."""
    folded = [fold_label(str(label)) for label in labels if label is not None and label != ""]
    for known in (roles, _KNOWN):
        for label in folded:
            if label in known:
                return known[label]
    return Speaker.UNKNOWN
