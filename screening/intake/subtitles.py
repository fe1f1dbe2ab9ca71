"""WebVTT and SubRip: cues become turns, a voice becomes a speaker.

In WebVTT ``<v Name>`` opens a voice that ends at ``</v>``, at the next ``<v>`` or with the cue; a cue
may hold several. Plain subtitles often begin a line with ``Name:`` instead, which counts as a label only
where the role map or the word itself says whose it is.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from itertools import zip_longest

from screening.intake.charset import decode_text
from screening.intake.contract import whole
from screening.intake.origin import Origin
from screening.intake.roles import fold_label, speaker_of
from screening.intake.words import derived_id
from screening.records import Conversation, Kind, Speaker, Turn

_CLOCK = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMING = re.compile(rf"\s*{_CLOCK}\s*-+>\s*{_CLOCK}")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?(?:[ \t\u3000]+([^>]*))?>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:c|i|b|u|ruby|rt|v|lang|font|span)\b[^>]*>|<[\d:.]+>|\{\\[^}]*\}", re.IGNORECASE
)
_LABEL = re.compile(r"\s*[\[【(（]?([^:：\[\]【】()（）]{1,40})[\]】)）]?\s*[:：]\s*")
_RECOGNISER_LABEL = re.compile(r"(?:SPEAKER|spk|ch|speaker)[_ ]?\d+", re.IGNORECASE)
_BLOCK = re.compile(r"\n(?:[ \t]*\n)+")
_NOT_CUES = ("WEBVTT", "NOTE", "STYLE", "REGION", "X-TIMESTAMP-MAP")


def read_webvtt(raw: bytes, origin: Origin) -> Conversation:
    """WebVTT (W3C). Raises IntakeError where no cue is found."""
    return _read(raw, origin, "WebVTT")


def read_srt(raw: bytes, origin: Origin) -> Conversation:
    """SubRip, in UTF-8, UTF-16 with a mark, Shift_JIS or EUC-JP. Raises IntakeError without a cue."""
    return _read(raw, origin, "SRT")


def _read(raw: bytes, origin: Origin, title: str) -> Conversation:
    text = whole(decode_text(raw)).replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        raise origin.error("", f"{title} ではなくバイナリのようです。書き出し直してください。")
    turns: list[Turn] = []
    for block in _BLOCK.split(text.strip("\n")):
        turns += _cue(block, origin.roles, voices=title == "WebVTT")
    if not turns:
        raise origin.error(
            "", f"{title} の字幕（時刻と本文）が1つもありません。書き出し直してください。"
        )
    return Conversation(derived_id(origin.file, turns), Kind.CALL, tuple(turns), channel="phone")


def _cue(block: str, roles: Mapping[str, Speaker], *, voices: bool) -> Iterator[Turn]:
    """The turns of one block of lines; a cue whose times cannot be read keeps its words."""
    lines = block.split("\n")
    timing = next((n for n, line in enumerate(lines[:3]) if "->" in line), None)
    if timing is None:
        if voices or not turns_like(lines):
            return
        timing = -1
    match = _TIMING.match(lines[timing]) if timing >= 0 else None
    start, end = (_ms(match.groups()[:4]), _ms(match.groups()[4:])) if match else (None, None)
    if start is not None and end is not None and end < start:
        end = None
    payload = "\n".join(lines[timing + 1 :])
    for speaker, words in _voices(payload, roles) if voices else _labelled(payload, roles):
        said = html.unescape(_TAG.sub("", words)) if voices else _TAG.sub("", words)
        if said := " ".join(said.split("\n")).strip():
            yield Turn(said, speaker, start, end)


def turns_like(lines: list[str]) -> bool:
    """In SubRip a block without a timing line is the rest of a cue whose text held an empty line."""
    return not lines[0].startswith(_NOT_CUES) and not (
        len(lines) == 1 and lines[0].strip().isdigit()
    )


def _voices(payload: str, roles: Mapping[str, Speaker]) -> Iterator[tuple[Speaker, str]]:
    opened = list(_VOICE.finditer(payload))
    head = payload[: opened[0].start()] if opened else payload
    if head.strip():
        yield from _labelled(head, roles)
    for voice, following in zip_longest(opened, opened[1:]):
        words = payload[voice.end() : following.start() if following else len(payload)]
        inside, _, outside = words.partition("</v>")
        yield speaker_of(roles, html.unescape(voice[1] or "")), inside
        if outside.strip():
            yield Speaker.UNKNOWN, outside


def _labelled(payload: str, roles: Mapping[str, Speaker]) -> Iterator[tuple[Speaker, str]]:
    """Lines grouped under the label that opens them; without one all are of one unknown speaker."""
    speaker, lines = Speaker.UNKNOWN, list[str]()
    for line in payload.split("\n"):
        match = _LABEL.match(line)
        label = fold_label(match[1]) if match else ""
        known = speaker_of(roles, label)
        if match and (
            known is not Speaker.UNKNOWN or _RECOGNISER_LABEL.fullmatch(match[1].strip())
        ):
            if lines:
                yield speaker, "\n".join(lines)
            speaker, lines = known, [line[match.end() :]]
        else:
            lines.append(line)
    yield speaker, "\n".join(lines)


def _ms(groups: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, fraction = groups
    whole_seconds = (int(hours or 0) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
    return whole_seconds * 1000 + int((fraction or "0").ljust(3, "0"))
