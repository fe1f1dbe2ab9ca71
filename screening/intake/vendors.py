"""The JSON transcripts of other products: how each is recognised by its content, and read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from screening.errors import IntakeError
from screening.intake import amazon, azure, ccai, genesys, whisper
from screening.intake.contract import read_native
from screening.intake.origin import Located, Origin
from screening.records import Conversation

Object = Mapping[str, Any]


class Vendor(NamedTuple):
    """``name`` is what ``--format`` takes, ``title`` what a person calls it."""

    name: str
    title: str
    fits: Callable[[Object], bool]
    read: Callable[[Object, Origin], Conversation]


#: In the order of trial: a later one may fit what an earlier one claims.
VENDORS = (
    Vendor("contact_lens", "Amazon Connect Contact Lens", amazon.is_contact_lens, amazon.read_contact_lens),
    Vendor("call_analytics", "Amazon Transcribe Call Analytics", amazon.is_call_analytics, amazon.read_call_analytics),
    Vendor("transcribe", "Amazon Transcribe", amazon.is_transcribe, amazon.read_transcribe),
    Vendor("pca", "AWS Post-Call Analytics", amazon.is_pca, amazon.read_pca),
    Vendor("genesys", "Genesys Cloud", genesys.is_genesys, genesys.read_genesys),
    Vendor("whisper", "OpenAI Whisper", whisper.is_whisper, whisper.read_whisper),
    Vendor("azure", "Azure Speech（バッチ文字起こし）", azure.is_azure_batch, azure.read_azure_batch),
    Vendor("azure_conversation", "Azure AI Language（会話）", azure.is_azure_conversation, azure.read_azure_conversation),
    Vendor("ccai", "Google Contact Center AI", ccai.is_ccai, ccai.read_ccai),
)  # fmt: skip

_NATIVE_KEYS = {"id", "kind", "turns", "subject", "body"}
_UNREAD: tuple[tuple[str, Callable[[Object], bool]], ...] = (
    ("Vosk の認識結果", lambda o: {"text", "result"} <= o.keys() or ("alternatives" in o and len(o) == 1)),
    ("Amazon Connect のリアルタイム分析", lambda o: "Segments" in o and len(o) <= 3),
    ("Google Speech-to-Text の認識結果", lambda o: isinstance(o.get("results"), list)),
    ("JSON Schema（会話の定義）", lambda o: o.get("type") == "object" and "properties" in o),
)  # fmt: skip
SUPPORTED = (
    "標準形式の JSONL・Parquet、"
    + "、".join(vendor.title for vendor in VENDORS)
    + "、WebVTT、SRT、.eml、mbox"
)


def unrecognised(product: str = "") -> str:
    """The reason of a reject: nothing that we read; ``product`` names what it seems to be."""
    seen = f"{product}には対応していません" if product else "形式を認識できません"
    return f"{seen}。対応する形式は {SUPPORTED} です。別の形式で書き出してください。"


def read_object(obj: object, origin: Origin, format: str | None) -> Iterator[Located]:
    """The conversation of one JSON object (several of an array), or the reject that reports it."""
    if isinstance(obj, list):
        for number, entry in enumerate(obj):
            place = f"{origin.place or '$'}[{number}]"
            yield from read_object(entry, origin.at(place), format)
        return
    if isinstance(obj, dict) and (inner := azure.azure_conversations(obj)) is not None:
        for number, entry in enumerate(inner):
            place = (
                f"{origin.place or '$'}.conversations[{number}]" if len(inner) > 1 else origin.place
            )
            yield from read_object(entry, origin.at(place), "azure_conversation")
        return
    try:
        yield origin, _read(obj, origin, format)
    except IntakeError as error:
        yield origin, error.reject


def _read(obj: object, origin: Origin, format: str | None) -> Conversation:
    if not isinstance(obj, dict) or format == "jsonl":
        return read_native(obj, origin)
    if format is not None:
        return next(v for v in VENDORS if v.name == format).read(obj, origin)
    if "kind" in obj and {"turns", "body"} & obj.keys():
        return read_native(obj, origin)
    for vendor in VENDORS:
        if vendor.fits(obj):
            return vendor.read(obj, origin)
    for product, fits in _UNREAD:
        if fits(obj):
            raise origin.error("", unrecognised(product))
    if _NATIVE_KEYS & obj.keys():
        return read_native(obj, origin)
    raise origin.error("", unrecognised())
