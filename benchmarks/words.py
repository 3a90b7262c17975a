"""The words and sentences of the benchmark's news: lists, names from syllables, sentences with places for both.  Pure.

`{noun}` is a word of that list, `{Noun}` the same with a capital; a place may end in punctuation.  No five words
in a row are fixed in an article's sentences, so that two articles share shingles by chance alone.
"""

from __future__ import annotations

import itertools

NOUNS = """agency airport alliance amendment archive assembly balance bank barrier battery board bond border branch
bridge brewery budget bureau cabinet campaign canal capital cargo carrier census chamber charter clinic coalition
coast college column commission committee concert contract convoy council county court creditor crew crop currency
dairy dam debate decree deficit delegation deposit depot district dock drought duty economy election embassy engine
estate exchange exhibit export factory farm ferry festival fishery flood forecast forest fleet freight fund gallery
garrison grain grant harbour harvest highway hospital household index industry inflation inquiry insurer inventory
island journal judge junction jury lake ledger lender library licence loan lorry machine manager market mayor measure
merger meeting mill mine minister mission museum network notice office officer orchard orchestra outlet panel parade
parish park parliament party patent patrol payroll pension petition pier pipeline pitch plant platform police policy
port poverty premium price prison profit project proposal protest province quarry quarter railway reactor reform
refinery regiment region register reservoir residence resort revenue review river road ruling salary sanction school
season senate settlement shipment shipyard shop signal stadium station statute steel storm strike studio subsidy
summit supplier survey tariff tax team temple tenant tender terminal theatre timber tourism township tractor trade
trail treasury treaty tribunal tunnel turbine tutor union valley vaccine vehicle venture verdict vessel village voter
wage warehouse waterway weather wharf winery workshop yard yield zone""".split()
ADJECTIVES = """acting additional agreed annual autumn bitter bold brief broad busy careful central cheap civic clear
closed coastal costly crowded daily damaged deep delayed disputed distant domestic early eastern elected emergency
empty federal fierce final firm foreign former fragile fresh full further general gradual hasty heavy hidden historic
hostile idle improved interim internal joint key lasting late leading legal lengthy likely limited local lower main
major marginal maritime minor missing mixed modern modest monthly narrow national nearby northern notable official
older open ordinary outgoing overdue partial past permanent pending poor popular private prolonged public quiet rapid
rare recent record regional remote renewed rival rural safe scarce secret senior separate severe sharp shared short
slow small southern special steady steep strict sudden summer surplus tense tight timely tough troubled unlikely
unpaid unsafe upper urban urgent vacant vital weak weekly western wide winter wooden""".split()
VERBS = """abandoned accepted added adopted advised approved argued arranged assessed backed barred blamed blocked
bought built called cancelled challenged changed checked cleared closed collected compared completed confirmed
considered controlled covered criticised crossed cut debated declared defended delayed demanded denied described
dismissed doubled drafted dropped eased ended examined expanded explained extended faced financed followed forced
founded gathered granted halted handled hired imposed improved increased inspected issued joined kept launched lifted
limited linked lost lowered managed measured missed moved named negotiated noted offered opened opposed ordered
organised outlined overturned owned passed paused planned postponed praised predicted prepared pressed printed
promised proposed protected published pursued questioned raised reached rebuilt received recovered reduced refused
regained rejected released renewed rented repaired replaced reported rescued reshaped resisted restored restricted
reversed reviewed revised revived ruled scrapped secured seized settled shared shifted signed sold solved stopped
studied submitted supported suspended tested tightened traced trimmed unveiled upheld urged visited voted warned
welcomed widened withdrew""".split()
ADVERBS = """again already apparently at.last briefly by.then calmly earlier eventually finally formally gradually
hardly in.part largely lately later mainly narrowly nearly never officially once openly partly promptly publicly
quickly quietly rarely readily repeatedly sharply shortly slowly so.far soon steadily strongly suddenly to.date
unanimously unexpectedly usually widely""".split()
LINKS = """as that when which after but because in.case although before even.though given.that now.that once since so.that
though unless until where whereas while""".split()
PREPOSITIONS = """of in to for on with at by from after about over as under against between during into near
across around behind below beside beyond despite inside off outside past through throughout toward upon within
without""".split()
SAYERS = """adviser analyst chairwoman clerk consultant coroner councillor critic deputy director economist engineer
farmer governor historian inspector lawyer lecturer minister negotiator observer organiser owner planner prosecutor
quartermaster researcher resident secretary solicitor spokesman spokeswoman surveyor teacher trader treasurer trustee
veteran witness""".split()
SAID = """said told stated added argued conceded estimated explained insisted noted remarked replied warned
wrote""".split()
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = """January February March April May June July August September October November December""".split()
SKIES = """bright cloudy clear damp drizzly foggy frosty gusty hazy overcast showery sunny thundery wintry""".split()
SIDES = """Albion Athletic City County Harriers Mariners Olympic Orient Rangers Rovers Town United Villa
Wanderers""".split()
UNITS = """tonnes barrels crowns pounds dollars litres metres hectares seats jobs homes vehicles workers""".split()

_HEADS = """al an bar bel bor cal cor dal dor el fal fen gar gol hal har ist jar kel kor lam lin mar mel nor or os pel
quin ran ros sal sel tan tor ul van ver wil yar zel""".split()
_MIDDLES = """a be da di en er i in le lo ma mi na ne o ra ri sa ta ve""".split()
_PLACE_ENDS = """bach berg bridge bury by dale den fell field ford gate ham haven holm ley mere mouth port stead ton
vik wick""".split()
_NAME_ENDS = """ano as ek elli ens er eva ez in is ley man ner off on ov quist sen ska son ster wald well""".split()
_GIVEN = """Ada Agnes Alba Anton Arlo Astrid Beata Bruno Carla Cedric Clara Conrad Dario Delia Edgar Elena Emil Esther
Felix Flora Gideon Greta Hanna Hector Ida Igor Irene Ivo Jonas Judith Karla Kurt Lena Leo Lydia Magnus Mara Mira Nadia
Nils Nora Olaf Olga Oscar Paula Petra Ralf Rita Rosa Ruth Selma Silas Tessa Theo Ursula Viktor Vera Wanda Yara
Zeno""".split()
_FIRM_ENDS = """Bank Foods Freight Group Holdings Insurance Lines Metals Motors Paper Partners Power Rail Steel
Textiles Timber""".split()

_STEMS = [head + middle for head, middle in itertools.product(_HEADS, _MIDDLES)]
PLACES = [(stem + end).capitalize() for stem, end in itertools.product(_STEMS, _PLACE_ENDS)]
SURNAMES = [(stem + end).capitalize() for stem, end in itertools.product(_STEMS, _NAME_ENDS)]

NUMBERS = [str(n) for n in range(2, 100)] + [f"{n}.{m}" for n in range(1, 40) for m in (1, 3, 4, 7, 8)]
NUMBERS += [f"{n},{m}00" for n in range(1, 60) for m in (1, 2, 5, 8)]
FIGURES = [str(n) for n in range(1, 31)]
PRICES = [f"{n}.{m:02}" for n in range(8, 96) for m in range(3, 100, 7)]

LISTS: dict[str, list[str]] = {
    "noun": NOUNS,
    "adjective": ADJECTIVES,
    "verbed": VERBS,
    "adverb": [word.replace(".", " ") for word in ADVERBS],
    "link": [word.replace(".", " ") for word in LINKS],
    "prep": PREPOSITIONS,
    "sayer": SAYERS,
    "said": SAID,
    "day": DAYS,
    "month": MONTHS,
    "sky": SKIES,
    "unit": UNITS,
    "place": PLACES,
    "person": SURNAMES,
    "fullname": [f"{_GIVEN[n % len(_GIVEN)]} {name}" for n, name in enumerate(SURNAMES)],
    "firm": [f"{PLACES[n][:-1]} {_FIRM_ENDS[n % len(_FIRM_ENDS)]}" for n in range(0, len(PLACES), 5)],
    "side": [f"{place} {SIDES[n % len(SIDES)]}" for n, place in enumerate(PLACES[::7])],
    "number": NUMBERS,
    "figure": FIGURES,
    "price": PRICES,
}
RECURRING = ("place", "person", "fullname", "firm", "side", "sayer", "unit")
"""What an article speaks of again and again: a few of each."""
FIGURE_LISTS = ("number", "figure", "price")
"""What alone differs between the bulletins of one series."""

HEADLINES = [
    "{Place} {noun} {verbed} {adjective} {noun} {prep} {place}",
    "{Firm} {verbed} {noun} {link} {adjective} {noun} {verbed}",
    "{Adjective} {noun} {verbed} {noun} {prep} {place}, {sayer} {said}",
    "{Person} {verbed} {place} {noun} {prep} {adjective} {noun}",
    "{Place}: {noun} {prep} {number} {unit} {adverb} {verbed}",
    "{Side} {verbed} {side} {prep} {adjective} {noun}",
]
SENTENCES = [
    "{Place} {noun} had {adverb} {verbed} the {adjective} {noun} {prep} {place} {link} {sayer} {person} {verbed} a {noun} {prep} {day}.",
    "The {adjective} {noun} {verbed} {number} {unit} {prep} the {adjective} {noun}, {fullname} of {firm} {said} {prep} {day}.",
    "{Firm} {verbed} its {adjective} {noun} {prep} {place} {link} {noun} {prep} the {noun} {verbed} {adverb}.",
    "{Person} {said} the {noun} {prep} {place} {verbed} the {adjective} {noun} {adverb}, {link} {noun} {verbed} the {noun}.",
    "“{Adjective} {noun} {verbed} us {prep} the {noun},” {said} {sayer} {person}, “{link} the {adjective} {noun} had {adverb} {verbed} it.”",
    "{Prep} {month} {number} {noun} and {noun} {verbed} {prep} {place}, {number} {unit} more {prep} the {adjective} {noun}.",
    "A {sayer} {prep} {place} had {adverb} {verbed} a {noun} {link} {firm} {verbed} the {adjective} {noun} {prep} {number} {unit}.",
    "{Adjective} {noun} {prep} {place} and {place} {verbed} the {noun}, the {noun} {adverb} {said} {prep} the {adjective} {noun}.",
    "It {verbed} {number} {unit} {prep} the {noun} {link} the {adjective} {noun} had {adverb} {verbed} {prep} {month} {figure}.",
    "{Sayer} {fullname} {verbed} the {adjective} {noun} {prep} the {noun}, {adverb} {said} {person}, {link} {place} {verbed} the {noun}.",
    "{Link} {noun} {verbed} {prep} the {adjective} {noun}, {place} had {adverb} {verbed} {number} {unit} {prep} the {noun} {noun}.",
    "{Noun} {prep} the {noun} {verbed} {firm}; the {adjective} {noun} {verbed} {place} {prep} {day}, {link} {noun} had {adverb} {verbed}.",
    "Its {noun} {verbed} {adjective}, the {adjective} {noun} {prep} {person}, whose {noun} {verbed} a {noun} {prep} {place} {adverb}.",
    "{Adverb} {verbed}, the {place} {noun} {verbed} {figure} {adjective} {noun} {prep} the {noun}, {said} {person}.",
    "{Noun} {noun} {prep} {place} {verbed} the {adjective} {noun} {prep} the {adjective} {noun} {link} {sayer} {verbed} {firm}.",
    "Nobody {prep} {place} {verbed} a {noun} {link} {fullname} had {adverb} {verbed} the {adjective} {noun}, a {noun} {sayer} {said}.",
    "{Number} {unit} {prep} the {adjective} {noun} {verbed} a {noun} {prep} {place}, {link} {number} {verbed} a {noun} {adverb}.",
    "{Firm} and {firm} {verbed} the {adjective} {noun} {prep} the {noun}, {person} {adverb} {said} {prep} the {noun} {noun}.",
]  # fmt: skip
BULLETIN_TITLES = [
    "{Place} weather for the day",
    "Closing prices at {place}",
    "{Place} league results and standings",
]
BULLETINS = [
    [
        "{Sky} in {place} with {adjective} wind {prep} {place} and {sky} spells {prep} the {adjective} {noun}.",
        "High {figure}, low {figure}, wind {figure} from the {adjective} side of {place}.",
        "{Place} {sky}, {adverb} {sky} {prep} {noun}, {figure} degrees at noon and {figure} by night.",
        "The {sayer} {prep} {place} {said} {sky} air {prep} {adjective} {noun} would hold {prep} {day}.",
        "Sea {prep} {place} {figure} degrees, {adjective} swell {prep} {place}, {sky} {prep} the {noun}.",
    ],
    [
        "{Firm} {price}, {firm} {price}, {firm} {price} {prep} {adjective} trade {prep} {place}.",
        "The {place} {noun} index {adverb} {verbed} {figure} points {link} {adjective} {noun} {verbed} {prep} {noun}.",
        "{Noun} of {firm} {verbed} {prep} {adjective} {noun}, a {sayer} {said}, {link} {noun} {verbed} {adverb}.",
        "{Adjective} {noun} {prep} {place} {verbed} {noun}, and dealers {verbed} {adjective} {noun} {prep} {price} a share.",
        "Turnover {prep} {place} {verbed} {adjective} {noun}, {number} {unit} {adverb} {verbed} {prep} {firm} {noun}.",
    ],
    [
        "{Side} {figure}, {side} {figure}; half time {figure} to {figure}, {adjective} crowd {prep} {place} ground.",
        "{Side} {verbed} {side} {prep} {adjective} {noun}, with {fullname} {adverb} {verbed} {prep} the {adjective} half.",
        "Standing {prep} {noun}: {side} {figure} points, {side} {figure}, {side} {figure} {prep} {adjective} goals.",
        "{Sayer} {person} of {side} {said} {adjective} {noun} {verbed} his side {prep} {place} and {prep} {noun}.",
        "Next {prep} {day} {side} meet {side} {prep} {place}, {link} {person} {adverb} {verbed} {prep} {noun}.",
    ],
]
NOTICES = [
    "This report was compiled from several services and may not be redistributed without written consent.",
    "Sign up for our morning letter and have the news of the day with your breakfast.",
    "Reporting by our correspondents; editing at the {place} desk.",
    "All figures are provisional and will be revised in the next edition.",
]
