#!/usr/bin/env python3
"""What other extractors make of the development set: `peers.py SHARED/data NAME FOLDER` writes FOLDER/NAME.jsonl.

NAME is trafilatura, readability, resiliparse, newspaper4k, goose3 or htmldate; its package must be installed (peers.txt).
magic-html is not among them: no package index has it. Crates are asked by ../peers. A page that an extractor fails on, or
takes longer for than SECONDS_MAX, counts as one of which it found nothing.
"""
import gzip
import json
import logging
import os
import signal
import sys
import warnings

SECONDS_MAX = 20
BREAKS = ("p", "div", "li", "h1", "h2", "h3", "h4", "tr", "br", "blockquote", "pre")


def trafilatura(html, url):
    from trafilatura import bare_extraction

    found = bare_extraction(html, url=url, with_metadata=True, include_comments=False)
    if found is None:
        return {}
    found = found if isinstance(found, dict) else {name: getattr(found, name, None) for name in
                                                   ("title", "author", "date", "text", "language")}
    authors = [name.strip() for name in (found["author"] or "").split(";") if name.strip()]
    return {"title": found["title"], "authors": authors, "date": found["date"], "body": found["text"],
            "language": found["language"]}


def readability(html, url):
    import lxml.html
    from readability import Document

    document = Document(html, url=url)
    tree = lxml.html.fromstring(document.summary())
    for element in tree.iter(*BREAKS):
        element.tail = "\n" + (element.tail or "")
    lines = (line.strip() for line in tree.text_content().split("\n"))
    return {"title": document.short_title(), "body": "\n".join(line for line in lines if line)}


def resiliparse(html, url):
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree
    from resiliparse.parse.lang import detect_fast

    tree = HTMLTree.parse(html)
    body = extract_plain_text(tree, main_content=True, alt_texts=False, comments=False)
    return {"title": tree.title, "body": body, "language": detect_fast(body)[0] if body else None}


def newspaper4k(html, url):
    import newspaper

    article = newspaper.Article(url or "http://example.com/", fetch_images=False)
    article.download(input_html=html)
    article.parse()
    date = str(article.publish_date)[:10] if article.publish_date else None
    return {"title": article.title, "authors": list(article.authors), "date": date, "body": article.text,
            "language": article.meta_lang}


def goose3(html, url):
    from goose3 import Goose

    article = Goose({"enable_image_fetching": False}).extract(raw_html=html)
    date = str(article.publish_datetime_utc or article.publish_date or "")[:10] or None
    return {"title": article.title, "authors": list(article.authors or []), "date": date,
            "body": article.cleaned_text, "language": article.meta_lang}


def htmldate(html, url):
    from htmldate import find_date

    return {"date": find_date(html, url=url, original_date=True)}


PEERS = {peer.__name__: peer for peer in (trafilatura, readability, resiliparse, newspaper4k, goose3, htmldate)}


class TooLong(Exception):
    pass


def ring(*_):
    raise TooLong


def main():
    shared, name, folder = sys.argv[1:]
    extract = PEERS[name]
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGALRM, ring)
    os.makedirs(folder, exist_ok=True)
    part = os.path.join(folder, f"{name}.part")
    with open(f"{shared}/extraction/truth.jsonl", encoding="utf-8") as truth, open(part, "w", encoding="utf-8") as out:
        for line in map(json.loads, truth):
            with gzip.open(f"{shared}/extraction/pages/{line['id']}.html.gz", "rt", encoding="utf-8", errors="replace") as page:
                html = page.read()
            signal.alarm(SECONDS_MAX)
            try:
                found = extract(html, line["url"])
            except Exception as error:  # whatever a library throws, it found nothing
                found = {}
                print(line["id"], type(error).__name__, file=sys.stderr)
            signal.alarm(0)
            out.write(json.dumps({**found, "id": line["id"]}, ensure_ascii=False, default=str) + "\n")
    os.replace(part, os.path.join(folder, f"{name}.jsonl"))


if __name__ == "__main__":
    main()
