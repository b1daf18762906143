#!/usr/bin/env python3
"""Which labels of the extraction set are headlines: `headlines.py SHARED/data > headlines.txt`.

The sets name some pages by what stands in `<title>`, the site's name with it. A label is taken for the headline where a first
heading of its page (`h1`) says the same, letters and digits compared.
"""
import os
import sys
from html.parser import HTMLParser


class Headings(HTMLParser):
    """The texts of a page's `h1`."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.texts = []
        self.inside = False
        self.feed(html)

    def handle_starttag(self, tag, _):
        if tag == "h1" and not self.inside:
            self.inside = True
            self.texts.append("")
        elif tag == "br":
            self.handle_data(" ")

    def handle_endtag(self, tag):
        if tag == "h1":
            self.inside = False

    def handle_data(self, text):
        if self.inside:
            self.texts[-1] += text


def main():
    (shared,) = sys.argv[1:]
    sys.path.insert(0, os.path.join(shared, "extraction"))
    import data
    import score

    for line in data.read_lines(f"{shared}/extraction/truth.jsonl"):
        if line.get("title"):
            headings = Headings(data.read_page(f"{shared}/extraction/pages/{line['id']}.html.gz"))
            if score.fold(line["title"]) in map(score.fold, headings.texts):
                print(line["id"])


if __name__ == "__main__":
    main()
