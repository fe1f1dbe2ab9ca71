"""Bytes of mails and subtitles become text, whatever their label says.

A label is believed when the bytes agree with it. ``shift_jis`` is read as CP932, which Windows mailers
mean by it; without a label a byte-order mark, the escapes of ISO-2022-JP and strict UTF-8 are certain,
and only then comes a guess.
"""

from __future__ import annotations

import codecs
import re

from screening.intake.jis import decode_eucjp, decode_iso2022jp

_SJIS = {"shiftjis", "sjis", "xsjis", "cp932", "ms932", "windows31j", "cswindows31j", "mskanji", "xmscp932"}  # fmt: skip
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "ksc56011987": "cp949", "euckr": "cp949"}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ESCAPES = (b"\x1b$", b"\x1b(I", b"\x1b(J")
_HALF_KANA = re.compile("[\uff61-\uff9f]")
_COMMON = re.compile("[\u3041-\u3096\u30a1-\u30fc、。]")
_GUESS_BYTES = 1 << 16


def decode_text(raw: bytes, declared: str | None = None) -> str:
    """The text of ``raw``; never raises. Bytes that no reading explains become U+FFFD."""
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            return raw[len(bom) :].decode(encoding, "replace")
    name = re.sub(r"[^a-z0-9]", "", (declared or "").lower())
    if name.startswith(("iso2022jp", "cp5022", "csiso2022jp")) and any(e in raw for e in _ESCAPES):
        return decode_iso2022jp(raw)
    try:
        if name in _SJIS:
            return raw.decode("cp932")
        if name in ("eucjp", "xeucjp", "cp51932", "eucjpms"):
            return decode_eucjp(raw)
        if name and name not in ("usascii", "ascii", "unknown8bit", "iso2022jp"):
            return raw.decode(_WIDER.get(name, (declared or "").strip()))
    except (UnicodeDecodeError, LookupError, ValueError):
        pass
    return _without_label(raw, fallback="cp932" if name in _SJIS else "utf-8")


def japanese_guess(raw: bytes) -> str | None:
    """The Japanese encoding that non-UTF-8 bytes are likely in, by its common name."""
    sample = raw[:_GUESS_BYTES]
    if any(escape in sample for escape in _ESCAPES):
        return "ISO-2022-JP"
    reading = _legacy(sample)
    return reading[0] if reading else None


def _without_label(raw: bytes, fallback: str) -> str:
    if any(escape in raw for escape in _ESCAPES):
        return decode_iso2022jp(raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if (reading := _legacy(raw)) is not None:
        return reading[1]
    import chardet  # 30 ms that only the rarest of mails pay

    guess = chardet.detect(raw[:_GUESS_BYTES]).get("encoding") or fallback
    try:
        return raw.decode(guess)
    except (UnicodeDecodeError, LookupError):
        return raw.decode(fallback, "replace")


def _legacy(raw: bytes) -> tuple[str, str] | None:
    """Shift_JIS or EUC-JP, where the bytes are sound in one of them and read like Japanese.

    EUC-JP bytes often pass as Shift_JIS half-width katakana and the reverse hardly ever happens, so the
    reading with more kana proper and less half-width kana is the right one.
    """
    readings: list[tuple[int, str, str]] = []
    for name, decode in (("Shift_JIS", lambda b: b.decode("cp932")), ("EUC-JP", decode_eucjp)):
        try:
            text = decode(_without_cut_end(raw) if len(raw) == _GUESS_BYTES else raw)
        except UnicodeDecodeError:
            continue
        sample = text[:20_000]
        score = len(_COMMON.findall(sample)) - len(_HALF_KANA.findall(sample))
        readings.append((score, name, text))
    best = max(readings, key=lambda reading: reading[0], default=None)
    # Half-width kana alone ("ﾃｽﾄ") is Shift_JIS too, when nothing else reads the bytes.
    if best is None or (best[0] <= 0 and not (len(readings) == 1 or best[1] == "Shift_JIS")):
        return None
    return best[1], best[2]


def _without_cut_end(raw: bytes) -> bytes:
    return raw[: raw.rfind(b"\n") + 1] or raw
