"""Stubs: bodies that are a site's furniture or a form with other numbers each week, and no text of a story.  Pure.

A paywall's notice, a consent page, the place of a video, an error page and the results of a lottery are the same below
many headlines.  They are told by learnt phrases within a short body.
"""

from __future__ import annotations

from collections.abc import Iterable

from etl.text.tokens import tokens
from etl.text.word_lists import code_points, count_listed, word_table

FEW = 60  # tokens within which one phrase tells a stub: a teaser and a notice have some 50
MANY = 300  # tokens within which THREE tell one: the longest consent notices
THREE = 3
FURNITURE = """
    for subscribers only | available to subscribers | subscribe to continue | subscribe to read
    subscribers can read | subscribe now to read | log in to continue reading | sign in to continue reading
    register to continue reading | log in or subscribe | sign in or subscribe | login or subscribe
    already a subscriber | already have a subscription | to continue reading this | to read the full article
    to read the full story | to read the full text | reached your limit of free articles | free articles remaining
    this is premium content | premium subscribers | exclusive to subscribers | reserved for subscribers
    become a subscriber | already have a print subscription | activate your digital access | become a member to read
    create a free account to | store cookies on your device | store and or access information on a device
    we and our partners | uses cookies | we use cookies | cookies to ensure | accept all cookies
    manage your cookie | cookie settings | cookie policy | your privacy choices | we value your privacy
    personalised ads and content | personalized ads and content | measure how it is used
    you can withdraw your consent | before you continue | watch the video above | watch the video below
    video player is loading | video is no longer available | this video is not available
    this video can not be played | does not support the video | does not support html5 | play the video
    click to play | video will start | please enable javascript | javascript is disabled | enable javascript to
    javascript is required | javascript to run this app | please turn on javascript | disable your ad blocker
    ad blocker detected | turn off your ad blocker | are you a robot | you are not a robot | verify you are human
    checking your browser | access denied | you don t have permission to access | page not found
    page you requested could not be found | page you are looking for | content is not available in your region
    not available in your country | unavailable in most european countries | unavailable due to legal reasons
    this content is currently unavailable | service unavailable | nur für abonnenten | für abonnenten verfügbar
    exklusiv für abonnenten | nur für abonnentinnen | mit abo weiterlesen | jetzt weiterlesen
    melden sie sich an um | bereits abonnent | bereits abonniert | sie haben bereits ein abo | jetzt abonnieren
    dieser artikel ist kostenpflichtig | lesen sie den ganzen artikel | zugang zu allen artikeln
    wir verwenden cookies | cookies akzeptieren | wir und unsere partner | datenschutz einstellungen
    mit werbung lesen | bitte aktivieren sie javascript | video ist nicht verfügbar | ihr browser unterstützt
    seite nicht gefunden | seite wurde nicht gefunden | sehen sie das video | réservé aux abonnés
    réservé à nos abonnés | abonnez vous pour | déjà abonné | déjà abonnée | identifiez vous | connectez vous pour
    pour lire la suite | pour lire l intégralité | la suite est réservée | article est réservé | contenu réservé
    nous utilisons des cookies | accepter les cookies | activez javascript | activer javascript
    votre navigateur ne | page introuvable | cette vidéo n est pas disponible | vidéo n est plus disponible
    regardez la vidéo | solo para suscriptores | exclusivo para suscriptores | suscríbete para | suscríbase para
    ya eres suscriptor | ya es suscriptor | inicia sesión para | inicie sesión para | para seguir leyendo
    para continuar leyendo | utilizamos cookies | usamos cookies | aceptar cookies | habilite javascript
    activa javascript | página no encontrada | vídeo no está disponible | video no está disponible | mira el video
    riservato agli abbonati | solo per gli abbonati | abbonati per | sei già abbonato | accedi per continuare
    per continuare a leggere | per leggere l articolo completo | utilizziamo i cookie | accetta i cookie
    abilita javascript | pagina non trovata | video non disponibile | guarda il video | exclusivo para assinantes
    apenas para assinantes | só para assinantes | assine para | já é assinante | faça login para
    para continuar a ler | para continuar lendo | aceitar cookies | ative o javascript | habilite o javascript
    página não encontrada | vídeo não está disponível | veja o vídeo | assista ao vídeo | alleen voor abonnees
    exclusief voor abonnees | word abonnee | al abonnee | log in om verder te lezen | om verder te lezen
    wij gebruiken cookies | we gebruiken cookies | accepteer cookies | schakel javascript in | pagina niet gevonden
    video is niet beschikbaar | bekijk de video | endast för prenumeranter | för att läsa vidare | redan prenumerant
    vi använder cookies | kun for abonnenter | allerede abonnent | vi bruker informasjonskapsler | vi bruger cookies
    vain tilaajille | jo tilaaja | käytämme evästeitä | tylko dla prenumeratorów | dla subskrybentów
    masz już subskrypcję | aby czytać dalej | używamy plików cookie | pouze pro předplatitele | csak előfizetőknek
    abonelere özel | doar pentru abonați | только для подписчиков | оформите подписку | войдите чтобы
    мы используем cookie | мы используем файлы cookie | включите javascript | страница не найдена | видео недоступно
    лише для передплатників | للمشتركين فقط | اشترك لقراءة | تسجيل الدخول للمتابعة | לפתיחת הכתבה | למנויים בלבד
    μόνο για συνδρομητές | 有料会員 | 会員限定 | 続きを読むには | この記事は有料 | ログインして続き | 动画をご覧
    登录后阅读 | 订阅后阅读 | 仅限订阅 | 仅供订阅 | 付费阅读 | 请登录 | 请启用 javascript | 구독자 전용 | 유료 회원
    로그인 후 이용
"""
"""Phrases that no story has but a site says of itself; apart by "|" or line ends."""
RESULTS = (
    ("winning numbers", "next draw"), ("winning numbers", "next drawing"), ("numbers drawn", "next draw"),
    ("gewinnzahlen", "nächste ziehung"), ("lottozahlen", "ohne gewähr"), ("lottozahlen", "nächste ziehung"),
    ("numéros gagnants", "prochain tirage"), ("números ganadores", "próximo sorteo"),
    ("combinación ganadora", "próximo sorteo"), ("numeri vincenti", "prossima estrazione"),
    ("combinazione vincente", "prossima estrazione"), ("números sorteados", "próximo sorteio"),
    ("dezenas sorteadas", "próximo concurso"), ("winnende getallen", "volgende trekking"),
    ("winnende nummers", "volgende trekking"), ("выигрышные номера", "следующий розыгрыш"),
)  # fmt: skip
"""Pairs of phrases that tell the results of a draw."""


def _spelled(phrase: str) -> str:
    return f" {' '.join(tokens(phrase))} "


def _by_longest(phrases: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Each phrase under its longest token, which the fewest texts have."""
    found: dict[str, tuple[str, ...]] = {}
    for phrase in sorted(phrases):
        longest = max(phrase.split(), key=len)
        found[longest] = (*found.get(longest, ()), phrase)
    return found


_PHRASES = _by_longest({_spelled(p) for line in FURNITURE.split("\n") for p in line.split("|") if p.strip()})
_RESULTS = _by_longest({_spelled(first) for first, _ in RESULTS})
_ANCHORS = frozenset(_PHRASES.keys() | _RESULTS.keys())
_ANCHOR_TABLE = word_table(_ANCHORS)
_NEXT = {first: [_spelled(b) for a, b in RESULTS if _spelled(a) == first] for first in map(_spelled, dict(RESULTS))}


def is_stub(comparison: str) -> bool:
    """Whether a body is furniture, told by its comparison text; in some 5 µs."""
    if len(comparison) > 12 * MANY or comparison.count(" ") >= MANY:
        return False
    # Compiled: a third of the time of making a string of each token.
    if count_listed(code_points(comparison), _ANCHOR_TABLE)[0] == 0:
        return False
    words = comparison.split(" ")
    met = _ANCHORS.intersection(words)
    padded = f" {comparison} "
    said = sum(phrase in padded for word in met for phrase in _PHRASES.get(word, ()))
    if said >= (1 if len(words) <= FEW else THREE):
        return True
    results = (phrase for word in met for phrase in _RESULTS.get(word, ()) if phrase in padded)
    return any(following in padded for phrase in results for following in _NEXT[phrase])
