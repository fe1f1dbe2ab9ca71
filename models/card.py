"""The model card for people: what the model is, what it was taught, what it can and cannot do."""

from __future__ import annotations

from typing import Any

from corpora.reader import CATEGORIES

_HALVES = {"natural": "ふつうの一週間（natural）", "hard": "隠れたもの・紛らわしいもの（hard）"}
_SPLITS = {
    "dev": "開発用の書き手（しきい値の調整に使用）",
    "test": "一度も学習・調整に使っていない書き手",
}
_BASELINES = {"keyword_list": "単語リスト", "char_tfidf_logistic": "文字TF-IDF＋ロジスティック回帰"}

_PARTS = {
    "whole_product": "全体",
    "without_rules": "規則なし",
    "without_agents_words": "職員の応答を読まない",
    "rules_alone": "規則が挙げたものだけ",
}


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}%"


def _interval(share: dict[str, float | None]) -> str:
    if share["value"] is None:
        return "–"
    return f"{_percent(share['value'])}（{_percent(share['low'])}–{_percent(share['high'])}）"


def _figures(half: str, figures: dict[str, Any]) -> list[str]:
    lines = [
        f"#### {_HALVES[half]}：{figures['documents']}件、うち手段・態様の該当{figures['harassing']}件",
        "",
        "| | 該当文書の発見率 | 該当しない文書の誤検知率 | マクロF1 |",
        "|---|---|---|---|",
        f"| 本製品 | {_interval(figures['recall'])} | {_interval(figures['flagged_harmless'])}"
        f" | {figures['macro_f1']} |",
    ]
    for name in _BASELINES:
        other = figures["baselines"][name]
        lines.append(
            f"| {_BASELINES[name]} | {_interval(other['recall'])}"
            f" | {_interval(other['flagged_harmless'])} | {other['macro_f1']} |"
        )
    lines += [
        "",
        "| 部分を外すと | 該当文書の発見率 | 該当しない文書の誤検知率 |",
        "|---|---|---|",
        *(
            f"| {_PARTS[name]} | {_percent(figures['ablation'][name]['recall'])}"
            f" | {_percent(figures['ablation'][name]['flagged_harmless'])} |"
            for name in _PARTS
        ),
        "",
        f"候補の確率の較正誤差（ECE、10区間）：{figures['calibration_error_of_flags']}。",
        "",
        f"該当しない顧客発話{figures['harmless_turns']}件での誤検知：1,000件あたり"
        f"{figures['false_per_1000']}件。根拠の語の文字単位F1：{figures['evidence_f1']}。",
        "",
        "| 分類 | 文書数 | 適合率 | 再現率 | F1 |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{name}` | {c['documents']} | {_percent(c['precision'])} | {_percent(c['recall'])}"
        f" | {_percent(c['f1'])} |"
        for name in CATEGORIES
        for c in [figures["categories"][name]]
    ]
    return [*lines, ""]


def markdown(card: dict[str, Any]) -> str:
    """The card as Markdown, made from ``card.json`` alone."""
    taught = card["trained_on"]
    lines = [
        f"# モデルカード：{card['id']}",
        "",
        "通話の書き起こしとメールの日本語から、カスタマーハラスメントに当たるかもしれない言葉を**候補として**挙げる線形モデルです。",
        "判断は必ず人が行います。従業員や顧客の評価、自動的な対応に使ってはいけません。",
        "",
        "## しくみ",
        "",
        "文字1〜4グラムと形態素1〜3グラム（fugashi＋unidic-lite）のハッシュ特徴を、文ごとに、分類ごとのロジスティック回帰が採点します。",
        "会話全体は、顧客の文の平均と職員の応答の平均を読む別の回帰と規則とで先に判断し、その判断を一文一文と規則の確からしさに重ねます",
        "（係数は、その書き手を見ていない予測に当てはめています）。一文だけの会話は、何も言っていないという事前の重みに引き寄せられます。",
        "",
        "## 学習したもの",
        "",
        f"書き手{len(taught['hands'])}人、{taught['documents']}文書、顧客の発話{taught['turns']}件"
        f"（ほかに学習時だけの加工・対照{taught['augmented_turns']}件、抜き書き{taught['excerpts']}件）。特徴{card['features']}個。",
        "すべて創作であり、実在の顧客の言葉は含みません。創作は言語モデルが多数の人物像で書いたもので、実際の通話での性能を保証しません。",
        "",
        "## 成績",
        "",
        "書き手単位で分けています。括弧は文書単位ブートストラップの95%区間です。",
        "",
    ]
    # JSON keeps no order of its own: that of the names above is the page's.
    for split in _SPLITS:
        if split in card["metrics"]:
            lines += [f"### {split}：{_SPLITS[split]}", ""]
            for half in _HALVES:
                if half in card["metrics"][split]:
                    lines += _figures(half, card["metrics"][split][half])
    lines += [
        "## 再現",
        "",
        "`make train` で同じ重みになります。",
        "",
        f"- 重み SHA-256 `{card['weights_sha256']}`",
        f"- コーパス SHA-256 `{card['corpus_sha256']}`",
        f"- {', '.join(f'{k} {v}' for k, v in card['libraries'].items())}",
        "",
    ]
    return "\n".join(lines)
