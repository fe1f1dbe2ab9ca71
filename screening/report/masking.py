"""Names, addresses, telephone and account numbers give way to a word that says what stood there.

Numbers and addresses are found by their written form, names by the tokeniser's dictionary and by what
follows them (さん, と申します). A machine misses some of both, so whoever passes a masked text on has to
read it first: every page and paper that shows one says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..text import Token, fold, tokenize

NAME, ADDRESS, PHONE, NUMBER, MAIL = "氏名", "住所・地名", "電話番号", "番号", "メールアドレス"

_D = "[0-9〇一二三四五六七八九]"
_SEP = "[-‐–—ー−のノ() ]"
#: In this order: what an earlier one found, a later one leaves alone. All read the folded text.
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (MAIL, re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    (MAIL, re.compile(r"https?://[^\s、。」）]+")),
    # A Japanese number starts with 0 and has ten or eleven digits in three groups, or in one.
    (
        PHONE,
        re.compile(rf"(?:\+81{_SEP}?|[0〇]){_D}{{1,4}}{_SEP}{{1,2}}{_D}{{1,4}}{_SEP}{_D}{{3,4}}"),
    ),
    (PHONE, re.compile(r"(?<![0-9])0[0-9]{9,10}(?![0-9])")),
    (ADDRESS, re.compile(r"(?<![0-9-])〒? ?[0-9]{3}-[0-9]{4}(?![0-9-])")),
    # Cards, accounts, membership and insurance numbers: five digits or more, in one or several groups.
    (NUMBER, re.compile(r"(?<![0-9.,])[0-9]{4}(?:[- ][0-9]{4}){2,3}(?![0-9])")),
    (NUMBER, re.compile(r"(?<![0-9,.])[0-9]{5,}(?![0-9,.]|円|人|件|万)")),
    (
        NUMBER,
        re.compile(
            r"(?:(?<=番号は)|(?<=番号、)|(?<=番号)|(?<=普通)|(?<=当座)|(?<=会員))[ :]?[A-Za-z]{0,3}[-0-9〇一二三四五六七八九]{4,}"
        ),
    ),
    (
        ADDRESS,
        re.compile(
            r"(?:東京都|北海道|(?:京都|大阪)府|[一-龠]{2,3}県)?[一-龠ぁ-んァ-ヶ]{1,6}?[市区町村郡][一-龠ぁ-んァ-ヶー]{0,10}?"
            rf"{_D}+(?:丁目|番地?|号|[-−の]{_D}+)(?:{_D}+(?:番地?|号)|[-−の]{_D}+|{_D}+)*"
        ),
    ),
    (ADDRESS, re.compile(rf"{_D}+丁目(?:{_D}+番地?(?:の?{_D}+)?号?|[-−の]?{_D}+)*")),
    (
        ADDRESS,
        re.compile(
            r"(?:東京都|北海道|(?:京都|大阪)府|(?<![一-龠])[一-龠]{2,3}県)(?:[一-龠]{1,4}[市区町村])?"
        ),
    ),
    (
        NAME,
        re.compile(
            r"[一-龠々ァ-ヶー]{1,6}(?: ?[一-龠々ァ-ヶー]{1,5})?(?=と申しま|といいます|と言いますが|と申す)"
        ),
    ),
)
_HONORIFICS = (
    "さん",
    "様",
    "さま",
    "氏",
    "くん",
    "君",
    "ちゃん",
    "先生",
    "主任",
    "課長",
    "部長",
    "店長",
    "所長",
)
#: What is said with an honorific and names nobody.
_NOBODY = frozenset(
    ["お客", "客", "皆", "みな", "みんな", "奥", "旦那", "お母", "お父", "母", "父", "お婆", "お爺", "婆", "爺", "おばあ", "おじい", "おかあ", "おとう", "お兄", "お姉", "兄", "姉", "息子", "娘", "嫁", "神", "仏", "王", "患者", "利用者", "お医者", "医者", "看護師", "薬剤師", "店員", "社長", "部長", "課長", "係長", "店長", "所長", "院長", "担当", "担当者", "お子", "子", "御", "お疲れ", "ご苦労", "殿", "業者", "弁護士", "警察", "おまわり", "お巡り", "隣", "お隣", "近所", "ご近所", "大家", "管理人", "何", "誰", "どちら", "運転手", "調理", "赤", "猫", "犬", "主治医", "管理", "上", "事務", "工事", "本"]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Masked:
    """A text and what was taken out of it: [start, end) in the original, and what stood there."""

    text: str
    taken: tuple[tuple[int, int, str], ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The [start, end) range of the masked text that holds a range of the original."""
        return self._moved(start, last=False), self._moved(end, last=True)

    def _moved(self, at: int, *, last: bool) -> int:
        shift = 0
        for start, end, what in self.taken:
            if end <= at:
                shift += len(_sign(what)) - (end - start)
            elif start < at:
                return start + shift + (len(_sign(what)) if last else 0)
        return at + shift


def _sign(what: str) -> str:
    return f"［{what}］"


def mask(text: str) -> Masked:
    """Takes out of ``text`` what could tell who somebody is or where they live.

    Pure and total: any text has an answer. Dates, amounts and times of day stay, because a report
    and a course need them.
    """
    folded = fold(text)
    found: list[tuple[int, int, str]] = []
    for what, form in _FORMS:
        for match in form.finditer(folded.text):
            _add(found, match.start(), match.end(), what)
    for start, end, what in _named(tokenize(folded.text)):
        _add(found, start, end, what)
    found.sort()
    taken = []
    for start, end, what in found:
        first, last = folded.span(start, end)
        if last > first:
            taken.append((first, last, what))
    parts, at = [], 0
    for first, last, what in taken:
        parts += [text[at:first], _sign(what)]
        at = last
    return Masked("".join([*parts, text[at:]]), tuple(taken))


def _add(found: list[tuple[int, int, str]], start: int, end: int, what: str) -> None:
    if start < end and all(end <= s or e <= start for s, e, _ in found):
        found.append((start, end, what))


def _named(tokens: tuple[Token, ...]) -> Iterator[tuple[int, int, str]]:
    """Runs of tokens that the dictionary calls a name or a place, and nouns before さん."""
    start = end = -1
    what = ""
    for i, token in enumerate(tokens):
        kind = _kind(token)
        following = tokens[i + 1].surface if i + 1 < len(tokens) else ""
        if not kind and _called(token, following):
            kind = NAME
        if kind and kind == what and token.start == end:
            end = token.end
            continue
        if what:
            yield start, end, what
        start, end, what = token.start, token.end, kind
    if what:
        yield start, end, what


def _kind(token: Token) -> str:
    if token.pos.startswith("名詞-固有名詞-人名"):
        return NAME
    return ADDRESS if token.pos.startswith("名詞-固有名詞-地名") else ""


def _called(token: Token, following: str) -> bool:
    if following not in _HONORIFICS or not token.pos.startswith("名詞"):
        return False
    return token.surface not in _NOBODY and not token.pos.startswith("名詞-数詞")
