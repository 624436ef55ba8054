"""Is that all they wanted to say? Sentences of four languages, with and without a recogniser's punctuation."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from engine.languages.turn_words import turn_words
from engine.protocol import LANGUAGES
from engine.turns.completeness import completeness

SHARED = (
    Path(os.environ.get("CALL_THING_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "dialogues"
)

WHOLE = {
    "en": """
        Good evening, Harbour Kitchen, how can I help you?
        Sure, for how many people?
        And at what time?
        What name should I put that under?
        I am afraid we are fully booked on Saturday.
        We could seat you on the terrace.
        Could you spell that for me, please?
        Is there anything else I can help you with?
        That's booked for you then.
        No, we don't.
        Where are you calling from?
        How are you?
        We have a table at half past seven.
        Let us know if you are late.
        Goodbye!
        Thank you for calling, bye.
        Inside or outside?
        The reservation is for 11:15 am.
        Please confirm a table for 4 on March 3rd.
    """,
    "de": """
        Guten Abend, Wirtshaus am Markt, was kann ich für Sie tun?
        Ja, für wie viele Personen?
        Um wie viel Uhr möchten Sie kommen?
        Um sieben sind wir leider ausgebucht.
        Ich könnte Ihnen einen Tisch um acht anbieten.
        Auf welchen Namen darf ich notieren?
        Wir haben am Freitag noch zwei Tische frei.
        Ja gerne, wir haben einen Tisch um acht Uhr.
        Der Tisch ist auf Ihren Namen reserviert.
        Hier ist das Wirtshaus am Markt.
        Rufen Sie bitte später noch einmal an.
        Das tut mir leid.
        Die Küche schließt um zehn.
        Melden Sie sich, wenn sich etwas ändert.
        Möchten Sie drinnen sitzen oder draußen?
        Auf Wiederhören.
        Vielen Dank und einen schönen Abend.
        Drinnen oder draußen?
    """,
    "es": """
        Buenas noches, Casa Pepe, ¿en qué puedo ayudarle?
        Sí, claro, ¿para cuántas personas?
        ¿A qué hora les gustaría venir?
        Lo siento, a las nueve estamos completos.
        Puedo ofrecerle una mesa a las diez.
        ¿Me lo puede deletrear?
        Tenemos una mesa libre el viernes.
        No hay problema.
        Su mesa está reservada.
        Avísenos si cambia algo.
        ¿Es correcto?
        La cocina cierra a las once.
        Llámenos mañana, por favor.
        Hasta luego.
        Muchas gracias por su llamada.
        ¿Dentro o fuera?
    """,
    "nl": """
        Goedenavond, Grand Café de Brug, waarmee kan ik u helpen?
        Ja hoor, voor hoeveel personen?
        En hoe laat wilt u komen?
        Om zeven uur zitten we helaas vol.
        Ik kan u een tafel om negen uur aanbieden.
        Kunt u dat voor mij spellen?
        We hebben vrijdag nog een tafel vrij.
        De tafel staat op uw naam.
        Ja, dat kan.
        Dat spijt me.
        De keuken sluit om tien uur.
        Mag ik uw naam?
        Laat het weten als er iets verandert.
        Tot ziens.
        Dank u wel en een fijne avond.
        Binnen of buiten?
    """,
}
OPEN = {
    "en": """
        the kitchen closes at|nothing ends with "at"
        we are rather full that night, so|"so"
        your table is|"is"
        I could offer you|
        if you like|clause
        I will put you down for Friday and|"and"
        well um|more comes
        could you|
        between seven|
        what time would you like to|"to"
        we have a|"a"
    """,
    "de": """
        ich könnte Ihnen einen Tisch um halb neun|a verb is missing to "könnte"
        auf welchen Namen darf ich|
        um sieben sind wir leider|
        am Freitag haben wir|
        wir hätten am Samstag noch|
        Ihr Tisch ist|"ist"
        die Küche schließt um|"um"
        wenn Sie möchten|clause
        das trage ich ein und|"und"
        wir würden Sie dann auf die Terrasse|a verb is missing to "würden"
        ja also ähm|more comes
    """,
    "es": """
        la cocina cierra a las|"las"
        su mesa está|"está"
        puedo ofrecerle|
        si quiere|clause
        esa noche estamos llenos, así que|"que"
        lo apunto y|"y"
        el viernes tenemos|"tenemos"
        pues eh|more comes
        podemos ponerles en la|"la"
    """,
    "nl": """
        ik kan u een tafel om half negen|a verb is missing to "kan"
        op welke naam mag ik|
        om zeven uur zijn we helaas|
        op vrijdag hebben we|
        uw tafel is|"is"
        de keuken sluit om|"om"
        als u wilt|clause
        ik schrijf het op en|"en"
        dus eh|more comes
    """,
}
WAIT = {
    "en": ["One moment, please.", "Let me just have a look", "Hang on a second", "I will check that for you"],
    "de": ["Moment bitte", "Einen Augenblick, ich schaue nach", "Bleiben Sie bitte dran", "Da muss ich kurz nachsehen"],
    "es": ["Un momento", "Espere un segundo, por favor", "Déjeme mirar", "Voy a consultarlo"],
    "nl": ["Ogenblikje", "Een momentje alstublieft", "Ik kijk even voor u", "Dat moet ik even navragen"],
}  # fmt: skip
NUMBERS = {
    "en": ("your number is zero seven", "it is four four two zero seven nine four six zero nine"),
    "de": ("Ihre Nummer ist null drei", "null drei null eins zwei drei vier fünf sechs sieben"),
    "es": ("el teléfono es seis cinco", "seis cinco cuatro tres dos uno nueve ocho siete"),
    "nl": ("uw nummer is nul zes", "nul zes een twee drie vier vijf zes zeven acht"),
}
FRAGMENTS = {
    "en": "for four people on Friday",
    "de": "für vier Personen am Freitag",
    "es": "para cuatro personas el viernes",
    "nl": "voor vier personen op vrijdag",
}
YES = {"en": "Yes.", "de": "Ja, genau.", "es": "Sí, claro.", "nl": "Ja hoor, prima."}


def lines(texts: dict[str, str]) -> list[tuple[str, str]]:
    return [(language, line.strip()) for language in texts for line in texts[language].strip().splitlines()]


def bare(text: str) -> str:
    """As a recogniser without punctuation and capitals writes it."""
    return " ".join(re.sub(r"(?<!\d)[.,?!¿¡:](?!\d)|[.,?!¿¡]$", " ", text).lower().split())


@pytest.mark.parametrize(("language", "text"), lines(WHOLE))
def test_whole_sentences_are_whole_with_punctuation_and_without(language, text):
    assert completeness(text, language).kind == "complete"
    assert completeness(bare(text), language).kind == "complete"


@pytest.mark.parametrize(("language", "line"), lines(OPEN))
def test_what_a_sentence_cannot_end_with_is_open(language, line):
    text, reason = line.split("|")
    verdict = completeness(text, language)
    assert verdict.kind == "open"
    assert reason in verdict.reason


def test_a_recogniser_s_full_stop_ends_no_sentence_that_lacks_its_end():
    assert completeness("Your telephone number is.", "en").kind == "open"
    assert completeness("Ich könnte Ihnen einen Tisch um halb neun.", "de").kind == "open"


@pytest.mark.parametrize(("language", "text"), [(code, text) for code in WAIT for text in WAIT[code]])
def test_who_asks_us_to_wait_is_given_time(language, text):
    assert completeness(text, language).kind == "hold"
    assert completeness(bare(text), language).kind == "hold"


def test_a_moment_that_is_over_is_no_reason_to_wait():
    assert completeness("One moment please. Yes, we have a table.", "en").kind == "complete"
    assert completeness("let me see you want a table for two", "en").kind != "open"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_said_digit_by_digit_is_open_until_it_is_long_enough(language):
    begun, done = NUMBERS[language]
    assert completeness(begun, language).kind == "open"
    assert completeness(done, language).kind == "complete"
    assert completeness(begun + "?", language).kind == "complete"


def test_a_time_is_no_telephone_number():
    assert completeness("we have a table at seven thirty", "en").kind == "complete"
    assert completeness("wir haben um acht Uhr fünfzehn etwas frei", "de").kind == "complete"


@pytest.mark.parametrize(
    "text", ["we have a table at eight p m", "your table is confirmed at half past nine a m"]
)
def test_before_and_after_noon_are_no_letters_of_a_name(text):
    assert completeness(text, "en").kind == "complete"
    assert completeness("that is P A M", "en").kind == "open"


@pytest.mark.parametrize("text", ["W A L", "that is spelled M as in Mary"])
def test_a_name_is_spelled_until_something_else_is_said(text):
    assert completeness(text, "en").kind == "open"
    assert completeness(f"{text}, is that right?", "en").kind == "complete"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_fragment_is_neither_whole_nor_open(language):
    assert completeness(FRAGMENTS[language], language).kind == "unclear"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_bare_yes_ends_a_turn_only_where_it_was_asked_for(language):
    assert completeness(YES[language], language, "yes_no").kind == "answer"
    assert completeness(YES[language], language, "availability").kind == "answer"
    assert completeness(YES[language], language, "").kind == "unclear"


def test_commas_and_points_at_the_end_say_that_more_comes():
    assert completeness("We have a table,", "en").kind == "open"
    assert completeness("Sorry,", "en").kind == completeness("Entschuldigung,", "de").kind == "open"
    assert completeness("We have a table...", "en").kind == "open"


def test_no_words_say_nothing():
    assert completeness("", "en").kind == "unclear"
    assert completeness(" ?! ", "de").kind == "unclear"


@given(
    text=st.text(max_size=80),
    language=st.sampled_from(LANGUAGES),
    expects=st.sampled_from(["", "yes_no", "name_spelled"]),
)
def test_whatever_is_recognised_gets_a_verdict_with_a_reason(text, language, expects):
    verdict = completeness(text, language, expects)
    assert verdict.reason
    assert verdict == completeness(text, language, expects)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_recogniser_in_a_loop_holds_nobody_up(language):
    """Patterns that try every way to split such a text would not come back before the test's time is over."""
    known = turn_words(language)
    patterns = [*known.hold, *known.formulas, *known.answers, *known.whole_ends, *known.open_ends]
    for word in {word for pattern in patterns for word in re.findall(r"[^\W\d_]+", pattern)}:
        assert completeness(f"{word} " * 50 + "zzz", language).reason
    assert completeness("a" * 5000, language).reason
    assert completeness("one moment " * 3000, language).reason


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no dialogues in {SHARED.name}; set CALL_THING_SHARED")
def test_nearly_all_of_what_restaurants_wrote_is_whole_and_hardly_any_of_it_breaks_off_after_a_preposition():
    texts = [json.loads(line)["text"] for line in (SHARED / "callee_turns.jsonl").read_text().splitlines()]
    whole = sum(completeness(text, "en").kind == "complete" for text in texts)
    assert whole >= 0.95 * len(texts)
    broken_off = [
        " ".join(words[: index + 1])
        for words in (text.split() for text in texts)
        for index, word in enumerate(words[:-1])
        if word in ("at", "for", "on", "of", "and", "or", "the", "a", "your", "from", "is")
    ]
    mistaken = sum(completeness(text, "en").kind == "complete" for text in broken_off)
    assert mistaken <= 0.05 * len(broken_off)
