"""What a voice is given: words, and nothing that is only to be seen."""

import random
import unicodedata

import msgspec
import pytest

from engine.dialogue.sentences import can_say, refill
from engine.dialogue.spoken import speakable
from engine.languages import load
from engine.protocol import LANGUAGES, Task

SAID = {
    "en": {
        "See you at 19:30.": "See you at seven thirty p m.",
        "at 7:30 pm, okay?": "at seven thirty p m, okay?",
        "at 7pm or 8 p.m.": "at seven p m or eight p m",
        "at 7:30": "at seven thirty",  # which half of the day is left open
        "on 2026-05-15 at 19:30": "on Friday the fifteenth of May at seven thirty p m",
        "2026-05-15T19:30:00Z": "Friday the fifteenth of May, seven thirty p m",
        "Friday, May 15th": "Friday, May fifteenth",
        "15 May 2026": "the fifteenth of May twenty twenty six",
        "on 5/15": "on the fifteenth of May",
        "July 4 at 7:30 pm": "July fourth at seven thirty p m",
        "call +44 20 7123 4567": "call plus four four, two zero, seven one two three, four five six seven",
        "mail a.b_c1@ex-ample.com.": "mail a dot b underscore c one at ex hyphen ample dot com.",
        "see https://www.example.com/menu?x=1 now": "see example dot com now",
        "[our page](https://example.com/a(b)) is there": None,
        "€25.50 & $1 for 10%": "twenty five euros fifty and one dollar for ten percent",
        "for 2-4 people": "for two to four people",
        "the 3rd floor": "the third floor",
        "1,000 and 2.5": "one thousand and two point five",
        "**Yes**, *that* is __right__ `x`": "Yes, that is right x",
        "# Title\n- one\n- two": "Title. one. two",
        "1. First\n2. Second": "First. Second",
        "| day | time |\n|---|---|\n| May | noon |": "day, time. May, noon",
        "<b>hi</b> 😀👍🏽 &amp; you": "hi and you",
        "```python\nprint\n```": "print",
        "#5": "number five",
        "table for 4.": "table for four.",
        "the reference is AB12": "the reference is AB one two",
        "room 007": "room zero zero seven",
        "from 19:00-20:30": "from seven p m to eight thirty p m",
        "7-9pm": "seven to nine p m",
        "on Fri, 15 Dec. 2026": "on Friday the fifteenth of December twenty twenty six",
        "10km, 24/7, 1/2": "ten km, twenty four seven, a half",
        "1,234,567": "one million two hundred thirty four thousand five hundred sixty seven",
        "no. 5": "number five",
        "+49 (0)30/1234-567": "plus four nine, three zero, one two three four, five six seven",
    },
    "de": {
        "um 19:30 Uhr": "um neunzehn Uhr dreißig",
        "19.30 Uhr bitte": "neunzehn Uhr dreißig bitte",
        "um 19 Uhr.": "um neunzehn Uhr.",
        "um 1 Uhr": "um ein Uhr",
        "um 7:30 Uhr abends": "um sieben Uhr dreißig abends",
        "am 15.5. um 20 Uhr": "am fünfzehnten Mai um zwanzig Uhr",
        "am 15.05.2026": "am Freitag, den fünfzehnten Mai",
        "der 15. Mai": "der fünfzehnte Mai",
        "Freitag, 15.5.": "Freitag, den fünfzehnten Mai",
        "im 1. Stock": "im ersten Stock",
        "25,50 €": "fünfundzwanzig Euro fünfzig",
        "10 % & mehr": "zehn Prozent und mehr",
        "für 4 am 15.5.": "für vier am fünfzehnten Mai",  # "4 am" is no time in German
        "am 27.": "am siebenundzwanzigsten.",
        "der 27. geht auch": "der siebenundzwanzigste geht auch",
        "3. Etage": "dritte Etage",
        "1 Person": "eine Person",
        "18-20 Uhr": "achtzehn bis zwanzig Uhr",
        "gegen 20h": "gegen zwanzig Uhr",
        "1.000 Gäste, 2,5 Sterne": "eintausend Gäste, zwei Komma fünf Sterne",
        "030 1234567": "null drei null, eins zwei drei, vier fünf sechs sieben",
        "an info@haus.de": "an info ät haus Punkt de",
    },
    "es": {
        "a las 19:30": "a las siete y media de la tarde",
        "a las 19:30 h": "a las siete y media de la tarde",
        "a las 7:30 p. m.": "a las siete y media de la tarde",
        "a la 1:00": "a la una",
        "el 15 de mayo": "el quince de mayo",
        "el 2026-05-15": "el viernes quince de mayo",
        "el 15/5": "el quince de mayo",
        "la 2ª mesa": "la segunda mesa",
        "el 3er piso": "el tercer piso",
        "a las 21": "a las nueve de la noche",
        "a las 2 mesas": "a las dos mesas",
        "21 personas, 1 persona": "veintiuna personas, una persona",
        "nº 5": "número cinco",
        "25,50 €": "veinticinco euros cincuenta",
        "912 34 56 78": "nueve uno dos, tres cuatro, cinco seis, siete ocho",
        "el 10%": "el diez por ciento",
    },
    "nl": {
        "om 19:30 uur": "om negentien uur dertig",
        "om 19u30": "om negentien uur dertig",
        "19.30 uur": "negentien uur dertig",
        "15 mei": "vijftien mei",
        "op 15-05-2026": "op vrijdag de vijftiende mei",
        "de 3e tafel": "de derde tafel",
        "op 15-5": "op vijftien mei",
        "op 1 mei": "op één mei",
        "om 20u": "om twintig uur",
        "€ 25,-": "vijfentwintig euro",
        "06 12345678": "nul zes één, twee drie vier, vijf zes zeven acht",
        "2-4 personen": "twee tot vier personen",
        "mail jan@huis.nl": "mail jan apenstaartje huis punt nl",
    },
}
CASES = [(code, text, said) for code, cases in SAID.items() for text, said in cases.items()]


@pytest.mark.parametrize(("code", "text", "said"), CASES)
def test_a_written_text_is_said_as_words(code, text, said):
    spoken = speakable(text, code)
    assert nothing_to_see(spoken)
    if said is not None:
        assert spoken == said


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_the_agent_says_by_itself_is_left_as_it_is(code):
    task = Task(
        restaurant="Lindenhof", today="2026-11-23", date="2026-11-27", time="19:30", party_size=4,
        name="Ana O'Neill-Weiß", phone="+442071234567", wishes="a quiet table",
        accept_from="19:00", accept_until="20:30",
    )  # fmt: skip
    language = load(code)
    templates = [key for key in msgspec.structs.asdict(language.say) if can_say(key, task, language)]
    assert len(templates) > 40
    for key in templates:
        sentence = refill(getattr(language.say, key), task, language)
        assert speakable(sentence, code) == sentence


PIECES = [
    "**", "*", "_", "__", "#", "## ", "- ", "> ", "`", "```", "~~", "|",
    "[", "](", ")", "<b>", "</b>", "<", ">", "\\", "{", "}",
    "http://", "www.", "a@b.co", "@", "/", "://", "€", "$", "%", "&",
    "&amp;", "+", "=", "°", "½", "²", "①", "٣", "३", "Ⅷ", "五",
    "😀", "👍🏽", "🇪🇸", "\u200d", "\u202e", "\ufeff", "\x00", "\n", "\r\n",
    "\t", " ", " ", ".", ",", ":", "-", "–", "—", "'", '"',
    "0", "1", "7", "12", "15", "19:30", "7:30 pm", "19.30 Uhr", "19u30",
    "99:99", "2026-05-15", "2026-13-45", "15.5.", "32.1.",
    "May 15th", "1st", "1º", "3e", "+49 30 123456", "1.000,50", "--", "1,2,3",
    "table", "für", "mañana", "één", "Mai", "mayo", "mei",
]  # fmt: skip


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_sign_and_no_digit_ever_reaches_the_voice(code):
    chance = random.Random(f"spoken {code}")
    for _ in range(1500):
        text = "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 14)))
        assert nothing_to_see(speakable(text, code)), text
    for _ in range(300):
        text = "".join(chr(chance.randrange(0x2FFFF)) for _ in range(20))
        assert nothing_to_see(speakable(text, code)), text


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_has_been_made_speakable_stays_as_it_is(code):
    chance = random.Random(f"again {code}")
    for _ in range(500):
        once = speakable(" ".join(chance.choice(PIECES) for _ in range(8)), code)
        assert speakable(once, code) == once


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize(
    "piece",
    ["*", "[", "<", "1 ", "1-", "a@", "a.", "(", "| ", "- ", "&", "http://", "_a", "<!--", "\n#", "1.1."],
)
def test_a_very_long_text_is_no_trap(code, piece):
    assert nothing_to_see(speakable(piece * 20_000, code))  # under the time limit of a test


def nothing_to_see(said: str) -> bool:
    """Whether only letters, spaces and punctuation are in it."""
    return (
        all(unicodedata.category(c)[0] in "LMZ" or c in ".,;:!?…'’\"“”„‚‘«»()¡¿-–—·" for c in said)
        and "\n" not in said
    )
