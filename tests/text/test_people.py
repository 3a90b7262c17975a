"""People: names are cut out of bylines, and nothing else becomes a name."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.text.people import is_organisation, name_case, people_of, split_people

NAMES = ["Mara Quill", "Jonas T. Ferrow", "José Ortega y Brisa", "Anneke van der Holt", "Rui da Costa e Prata",
         "Élodie d'Ormeau", "Søren Kjær", "Kim Lee-Watt", "Ludwig von und zu Tarn", "Piet O'Dell"]  # fmt: skip
LEADS = ["", "By ", "BY: ", "Von ", "Par ", "Por ", "Di ", "Da ", "Door ", "Av ", "Af ", "Od ", "Text: ", "Autorin: ",
         "Posted by ", "Ein Gastbeitrag von ", "Eine Analyse von ", "View all posts by ", "More stories by ",
         "Alle Artikel von ", "Staff Reporter ", "Redakteurin ", "Propos recueillis par "]  # fmt: skip
TAILS = ["", ", Senior Political Editor", " Chief Reporter", " (Harbour desk)", " @mquill", " <m.quill@tarn.example>",
         " Published Sept. 4, 2019", " | The Tarn Courier", ", Reuters", " in Berlin", " – Tarn", ", Nordhafen",
         " December", " is a reporter in Tarn", " For The Tarn Courier", " says:", ", freie Journalistin",
         ", enviada especial", ", rédacteur en chef", " Follow us"]  # fmt: skip
JOINTS = [" and ", ", ", " & ", " und ", " et ", " y ", " e ", " en ", " och ", " og ", "; ", " / ", ", and "]


@pytest.mark.parametrize("lead", LEADS)
def test_a_name_is_left_of_whatever_stands_around_it(lead):
    for name, tail in product(NAMES, TAILS):
        assert split_people(f"{lead}{name}{tail}") == [name]


@given(st.lists(st.sampled_from(NAMES), min_size=2, max_size=4, unique=True), st.sampled_from(JOINTS))
def test_several_people_are_told_apart_by_every_joint(names, joint):
    assert split_people("By " + joint.join(names)) == names


@given(st.text(max_size=200))
def test_no_byline_is_an_error(text):
    split_people(text)
    people_of([text], [text[:20]])


@pytest.mark.parametrize(
    ("byline", "people"),
    [
        ("Von Hart", ["Von Hart"]),
        ("Di Poe", ["Di Poe"]),
        ("Quill, Mara", ["Mara Quill"]),
        ("Quill, Mara T.; Ferrow, Jonas", ["Mara T Quill", "Jonas Ferrow"]),
        ("Mara Quill, Ph.D.", ["Mara Quill, Ph.D"]),
        ("Mara Quill, Jr. and Ben Lot, MD", ["Mara Quill, Jr", "Ben Lot, MD"]),
        ("MARA QUILL AND BEN VAN DER MCLOT III", ["Mara Quill", "Ben van der McLot III"]),
        ("MARA QUILL Courier Staff Writer", ["Mara Quill"]),
        ("Mara Quill, London, Ben Lot", ["Mara Quill", "Ben Lot"]),
        ("Mara Quill Mara Quill ist Chemikerin", ["Mara Quill"]),
        ("Mara Quill im Gespräch mit Ben Lot", ["Mara Quill", "Ben Lot"]),
        ("Text: Mara Quill, Fotos: Ben Lot", ["Mara Quill", "Ben Lot"]),
        ("By Mara Quill, Chief Political Correspondent, and Ben Lot, Chief Reporters", ["Mara Quill", "Ben Lot"]),
        ("Jörg Staff", ["Jörg Staff"]),
        ("Jan", ["Jan"]),
        ("© Mara Quill", ["Mara Quill"]),
        ("Mara Quill, AP Harbour Writer", ["Mara Quill"]),
        ("Editor-at-large Mara Quill", ["Mara Quill"]),
        ("tarn.example, Nordhafen, Nordland", ["tarn.example"]),
        ("Mara und Ben", ["Mara", "Ben"]),
        ("marasblog", ["marasblog"]),
        ("Mara Quill\n\nBen Lot", ["Mara Quill", "Ben Lot"]),
        ("['Mara Quill', \"Ben Lot\"]", ["Mara Quill", "Ben Lot"]),
        ("[Mara Quill, Ben Lot]", ["Mara Quill", "Ben Lot"]),
        ('<a href="/x/mara">Mara Quill</a>', ["Mara Quill"]),
        ("山川太郎記者", ["山川太郎"]),
        ("取材・文／山川太郎、海野花子", ["山川太郎", "海野花子"]),
        ("记者 张三", ["张三"]),
        ("김바다 기자", ["김바다"]),
        ("Мара Перо", ["Мара Перо"]),
        ("Reuters", ["Reuters"]),
        ("Mara Quill, Tarn Broadcasting Corporation", ["Mara Quill"]),
        ("Ministerium für Wirtschaft und Forschung", ["Ministerium für Wirtschaft und Forschung"]),
        ("@mquill", ["mquill"]),
        ("Mara Quill @mquill", ["Mara Quill"]),
    ],
)
def test_forms_of_their_own_name_whom_they_name(byline, people):
    assert split_people(byline) == people


@pytest.mark.parametrize(
    "text",
    ["See full bio", "Follow us", "Follow Mara on the web", "Updated Sept. 4, 2019", "Chief Political Editor", "nan",
     "None", "[]", "By Our Correspondent", "Staff Writer", "Share this story", "3 Comments", "Super User",
     "Redakteurin",      "https://tarn.example/mara", "news@tarn.example", "Best western harbour rooms", "admin",
     "Staff Reports", "AP Auto Writer", "Twitter Facebook", "November", "Fri", "Ben Lot on Unsplash",
     "Unserer Redaktion", "03:07 Min."],
)  # fmt: skip
def test_a_text_that_names_nobody_names_nobody(text):
    assert split_people(text) == []


def test_the_outlet_is_cut_off_and_is_nobody():
    outlets = ["The Tarn Courier", "tarn.example"]
    assert people_of(["Mara Quill The Tarn Courier", "the tarn courier", "tarn.example"], outlets) == ("Mara Quill",)
    assert people_of(["Matthias nordblog"], ["nordblog"]) == ("Matthias",)


def test_an_account_is_nobody_where_a_page_may_name_somebody():
    assert people_of(["@tarncourier", "Mara Quill"]) == ("Mara Quill",)


@pytest.mark.parametrize(
    "name", ["Tarn Verlag GmbH", "Redaktion", "MM-Redaktion", "tarn.example", "The Courier", "AFP"]
)
def test_an_organisation_is_known_by_its_words_and_form(name):
    assert is_organisation(name)
    assert not is_organisation("Mara Quill")


@pytest.mark.parametrize(
    ("name", "cased"),
    [
        ("JANE O'HARA", "Jane O'Hara"),
        ("DE LA CRUZ", "De la Cruz"),
        ("Bill MCLOT", "Bill McLot"),
        ("Mara GNN", "Mara GNN"),
        ("AFP", "AFP"),
    ],
)
def test_a_name_in_capitals_is_written_as_usual(name, cased):
    assert name_case(name) == cased
