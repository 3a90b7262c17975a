"""Read: text files that news databases export, a record an article: LexisNexis, Factiva, ProQuest.  Pure.

They mark articles by lines of their own.  What stands before the first mark, a cover sheet, is no article.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from etl.read.file import MAX_QUARANTINE_HEAD, File, ReadResults, text_lines, too_large
from schemas.records import RawDocument

Fields = dict[str, object]

LEXIS_BEGINS = re.compile(
    r"\s{0,100}+(?:Document )?\d{1,6} (?:of|von|de|di|van) \d{1,6} (?:DOCUMENTS?|DOKUMENTE?N?|DOCUMENTO?S?)\s*$"
)
LEXIS_ENDS = re.compile(r"\s{0,100}+End of Document\s*$")
PROQUEST_BEGINS = re.compile(r"\s{0,100}+Document \d{1,6} of \d{1,6}\s*$")
FACTIVA_ENDS = re.compile(r"\s{0,100}+(?:AN\s+)?Document [A-Za-z0-9]{10,40}\s*$")
RULE = re.compile(r"\s{0,100}+[_=*-]{20,}\s*$")
LABEL = re.compile(r"([A-Za-z][A-Za-z /-]{1,40}):(?:[ \t]+|$)(.*)$", re.DOTALL)
DAY = re.compile(r"(?:[A-Z][a-z]{2,9}\.? \d{1,2},? \d{4}|\d{1,2}\.? [A-Z]?[a-zé]{2,9}\.? \d{4}|\d{4}-\d\d-\d\d)")
WORDS_OF_LENGTH = re.compile(r"\s{0,100}+[\d,.]{1,9} (?:words|Wörter|mots|palabras)\s*$")
FACTIVA_CODE = re.compile(
    r"(HD|BY|WC|PD|ET|SN|SC|ED|PG|LA|CY|LP|TD|AN|SE|CR|IN|NS|RE|PUB|RF|IPD|CO|CLM|ART|VOL|CT)(?:\s+(\S.*)?)?$"
)
COPYRIGHT = re.compile(r"\s{0,100}+(?:Copyright|©|\(c\)) ?.{0,200}$|\s*All Rights Reserved\.?\s*$", re.IGNORECASE)
MAX_LABELLED = 300  # characters of a value with a label; a longer paragraph is text that begins like one
# The labels of LexisNexis and ProQuest, for each of our fields.
LABELS = {
    "byline": ("byline", "author", "von", "auteur", "autor"),
    "section": ("section", "rubrik"),
    "date": ("publication date", "load-date", "date", "last updated"),
    "language": ("language", "language of publication", "sprache"),
    "dateline": ("dateline",),
    "site": ("publication title", "source"),
    "id": ("proquest document id", "document id"),
    "url": ("document url", "url"),
    "title": ("headline", "title"),
    "body": ("body", "full text", "text", "abstract"),
    "": (
        "length", "publication info", "publication-type", "graphic", "publisher", "subject", "links", "copyright",
        "place of publication", "country of publication", "issn", "source type", "document type", "database",
        "pages", "publication year", "publication subject", "location", "people", "company / organization",
        "classification", "correction-date", "journal code", "document feature",
    ),
}  # fmt: skip
FIELD_OF_LABEL = {label: field for field, labels in LABELS.items() for label in labels}
LANGUAGES = {"english": "en", "german": "de", "deutsch": "de", "french": "fr", "spanish": "es", "italian": "it",
             "dutch": "nl", "portuguese": "pt", "en": "en"}  # fmt: skip
FACTIVA_FIELDS = {
    "HD": "title", "BY": "byline", "PD": "date", "SN": "site", "SE": "section", "LA": "language", "AN": "id",
}  # fmt: skip


def export_of(head: str) -> str | None:
    """Which database a text was exported from; None for any other text."""
    lines = head.splitlines()
    if any(map(PROQUEST_BEGINS.match, lines)) and ("ProQuest" in head or "Full text:" in head):
        return "proquest"
    if any(map(LEXIS_BEGINS.match, lines)):
        return "lexis"
    if any(map(LEXIS_ENDS.match, lines)) and any(line.startswith(("Body", "Length:", "Load-Date:")) for line in lines):
        return "lexis"
    codes = {found[1] for line in lines if (found := FACTIVA_CODE.match(line))}
    if {"HD", "PD"} <= codes or (any(map(FACTIVA_ENDS.match, lines)) and any(map(WORDS_OF_LENGTH.match, lines))):
        return "factiva"
    return None


def read_lexis(file: File) -> ReadResults:
    """Articles of LexisNexis: after "3 of 20 DOCUMENTS", or before "End of Document"."""
    return _read(file, LEXIS_BEGINS, LEXIS_ENDS, _labelled)


def read_proquest(file: File) -> ReadResults:
    """Articles of ProQuest, after "Document 3 of 20"."""
    return _read(file, PROQUEST_BEGINS, RULE, _labelled)


def read_factiva(file: File) -> ReadResults:
    """Articles of Factiva, each before its number, with two-letter codes or without."""
    return _read(file, None, FACTIVA_ENDS, _factiva)


def _read(
    file: File, begins: re.Pattern[str] | None, ends: re.Pattern[str], fields_of: Callable[[str], Fields]
) -> ReadResults:
    at = file.first[1]
    for record, text, lost in file.each(_pieces(text_lines(file, at), begins, ends, file.max_bytes)):
        head = text[:MAX_QUARANTINE_HEAD].encode("utf-8", "replace")
        if lost or len(text) > file.max_bytes:
            yield file.quarantined(record, lost or too_large(file.max_bytes), head)
            continue
        fields = {name: value for name, value in fields_of(text).items() if name and value}
        if fields.get("body"):
            yield RawDocument(file.path, record, "fields", fields, file.fetched_at)
        else:
            yield file.quarantined(record, "no record: a piece of an export without a text", head)


def _pieces(
    lines: Iterator[tuple[str, int]], begins: re.Pattern[str] | None, ends: re.Pattern[str], max_characters: int
) -> Iterator[tuple[str, int]]:
    """Texts of articles, one after the other, each with the byte where the next begins."""
    held: list[str] = []
    size = end = 0
    for line, end in lines:
        if (begins is not None and begins.match(line)) or ends.match(line):
            if any(piece.strip() for piece in held):
                yield "".join(held), end
            held, size = [], 0
        elif size <= max_characters:
            held.append(line)
            size += len(line)
    if any(piece.strip() for piece in held):
        yield "".join(held), end


def _labelled(text: str) -> Fields:
    """Fields of an article whose parts have labels: paper, day and headline above them, the text between them."""
    found: Fields = {}
    above: list[str] = []
    body: list[str] = []
    labelled = False
    for paragraph in _paragraphs(text):
        if paragraph == "Body":  # the heading of the text, of late
            body, labelled = [], True
            continue
        label = LABEL.match(paragraph)
        field = FIELD_OF_LABEL.get(label[1].strip().lower()) if label else None
        if label is None or field is None or (field != "body" and len(paragraph) > MAX_LABELLED):
            if COPYRIGHT.match(paragraph) or RULE.match(paragraph):
                continue
            (body if labelled else above).append(paragraph)
            continue
        value = label[2].strip()
        if field == "body":
            body = [value] if value else []
        elif field:
            found.setdefault(field, value)
        labelled = True
    if not body and not labelled:
        return {"body": ""}
    day = next((number for number, line in enumerate(above) if DAY.search(line)), len(above))
    if day < len(above):
        found["date"] = DAY.search(above[day])[0]  # type: ignore[index]
    before, after = above[:day], above[day + 1 :]
    if after:  # paper, day, headline; of late headline, paper, day
        before, after = after[-1:], before
    else:
        before, after = before[:1], before[1:]
    if before:
        found.setdefault("title", before[0])
    if after:
        found.setdefault("site", after[0])
    language = str(found.get("language", "")).partition(";")[0].lower()
    return {**found, "language": LANGUAGES.get(language, ""), "body": "\n\n".join(body)}


def _paragraphs(text: str) -> list[str]:
    """Paragraphs, lines joined; a line with a label begins one."""
    lines: list[str] = []
    for line in text.splitlines():
        label = LABEL.match(line.strip())
        if label and label[1].lower() in FIELD_OF_LABEL:
            lines.append("")
        lines.append(line.strip())
        if label and label[1].lower() in FIELD_OF_LABEL and FIELD_OF_LABEL[label[1].lower()] != "body":
            lines.append("")
    return [" ".join(paragraph.split()) for paragraph in re.split(r"\n\n+", "\n".join(lines)) if paragraph.strip()]


def _factiva(text: str) -> Fields:
    """Fields of an article with two-letter codes; without them headline, length, day and paper stand in this order."""
    found: dict[str, list[str]] = {}
    code = ""
    for line in text.splitlines():
        if begin := FACTIVA_CODE.match(line):
            code = begin[1]
            found.setdefault(code, []).append(begin[2] or "")
        elif code:
            found[code].append(line.strip())
    if "HD" in found and ("LP" in found or "TD" in found):
        fields: Fields = {
            ours: " ".join(" ".join(found[code]).split()) for code, ours in FACTIVA_FIELDS.items() if code in found
        }
        fields["language"] = LANGUAGES.get(str(fields.get("language", "")).lower(), "")
        texts = ("\n".join(found[code]).strip() for code in ("LP", "TD") if code in found)
        return {**fields, "body": "\n\n".join(texts)}
    paragraphs = [paragraph.strip() for paragraph in re.split(r"\n[ \t]*\n", text) if paragraph.strip()]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    counted = next((number for number, line in enumerate(lines[:12]) if WORDS_OF_LENGTH.match(line)), None)
    if counted is None or len(lines) < counted + 4:
        return {"body": "\n\n".join(paragraphs)}
    byline = next((line for line in lines[1:counted] if line.lower().startswith(("by ", "von ", "par "))), "")
    after = lines[counted + 1 :]
    copyrights = next((number for number, line in enumerate(after[:12]) if COPYRIGHT.match(line)), -1)
    language = next((LANGUAGES[line.lower()] for line in after[:12] if line.lower() in LANGUAGES), "")
    start = max(copyrights, next((n for n, line in enumerate(after[:12]) if line.lower() in LANGUAGES), -1)) + 1
    return {
        "title": lines[0],
        "byline": byline,
        "date": after[0],
        "site": next((line for line in after[1:3] if not re.match(r"\d{1,2}:\d\d", line)), ""),
        "language": language,
        "body": "\n\n".join(after[start:]),
    }
