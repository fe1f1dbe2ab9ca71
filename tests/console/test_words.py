"""What a reviewer reads for what the record holds."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.console import audit, words
from screening.policy import load_policy
from screening.store.events import EventKind

NOW = datetime(2026, 11, 27, 3, tzinfo=UTC)
LEARNED = "手がかりの言葉：「{}」（会話全体の見立て99%{}）"


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (f"「脅迫」のおそれ：{LEARNED.format('殺す', '')}", LEARNED.format("…", "")),
        # Three neighbouring findings, whose words are what tells them apart.
        (
            f"「脅迫」のおそれ：{LEARNED.format('家', '')}／{LEARNED.format('娘', '。ほかに検討して届かず：侮辱16%')}／{LEARNED.format('夜', '')}",
            LEARNED.format("…", "。ほかに検討して届かず：侮辱16%"),
        ),
        (
            f"「脅迫」のおそれ：{LEARNED.format('家', '')}／身の安全をほのめかしています",
            f"{LEARNED.format('…', '')}／身の安全をほのめかしています",
        ),
        # What stands between the quotation marks is never cut in two.
        ("「脅迫」のおそれ：手がかり「家／殺す／娘」です", "手がかり「…」です"),
    ],
)
def test_a_veiled_reason_says_each_thing_once(why, said):
    """Without their words, the reasons of findings beside each other are the same sentence."""
    assert words.reason(why, shown=False) == said


def test_a_reason_with_its_words_is_whole():
    """Whoever asked for the words sees every reason with its own."""
    why = f"「脅迫」のおそれ：{LEARNED.format('家', '')}／{LEARNED.format('娘', '')}"
    assert words.reason(why, shown=True) == why.partition("おそれ：")[2]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "―"),
        (0, "0"),
        (1234, "1,234"),
        (1012.4, "1,012"),
        (158.25, "158"),
        (15.82, "15.8"),
        (0.8481, "0.85"),
        (1.0, "1.00"),
    ],
)
def test_a_figure_has_no_exponent(value, said):
    """As exact as it is worth reading."""
    assert words.figure(value) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-11-27T00:30:00+00:00", "今日 09:30"),
        ("2026-10-18T00:01:00+00:00", "10月18日 09:01"),
        ("2025-12-31T15:30:00+00:00", "1月1日 00:30"),
        ("2025-10-18T00:01:00+00:00", "2025年10月18日 09:01"),
        (None, "日時不明"),
    ],
)
def test_a_time_leaves_out_what_goes_without_saying(at, said):
    """The year of this year in Japan, and the date of today."""
    assert words.short(at, NOW) == said


def test_a_clause_is_not_said_twice():
    """Its title stands beside it as the category's name, or it comes with it."""
    policy = load_policy()
    assert words.clause(policy, "②-1") == "②-1 身体的な攻撃"
    assert words.clause(policy, "②-1", beside="身体的な攻撃") == "②-1"
    assert words.clause(policy, "②-2", beside="脅迫") == "②-2 精神的な攻撃"


def test_every_action_of_the_log_has_its_words():
    """Nobody reads "step 279"."""
    store = Path(words.__file__).parents[2] / "screening" / "store"
    sources = "\n".join(p.read_text(encoding="utf-8") for p in store.glob("*.py"))
    written = set(re.findall(r'audit\.append\(\s*connection,\s*[\w.]+,\s*"(\w+)"', sources))
    assert {"look", "step", "raise_flag"} <= written
    assert written | {k.value for k in EventKind} <= set(audit.ACTIONS)


def test_what_is_said_by_the_way_is_smaller():
    """The words come first; how sure what was comes after them, and nothing is lost."""
    why = "手がかりの言葉：「…」（会話全体の見立て99%。ほかに検討して届かず：脅迫22%）／職員に暴力をふるったと述べています"
    parts = words.parted(why)
    assert "".join(text for text, _ in parts) == why
    assert [aside for _, aside in parts] == [False, True, False]
    assert words.gist(why, "9番の発話") == "職員に暴力をふるったと述べています"
    assert words.gist(why.partition("／")[0], "9番の発話") == "9番の発話の言葉から"
    assert (
        words.gist("手がかりの言葉：「家」（会話全体の見立て99%）", "9番の発話")
        == "手がかりの言葉：「家」"
    )


def test_words_that_stand_beside_a_reason_are_not_quoted_in_it_again():
    """Only where they are the same and are shown."""
    why = "②-1のおそれ：手がかりの言葉：「出せ」（見立て99%）／氏名を求めています"
    said = words.reason(why, shown=True, beside="出せ")
    assert said == f"{words.BESIDE}（見立て99%）／氏名を求めています"
    assert words.reason(why, shown=True, beside="住所を出せ").startswith("手がかりの言葉：「出せ」")
    assert "出せ" not in words.reason(why, shown=False, beside="出せ")


def test_neighbouring_reasons_point_at_the_words_once():
    """Where the words stand beside them, three findings need not quote them three times over."""
    said = "近くに倉庫がありまして。朝の四時でしょう、通られるの。"
    why = "／".join(
        LEARNED.format(w, a) for w, a in (("倉庫がありまして", ""), ("朝の四時でしょう", "。ほか"))
    )
    assert (
        words.reason(why, shown=True, beside=said) == f"{words.BESIDE}（会話全体の見立て99%。ほか）"
    )
    assert words.reason(f"{why}／家のことです", shown=True, beside=said).endswith(
        "）／家のことです"
    )
    assert words.reason(why, shown=True, beside="朝の四時でしょう") == why
