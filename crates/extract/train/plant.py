"""Copies of pages with what other sites set among their paragraphs: share bars, related links, invitations, in their own
markup. The development pages hold few of these, and each on its own site alone."""
import random
from multiprocessing import Pool

import lxml.html
from score import tokens

WIDGET_WORDS = range(2, 81)
WIDGET_BYTES_MAX = 12_000
WIDGET_TAGS = {"div", "section", "aside", "ul", "form", "details", "table"}
WIDGET_LINKS = ("a", "form", "button", "input")
OTHER_TAGS = {"script", "style", "noscript", "head", "nav", "footer", "header", "template", "iframe", "svg", "br", "img"}
BEHIND_TEXT_MAX = 3         # elements behind the last paragraph that still stand beside it
PARAGRAPHS_MIN = 3          # of an element whose children are looked at
DEPTH_MAX = 60
PAGE_BYTES_MAX = 2_000_000
WIDGETS_MAX = 4             # planted in a page
LINE_CHARS_MIN = 60         # of a paragraph that is looked for in the markup, by its first letters
BEGINNING_CHARS = 20
TAG_CHARS_MAX = 200
PLANTED = "#planted"


def planted(found):
    """A copy of each page with a reference, with some widgets from other pages of its fold."""
    with_body = [one for one in found if one[3].get("body") and len(one[0]["html"]) < PAGE_BYTES_MAX]
    with Pool() as pool:
        widgets = pool.starmap(_widgets, [(item["html"], _body(truth)) for item, _, _, truth in with_body], 16)
    pools = {}
    for (item, _, fold, _), of_page in zip(with_body, widgets):
        if of_page:
            pools.setdefault(fold, {})[item["id"]] = of_page
    copies = (_copy(*one, pools[one[2]]) for one in with_body)
    return [copy for copy in copies if copy]


def _body(truth):
    return truth["body"] if isinstance(truth["body"], str) else "\n".join(truth["body"])


def _copy(item, source, fold, truth, pool):
    draw = random.Random(item["id"])
    html = item["html"]
    places = _places(html, _body(truth))
    others = sorted(id for id in pool if id != item["id"])
    if not places or not others:
        return None
    gone = list(truth.get("must_not") or [])
    for place in sorted(draw.sample(places, min(len(places), draw.randint(1, WIDGETS_MAX))), reverse=True):
        markup, texts = draw.choice(pool[draw.choice(others)])
        html = html[:place] + markup + html[place:]
        gone += [{"t": text, "c": "planted"} for text in texts]
    return {**item, "id": item["id"] + PLANTED, "html": html}, source, fold, {**truth, "must_not": gone}


def _places(html, body):
    """Where paragraphs begin and end that are found in the markup, each once."""
    places = set()
    for line in body.split("\n"):
        beginning = line[:BEGINNING_CHARS]
        at = html.find(beginning) if len(line) > LINE_CHARS_MIN else -1
        if at < 0 or html.find(beginning, at + 1) >= 0 or not _is_shown(html, at):
            continue
        start, end = html.rfind("<p", 0, at), html.find("</p>", at)
        if start >= 0 and at - start <= TAG_CHARS_MAX and end >= 0:
            places |= {start, end + len("</p>")}
    return sorted(places)


def _is_shown(html, at):
    """Whether a place is neither in a script nor in a comment nor in a tag."""
    pairs = ("<script", "</script"), ("<!--", "-->"), ("<", ">")
    return all(html.rfind(start, 0, at) <= html.rfind(end, 0, at) for start, end in pairs)


def _widgets(html, body):
    """The markup of elements among the paragraphs of a page that share nothing with its text, each with its texts."""
    try:
        root = lxml.html.document_fromstring(html)
    except (lxml.etree.LxmlError, ValueError):
        return []
    reference = _grams(tokens(body))
    letters = "".join(tokens(body))
    widgets = []

    def visit(element, depth):
        children = [child for child in element if isinstance(child.tag, str)]
        said = [None if child.tag in OTHER_TAGS else tokens(" ".join(child.text_content().split())) for child in children]
        shared = [0 if words is None else sum(gram in reference for gram in _grams(words)) for words in said]
        text = [at for at, words in enumerate(said)
                if words and len(words) >= 8 and shared[at] >= max(2, 0.5 * (len(words) - 3))]
        if len(text) >= PARAGRAPHS_MIN:
            for at in range(text[0] + 1, min(text[-1] + BEHIND_TEXT_MAX + 1, len(children))):
                child, words = children[at], said[at]
                if words and not shared[at] and len(words) in WIDGET_WORDS and "".join(words) not in letters and _is_widget(child):
                    markup = lxml.html.tostring(child, encoding="unicode", with_tail=False)
                    if len(markup) < WIDGET_BYTES_MAX:
                        widgets.append((markup, [child.text_content(), *child.itertext()]))
        if depth < DEPTH_MAX:
            for child, count in zip(children, shared):
                if count >= 8:
                    visit(child, depth + 1)

    visit(root, 0)
    return widgets


def _is_widget(element):
    return (element.tag in WIDGET_TAGS
            and next(element.iter(*WIDGET_LINKS), None) is not None
            and next(element.iter("figcaption", "h1"), None) is None)


def _grams(words):
    return {tuple(words[at:at + 4]) for at in range(len(words) - 3)}
