"""Quotations of Japanese mails as pairs: what ⟦these⟧ hold is not the sender's, the rest is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.intake.mailsignature import signature_spans
from screening.intake.mailtext import not_own_spans

CASES = {
    "no quotation at all": "昨日の件ですが、いつになったら返事をくれるんですか。\n待っています。\n",
    "lines marked with >": "返金してください。\n⟦> 返金はできかねます。\n> ご了承ください。⟧\nおかしいでしょう。\n",
    "a full-width mark": "⟦＞担当の田中です。\n＞お待ちください。⟧\n待てません。\n",
    "a bar as a mark": "⟦| 規約により対応できません。⟧\nどの規約ですか。\n",
    "marks of marks": "⟦>> 先月の請求の件です。\n> 確認いたします。⟧\nまだですか。\n",
    "a blank line between marked lines": "⟦> 一つ目です。\n\n> 二つ目です。⟧\n両方とも困ります。",
    "answers between marked lines stay the sender's": (
        "⟦> お名前をお願いします。⟧\n山田です。\n⟦> ご住所をお願いします。⟧\n教えません。\n"
    ),
    "initials before the mark": "⟦tanaka> 明日伺います。\ntanaka> よろしくお願いします。⟧\n来ないでください。",
    "a face is no mark": ">_< もう嫌になりました。\n＞＜ 困ります。\n",
    "a table is no quotation": "| 日付 | 金額 |\n| 3日 | 500円 |\n返してください。\n",
    "a comparison inside a line is no mark": "価格＞品質という会社ですね。\n",
    "Original Message": (
        "至急返答しろ。\n\n⟦-----Original Message-----\nFrom: 窓口 <info@example.jp>\nSent: Saturday, October 3, 2026\n"
        "To: 山田\nSubject: ご回答\n\n対応いたしかねます。\n窓口⟧\n"
    ),
    "Original Message with marked lines below": (
        "⟦----- Original Message -----\nFrom: 窓口\n> 対応いたしかねます。⟧\nそれでは困ります。\n"
    ),
    "Original Message that says where it ends": (
        "先に書きます。\n⟦------ Original Message ------\n以前の文です。\n"
        "------ Original Message Ends ------⟧\n後に書きます。\n"
    ),
    "元のメッセージ": "読みました。\n⟦----- 元のメッセージ -----\n差出人: 窓口\n件名: ご回答\n\n以前の文です。⟧",
    "転送メッセージ": "ご参考まで。\n⟦---------- 転送メッセージ ----------\n差出人: 窓口\n\n役立たず⟧\n",
    "Forwarded message": (
        "これを見てください。\n⟦---------- Forwarded message ---------\nFrom: 鈴木 <s@example.jp>\n"
        "Date: 2026年10月3日(土) 10:00\nSubject: 苦情\n\n許さないからな⟧"
    ),
    "Begin forwarded message": "⟦Begin forwarded message:\n\nFrom: 鈴木\n\nふざけるな⟧",
    "以下、転送します": "担当者様\n⟦以下、転送いたします。\n\n二度と来るなと言われました。⟧",
    "an attribution with an address, marked lines": (
        "承知しません。\n\n⟦2026年10月3日(土) 10:00 山田太郎 <x@example.jp>:\n\n> 承知しました。⟧\n"
    ),
    "an attribution without marks below": (
        "承知しません。\n\n⟦2026年10月3日(土) 10:00 山田太郎 <x@example.jp>:\n\n承知しました。\n山田⟧\n"
    ),
    "an attribution over two lines": (
        "はい。\n⟦2026年10月3日(土) 10:00 サポート窓口 お客様相談室 <\nsupport@example.jp>:\n> 確認します。⟧\n"
    ),
    "On … wrote": "嫌です。\n⟦On Sat, Oct 3, 2026 at 10:00 AM 山田 <x@example.jp> wrote:\n> お願いします。⟧",
    "Becky's attribution": (
        "だめです。\n⟦On Sat, 3 Oct 2026 10:00:00 +0900\n山田太郎 <x@example.jp> wrote:\n\n> お願いします。⟧"
    ),
    "さんは書きました": "⟦田中さんは書きました:\n> 検討します。⟧\n検討で済むか。\n",
    "さんは書きました with the date and no marks": (
        "だめです。\n⟦2026/10/03 10:00、山田太郎 さんは書きました:\n検討します。⟧\n"
    ),
    "iPhone's attribution": (
        "早くして\n\niPhoneから送信\n\n⟦2026/10/03 10:00、窓口 <info@example.jp>のメール:\n\n> 確認中です。⟧\n"
    ),
    "Outlook's header block": (
        "納得できません。\n\n⟦________________________________\n差出人: 窓口 <info@example.jp>\n"
        "送信日時: 2026年10月3日 10:00\n宛先: 山田太郎\n件名: ご回答\n\nご要望には沿えません。⟧\n"
    ),
    "a header block without a rule": (
        "納得できません。\n\n⟦差出人： 窓口\n送信日時： 2026年10月3日 10:00\n宛先： 山田\n件名： ご回答\n\n沿えません。⟧\n"
    ),
    "an English header block": (
        "No.\n\n⟦From: 窓口\nSent: Saturday, October 3, 2026 10:00 AM\nTo: 山田\nSubject: RE: 件\n\n沿えません。⟧"
    ),
    "a web form is the customer's own words": (
        "差出人: 山田太郎\n件名: 苦情\n日時: 2026年10月3日\n本文:\n店員の態度が最悪でした。\n"
    ),
    "a form without a sending time": "送信者: 山田\n件名: 苦情\n\n最悪の店です。\n",
    "a date in a sentence is no attribution": (
        "2026年10月3日に電話しましたが、次のように言われました:\n「もう来るな」\nこれは本当ですか。\n"
    ),
    "a person said to have written is no attribution without marks": (
        "田中さんはこう書きました:\nもう知らない、と。\nそれが客への態度か。\n"
    ),
    "a rule between paragraphs": "一つ目の話。\n--------------------\n二つ目の話。\n",
    "CRLF line ends": "返金しろ\r\n⟦> できません\r\n> 申し訳ありません\r⟧\nおい\r\n",
}


def _unmark(marked: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    body, spans, start = "", [], 0
    for sign in marked:
        if sign == "⟦":
            start = len(body)
        elif sign == "⟧":
            spans.append((start, len(body)))
        else:
            body += sign
    return body, tuple(spans)


@pytest.mark.parametrize("marked", CASES.values(), ids=CASES.keys())
def test_quoted_and_forwarded_parts_are_told_from_the_senders_words(marked: str) -> None:
    """Quoted and forwarded parts are spans; everything else is the sender's."""
    body, expected = _unmark(marked)
    found = not_own_spans(body)
    assert [body[a:b] for a, b in found] == [body[a:b] for a, b in expected]
    assert found == expected


@given(
    st.text(
        alphabet="あ山>＞|\n\r -_:：差出人送信日時件名<@.jp書きまし2026年10月3日OnWrote",
        max_size=200,
    )
)
def test_spans_are_in_order_within_the_body_and_disjoint(body: str) -> None:
    """On any body the spans are non-empty, ordered, disjoint and inside it."""
    end = 0
    for start, stop in not_own_spans(body):
        assert end <= start < stop <= len(body)
        end = stop


@pytest.mark.parametrize(
    "line",
    [
        "> 引用\n",
        "差出人: 山田\n",
        "2026年10月3日 山田は\n",
        "_________\n",
        "\n",
        "-",
        "On 3 ",
        "a",
    ],
)
@pytest.mark.timeout(120)
def test_a_megabyte_of_one_line_is_read(line: str) -> None:
    """A pattern whose time grew with the square of the body would never come back from this."""
    body = line * (1_000_000 // len(line))
    quoted = not_own_spans(body)
    assert all(0 <= a < b <= len(body) for a, b in [*quoted, *signature_spans(body, quoted)])


SIGNATURES = {
    "a delimiter": "返金を求めます。\n⟦-- \n山田太郎\n090-1234-5678⟧\n",
    "a frame": "返金を求めます。\n\n⟦==========\n山田商店 山田太郎\nTEL 03-1234-5678\n==========⟧\n",
    "a decorated frame": "よろしく。\n⟦☆★☆★☆★☆★\n株式会社サンプル\n山田\n☆★☆★☆★☆★⟧",
    "a mobile mailer's line": "早くして\n\n⟦iPhoneから送信⟧\n",
    "no signature": "返金を求めます。\n山田\n",
    "a rule without an address": "一つ目。\n----------\n二つ目。\n",
}


@pytest.mark.parametrize("marked", SIGNATURES.values(), ids=SIGNATURES.keys())
def test_signatures_are_found_at_the_end(marked: str) -> None:
    """A signature is a delimiter or a framed block with an address; it is no quotation."""
    body, expected = _unmark(marked)
    assert signature_spans(body, not_own_spans(body)) == expected
    assert not_own_spans(body) == ()


def test_a_signature_above_a_quotation_is_found() -> None:
    """The signature of a reply stands above the quoted mail."""
    body, spans = _unmark(
        "嫌です。\n⟦-- \n山田 TEL 03-1234-5678⟧\n⟦> お願いします。\n> -- \n> 窓口⟧\n"
    )
    quoted = not_own_spans(body)
    assert (quoted, signature_spans(body, quoted)) == (spans[1:], spans[:1])
