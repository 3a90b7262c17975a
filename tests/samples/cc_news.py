"""A month of web archives as Common Crawl's CC-NEWS has them, of our own pages, and the list of them.

    python tests/samples/cc_news.py FOLDER [--month 2026-03] [--pages 20]

Below FOLDER/crawl-data/CC-NEWS/YYYY/MM: two CC-NEWS-<time>-<number>.warc.gz a day, and warc.paths.gz.
"""

from __future__ import annotations

import argparse
import calendar
import gzip
import io
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

sys.path.insert(0, str(Path(__file__).parent.parent.parent))
from tests.support import website


def write_month(folder: Path, month: date, pages: int, days: int = 31) -> list[str]:
    """Write the first days of a month, so many pages a file; the list, as it stands in warc.paths.gz."""
    below = f"crawl-data/CC-NEWS/{month:%Y/%m}"
    (folder / below).mkdir(parents=True, exist_ok=True)
    listed: list[str] = []
    number = 0
    for day in range(min(days, calendar.monthrange(month.year, month.month)[1])):
        for hour in (3, 15):
            at = datetime(month.year, month.month, day + 1, hour, 12, 45, tzinfo=UTC)
            name = f"{below}/CC-NEWS-{at:%Y%m%d%H%M%S}-{len(listed):05}.warc.gz"
            with (folder / name).open("wb") as stream:
                write_pages(WARCWriter(stream, gzip=True), range(number, number + pages), at)
            listed.append(name)
            number += pages - 1  # the last page of a file is the first of the next: crawled twice
    (folder / below / "warc.paths.gz").write_bytes(gzip.compress("".join(f"{name}\n" for name in listed).encode()))
    return listed


def write_pages(writer: WARCWriter, numbers: range, at: datetime) -> None:
    writer.write_record(writer.create_warcinfo_record("cc.warc.gz", {"publisher": "nobody"}))
    for number in numbers:
        about = {"WARC-Date": f"{at + timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}"}
        url, body = f"https://paper{number % 7}.example/news/{number}.html", website.story(number).encode()
        head = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=UTF-8")], protocol="HTTP/1.1")
        asked = StatusAndHeaders(f"GET /news/{number}.html HTTP/1.1", [("Host", "paper.example")], is_http_request=True)
        writer.write_record(writer.create_warc_record(url, "request", http_headers=asked, warc_headers_dict=about))
        writer.write_record(
            writer.create_warc_record(
                url, "response", io.BytesIO(body), len(body), http_headers=head, warc_headers_dict=about
            )
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--month", default="2026-03")
    parser.add_argument("--pages", type=int, default=20)
    chosen = parser.parse_args()
    files = write_month(chosen.folder, date.fromisoformat(f"{chosen.month}-01"), chosen.pages)
    print(f"{len(files)} files")  # noqa: T201


if __name__ == "__main__":
    main()
