"""Where a mail's own part ends in a signature: shown dimmed, still the sender's own words."""

from __future__ import annotations

import re

_DELIMITER = re.compile(r"--[ \u3000]?$")
_FRAME = re.compile(r"[-‐－―ー─━=＝*＊_＿#＃+＋~～☆★◇◆○●◎□■▽▼△▲・…｡。．.:：]{5,}")
_CONTACT = re.compile(
    r"TEL|ＴＥＬ|電話|携帯|FAX|ＦＡＸ|〒|[\w.+-]+@[\w.-]+|https?://|株式会社|有限会社|合同会社|\(株\)|㈱|"
    r"\d{2,4}-\d{2,4}-\d{3,4}|[都道府県市区]\S{1,20}\d",
    re.IGNORECASE,
)
_MOBILE = re.compile(r"(?:iPhone|iPad|Android|スマートフォン|携帯).{0,20}から送信|Sent from my |Yahoo!?メール.{0,12}(?:送信|アプリ)", re.IGNORECASE)  # fmt: skip
_MAX_LINES = 12
_MAX_LINE = 200

Span = tuple[int, int]


def signature_spans(body: str, not_own: tuple[Span, ...] = ()) -> tuple[Span, ...]:
    """The signature at the end of each part of ``body`` outside ``not_own``, [start, end) in code points.

    A signature begins at ``-- ``, or at a framing line of signs with an address, a telephone number or a
    company below it, or is the line that a mobile mailer adds; it has at most 12 lines.
    """
    spans: list[Span] = []
    start = 0
    for quoted_start, quoted_end in (*not_own, (len(body), len(body))):
        if (span := _at_end_of(body, start, quoted_start)) is not None:
            spans.append(span)
        start = quoted_end
    return tuple(spans)


def _at_end_of(body: str, start: int, end: int) -> Span | None:
    stop = start + len(body[start:end].rstrip())
    begin: int | None = None
    line_end = stop
    contact = False
    for _ in range(_MAX_LINES):
        if line_end <= start:
            break
        line_start = max(body.rfind("\n", start, line_end) + 1, start)
        line = body[line_start:line_end].strip("\r")
        # A line of a signature is short: a megabyte without a line break is not searched through.
        text = line.strip() if len(line) <= _MAX_LINE else ""
        contact = contact or bool(_CONTACT.search(text))
        if _DELIMITER.fullmatch(line) or (_MOBILE.match(text) and line_end == stop):
            return line_start, stop
        if contact and _FRAME.match(text):
            # The frame may close the block as well: the outermost one begins it.
            begin = line_start
        line_end = line_start - 1
    return (begin, stop) if begin is not None and begin < stop else None
