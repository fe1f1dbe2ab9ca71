"""The model card for people: what the model is, what it was taught, what it can and cannot do."""

from __future__ import annotations

from typing import Any

from corpora.reader import CATEGORIES

_HALVES = {"natural": "ふつうの一週間（natural）", "hard": "隠れたもの・紛らわしいもの（hard）"}
_SPLITS = {
    "dev": "開発用の書き手（しきい値の調整に使用）",
    "test": "一度も学習・調整に使っていない書き手",
}
#: What is compared, in the order of the page. A name that a card does not hold is left out.
_PRODUCTS = {
    "whole_product": "本製品",
    "with_reader": "本製品＋二人目の読み手",
    "classifier_alone": "規則なし",
    "rules_alone": "規則だけ",
    "without_agents_words": "職員の応答を読まない",
    "without_earlier_contacts": "以前の接触を読まない",
    "keyword_list": "単語リスト",
    "char_tfidf_logistic": "文字TF-IDF＋ロジスティック回帰",
}
_MEASURES = {
    "recall": "該当文書の発見率",
    "flagged_harmless": "該当しない文書の誤検知率",
    "false_per_1000": "該当しない発話1,000件あたりの誤検知",
    "macro_f1": "マクロF1（文書）",
    "critical_recall": "脅迫・性的・自傷の再現率",
    "evidence_f1": "根拠の語の文字F1",
    "calibration_error": "較正誤差（ECE）",
}
_SHARES = frozenset(["recall", "flagged_harmless", "critical_recall"])
#: What is measured on changed texts, in the order of the table's columns.
_NOISE_MEASURES = ("recall", "flagged_harmless")
_NOISES = {
    "recogniser": "認識誤り（文字の10%）",
    "obfuscation": "伏せ字・当て字",
}
_GROUPS = {"dialect": "方言", "nonnative": "日本語が母語でない人", "elderly": "高齢の人"}


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}%"


def _shown(name: str, measure: dict[str, float | None]) -> str:
    if measure["value"] is None:
        return "–"
    if name in _SHARES:
        return f"{_percent(measure['value'])}（{_percent(measure['low'])}–{_percent(measure['high'])}）"
    if name == "false_per_1000":
        return f"{measure['value']:.1f}（{measure['low']:.1f}–{measure['high']:.1f}）"
    return f"{measure['value']:.3f}（{measure['low']:.3f}–{measure['high']:.3f}）"


def _half(half: str, products: dict[str, Any]) -> list[str]:
    whole = products["whole_product"]
    lines = [
        f"#### {_HALVES[half]}：{whole['documents']}件、うち手段・態様の該当{whole['harassing']}件、"
        f"該当しない顧客発話{whole['harmless_turns']}件",
        "",
        f"| | {' | '.join(_MEASURES.values())} |",
        f"|---|{'---|' * len(_MEASURES)}",
    ]
    for name, title in _PRODUCTS.items():
        if name in products:
            row = " | ".join(_shown(m, products[name][m]) for m in _MEASURES)
            lines.append(f"| {title} | {row} |")
    noisy = [n for n in _PRODUCTS if "noise" in products.get(n, {})]
    if noisy:
        lines += [
            "",
            f"| 加工した文で | {' | '.join(_MEASURES[m] for m in _NOISE_MEASURES)} |",
            "|---|---|---|",
        ]
        for name in noisy:
            for noise, title in _NOISES.items():
                measured = products[name]["noise"][noise]
                row = " | ".join(_shown(m, measured[m]) for m in _NOISE_MEASURES)
                lines.append(f"| {_PRODUCTS[name]}、{title} | {row} |")
    best = "with_reader" if "with_reader" in products else "whole_product"
    lines += [
        "",
        f"分類ごと（{_PRODUCTS[best]}）：",
        "",
        "| 分類 | 文書数 | 適合率 | 再現率 | F1 |",
        "|---|---|---|---|---|",
        *(
            f"| `{name}` | {c['documents']} | {_percent(c['precision'])}"
            f" | {_percent(c['recall'])} | {_percent(c['f1'])} |"
            for name in CATEGORIES
            for c in [products[best]["categories"][name]]
        ),
    ]
    return [*lines, ""]


def _groups(products: dict[str, Any]) -> list[str]:
    lines = [
        "| 該当しない文書のうち | 文書数 | 旗が立った | その割合 | ほかの文書の割合 |",
        "|---|---|---|---|---|",
    ]
    for name, groups in products.items():
        for group, title in _GROUPS.items():
            g = groups[group]
            lines.append(
                f"| {_PRODUCTS[name]}、{title} | {g['documents']} | {g['flagged']}"
                f" | {_percent(g['share'])} | {_percent(g['rest'])} |"
            )
    return [*lines, ""]


def _figures(metrics: dict[str, Any]) -> list[str]:
    # JSON keeps no order of its own: that of the names above is the page's.
    lines = []
    for split in _SPLITS:
        if split in metrics:
            lines += [f"### {split}：{_SPLITS[split]}", ""]
            for half in _HALVES:
                if half in metrics[split]:
                    lines += _half(half, metrics[split][half])
            lines += _groups(metrics[split]["groups"])
    return lines


def _taught_by(card: dict[str, Any]) -> list[str]:
    """Of each network: its window and whose texts it learnt from."""
    lines = []
    for name, taught in sorted(card["taught_by"].items()):
        later = f"うち{len(taught['later'])}人の文は、ほかの書き手で学習を終えた重みから続けて読ませました。" if taught["later"] else ""  # fmt: skip
        deep = "最後に12層すべてを学習させました。" if taught.get("deep") else ""
        lines.append(f"- `{name}`：{card['networks'][name]}トークンの窓。書き手{len(taught['hands'])}人の文で学習。{later}{deep}")  # fmt: skip
    return [*lines, ""]


def of_reader(card: dict[str, Any], model: dict[str, Any]) -> str:
    """The second reader's card as Markdown: the figures with it beside those of the ``model`` without."""
    beside = {
        split: {
            **{
                half: {"whole_product": model["metrics"][split][half]["whole_product"], **products}
                for half, products in found.items()
                if half in _HALVES
            },
            "groups": found["groups"],
        }
        for split, found in card["metrics"].items()
    }
    share = card["read_again"]
    lines = [
        f"# 二人目の読み手：{card['id']}",
        "",
        "一次の検出器が迷った会話だけを読み直す、小さなニューラルネットの組です。判断は必ず人が行います。追加の部品"
        " `second-reader` を入れ、`--second-reader` を付けたときだけ動きます。",
        "",
        "## しくみ",
        "",
        "multilingual-e5-small（MIT）の12層のうち、下の6層をそのままに上6層（ネットによっては最後に全層）を、学習用の書き手の会話に合わせて調整しました。顧客と職員の文を順に、"
        "決まった長さの窓で読み、語・文・会話のそれぞれに分類ごとの確からしさを出します。窓の長さの違うネットの平均を取ります。"
        "一次の検出器の確からしさとは、"
        "どちらも学習に使っていない開発用の書き手に当てはめたロジスティック回帰で合わせます。",
        "",
        *_taught_by(card),
        f"読み直すのは、会話の見立て（対数オッズ）が{card['weighing']['read_from']:.2f}以上か、いずれかの文が"
        f"{card['weighing']['or_likely']:.0%}以上のものです。コーパスの該当しない会話では"
        f"natural {share['natural']:.0%}、hard {share['hard']:.0%}がこれに当たります。",
        "",
        "## 成績",
        "",
        f"一次の検出器は `{card['weighed_with']}`。括弧は文書単位ブートストラップの95%区間です。合わせ方を dev に当てはめたので、"
        "dev の成績は高めに出ます。",
        "",
        *_figures(beside),
        "## 再現",
        "",
        "`make train-second-reader`（二つのコアで数時間）。重みは8ビットです。",
        "",
        f"- コーパス SHA-256 `{card['corpus_sha256']}`",
        "",
    ]
    return "\n".join(lines)


def markdown(card: dict[str, Any]) -> str:
    """The card as Markdown, made from ``card.json`` alone."""
    taught = card["trained_on"]
    lines = [
        f"# モデルカード：{card['id']}",
        "",
        "通話の書き起こしとメールの日本語から、カスタマーハラスメントに当たるかもしれない言葉を**候補として**挙げるモデルです。",
        "判断は必ず人が行います。従業員や顧客の評価、自動的な対応に使ってはいけません。",
        "",
        "## しくみ",
        "",
        "1. 文字1〜4グラムと形態素1〜3グラム（fugashi＋unidic-lite）のハッシュ特徴を、文ごとに、分類ごとのロジスティック回帰が採点します。",
        "2. 会話全体は、顧客の文の平均、職員の応答の平均、文ごとの採点の高いもの、規則の一致を読む浅い決定木の集まり（勾配ブースティング）が判断します。",
        "3. 一文一文の確からしさは、その文の採点、前後の文、会話全体の判断、その文に一致した規則から決めます。五割を超える確からしさは、選ばれたものほど高めに出る分だけ割り引きます。",
        "4. 文を指し示せるほど確かでない分類は、会話全体の候補（根拠の発話番号つき）として挙げます。",
        "",
        "2〜4の係数と木は、その書き手を見ていない予測に当てはめています（スタッキング）。一文だけの会話は、何も言っていないという事前の重みに引き寄せられます。",
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
    lines += _figures(card["metrics"])
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
