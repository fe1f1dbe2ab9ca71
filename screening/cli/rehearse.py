"""``screening policy rehearse|look|shadow|simulate``: what another policy would mean, before it is used."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .. import policy, rehearsal
from ..contacts import Contacts
from ..errors import Reject, ScreeningError
from ..intake import read
from ..records import Conversation
from ..screener import Screener, default_screener
from ..store import Store
from .options import DATABASE, add_database, drafted, known_contacts

#: Marks of a met, an unmet and a condition that nobody has answered.
MARKS = {True: "○", False: "×", None: "–"}


def add(actions: Any) -> None:
    """Adds the four commands to those of ``screening policy``."""
    rehearse = actions.add_parser("rehearse", help="草案に替えると何が変わるかを、替える前に示す")
    rehearse.add_argument("draft")
    rehearse.add_argument("paths", nargs="*", metavar="PATH", help="会話（なければ記録の会話）")
    rehearse.add_argument("--policy", default="medical-care", help="いまの方針")
    rehearse.add_argument("--model", type=Path, metavar="DIR", help="学習した検出器の草案")
    rehearse.add_argument("--limit", type=int, metavar="N", help="記録の新しいほうから N 件")
    rehearse.add_argument("--text", action="store_true", help="例の言葉も示す")
    add_database(rehearse)
    rehearse.set_defaults(run=run_rehearse)
    look = actions.add_parser("look", help="会話を別の方針で見る（決定は変わらない）")
    look.add_argument("policy")
    look.add_argument("conversation", metavar="KEY|PATH", help="記録の会話の鍵、またはファイル")
    add_database(look)
    look.set_defaults(run=run_look)
    shadow = actions.add_parser("shadow", help="動かしながら比べた草案の、これまでの違いを示す")
    shadow.add_argument("--draft", metavar="ID", help="草案の識別子")
    add_database(shadow)
    shadow.set_defaults(run=run_shadow)
    simulate = actions.add_parser(
        "simulate", help="しきい値ごとの一日の候補数と、これまでの決定での適合率を示す"
    )
    simulate.add_argument("--policy", default="medical-care")
    simulate.add_argument("--category", metavar="ID")
    simulate.add_argument(
        "--threshold", type=float, action="append", metavar="0〜1", help="繰り返し可"
    )
    add_database(simulate)
    simulate.set_defaults(run=run_simulate)


def run_rehearse(arguments: argparse.Namespace) -> int:
    active = default_screener(arguments.policy)
    draft = drafted(active, arguments.draft, arguments.model)
    rejects: list[Reject] = []
    store = None if arguments.paths else Store.open(arguments.database)
    if store is None:
        conversations = _read(arguments.paths, rejects)
        contacts = known_contacts(arguments.paths)
    else:
        conversations = store.shadow.conversations(limit=arguments.limit)
        contacts = store.shadow.contacts()
    summary = rehearsal.Rehearsal()
    words: dict[tuple[str, rehearsal.Change], str] = {}
    for conversation, compared in rehearsal.rehearse(
        active, draft, conversations, contacts=contacts
    ):
        summary.add(compared)
        for change in compared.changes if arguments.text else ():
            text = "" if change.turn is None else conversation.turns[change.turn].text
            words[compared.id, change] = text[change.start : change.end]
    _changes(summary, active.policy, draft.policy, words)
    if store is not None:
        _replayed(store, draft.policy)
    for reject in rejects:
        print(f"  {reject}", file=sys.stderr)
    return 3 if rejects else 0


def run_shadow(arguments: argparse.Namespace) -> int:
    store = Store.open(arguments.database)
    by_draft: dict[tuple[str, str], rehearsal.Rehearsal] = {}
    for compared in store.shadow.compared(arguments.draft):
        pair = (compared.active, compared.draft)
        by_draft.setdefault(pair, rehearsal.Rehearsal()).add(compared)
    for (active, draft), summary in by_draft.items():
        print(f"いま {active}\n草案 {draft}")
        _changes(summary, None, None, {})
    if not by_draft:
        print("比べた記録はありません。--shadow を付けて動かすと記録します。")
    return 0


def _changes(
    summary: rehearsal.Rehearsal,
    active: policy.Policy | None,
    draft: policy.Policy | None,
    words: dict[tuple[str, rehearsal.Change], str],
) -> None:
    if active is not None and draft is not None:
        print(f"{active.version} → {draft.version}（下見だけで、何も変えていません）")
    print(
        f"会話 {summary.conversations}件：確認が必要 {summary.active_review} → {summary.draft_review}件"
        f"（新たに {summary.newly_reviewed}、不要に {summary.no_longer_reviewed}）"
    )
    for name in summary.categories:
        label = next((p.categories[name].name for p in (draft, active) if p and name in p.categories), name)  # fmt: skip
        print(f"  {label}（{name}）: +{summary.gained[name]} -{summary.lost[name]}")
        for gained in (True, False):
            for conversation, change in summary.examples.get((name, gained), ()):
                place = "会話全体" if change.turn is None else f"発話{change.turn}"
                said = words.get((conversation, change), "")
                print(
                    f"    {'+' if gained else '-'} {conversation} {place} {change.provision}"
                    f" {change.score:.2f}{f' 「{said}」' if said else ''}"
                )
    if not summary.categories:
        print("  候補の違いはありません")


def _replayed(store: Store, draft: policy.Policy) -> None:
    agreed, other = rehearsal.replay(draft, store.shadow.decided())
    print(
        f"これまでの決定 {agreed + len(other)}件：草案でも選べる {agreed}件、選べない {len(other)}件"
    )
    for item in other[: 3 * rehearsal.EXAMPLES]:
        print(f"    候補 {item.flag_id[:8]} {item.category} → {item.outcome}: {item.reason}")


def run_look(arguments: argparse.Namespace) -> int:
    screener = default_screener(arguments.policy)
    conversations, consulted, contacts = _conversation(arguments)
    for conversation in conversations:
        _looked(screener, conversation, consulted, contacts)
    return 0


def _conversation(
    arguments: argparse.Namespace,
) -> tuple[list[Conversation], list[str], Contacts]:
    word = arguments.conversation
    if len(word) == 32 and all(c in "0123456789abcdef" for c in word):
        store = Store.open(arguments.database)
        case = store.case(word)
        contacts = Contacts(store.history(case.conversation))
        return [case.conversation], [c.consulted for c in case.consultations], contacts
    rejects: list[Reject] = []
    conversations = list(_read([word], rejects))
    if rejects:
        raise ScreeningError(str(rejects[0]))
    return conversations, [], Contacts(conversations)


def _looked(
    screener: Screener, conversation: Conversation, consulted: list[str], contacts: Contacts
) -> None:
    result = screener.screen(conversation, history=contacts.before(conversation))
    print(f"{conversation.id}  {screener.policy.version}（見るだけで、決定は変わりません）")
    flagged = [flag.category for flag in result.flags]
    for flag in result.flags:
        name = screener.policy.categories[flag.category].name
        print(f"\n{flag.provision} {name} {flag.score:.2f}: {flag.text}\n  {flag.why}")
        seen = policy.assess(
            screener.policy, flag.category, {}, flagged=flagged, consulted=consulted
        )
        for question in seen.questions:
            if question.due:
                print(f"  ? {question.question}（{'、'.join(question.reason.clauses)}）")
        for choice in seen.outcomes:
            print(f"  {'○' if choice.open else '–'} {choice.label}")
            for reason in choice.reasons:
                print(f"      {MARKS[reason.met]} {reason.text}")
        for duty in seen.duties:
            if duty.standing is policy.Standing.DUE:
                print(f"  ! {duty.title}: {duty.reasons[0].text}")
    if not result.flags:
        print("  候補はありません")


def run_simulate(arguments: argparse.Namespace) -> int:
    loaded = policy.load_policy(arguments.policy)
    if arguments.category and arguments.category not in loaded.categories:
        raise ScreeningError(
            f"区分「{arguments.category}」は {loaded.id} にありません。使える区分: {', '.join(loaded.categories)}"
        )
    thresholds = arguments.threshold or rehearsal.THRESHOLDS
    if not all(0 <= t <= 1 for t in thresholds):
        raise ScreeningError("--threshold は 0 から 1 の数を指定してください")
    past, days = Store.open(arguments.database).shadow.past()
    rows = rehearsal.simulate(
        [p for p in past if arguments.category in (None, p.category)],
        thresholds,
        days=days,
        floor={c.id: c.threshold for c in loaded.categories.values()},
    )
    if not rows:
        print(f"記録に候補がありません（--database、既定は {DATABASE}）")
        return 0
    print(f"{days:.0f}日の記録から。適合率は、人が判断した候補のうち該当と確認した割合（95%区間）")
    print("区分\tしきい値\t一日の候補\t判断済み\t該当\t適合率")
    for row in rows:
        a_day = "記録なし" if row.flags_a_day is None else f"{row.flags_a_day:.2f}"
        precision = "–"
        if row.precision is not None and row.interval is not None:
            low, high = row.interval
            precision = f"{row.precision:.2f}（{low:.2f}〜{high:.2f}）"
        print(
            row.category,
            f"{row.threshold:g}",
            a_day,
            row.judged,
            row.found,
            precision,
            sep="\t",
        )
    return 0


def _read(paths: list[str], rejects: list[Reject]) -> Iterator[Conversation]:
    for item in read(paths):
        if isinstance(item, Reject):
            rejects.append(item)
        else:
            yield item
