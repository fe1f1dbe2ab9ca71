"""Telephone, account and mail addresses, and where somebody lives, as people write and say them.

Everything here reads folded text (``screening.text.fold``), in which full-width digits and letters are
plain ones. A number said aloud comes out of a recogniser as kanji digits or as kana, with の or a comma
between its groups; amounts, dates, times and durations are not numbers of anybody and stay.
"""

from __future__ import annotations

import re

NAME, ADDRESS, PHONE, NUMBER, MAIL = "氏名", "住所・地名", "電話番号", "番号", "メールアドレス"
BIRTH = "生年月日"

_KANJI = "〇零一二三四五六七八九"
_D = f"[0-9{_KANJI}]"
_SEP = r"[-‐‑–—−ー・.のノ()、, ]"
#: Digits said one by one. く and し are left out: they stand in every other sentence.
_SPOKEN = "(?:ゼロ|ぜろ|レイ|れい|マル|まる|イチ|いち|ニ|に|サン|さん|ヨン|よん|ゴ|ご|ロク|ろく|ナナ|なな|シチ|しち|ハチ|はち|キュウ|キュー|きゅう|[0-9〇零一二三四五六七八九])"
#: What follows a count, an amount or a time: such digits name nobody.
_COUNTED = r"(?![0-9,.]|[〇零一二三四五六七八九十百千万億]|円|人|件|個|回|年|万|億|ポイント|キロ|グラム|ミリ|メートル|歩|時間|分|秒)"
#: What says that the digits after it are somebody's, looked back at one by one.
_LABELS = "|".join(
    f"(?<={label})"
    for label in (
        "番号", "ナンバー", "口座", "普通", "当座", "会員", "カード", "下4桁", "下四桁", "ID", "コード", "記号",
    )
)  # fmt: skip
_ABOUT = r"(?:は|が|、|:|：|;|の|、|で|って|欄は| |下4桁|下四桁|預金|口座|番号)"
_TOWN = "[一-龠々ぁ-んァ-ヶー]"
_PREFECTURE = (
    "(?:北海道|東京都|京都府|大阪府|(?:青森|岩手|宮城|秋田|山形|福島|茨城|栃木|群馬|埼玉|千葉|神奈川|新潟|富山"
    "|石川|福井|山梨|長野|岐阜|静岡|愛知|三重|滋賀|兵庫|奈良|和歌山|鳥取|島根|岡山|広島|山口|徳島|香川|愛媛"
    "|高知|福岡|佐賀|長崎|熊本|大分|宮崎|鹿児島|沖縄)県)"
)
_BLOCK = rf"(?:{_D}|十)+(?:丁目|番地?|号室?|[-−‐ー–の](?={_D}))"
_HOUSE = rf"{_BLOCK}(?:の?(?:{_D}|十)+(?:番地?|号室?|[-−‐ー–の](?={_D}))?)*"
_BUILDING = (
    r"(?:[ァ-ヶー一-龠A-Za-z]{1,12})?"
    r"(?:マンション|アパート|ハイツ|コーポ|メゾン|レジデンス|団地|荘|ハイム|パレス|ビラ|ヴィラ|コート)"
    r"(?:[ァ-ヶー一-龠]{0,8})?"
)

#: In this order: of two that overlap the earlier one keeps its word and grows. What goes is the group
#: ``n``, or the whole where there is none.
FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (MAIL, re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)),
    (MAIL, re.compile(r"https?://[^\s、。」）]+")),
    (
        MAIL,
        re.compile(
            r"[A-Za-z0-9_.-]+ ?(?:アットマーク|あっとまーく|アット|\(at\)|\[at\]) ?[A-Za-z0-9-]+"
            r"(?: ?(?:ドット|どっと|\.) ?[A-Za-z]+)+"
        ),
    ),
    (
        BIRTH,
        re.compile(
            r"(?<=生年月日)(?:は|が|、|:)?[ ]?(?P<n>(?:明治|大正|昭和|平成|令和|西暦)?[0-9〇元一二三四五六七八九十]{1,4}年"
            r"[0-9一二三四五六七八九十]{1,3}月[0-9一二三四五六七八九十]{1,3}日|[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2})"
        ),
    ),
    (
        BIRTH,
        re.compile(
            r"(?:明治|大正|昭和|平成)[0-9元一二三四五六七八九十]{1,3}年[0-9一二三四五六七八九十]{1,3}月"
            r"[0-9一二三四五六七八九十]{1,3}日(?=生まれ|うまれ)"
        ),
    ),
    # A Japanese number starts with 0 and has ten or eleven digits in three groups, or in one.
    (
        PHONE,
        re.compile(
            rf"(?:\+81{_SEP}?|(?<![0-9])[0〇零]){_D}{{1,4}}{_SEP}{{1,2}}{_D}{{1,4}}{_SEP}{{1,2}}{_D}{{3,4}}(?!{_D})"
        ),
    ),
    (PHONE, re.compile(r"(?<![0-9])0[0-9]{9,10}(?![0-9])")),
    (PHONE, re.compile(rf"(?<!{_D})[〇零][{_KANJI}]{{9,10}}(?!{_D})")),
    (
        PHONE,
        re.compile(
            rf"(?:ゼロ|ぜろ|マル|まる|レイ|[0〇零])[、, のノ-]?(?:{_SPOKEN}ー?[、, のノ-]{{0,2}}){{8,9}}{_SPOKEN}"
        ),
    ),
    # The last part of a number alone, as people repeat it.
    (
        PHONE,
        re.compile(
            rf"(?:(?<=電話は)|(?<=電話番号は)|(?<=携帯は)|(?<=TEL)|(?<=Tel)|(?<=内線))[ :.]{{0,2}}(?P<n>{_D}{{2,4}}(?:{_SEP}{{1,2}}{_D}{{3,4}}){{0,2}})(?!{_D}|[時分年月日])"
        ),
    ),
    (ADDRESS, re.compile(rf"(?<![0-9-])〒 ?{_D}{{3}}[-−ーの ]?{_D}{{4}}(?![0-9-])")),
    (
        ADDRESS,
        re.compile(
            rf"(?<=郵便番号)(?:は|:| |、){{0,2}}(?P<n>{_D}{{3}}[-−ーの ]?{_D}{{4}})(?![0-9-])"
        ),
    ),
    (ADDRESS, re.compile(r"(?<![0-9-])[0-9]{3}-[0-9]{4}(?![0-9-])")),
    # Cards in four groups, Amex in three; membership and insurance numbers: five digits or more.
    (NUMBER, re.compile(r"(?<![0-9.,])[0-9]{4}(?:[- ][0-9]{4}){2,3}(?![0-9])")),
    (NUMBER, re.compile(r"(?<![0-9.,])3[47][0-9]{2}[- ][0-9]{6}[- ][0-9]{5}(?![0-9])")),
    (NUMBER, re.compile(rf"(?<![0-9,.])[0-9]{{5,}}{_COUNTED}")),
    (NUMBER, re.compile(rf"(?<![{_KANJI}十百千万])[{_KANJI}]{{5,}}{_COUNTED}")),
    (
        NUMBER,
        re.compile(rf"(?<![0-9A-Za-z])[A-Za-z]{{1,4}}-?[0-9]{{4,}}(?:-[0-9A-Za-z]+)*{_COUNTED}"),
    ),
    (
        NUMBER,
        re.compile(
            rf"(?:{_LABELS}){_ABOUT}{{0,4}}(?P<n>[A-Za-z]{{0,4}}-?(?:{_D}[- の]?){{3,}}{_D}){_COUNTED}"
        ),
    ),
    (
        ADDRESS,
        re.compile(
            rf"{_PREFECTURE}?{_TOWN}{{1,6}}?[市区町村郡](?:{_TOWN}{{1,6}}?[区町村])?{_TOWN}{{0,10}}?{_HOUSE}"
            rf"(?:[ 、]?{_BUILDING})?(?:[ 、]?{_D}{{1,4}}(?:号室?)?)?"
        ),
    ),
    (ADDRESS, re.compile(rf"(?:{_D}|十)+丁目(?:{_HOUSE}|(?:{_D}|十)+)?(?:[ 、]?{_BUILDING})?")),
    (ADDRESS, re.compile(rf"{_BUILDING}[ 、]?(?:の)?(?:{_D}){{1,4}}(?:号室?)?")),
    (ADDRESS, re.compile(rf"{_D}{{2,4}}号室")),
    (ADDRESS, re.compile(rf"{_PREFECTURE}(?:[一-龠ぁ-んァ-ヶ]{{1,5}}[市区町村](?![一-龠]))?")),
)
