"""Screens an archive again: one file is one task, on all cores, and a second start goes on.

Each input file becomes ``NAME.flags.jsonl`` with one screening result a line, ``NAME.rejects.jsonl``
where lines could not be read, and ``NAME.done.json``, written last, which says what was done with
which policy and model. A task writes to ``.tmp`` and renames, so a killed run leaves nothing half.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from .contacts import Contacts
from .errors import Reject, ScreeningError
from .intake import read
from .records import Conversation
from .screener import Screener, default_screener

SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")


@dataclass(frozen=True, slots=True)
class Done:
    """What was done with one file; ``status`` is ``screened``, ``skipped`` or ``failed``."""

    name: str
    status: str
    conversations: int = 0
    needs_review: int = 0
    flags: int = 0
    rejects: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """Flags gained and lost against an earlier run, by category."""

    gained: dict[str, int]
    lost: dict[str, int]
    conversations_gained: int
    conversations_lost: int


def archive_files(folder: Path) -> list[tuple[str, Path]]:
    """The archive's files with their names relative to ``folder``; a single file is an archive too.

    Raises:
        ScreeningError: where there is no file of a known kind.
    """
    if folder.is_file():
        return [(folder.name, folder)]
    files = [
        (path.relative_to(folder).as_posix(), path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name.endswith(SUFFIXES) and not path.name.startswith(".")
    ]
    if not files:
        raise ScreeningError(f"{folder}: {'・'.join(SUFFIXES)} のファイルがありません")
    return files


#: A file's name, path, output folder, policy, and whether the second reader reads too.
Task = tuple[str, str, str, str, bool]


@lru_cache(maxsize=2)
def _screener(policy: str, second_reader: bool) -> Screener:
    return default_screener(policy, second_reader=second_reader)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stamp(path: Path, screener: Screener) -> dict[str, str]:
    return {
        "source_sha256": _digest(path),
        "policy": screener.policy.version,
        "model": screener.detectors,
    }


def _outputs(out: Path, name: str) -> tuple[Path, Path, Path]:
    return (
        out / f"{name}.flags.jsonl",
        out / f"{name}.rejects.jsonl",
        out / f"{name}.done.json",
    )


def screen_file(name: str, path: str, out: str, policy: str, second_reader: bool = False) -> Done:
    """Screens one file, or skips it where the same content was done with this policy and model.

    This is the whole of a task: run it in a local process pool, or on any engine that calls a
    function with four strings and a truth value. A customer's earlier contacts count where they are in the same file.
    """
    screener = _screener(policy, second_reader)
    flags_file, rejects_file, done_file = _outputs(Path(out), name)
    stamp = _stamp(Path(path), screener)
    try:
        known = json.loads(done_file.read_text(encoding="utf-8"))
        if known["stamp"] == stamp and flags_file.exists():
            return Done(**(known["done"] | {"status": "skipped"}))
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not done yet, or not by this version: do it
    flags_file.parent.mkdir(parents=True, exist_ok=True)
    rejects: list[Reject] = []
    counts: Counter[str] = Counter()

    def conversations() -> Iterator[Conversation]:
        for item in read([path]):
            if isinstance(item, Reject):
                rejects.append(item)
            else:
                yield item

    contacts = Contacts()
    history = contacts.so_far
    while True:
        with _Renamed(flags_file) as file:
            for result in screener.screen_many(conversations(), history=history):
                counts["conversations"] += 1
                counts["needs_review"] += result.needs_review
                counts["flags"] += len(result.flags)
                file.write(json.dumps(result.to_json(), ensure_ascii=False) + "\n")
        if not contacts.late or history == contacts.before:
            break
        # Not in the order of time: once more, now that every contact is known.
        history = contacts.before
        rejects.clear()
        counts.clear()
    if rejects:
        with _Renamed(rejects_file) as file:
            for reject in rejects:
                file.write(json.dumps(asdict(reject), ensure_ascii=False) + "\n")
    else:
        rejects_file.unlink(missing_ok=True)
    done = Done(
        name,
        "screened",
        counts["conversations"],
        counts["needs_review"],
        counts["flags"],
        len(rejects),
    )
    with _Renamed(done_file) as file:
        json.dump({"stamp": stamp, "done": asdict(done)}, file, ensure_ascii=False)
    return done


class _Renamed:
    """A text file that appears under its name only when it is complete and on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")

    def __enter__(self) -> Any:
        self._file = self._temporary.open("w", encoding="utf-8")
        return self._file

    def __exit__(self, kind: Any, *_: Any) -> None:
        with self._file as file:
            if kind is None:
                file.flush()
                os.fsync(file.fileno())
        if kind is None:
            self._temporary.replace(self._path)
        else:
            self._temporary.unlink(missing_ok=True)


def rescore(
    source: Path,
    out: Path,
    *,
    policy: str = "medical-care",
    second_reader: bool = False,
    workers: int | None = None,
) -> Iterator[Done]:
    """Screens every file of an archive and yields each as it is finished.

    A file whose task fails, or kills its worker twice, is yielded as ``failed``; the others go on.

    Raises:
        ScreeningError: where the archive holds no file, or ``out`` lies inside it.
    """
    files = archive_files(source)
    if source.is_dir() and out.resolve().is_relative_to(source.resolve()):
        raise ScreeningError(f"--out {out}: 入力フォルダの外を指定してください")
    out.mkdir(parents=True, exist_ok=True)
    for leftover in out.rglob("*.tmp"):
        leftover.unlink(missing_ok=True)
    todo = [(name, str(path), str(out), policy, second_reader) for name, path in files]
    broken: list[Task] = []
    yield from _pool(todo, workers or os.cpu_count() or 1, broken)
    for task in broken:  # one at a time, so that only the file at fault fails
        again: list[Task] = []
        yield from _pool([task], 1, again)
        for name, *_ in again:
            yield Done(name, "failed", reason="処理プロセスが二度続けて止まりました")


def _pool(
    tasks: Sequence[Task],
    workers: int,
    broken: list[Task],
) -> Iterator[Done]:
    with ProcessPoolExecutor(min(workers, len(tasks) or 1)) as pool:
        futures = {pool.submit(screen_file, *task): task for task in tasks}
        for future in as_completed(futures):
            task = futures[future]
            try:
                yield future.result()
            except BrokenProcessPool:
                broken.append(task)
            except (ScreeningError, OSError, ValueError) as error:
                reason = str(error) if isinstance(error, ScreeningError) else type(error).__name__
                yield Done(task[0], "failed", reason=reason)


def _flags(folder: Path) -> tuple[Counter[str], dict[tuple[Any, ...], str], set[str]]:
    counts: Counter[str] = Counter()
    flags: dict[tuple[Any, ...], str] = {}
    flagged: set[str] = set()
    for path in sorted(folder.rglob("*.flags.jsonl")):
        with path.open(encoding="utf-8") as file:
            for line in file:
                result = json.loads(line)
                if result["flags"]:
                    flagged.add(result["id"])
                for flag in result["flags"]:
                    key = (result["id"], flag["category"], flag["turn"])
                    flags[key] = flag["category"]
                    counts[flag["category"]] += 1
    return counts, flags, flagged


def compare(before: Path, after: Path) -> Change:
    """What a later run flags that an earlier one did not, and the other way round.

    A flag is the same where conversation, category and turn are.
    """
    _, old, old_conversations = _flags(before)
    _, new, new_conversations = _flags(after)
    return Change(
        dict(sorted(Counter(new[k] for k in new.keys() - old.keys()).items())),
        dict(sorted(Counter(old[k] for k in old.keys() - new.keys()).items())),
        len(new_conversations - old_conversations),
        len(old_conversations - new_conversations),
    )
