"""Follows every link and every anchor of a folder of HTML pages; those that lead nowhere are named, and are an error."""

import html.parser
import pathlib
import sys
import urllib.parse


class page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.anchors.update(named[key] for key in ("id", "name") if named.get(key))
        for key in ("href", "src", "data"):
            if named.get(key):
                self.links.append(named[key])


def main():
    folder = pathlib.Path(sys.argv[1])
    pages = {path: page(path.read_text(errors="replace")) for path in sorted(folder.rglob("*.html"))}
    if not pages:
        sys.exit(f"error: there are no pages in {folder}")
    broken, followed = [], 0
    for path, content in pages.items():
        for link in content.links:
            address = urllib.parse.urlsplit(link)
            if address.scheme or address.netloc or link.startswith("javascript:"):
                continue
            target = (path.parent / urllib.parse.unquote(address.path)).resolve() if address.path else path
            followed += 1
            if not target.exists():
                broken.append(f"{path.name}: {link} is not there")
            elif address.fragment and target.suffix == ".html":
                known = pages.get(target) or pages.get(folder / target.name)
                if known and urllib.parse.unquote(address.fragment) not in known.anchors:
                    broken.append(f"{path.name}: {link} has no such anchor")
    print(f"{followed} links of {len(pages)} pages followed, {len(broken)} lead nowhere")
    if broken:
        sys.exit("\n".join(broken[:40]))


main()
