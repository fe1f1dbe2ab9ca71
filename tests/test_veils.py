"""Harsh words are kept from sight, and the words of care and of everyday life are not."""

import pytest

from screening.veils import families, harsh, masked, veiled


@pytest.mark.parametrize("family", families(), ids=lambda f: f.id)
def test_a_family_covers_its_examples_and_nothing_of_its_counter_examples(family):
    """The examples of the lexicon hold for all families together."""
    assert [e for e in family.matches if not harsh(e)] == []
    assert [e for e in family.must_not_match if harsh(e)] == []


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("言うことを聞かないなら殺すぞと言った", "言うことを聞かないなら…と言った"),
        ("ﾊﾞｶじゃないの", "…じゃないの"),
        ("下着の色を教えて", "…を教えて"),
        ("給料泥棒め、死ね", "…め、…"),
        ("体がだるく、薬の量を知りたい", "体がだるく、薬の量を知りたい"),
    ],
)
def test_only_the_word_itself_is_covered(said, left):
    """Whatever stands beside it can be read, wherever the original was written wide or narrow."""
    assert masked(said) == left


def test_a_reason_can_be_read_without_its_words():
    """What a reason quotes is left out, and what it names itself; the rest stays."""
    why = "「脅迫」のおそれ：手がかりの言葉：「店に火」（会話全体の見立て99%）"
    assert veiled(why) == ("「…」のおそれ：手がかりの言葉：「…」（会話全体の見立て99%）")
    assert veiled("死ね・消えろなど、相手の存在を否定しています") == (
        "…・…など、相手の存在を否定しています"
    )
