"""The ``screening`` command as a shell sees it: output, rejects and exit status."""

import io
import json
import subprocess
import sys

import pytest

from screening.cli import main

ROW = {
    "id": "c-1",
    "kind": "call",
    "turns": [{"speaker": "customer", "text": "この役立たず、死ね"}],
}
CALM = {"id": "c-2", "kind": "call", "turns": [{"speaker": "customer", "text": "届きました"}]}


def _lines(*rows):
    return "".join(
        (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n"
        for row in rows
    )


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text(_lines(ROW, CALM), encoding="utf-8")
    return path


def _results(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_screen_writes_one_result_a_line(archive, tmp_path, capfd):
    """Every conversation has its line, in order, flagged or not; the summary goes to stderr."""
    out = tmp_path / "flags.jsonl"
    assert main(["screen", str(archive), "--output", str(out)]) == 0
    results = _results(out)
    assert [(r["id"], r["needs_review"]) for r in results] == [("c-1", True), ("c-2", False)]
    assert results[0]["flags"][0]["text"] in ROW["turns"][0]["text"]
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "2件を検査し、1件に確認が必要" in captured.err


def test_rejects_are_listed_and_written_and_the_status_is_three(tmp_path, capfd):
    """The others are screened all the same."""
    path = tmp_path / "in.jsonl"
    path.write_text(_lines(ROW, '{"id": "broken"', CALM), encoding="utf-8")
    out, rejects = tmp_path / "out.jsonl", tmp_path / "rejects.jsonl"
    assert main(["screen", str(path), "--output", str(out), "--rejects", str(rejects)]) == 3
    assert len(_results(out)) == 2
    (row,) = _results(rejects)
    assert row["file"] == str(path)
    assert row["place"].startswith("2")
    assert f"{path}:2" in capfd.readouterr().err


def test_a_pipe_goes_in_and_out(tmp_path):
    """``-`` reads standard input; without --output a pipe gets JSONL."""
    done = subprocess.run(
        [sys.executable, "-m", "screening.cli", "screen", "-"],
        input=_lines(ROW),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    (result,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert result["needs_review"]


def test_a_folder_is_screened_whole(archive, tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "b.jsonl").write_text(_lines(CALM | {"id": "c-3"}), encoding="utf-8")
    out = tmp_path.parent / "folder.jsonl"
    assert main(["screen", str(tmp_path), "--output", str(out)]) == 0
    assert {r["id"] for r in _results(out)} == {"c-1", "c-2", "c-3"}


def test_the_role_map_says_who_is_who(tmp_path):
    """A channel's label becomes the agent, whose words are not screened."""
    path, out = tmp_path / "a.vtt", tmp_path / "out.jsonl"
    path.write_text(
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<v ch_1>この役立たず、死ね\n", encoding="utf-8"
    )
    assert main(["screen", str(path), "--output", str(out)]) == 0
    assert _results(out)[0]["needs_review"]
    assert main(["screen", str(path), "--output", str(out), "--role-map", "ch_1=agent"]) == 0
    assert not _results(out)[0]["needs_review"]


@pytest.mark.parametrize(
    "words",
    [
        ["screen"],
        ["screen", "x", "--format", "nonsense"],
        ["no-such-command"],
    ],
)
def test_bad_usage_is_status_two(words):
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--role-map", "ch_1=boss"], "role-map"),
        (["--policy", "no-such-policy"], "no-such-policy"),
        (["--output", "/no/such/folder/x.jsonl"], "/no/such/folder/x.jsonl"),
    ],
)
def test_a_usable_message_for_a_wrong_option(archive, capfd, words, says):
    assert main(["screen", str(archive), *words]) == 2
    assert says in capfd.readouterr().err


def test_a_reader_that_stops_early_is_no_error(tmp_path):
    """``screening screen … | head -1`` ends quietly."""
    path = tmp_path / "many.jsonl"
    path.write_text(_lines(*(CALM | {"id": f"c-{n}"} for n in range(3000))), encoding="utf-8")
    command = f"{sys.executable} -m screening.cli screen {path} | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=120)
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_the_table_shows_clause_words_and_reason():
    """On a terminal a person reads who said what, under which clause, and why it was flagged."""
    from dataclasses import replace

    from rich.console import Console

    from screening.cli import table
    from screening.records import Conversation, Kind, Speaker, Turn
    from screening.screener import default_screener

    screener = default_screener()
    call = Conversation("c-1", Kind.CALL, (Turn("この役立たず、死ね", Speaker.CUSTOMER),))
    console = Console(file=io.StringIO(), width=160)
    assert table.show(screener.screen_many([call]), screener.policy, console) == (1, 1)
    shown = console.file.getvalue()
    for expected in ("c-1", "②-2", "役立たず", "侮辱・暴言"):
        assert expected in shown
    console = Console(file=io.StringIO(), width=160)
    twice = [replace(call, id=name) for name in ("c-1", "c-2")]
    flags = sum(len(r.flags) for r in screener.screen_many(twice))
    table.show(screener.screen_many(twice), screener.policy, console, most=1)
    assert console.file.getvalue().rstrip().endswith(f"ほか{flags - 1}件")


def test_a_policy_is_checked_and_shown(tmp_path, capfd):
    """A mistake is named by file, line and column with status 3."""
    assert main(["policy", "show"]) == 0
    assert "②-13" in capfd.readouterr().out
    assert main(["policy", "coverage"]) == 0
    assert "②条件-3\t" in capfd.readouterr().out
    bad = tmp_path / "bad.yaml"
    bad.write_text("id: x\ntitle: 試し\nnonsense: 1\n", encoding="utf-8")
    assert main(["policy", "check", str(bad)]) == 3
    assert f"{bad}:3:1" in capfd.readouterr().err
