"""Which parts of a mail's body its sender only passes on: quoted replies and forwarded mails.

They stay visible and are never screened as the sender's words. Where a mail leaves it open, the words
count as the sender's own: a missed quotation costs a look, a missed threat costs more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

Span = tuple[int, int]

_QUOTED = re.compile(r"[ \t\u3000]{0,4}(?:[>＞]|[|｜](?=[ \t\u3000|｜>＞])|[A-Za-z]{1,8}>[ \t])")
#: >_<, ＞＜ and ＞﹏＜ are faces, not quotation marks.
_FACE = re.compile(r"[ \t\u3000]{0,4}[>＞][^\s>＞<＜]{0,3}[<＜]")
#: | 項目 | 値 | is a table that the sender drew.
_TABLE = re.compile(r"\s*[|｜].*[|｜]\s*$")

_RULE = "[-‐－ー―─━_＿=＝*＊~ \t\u3000]"
_ORIGINAL = re.compile(
    rf"{_RULE}{{0,60}}(?:Original\s+(?:Message|Mail)|Forwarded\s+(?:message|mail)|元のメッセージ|元のメール|"
    r"転送(?:された)?(?:メッセージ|メール)|転送(?:開始|ここから)|ここから転送|返信元メール|以下、?元メール)"
    rf"(?:\s*by[^\n]{{1,60}}|（[^）\n]{{1,60}}）)?{_RULE}{{0,60}}[:：]?$",
    re.IGNORECASE,
)
_BEGIN_FORWARDED = re.compile(r"(?:Begin forwarded message|(?:以下|下記)、?(?:に|を)?転送(?:します|いたします|致します))[:：。]$", re.IGNORECASE)  # fmt: skip
_ENDS = re.compile(
    rf"{_RULE}{{1,60}}(?:End\s+(?:of\s+)?(?:Original|Forwarded)\s+(?:Message|Mail)|Original\s+Message\s+Ends|"
    rf"(?:元のメッセージ|転送(?:された)?(?:メッセージ|メール)?)?(?:ここまで|終わり|終了)){_RULE}{{1,60}}$",
    re.IGNORECASE,
)
_LONG_RULE = re.compile(r"[_＿]{8,}$|[-－─━]{8,}$")

_FIELD = re.compile(
    r"[*＊]?(?:(?P<who>差出人|送信者|送信元|発信者|From)|(?P<when>送信日時|送信日|受信日時|日時|日付|Sent|Date)|"
    r"(?P<other>宛先|宛て先|To|CC|Cc|件名|題名|Subject|重要度|Importance|添付ファイル|Reply-To))[*＊]?[ \t\u3000]*[:：]",
)
_FORM_FIELD = re.compile(
    r"[【\[■◆●・]?\s*(?:本文|内容|お?問い?合わ?せ内容|ご意見|メッセージ)\s*[】\]]?\s*[:：]?"
)
_HEADER_LINES = 8

_DATE = r"(?:\d{2,4}[年/.-]\s?\d{1,2}[月/.-]\s?\d{1,2}|\d{1,2}\s(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\s\d{1,2})"  # fmt: skip
_DATED = re.compile(_DATE)
_ADDRESS = re.compile(r"<[^<>\s@]{1,120}@[^<>\s@]{1,120}>")
_ATTRIBUTION_START = re.compile(rf"(?:On\s.{{0,40}}\d|.{{0,40}}{_DATE}|.{{1,60}}(?:さん|様|氏)?(?:は|が).{{0,40}}書き|.{{0,80}}<[^<>\s@]{{1,120}}@)")  # fmt: skip
_ATTRIBUTION_END = re.compile(r"(?:wrote|writes|書きました|書かれました|のメール|からのメール|のメッセージ|>)\s*[:：]$|<[^<>\s]+@[^<>\s]+>\s*のメール[:：]?$")  # fmt: skip
_ATTRIBUTION_LINES = 3
_ATTRIBUTION_LENGTH = 300


class _Line(NamedTuple):
    start: int
    end: int
    text: str


def not_own_spans(body: str) -> tuple[Span, ...]:
    """The quoted and forwarded ranges of ``body``, [start, end) in code points, in order, disjoint.

    Lines marked with ``>``, ``＞`` or ``|`` are quoted one by one, so that answers between them stay the
    sender's. Below ``-----Original Message-----``, a block of 差出人/送信日時/件名, or an attribution
    that no marked line follows, everything is quoted up to a line that ends it.
    """
    lines = list(_lines(body))
    spans: list[Span] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        if _is_quoted(line.text):
            spans.append((line.start, line.end))
            number += 1
        elif (head := _quotation_head(lines, number)) is not None:
            after = _next_filled(lines, head)
            if after is not None and _is_quoted(lines[after].text):
                # The quoted lines bear their own marks, what stands between them is an answer.
                spans.append((line.start, lines[head - 1].end))
                number = head
            else:
                stop = _quotation_end(lines, head)
                spans.append((line.start, lines[stop - 1].end))
                number = stop
        else:
            number += 1
    return _merged(spans, body)


def _lines(body: str) -> Iterator[_Line]:
    start = 0
    while start < len(body):
        newline = body.find("\n", start)
        end = len(body) if newline < 0 else newline
        yield _Line(start, end, body[start:end].rstrip())
        start = end + 1


def _is_quoted(text: str) -> bool:
    return bool(_QUOTED.match(text)) and not (_FACE.match(text) or _TABLE.match(text))


def _quotation_head(lines: list[_Line], number: int) -> int | None:
    """The number of the line after a head that opens a quotation at ``number``, if one does."""
    text = lines[number].text.strip()
    if not text:
        return None
    if len(text) <= 160 and (_ORIGINAL.match(text) or _BEGIN_FORWARDED.match(text)):
        return _skip_fields(lines, number + 1)
    if _LONG_RULE.match(text):
        below = _next_filled(lines, number + 1)
        if below is not None and below <= number + 2:
            return _header_block(lines, below)
        return None
    return _header_block(lines, number) or _attribution(lines, number)


def _skip_fields(lines: list[_Line], number: int) -> int:
    """Past the From/Date/Subject lines below a marker, which belong to it."""
    position = number
    for candidate in range(number, min(number + _HEADER_LINES, len(lines))):
        text = lines[candidate].text.strip()
        if _FIELD.match(text):
            position = candidate + 1
        elif text:
            break
    return position


def _header_block(lines: list[_Line], number: int) -> int | None:
    """差出人, 送信日時 and 宛先 or 件名 on neighbouring lines, as Outlook writes them.

    A web form also sends "差出人:" and "件名:", and then the customer's own words: a form is told by
    the missing 送信日時 or by a field for the text itself.
    """
    first = _FIELD.match(lines[number].text.strip())
    if not first or first.lastgroup == "other":
        return None
    seen = {first.lastgroup}
    end = number + 1
    for candidate in range(number + 1, min(number + _HEADER_LINES, len(lines))):
        text = lines[candidate].text.strip()
        match = _FIELD.match(text)
        if match:
            seen.add(match.lastgroup)
            end = candidate + 1
        elif _FORM_FIELD.match(text) and text.rstrip(":： 】]")[-2:] in (
            "本文",
            "内容",
            "意見",
            "ージ",
        ):
            return None
        elif not text or end != candidate:
            break
    return end if seen == {"who", "when", "other"} else None


def _attribution(lines: list[_Line], number: int) -> int | None:
    """「2026年10月3日(土) 10:00 山田太郎 <x@example.jp>:」 or "On … wrote:", also wrapped.

    Needs a date and an address or a word for writing; with less, only marked lines below prove it.
    """
    if len(lines[number].text) > _ATTRIBUTION_LENGTH or not _ATTRIBUTION_START.match(
        lines[number].text.strip()
    ):
        return None
    joined = ""
    for candidate in range(number, min(number + _ATTRIBUTION_LINES, len(lines))):
        text = lines[candidate].text.strip()
        if not text or _is_quoted(text):
            return None
        joined += text if joined.endswith("<") else f" {text}" if joined else text
        if len(joined) > _ATTRIBUTION_LENGTH:
            return None
        if _ATTRIBUTION_END.search(joined):
            below = _next_filled(lines, candidate + 1)
            marked = below is not None and _is_quoted(lines[below].text)
            certain = _DATED.search(joined) and (
                _ADDRESS.search(joined) or re.search(r"(?:wrote|書きました)\s*[:：]$", joined)
            )
            return candidate + 1 if marked or certain else None
    return None


def _quotation_end(lines: list[_Line], number: int) -> int:
    for candidate in range(number, len(lines)):
        text = lines[candidate].text.strip()
        if 0 < len(text) <= 160 and _ENDS.match(text):
            return candidate + 1
    return len(lines)


def _next_filled(lines: list[_Line], number: int) -> int | None:
    return next((n for n in range(number, len(lines)) if lines[n].text.strip()), None)


def _merged(spans: list[Span], body: str) -> tuple[Span, ...]:
    merged: list[Span] = []
    for start, end in spans:
        if merged and not body[merged[-1][1] : start].strip():
            merged[-1] = (merged[-1][0], end)
        elif end > start:
            merged.append((start, end))
    return tuple(merged)
