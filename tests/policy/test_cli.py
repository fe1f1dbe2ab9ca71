"""``screening policy``, as a compliance officer types it."""

import json

import pytest

from screening.cli import main
from screening.policy import compare, load_policy
from screening.store import Store

from .examples import HOTEL_FILE, HOTEL_TEXT, hotel


@pytest.fixture
def conversations(tmp_path):
    path = tmp_path / "calls.jsonl"
    calls = [
        {"id": "c-1", "kind": "call", "turns": [{"speaker": "customer", "text": "この給料泥棒、お前なんか死ね。"}]},
        {"id": "c-2", "kind": "call", "turns": [{"speaker": "customer", "text": "予約の変更をお願いします。"}]},
    ]  # fmt: skip
    path.write_text("\n".join(json.dumps(c, ensure_ascii=False) for c in calls), encoding="utf-8")
    return str(path)


@pytest.fixture
def database(tmp_path):
    return f"sqlite:///{tmp_path / 'record.db'}"


def test_the_clauses_are_traced_to_the_document_and_to_examples(capsys):
    """Every clause of the published policy: its place there, its line here, what uses it, what tests it."""
    assert main(["policy", "coverage", "medical-care", "--logic"]) == 0
    out = capsys.readouterr()
    rows = {line.split("\t")[0]: line.split("\t") for line in out.out.splitlines() if "\t" in line}
    for clause in (
        "②-1",
        "②-13",
        "②条件-2",
        "①-1",
        "判断基準②",
        "同等行為",
        "病態",
        "社外-2",
        "社内-5",
    ):
        _, _, place, line, _, _, cases = rows[clause]
        assert place != "–"
        assert int(line) > 1
        assert cases != "–"
    assert "条件: 16のうち16に確認例があります" in out.out
    assert "例外: 3のうち3に確認例があります" in out.out
    assert out.err == ""


def test_what_no_example_reaches_is_said(capsys):
    """The hotel's clause without an example is named, and the exit status says so."""
    assert main(["policy", "coverage", str(HOTEL_FILE)]) == 3
    assert "確認例のない条項：A-2" in capsys.readouterr().err


def test_the_examples_are_run_one_by_one(capsys, tmp_path):
    assert main(["policy", "test", str(HOTEL_FILE)]) == 0
    path = tmp_path / "wrong.yaml"
    path.write_text(
        HOTEL_TEXT.replace("open: [misconduct, look_after]", "open: [fine]", 1), "utf-8"
    )
    assert main(["policy", "test", str(path)]) == 3
    out = capsys.readouterr().out
    assert "× noisy-after-warning" in out
    assert "3件のうち 2件がそのとおりです" in out


def test_two_documents_are_compared_part_by_part(capsys, tmp_path):
    """A changed threshold, a new role and a lost clause are each one line."""
    path = tmp_path / "new.yaml"
    text = HOTEL_TEXT.replace("threshold: 0.4", "threshold: 0.7", 1)
    text = text.replace("may: [decide]}", "may: [decide]}\n  - {id: owner, label: 社長, held_by: [administrator]}", 1)  # fmt: skip
    path.write_text(text, encoding="utf-8")
    assert main(["policy", "diff", str(HOTEL_FILE), str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == ["~ 区分 night_noise threshold: 0.4 → 0.7", "+ 役割 owner: 社長"]
    assert compare(hotel(), hotel()) == ()


def test_any_two_shipped_policies_can_be_compared():
    assert len(compare(load_policy("mhlw-manual"), load_policy("tokyo-guideline"))) > 50


def test_a_draft_is_rehearsed_on_files(capsys, conversations):
    assert main(["policy", "rehearse", "tokyo-guideline", conversations, "--text"]) == 0
    out = capsys.readouterr().out
    assert "会話 2件：確認が必要 1 → 1件" in out
    assert "精神的な攻撃（mental_attack）: +" in out
    assert "給料泥棒" in out
    assert main(["policy", "rehearse", "tokyo-guideline", conversations]) == 0
    assert "給料泥棒" not in capsys.readouterr().out


def test_a_draft_model_is_rehearsed_beside_a_policy(capsys, conversations, tmp_path):
    """The model is a folder with its card; one that is none is refused before anything is screened."""
    from screening.classifier.model import shipped

    same = ["policy", "rehearse", "medical-care", conversations, "--model"]
    assert main([*same, str(shipped())]) == 0
    assert "候補の違いはありません" in capsys.readouterr().out
    assert main([*same, str(tmp_path)]) == 2


def test_a_draft_is_rehearsed_on_the_record(capsys, database):
    assert main(["policy", "rehearse", "mhlw-manual", "--database", database]) == 0
    out = capsys.readouterr().out
    assert "会話 0件" in out
    assert "これまでの決定 0件" in out


def test_a_conversation_is_looked_at_under_another_policy(capsys, conversations):
    """With the questions of that policy, what it leaves open, and why not the rest."""
    assert main(["policy", "look", "mhlw-manual", conversations]) == 0
    out = capsys.readouterr().out
    assert "型-3 暴言型" in out
    assert "? それによって、働く環境が害されましたか。（要素-3）" in out
    assert "未回答のため、まだ評価していません" in out


def test_a_wrong_threshold_or_category_is_refused_with_the_right_ones(capsys, database):
    assert main(["policy", "simulate", "--category", "threats", "--database", database]) == 2
    assert "threat" in capsys.readouterr().err
    assert main(["policy", "simulate", "--threshold", "3", "--database", database]) == 2
    assert main(["policy", "simulate", "--database", database]) == 0
    assert "記録に候補がありません" in capsys.readouterr().out


def test_what_a_shadow_has_seen_is_summed_up(capsys, database):
    from screening.rehearsal import Change, Compared

    assert main(["policy", "shadow", "--database", database]) == 0
    assert "記録はありません" in capsys.readouterr().out
    store = Store.open(database)
    change = Change(True, "threat", "②-2", 3, 0, 4, 0.9)
    store.shadow.note(Compared("c-9", "a@1 / m", "b@2 / m", False, True, 0, 1, (change,)))
    store.close()
    assert main(["policy", "shadow", "--draft", "b", "--database", database]) == 0
    out = capsys.readouterr().out
    assert "threat（threat）: +1 -0" in out
    assert "+ c-9 発話3 ②-2 0.90" in out
