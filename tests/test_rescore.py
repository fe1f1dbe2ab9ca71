"""Re-scoring an archive: files in parallel, finished ones skipped, nothing half written."""

import json
import os
import signal
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from screening.cli import main
from screening.errors import ScreeningError
from screening.rescore import compare, rescore


def _row(number, text="届きました、ありがとう"):
    return {
        "id": f"c-{number}",
        "kind": "call",
        "turns": [{"speaker": "customer", "text": text}],
    }


def _write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8"
    )


@pytest.fixture
def archive(tmp_path):
    folder = tmp_path / "in"
    _write(folder / "2026" / "a.jsonl", [_row(1), _row(2, "この役立たず、死ね")])
    _write(folder / "2026" / "b.jsonl", [_row(3)])
    pq.write_table(
        pa.Table.from_pylist([_row(4, "家族がどうなっても知らないぞ"), _row(5)]),
        folder / "c.parquet",
    )
    return folder


def _flags(out):
    rows = {}
    for path in sorted(out.rglob("*.flags.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            rows[row["id"]] = row
    return rows


def test_jsonl_and_parquet_give_one_result_for_each_conversation(archive, tmp_path):
    """The folders of the archive stand below --out, each file with its own results."""
    out = tmp_path / "out"
    done = {d.name: d for d in rescore(archive, out, workers=2)}
    assert {name: d.status for name, d in done.items()} == {
        "2026/a.jsonl": "screened",
        "2026/b.jsonl": "screened",
        "c.parquet": "screened",
    }
    rows = _flags(out)
    assert {k: r["needs_review"] for k, r in rows.items()} == {
        "c-1": False, "c-2": True, "c-3": False, "c-4": True, "c-5": False,
    }  # fmt: skip
    assert not list(out.rglob("*.tmp"))


def test_a_second_start_skips_what_is_finished_and_does_what_changed(archive, tmp_path):
    """The same content under the same policy and model is not screened twice."""
    out = tmp_path / "out"
    list(rescore(archive, out, workers=1))
    _write(archive / "2026" / "b.jsonl", [_row(3), _row(9)])
    again = {d.name: d.status for d in rescore(archive, out, workers=1)}
    assert again == {
        "2026/a.jsonl": "skipped",
        "2026/b.jsonl": "screened",
        "c.parquet": "skipped",
    }


def test_a_killed_run_goes_on_where_it_stopped(tmp_path):
    """After SIGKILL every finished file is whole, and the next start does the rest."""
    folder, out = tmp_path / "in", tmp_path / "out"
    for part in range(6):
        _write(
            folder / f"p{part}.jsonl",
            [
                _row(f"{part}-{n}", "まだ届かないんですけど、確認してください。")
                for n in range(1500)
            ],
        )
    command = [sys.executable, "-m", "screening.cli", "rescore", str(folder), "--out", str(out), "--workers", "1"]  # fmt: skip
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    while not list(out.rglob("*.done.json")) and process.poll() is None:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    finished = list(out.rglob("*.done.json"))
    assert len(finished) > 0
    for path in finished:
        flags = path.with_name(path.name.replace(".done.json", ".flags.jsonl"))
        assert len(flags.read_text(encoding="utf-8").splitlines()) == 1500
    statuses = [d.status for d in rescore(folder, out, workers=1)]
    assert statuses.count("skipped") >= len(finished)
    assert len(_flags(out)) == 9000
    assert not list(out.rglob("*.tmp"))


def test_rejected_lines_are_written_beside_the_results(archive, tmp_path, capsys):
    """A broken line costs its file nothing but that line; the status is 3."""
    with (archive / "2026" / "b.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"id": "broken"\n')
    out = tmp_path / "out"
    assert main(["rescore", str(archive), "--out", str(out), "--workers", "1"]) == 3
    (line,) = (out / "2026" / "b.jsonl.rejects.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["place"].startswith("2")
    assert len(_flags(out)) == 5


def test_a_comparison_counts_flags_gained_and_lost(archive, tmp_path, capsys):
    """Against an earlier run, by category."""
    before, after = tmp_path / "before", tmp_path / "after"
    list(rescore(archive, before, workers=1))
    _write(
        archive / "2026" / "a.jsonl",
        [_row(1, "家族がどうなっても知らないぞ"), _row(2)],
    )
    list(rescore(archive, after, workers=1))
    change = compare(before, after)
    assert change.gained["threat"] >= 1
    assert change.lost["verbal_abuse"] >= 1
    assert (change.conversations_gained, change.conversations_lost) == (1, 1)
    assert main(["rescore", str(archive), "--out", str(after), "--compare", str(before)]) == 0
    shown = capsys.readouterr().out
    assert "threat: +" in shown
    assert "済み3" in shown


def test_results_are_not_written_into_the_archive(archive):
    """The next run would take them for input."""
    with pytest.raises(ScreeningError, match="外"):
        list(rescore(archive, archive / "out"))


def test_an_archive_without_files_says_what_was_looked_for(tmp_path):
    with pytest.raises(ScreeningError, match="parquet"):
        list(rescore(tmp_path, tmp_path.parent / "out"))
