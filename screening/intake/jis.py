"""ISO-2022-JP and EUC-JP as Japanese mailers write them.

Python's codecs refuse what mails are full of: ①㈱ (NEC row 13), 髙﨑 (NEC-selected IBM extensions) and
half-width katakana inside ISO-2022-JP. Microsoft's cp50220 and cp51932 read them; so does this module,
by moving each JIS pair to its Shift_JIS place and decoding that as CP932. Nothing raises: a pair
outside the tables becomes U+FFFD.
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(rb"\x1b(\$[@AB]|\$\([@BDOPQ]|\([BHIJ]|&@)|\x0e|\x0f|\n")
_DOUBLE = {b"$@", b"$B", b"$(@", b"$(B"}


def decode_iso2022jp(raw: bytes) -> str:
    """ISO-2022-JP with the extensions of cp50220/50221/50222, and JIS X 0212."""
    if b"\x1b$(O" in raw or b"\x1b$(P" in raw or b"\x1b$(Q" in raw:
        return raw.decode("iso2022_jp_2004", "replace")
    pieces: list[str] = []
    state = b"(B"
    position = 0
    for escape in _ESCAPE.finditer(raw):
        pieces.append(_decode_run(raw[position : escape.start()], state))
        position = escape.end()
        sign = escape.group()
        if sign == b"\n":  # RFC 1468: a line ends in ASCII, also where the mailer forgot to say so
            pieces.append("\n")
            state = b"(B"
        elif sign == b"\x0e":
            state = b"(I"
        elif sign == b"\x0f":
            state = b"(B"
        elif escape.group(1) != b"&@":
            state = escape.group(1)
    pieces.append(_decode_run(raw[position:], state))
    return "".join(pieces)


def decode_eucjp(raw: bytes) -> str:
    """EUC-JP with the extensions of cp51932/eucJP-ms. Raises UnicodeDecodeError for other bytes."""
    pieces: list[str] = []
    run = bytearray()
    position = 0
    while position < len(raw):
        lead = raw[position]
        width = 1 if lead < 0x80 else 3 if lead == 0x8F else 2
        trail = raw[position + 1 : position + width]
        if len(trail) != width - 1 or any(byte < 0xA1 for byte in trail):
            raise UnicodeDecodeError("euc_jp", raw, position, position + 1, "illegal sequence")
        if lead < 0x80:
            run.append(lead)
        elif lead == 0x8E:
            run += trail
        elif lead == 0x8F:
            pieces += [run.decode("cp932", "replace"), _jis0212(bytes(b & 0x7F for b in trail))]
            run.clear()
        elif lead >= 0xA1:
            run += bytes(_to_sjis(lead & 0x7F, trail[0] & 0x7F))
        else:
            raise UnicodeDecodeError("euc_jp", raw, position, position + 1, "illegal sequence")
        position += width
    pieces.append(run.decode("cp932", "replace"))
    return "".join(pieces)


def _decode_run(run: bytes, state: bytes) -> str:
    if not run:
        return ""
    if state in _DOUBLE:
        return _jis0208(run)
    if state == b"$(D":
        return _jis0212(run)
    if state == b"(I":
        return bytes(b | 0x80 if 0x21 <= b <= 0x5F else b for b in run).decode("cp932", "replace")
    if state == b"$A":
        return (b"\x1b$A" + run).decode("iso2022_jp_2", "replace")
    # Eight-bit bytes have no place here; some mailers slip in half-width katakana, others UTF-8.
    try:
        return run.decode("utf-8")
    except UnicodeDecodeError:
        return run.decode("cp932", "replace")


def _jis0208(run: bytes) -> str:
    shifted = bytearray()
    position = 0
    while position < len(run):
        first = run[position] & 0x7F
        if first <= 0x20:  # a space or a tab inside a two-byte run
            shifted.append(first)
            position += 1
        elif position + 1 < len(run) and run[position + 1] & 0x7F > 0x20:
            shifted += bytes(_to_sjis(first, run[position + 1] & 0x7F))
            position += 2
        else:
            shifted += b"\xff"
            position += 1
    return shifted.decode("cp932", "replace").replace("\uf8f3", "\ufffd")


def _jis0212(run: bytes) -> str:
    pairs = (run[n : n + 2] for n in range(0, len(run), 2))
    return "".join(
        (b"\x8f" + bytes(b | 0x80 for b in pair)).decode("euc_jp", "replace")[:1] for pair in pairs
    )


def _to_sjis(first: int, second: int) -> tuple[int, int]:
    lead = ((first - 0x21) >> 1) + (0x81 if first < 0x5F else 0xC1)
    # A row of 94 fills half a Shift_JIS row; 0x7F is skipped.
    if first & 1 == 0:
        return lead, second + 0x7E
    return lead, second + (0x1F if second < 0x60 else 0x20)
