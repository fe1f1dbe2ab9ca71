"""People's names and places: the dictionary's proper nouns, and what only its surroundings give away.

UniDic knows most family names and given names, fewer in kana. The rest is found by what stands around
it: さん and 様 after it, と申します, an office before it (センターの波多江です), a form's label (お名前は),
the last lines of a mail. A name in hiragana that nothing surrounds is missed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..text import Token
from .forms import ADDRESS, NAME

_HONORIFICS = (
    "さん", "様", "さま", "氏", "くん", "君", "ちゃん", "先生", "主任", "課長", "部長", "係長", "店長", "所長",
    "殿", "どの", "マネージャー", "リーダー",
)  # fmt: skip
#: What is said with an honorific, or stands where a name could, and names nobody.
_NOBODY = frozenset(
    {"お客", "客", "皆", "みな", "みんな", "奥", "旦那", "お母", "お父", "母", "父", "お婆", "お爺", "婆", "爺", "おばあ", "おじい", "おばあちゃん", "おじいちゃん", "おかあ", "おとう", "おにい", "おねえ", "おば", "おじ", "お兄", "お姉", "兄", "姉", "妹", "弟", "息子", "娘", "むすこ", "むすめ", "嫁", "神", "仏", "王", "患者", "利用者", "お医者", "医者", "看護師", "薬剤師", "介護士", "保健師", "店員", "社員", "駅員", "社長", "部長", "課長", "係長", "店長", "所長", "院長", "担当", "担当者", "お子", "子", "孫", "御", "お疲れ", "ご苦労", "おつかれ", "ごくろう", "殿", "業者", "弁護士", "警察", "おまわり", "お巡り", "隣", "お隣", "近所", "ご近所", "大家", "管理人", "何", "誰", "どちら", "どなた", "運転手", "調理", "赤", "猫", "犬", "主治医", "管理", "上", "上司", "事務", "工事", "本", "家政婦", "ヘルパー", "ドライバー", "スタッフ", "ケアマネ", "ケアマネージャー", "オペレーター", "マネージャー", "リーダー", "ナース", "ドクター", "カスタマー", "クレーマー", "パート", "バイト", "アルバイト", "者", "方", "人", "もの", "かた", "件", "こと", "責任者", "責任", "窓口", "受付", "相談員", "本人", "家族", "ご家族", "新人", "先輩", "後輩", "同僚", "部下", "男", "女", "おばさん", "おじさん", "たく", "あ", "お", "いい", "あん", "そちら", "こちら", "あちら", "うち", "ところ", "とこ", "せい", "ため", "お前", "おまえ", "あなた", "貴様", "きさま", "俺", "私", "僕", "わし", "自分", "通り", "おかげ", "お陰", "皆様", "各位", "関係者", "お世話", "お待ち", "ご馳走", "ごちそう", "疲れ", "つかれ", "苦労", "まわり", "巡り", "主任", "先生", "ばあ", "じい", "かあ", "とう", "にい", "ねえ", "左", "右", "店", "会社", "センター", "サポート", "コール", "嬢", "名", "女将", "会長", "校長", "教頭", "仲居", "一人", "二人", "主人", "ご主人", "世話", "御前", "車掌", "坊", "かげ", "愁傷", "互い", "職員", "義父", "義母", "マネジャー", "婿", "得意", "銀行", "オーナー", "生徒", "学生", "薬局", "常連", "板前", "駐在", "店主", "工房", "室長", "師長", "獣医", "弟子", "親族", "団体", "師匠", "代理", "代理店", "委員", "住民", "法務", "区長", "会員", "警備", "警備員", "酒屋", "八百屋", "畳屋", "お袋", "袋", "外人", "社", "長男", "長女", "眼科", "歯科", "会計", "大工", "地主", "地蔵", "番頭", "番台", "帳場", "版元", "和食", "バーガー", "悪魔", "おっ", "なあ", "お品", "ガイド", "首", "町内", "組合", "郵便", "宅配", "配達", "水道", "電気", "ガス", "床屋", "花屋", "魚屋", "肉屋", "米屋", "パン屋", "不動産", "役所", "市役所", "学校", "保育", "幼稚園", "消防", "看護", "介護", "リハ", "理学療法士", "作業療法士", "栄養士", "事務員", "同業", "同居", "相手", "別", "他", "ほか", "向かい", "下請け", "元請け", "親", "両親", "祖母", "祖父", "曽祖母", "伯母", "叔母", "伯父", "叔父", "甥", "姪", "ひ孫", "だいたい", "草々", "ぽつり", "いとこ", "ご先祖", "先祖"}
)  # fmt: skip
#: Words of offices before の, in front of somebody's name at the telephone.
_OFFICE = (
    "(?:センター|窓口|担当|係|課|部|室|局|店|所|社|支店|本部|ホーム|薬局|病院|医院|クリニック|受付|責任者|主任|店長|所長|"
    "カスタマー|サポート|サービス|デスク|相談員|介護|ケアマネ|ケアマネージャー|ヘルパー|看護師|薬剤師|オペレーター|事業所|ステーション)"
)
_FAMILY = "(?:家族|息子|娘|妻|夫|長男|次男|長女|次女|母|父|主人|家内|患者|利用者)"
_KANJI, _KANA, _HIRA = "[一-龠々ヶ]", "[ァ-ヶー]", "[ぁ-ん]"
_FULL = rf"(?:{_KANJI}{{1,4}}(?: {_KANJI}{{1,4}})?|{_KANA}{{2,8}}(?:[ ・]{_KANA}{{2,8}})?|{_HIRA}{{2,5}}(?: {_HIRA}{{2,5}})?)"
_SAYS = r"(?:です|でございます|と申し|と申す|といいま|と言いま|が承|が担当|が対応|が伺|がお受け|に代わり|だ(?=[。、がけよと\n]|$))"
#: (the form, whether what it finds must not be made up of words that the dictionary knows otherwise)
_AROUND: tuple[tuple[re.Pattern[str], bool], ...] = (
    (
        re.compile(
            rf"(?:(?<=[のがはと、。「 \n])|(?<![ぁ-んァ-ヶー一-龠]))(?P<n>(?:(?!の){_HIRA}){{2,4}}|{_KANA}{{2,8}})(?<!ばあ)(?<!じい)(?<!おば)(?<!おじ)(?<!かあ)(?<!とう)(?<!にい)(?<!ねえ)(?<!ご)(?<!お)(?=さん(?!ざ)|さま(?!ざ)|様|氏)"
        ),
        True,
    ),
    (re.compile(r"(?<![A-Za-z])(?P<n>[A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+)?)(?=さん|さま|様|氏)"), False),
    (
        re.compile(
            rf"(?:(?<=[、。「 \nのは])|^)(?P<n>{_FULL})(?=と申し|と申す|ともうし|といいま|と言いま|って言いま|っていいま|と言う者|という者)"
        ),
        False,
    ),
    (
        re.compile(
            rf"(?P<n>{_KANJI}{{1,4}}(?: {_KANJI}{{1,4}})?|{_KANA}{{2,8}}(?:[ ・]{_KANA}{{2,8}})?)(?=と申し|と申す|ともうし|といいま|と言いま|という者)"
        ),
        False,
    ),
    (re.compile(rf"{_OFFICE}の(?P<n>{_FULL})(?={_SAYS})"), True),
    (re.compile(rf"{_FAMILY}の(?P<n>{_FULL})(?={_SAYS})"), True),
    (
        re.compile(
            rf"(?P<n>{_KANJI}{{1,3}}|{_KANA}{{2,6}})(?=(?:って|という|とかいう|て)(?:人|方|奴|やつ|男|女|者|社員|店員|担当|おばさん|おじさん|ヘルパー))"
        ),
        False,
    ),
    (re.compile(rf"{_OFFICE}、(?P<n>{_FULL})(?=です|でございます|が承)"), True),
    (
        re.compile(
            rf"(?:氏名|お名前|名前|宛名|差出人|名義人?|署名|フリガナ|ふりがな|患者名|利用者名|担当者名|担当者?(?=:)|From(?=:))[はが:、 ]{{1,2}}(?P<n>{_FULL})(?=[、。\n )」です]|と|さん|様|$)"
        ),
        True,
    ),
)  # fmt: skip
_LINE = re.compile(
    rf"^[ ]*(?P<n>(?:{_KANJI}|{_KANA}|{_HIRA}){{1,5}} (?:{_KANJI}|{_KANA}|{_HIRA}){{1,5}}|{_KANJI}{{2,5}}|{_HIRA}{{3,6}}|[A-Z][A-Za-z]+ [A-Z][A-Za-z]+)[ ]*(?:\([^)]*\))?[ ]*$"
)
#: What a signature has beside the name.
_SIGNATURE = re.compile(r"^(?:-- ?|[-―─=_*]{3,})$|TEL|Tel|tel|電話|携帯|〒|E-?mail|Mail|@|住所")
_SIGNATURE_LINES = 8
#: Nations and their languages are no addresses: whoever is insulted by them must stay readable.
_COUNTRIES = frozenset(
    {"日本", "にほん", "ポルトガル", "カナダ", "ペルー", "本州", "関西", "関東", "九州", "四国", "東北", "江戸", "中華", "ローマ", "太平", "欧州", "ソ連", "満州", "アメリカ", "米国", "中国", "韓国", "北朝鮮", "朝鮮", "台湾", "ベトナム", "フィリピン", "インド", "インドネシア", "ネパール", "ミャンマー", "タイ", "ロシア", "ブラジル", "イギリス", "英国", "フランス", "ドイツ", "イタリア", "アジア", "ヨーロッパ", "アフリカ", "欧米", "モンゴル", "スリランカ", "バングラデシュ", "カンボジア"}
)  # fmt: skip
#: Words that the dictionary calls names, and that in calls and mails nearly never are.
_WORDS = frozenset(
    {"まこと", "ひかり", "のぞみ", "あゆみ", "めぐみ", "みのり", "しのぶ", "かおる", "ゆう", "あい", "こと", "まま", "なお", "まさ", "せい", "とも", "よし", "やす", "みち", "しょう", "さち", "りん", "れい", "さん", "まあ", "もり", "あき", "いま", "ほか", "たま", "はな", "すみ", "こころ", "いちご", "なみ", "なな", "まい", "らん", "るい", "わたし"}
)  # fmt: skip


_KANA_ONLY = re.compile(r"[ぁ-んァ-ヶ]")
_SHORT = re.compile(r"[ぁ-ん]{1,3}")
_SAID = re.compile(
    "|".join(map(re.escape, _HONORIFICS))
    + r"|です|でござ|と申|ともう|といい|と言い|って[人方奴言い]|だ。|だけど|[都道府県市区町村郡]"
)
#: Parts of a place's name that are words of their own to the dictionary.
_UNITS = frozenset("都道府県市区町村郡")


def named(text: str, tokens: tuple[Token, ...]) -> Iterator[tuple[int, int, str]]:
    """[start, end) of every name and place in a folded text, some more than once."""
    yield from _around(text, tokens)
    yield from _signed(text)
    yield from _known(text, tokens)


def _around(text: str, tokens: tuple[Token, ...]) -> Iterator[tuple[int, int, str]]:
    for form, doubtful in _AROUND:
        for match in form.finditer(text):
            start, end = match.span("n")
            words = match["n"]
            if words in _NOBODY or any(words.endswith(x) for x in ("社", "センター", "課", "係")):
                continue
            if doubtful and ordinary(tokens, start, end):
                continue
            yield start, end, NAME


def ordinary(tokens: tuple[Token, ...], start: int, end: int) -> bool:
    """Whether a range is made of whole words, each of which the dictionary knows as no name."""
    inside = [t for t in tokens if t.start < end and start < t.end]
    if not inside or inside[0].start != start or inside[-1].end != end:
        return False
    # A name in kana falls apart into particles and short words (は + たえ, ハタ + エ).
    if len(inside) > 1 and any(
        t.pos.startswith(("助詞", "助動詞"))
        or (len(t.surface) == 1 and _KANA_ONLY.match(t.surface))
        for t in inside
    ):
        return False
    return all(t.surface in _NOBODY or (t.lemma is not None and not _kind(t)) for t in inside)


def _signed(text: str) -> Iterator[tuple[int, int, str]]:
    """Lines that are nothing but a name, among the last of a mail and near how to reach the sender."""
    if "\n" not in text:
        return
    lines: list[tuple[int, str]] = []
    at = 0
    for line in text.split("\n"):
        if line.strip():
            lines.append((at, line))
        at += len(line) + 1
    last = lines[-_SIGNATURE_LINES:]
    reachable = any(_SIGNATURE.search(line) for _, line in last)
    for place, (start, line) in enumerate(last):
        match = _LINE.match(line)
        final = place == len(last) - 1
        if match and (reachable or final) and match["n"] not in _NOBODY and len(lines) > 1:
            yield start + match.start("n"), start + match.end("n"), NAME


def _known(text: str, tokens: tuple[Token, ...]) -> Iterator[tuple[int, int, str]]:
    """Runs of tokens that the dictionary calls a name or a place, and nouns before さん."""
    start = end = -1
    what = ""
    for i, token in enumerate(tokens):
        following = tokens[i + 1].surface if i + 1 < len(tokens) else ""
        kind = _kind(token)
        if kind == NAME and token.surface in _WORDS and following not in _HONORIFICS:
            kind = ""
        if not kind and _called(token, following):
            kind = NAME
        if what == ADDRESS and token.start == end and token.surface in _UNITS:
            kind = ADDRESS
        if kind and kind == what and text[end : token.start] in ("", " ", "・"):
            end = token.end
            continue
        if what and _sure(text, start, end):
            yield start, end, what
        start, end, what = token.start, token.end, kind
    if what and _sure(text, start, end):
        yield start, end, what


def _sure(text: str, start: int, end: int) -> bool:
    """A short word in the dictionary of names (円, けん) is one only where it is said like a name."""
    word = text[start:end]
    if len(word) > 1 and not _SHORT.fullmatch(word):
        return True
    return said_as_name(text, end)


def said_as_name(text: str, end: int) -> bool:
    """Whether what ends here is followed by さん, です or the like."""
    return _SAID.match(text, end) is not None


def _kind(token: Token) -> str:
    if token.pos.startswith("名詞-固有名詞-人名"):
        return NAME
    if token.pos.startswith("名詞-固有名詞-地名") and token.surface not in _COUNTRIES:
        return ADDRESS
    return ""


def _called(token: Token, following: str) -> bool:
    if following not in _HONORIFICS or not token.pos.startswith("名詞"):
        return False
    suffix = token.surface[-1:] in "屋店長員師士者科局部課室"
    known = token.pos.startswith("名詞-普通名詞") and suffix
    return token.surface not in _NOBODY and not known and not token.pos.startswith("名詞-数詞")
