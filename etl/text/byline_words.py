"""Words of bylines that are no part of a name: what leads to it, roles, outlets, agencies.  Pure."""

from __future__ import annotations

import re

LEAD = re.compile(
    r"^(?:(?:an?|the|ein|eine|un|une|uma|una|el|la)\s)?(?:(?:written|story|posted|published|reported|interview|article"
    r"|articles?|opinion|analysis|commentary|review|essay|guest post|text|words|photos?|photographs?|illustrations?"
    r"|compiled|edited|updated|last updated|report|gastbeitrag|kommentar|kolumne|glosse|leitartikel|analyse|reportage"
    r"|essay|rezension|bericht|eingestellt|verfasst|geschrieben|veröffentlicht|publiziert|erstellt|zitat|ausgewählt"
    r"|documentaire|entretien|publié|écrit|rédigé|propos recueillis|texte|escrito|publicado|reportaje|entrevista|texto"
    r"|scritto|pubblicato|geschreven|gepubliceerd)(?:\s(?:und|and|et|y|e|&)\s(?:fotos?|photos?|photographs|images"
    r"|bilder|video))?\s(?:by|von|par|por|de|di|da|door|av|af)\b:?\s+|(?:by|autor(?:/?in|en|ka)?|author(?:s|ed by)?"
    r"|автор|writer|redaktion|redakteur(?:in)?|redacteur|auteurs?|autores?|autrice|autore|autori|text(?:e|o"
    r"|und fotos?)?|words|story|photos?|fotos?|kirjoittaja|toimittaja|tekst|skribent|journalist|interview|protokoll"
    r"|reporter|credit|źródło|oprac\.?|opracowanie)\s*:\s*|by\s+)",
    re.IGNORECASE,
)
"""Words before a name that are never a part of it."""
SHORT_LEAD = re.compile(r"^(?:von|par|por|di|da|door|av|af|od|de|fra|från|van|text|foto|autor)\s+", re.IGNORECASE)
"""Words before a name that may begin it ("Von Hart", "Di Poe"): cut only before two words or more."""
LINK_TEXT = re.compile(
    r"^(?:view all posts by|show all articles of|all posts by|posts by|(?:more|all|other) (?:stories|posts|articles"
    r"|from|by|work)(?: (?:by|from|of))?|stories by|articles by|zeige alle beiträge von|alle (?:beiträge|artikel"
    r"|texte) von|mehr von|mehr artikel von|alles von|voir tous les articles (?:de|par)|tous les articles de"
    r"|plus d'articles de|ver todas las entradas de|más (?:artículos|notas) de|tutti gli articoli di"
    r"|alle artikelen van|meer van)\s+",
    re.IGNORECASE,
)
NO_NAME = re.compile(
    r"(?:see (?:full )?bio|(?:read )?(?:full )?bio\b|follow(?: us| me| this author)?\b|contact(?: the)? author"
    r"|about the author|view (?:profile|author|all|bio)|share\b|subscribe|sign up|log ?in\b|click here|(?:read"
    r"|learn) more|comments?\b|leave a|kommentare?\b|all (?:posts|articles)$|(?:alle|alles|mehr)(?: artikel"
    r"| beiträge)?$|zum profil|profil\b|(?:last )?(?:updated|modified|published|posted)|publiziert|veröffentlicht"
    r"|geschrieben|publié|publicado|pubblicato|related|advertisement|anzeige|letters?\b|leserbrief|article by$|(?:nan"
    r"|none|null|nat|undefined|unknown|anonymous|n/a|super ?user|admin|administrator|editor|staff|webmaster|author"
    r"|publisher|agencies|wire (?:services?|reports?)|\[\]|\{\})$|(?:from |by )?our\b|de notre|nuestro|eigene[rn]?\b"
    r"|a staff\b|unsere[rnms]?\b|(?:twitter|facebook|instagram|whatsapp|linkedin|youtube|pinterest|telegram)\b"
    r"|(?:bild(?:er|quelle)?|fotos?|photos?|symbolbild)\b|sponsor|gesponsert|latest\b|breaking\b|an[óo]nimo$)",
    re.IGNORECASE,
)
"""Beginnings of texts that stand where a byline would and name nobody."""
ROLES = frozenset({
    "editor", "editors", "reporter", "reporters", "writer", "writers", "correspondent", "correspondents",
    "journalist", "journalists", "columnist", "columnists", "contributor", "contributors", "producer",
    "photographer", "photographers", "photojournalist", "critic", "blogger", "author", "anchor", "presenter",
    "editor-at-large",
    "analyst", "intern", "fellow", "freelancer", "commentator", "editor-in-chief", "co-founder", "founder", "ceo",
    "publisher", "redakteur", "redakteurin", "redakteure", "korrespondent", "korrespondentin", "autor", "autorin",
    "reporterin", "journalistin", "chefredakteur", "chefredakteurin", "volontär", "volontärin", "ressortleiter",
    "ressortleiterin", "chefreporter", "chefreporterin", "kolumnist", "kolumnistin", "journaliste", "rédacteur",
    "rédactrice", "correspondante", "chroniqueur", "chroniqueuse", "reporteur", "redactor", "redactora",
    "periodista", "corresponsal", "columnista", "reportero", "reportera", "enviado", "enviada", "giornalista",
    "redattore", "redattrice", "corrispondente", "inviato", "repórter", "jornalista", "redator", "redatora",
    "correspondente", "redacteur", "verslaggever", "columniste", "reportage-redakteur",
})  # fmt: skip
"""Words that a role ends in."""
ROLE_WORDS = frozenset({
    "senior", "junior", "chief", "staff", "lead", "head", "deputy", "managing", "associate", "assistant",
    "executive", "contributing", "special", "foreign", "national", "political", "politics", "business", "sports",
    "sport", "science", "health", "environment", "environmental", "technology", "tech", "education", "economics",
    "economic", "financial", "finance", "city", "local", "regional", "breaking", "news", "digital", "online", "web",
    "features", "culture", "arts", "entertainment", "investigative", "investigations", "data", "night", "weekend",
    "guest", "former", "freelance", "legal", "court", "crime", "police", "religion", "travel", "food", "home",
    "diplomatic", "defence", "defense", "security", "media", "transport", "housing", "property", "energy",
    "climate", "world", "international", "european", "europe", "asia", "africa", "middle", "east", "washington",
    "westminster", "parliamentary", "royal", "consumer", "money", "personal", "video", "photo", "copy",
    "multimedia", "audience", "general", "global", "assignment", "us", "uk", "leitende", "leitender",
    "stellvertretende", "stellvertretender", "freie", "freier", "grand", "principal", "multiplatform", "especial",
})  # fmt: skip
"""Words that come before the last word of a role."""
AGENCIES = frozenset({
    "reuters", "ap", "afp", "dpa", "upi", "apa", "sda", "ats", "ansa", "efe", "tass", "ria", "itar-tass", "xinhua",
    "pti", "ani", "ians", "kyodo", "yonhap", "bloomberg", "cnn", "bbc", "npr", "abc", "nbc", "cbs", "epa", "afx",
    "lusa", "anp", "belga", "ritzau", "tt", "ntb", "pap", "ctk", "mti", "aap", "pa", "kna", "epd", "sid", "dapd",
    "ddp", "ap-afp", "agerpres", "anadolu", "agencies", "agenturen", "agencia", "agencias", "agenzia", "red",
    "redaktion", "redaktionsteam", "redacción", "redaccion", "redazione", "redactie", "rédaction", "redaction",
    "redakcja", "redação", "newsroom", "newsdesk",
})  # fmt: skip
ORGANISATION_WORDS = frozenset({
    "gmbh", "ag", "kg", "e.v.", "ev", "inc", "inc.", "ltd", "ltd.", "llc", "plc", "corp", "corp.", "corporation",
    "company", "co.", "s.a.", "s.r.l.", "b.v.", "verlag", "redaktion", "redaktionsteam", "newsroom", "newsdesk",
    "team", "news", "agency", "agentur", "agentura", "agencia", "agence", "agenzia", "press", "presse", "times",
    "herald", "tribune", "gazette", "broadcasting", "media", "medien", "university", "universität", "universidad",
    "université", "institut", "institute", "institution", "ministerium", "ministry", "department", "verein",
    "verband", "stiftung", "foundation", "association", "society", "committee", "council", "commission", "partei",
    "party", "fraktion", "club", "network", "online", "magazin", "magazine", "zeitung", "tageszeitung",
    "television", "tv", "radio", "redacción", "redakcja", "redazione", "redaktionen", "editorial", "board",
    "bureau", "office", "service", "services", "group", "gruppe", "holding", "nachrichten", "journal", "blog",
    "studio", "studios", "bundesamt", "landesanstalt", "departement", "sekretariat", "central", "zentrale",
    "abteilung", "ajansı", "gazetesi", "volksblatt", "kitchens", "pharmindex", "medienhaus", "e.v",
})  # fmt: skip
OUTLETS = (
    "washington post", "new york times", "associated press", "wall street journal", "los angeles times", "usa today",
    "the guardian", "daily mail", "financial times", "bbc news", "cnn business", "fox news", "abc news", "cbs news",
    "nbc news", "sky news", "al jazeera", "deutsche welle", "agence france-presse", "deutsche presse-agentur",
)  # fmt: skip
"""Names of several words that follow a name without a mark between them."""
SUFFIX = (
    r"(?:jr|sr|ii+|iv|ph\.? ?d|m\.? ?d|m\.? ?a|b\.? ?a|m\.? ?sc|esq|cfa|mba|j\.? ?d|r\.? ?n|d\.? ?phil|m\.? ?p|obe|mbe)"
)
PARTICLES = frozenset({
    "de", "da", "do", "dos", "das", "di", "del", "della", "der", "den", "van", "von", "zu", "zum", "zur", "und",
    "la", "le", "les", "el", "al", "bin", "ibn", "bint", "ben", "ter", "ten", "te", "'t", "af", "av", "y", "e", "i",
    "st", "san", "mac", "abu", "du", "des", "d", "t", "dal", "dalla", "degli", "lo", "ud", "ul", "jr", "sr", "ii",
    "iii", "iv", "vom", "auf", "os", "as", "dem", "'s", "ap", "ab", "ould",
})  # fmt: skip
