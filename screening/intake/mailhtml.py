"""HTML mails become plain text; what they quote gets ``>`` marks, so that one place reads quotations."""

from __future__ import annotations

import re

_UNSEEN = ["script", "style", "head", "template", "noscript", "svg", "object", "iframe"]
_MAX_NESTING = 200
#: A line of source that ends within Japanese text: a browser's space there belongs to no word.
_WRAPPED = re.compile(
    r"(?<=[\u3040-\u30ff\u4e00-\u9fff、。])\r?\n[ \t]*(?=[\u3040-\u30ff\u4e00-\u9fff])"
)


def text_of_html(html: str) -> str:
    """The visible text, one line a block; the contents of quoting ``blockquote`` marked with ``> ``."""
    from inscriptis import get_text  # 0.1 s with lxml, needed for HTML mails only
    from inscriptis.css_profiles import CSS_PROFILES
    from inscriptis.model.config import ParserConfig
    from selectolax.lexbor import LexborHTMLParser

    config = ParserConfig(css=CSS_PROFILES["strict"].copy(), display_links=False)

    def render(source: str) -> str:
        try:
            rendered = str(get_text(source, config))
        except (RecursionError, ValueError):
            rendered = ""
        # libxml2 cuts off what is nested more than 256 deep: nothing of a mail may be lost.
        bare = str(LexborHTMLParser(source).text(separator="\n"))
        return rendered if _weight(rendered) >= 0.9 * _weight(bare) else bare

    if "<pre" not in html.lower():
        html = _WRAPPED.sub("", html)
    tree = LexborHTMLParser(html.replace("\x00", ""))
    tree.strip_tags(_UNSEEN)
    # In document order an outer quotation comes first: from the end, inner ones are done before it.
    for quote in reversed(tree.css("blockquote")[:_MAX_NESTING]):
        if _is_indent(quote.attributes):
            continue
        inner = _compact(render(f"<html><body>{quote.html or ''}</body></html>"))
        marked = tree.create_node("pre")
        marked.insert_child("\n".join(f"> {line}".rstrip() for line in inner.split("\n")))
        quote.replace_with(marked)
    return _compact(render(tree.html or ""))


def _is_indent(attributes: dict[str, str | None]) -> bool:
    """Web mailers also use blockquote for the sender's own indented text, without a border."""
    if (attributes.get("type") or "").lower() == "cite" or "quote" in (
        attributes.get("class") or ""
    ):
        return False
    style = re.sub(r"\s", "", (attributes.get("style") or "").lower())
    return "border:none" in style or "border:0" in style


def _weight(text: str) -> int:
    return sum(map(len, text.split()))


def _compact(text: str) -> str:
    lines = [line.rstrip().replace("\u00a0", " ") for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
