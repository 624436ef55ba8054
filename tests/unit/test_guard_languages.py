"""The guard in four languages: the same in other words may be served, what only sounds alike never."""

from datetime import date

import pytest

from engine.dialogue.guard import may_serve
from engine.languages import load
from engine.protocol import LANGUAGES

MONDAY = date(2026, 11, 23)

OTHER_THINGS = [
    ("en", "we have a table at seven", "we have no table at seven"),
    ("en", "we can seat you outside on friday", "we can't seat you outside on friday"),
    ("en", "a table for four at seven", "a table for seven at four"),
    ("en", "so four people at seven on friday", "so seven people at four on friday"),
    ("en", "is that the third of june", "is that the thirteenth of june"),
    ("en", "so that is two people at 7:30 pm", "so that is two people at 7:30 am"),
    ("en", "are you open on sunday", "are you closed on sunday"),
    ("en", "could you come a bit earlier", "could you come a bit later"),
    ("en", "what name is it", "what time is it"),
    ("en", "what day would you like", "what day and time would you like"),
    ("en", "what is your name", "what is your name and phone number"),
    ("en", "for how many people", "for how many people and at what time"),
    ("en", "your table is booked", "your table is not booked"),
    ("en", "your table is booked", "the table is booked"),
    ("en", "your reservation is confirmed", "is your reservation confirmed"),
    ("en", "your reservation has been made", "your reservation has been cancelled"),
    ("en", "you want a table for two at seven on friday", "you have a table for two at seven on friday"),
    ("en", "a table for two at seven on friday", "we have a table for two at seven on friday"),
    ("en", "a table for two at luigis at seven on friday", "a table for two at marios at seven on friday"),
    ("en", "a table for two at seven on friday", "a table for two before seven on friday"),
    ("en", "a table for two at seven on friday", "let me check a table for two at seven on friday"),
    ("en", "anything else", "is that all"),
    ("en", "shall we call you back", "will you call us back"),
    ("en", "i am not sure", "i am not"),
    ("en", "seven works but eight does not", "eight works but seven does not"),
    ("en", "great", "thanks"),
    ("de", "wir haben einen Tisch frei", "wir haben keinen Tisch frei"),
    ("de", "das ist ein Problem", "das ist kein Problem"),
    ("de", "ist eine Terrasse in Ordnung", "ist keine Terrasse in Ordnung"),
    ("de", "am dritten Juni", "am dreizehnten Juni"),
    ("de", "für vier Personen um sieben", "für sieben Personen um vier"),
    ("de", "um halb acht", "um acht"),
    ("de", "um halb acht", "um halb neun"),
    ("de", "haben Sie Sonntag geöffnet", "haben Sie Sonntag nicht geöffnet"),
    ("de", "könnten Sie früher kommen", "könnten Sie später kommen"),
    ("de", "auf welchen Namen", "auf welchen Namen und welche Telefonnummer"),
    ("de", "Ihr Tisch ist reserviert", "der Tisch ist reserviert"),
    ("de", "wann möchten Sie kommen", "wann möchten Sie nicht kommen"),
    ("es", "tenemos mesa a las siete", "no tenemos mesa a las siete"),
    ("es", "sí, tenemos mesa", "no, no tenemos mesa"),
    ("es", "el tres de junio", "el trece de junio"),
    ("es", "cuatro personas a las siete", "siete personas a las cuatro"),
    ("es", "prefieren dentro", "prefieren fuera"),
    ("es", "pueden venir antes", "pueden venir después"),
    ("es", "a las siete y media", "a las siete menos cuarto"),
    ("es", "para cuántas personas", "para qué hora"),
    ("es", "su mesa está reservada", "su mesa no está reservada"),
    ("es", "a qué nombre", "a qué nombre y qué teléfono"),
    ("nl", "we hebben een tafel vrij", "we hebben geen tafel vrij"),
    ("nl", "dat kan om zeven uur", "dat kan niet om zeven uur"),
    ("nl", "op drie juni", "op dertien juni"),
    ("nl", "vier personen om zeven uur", "zeven personen om vier uur"),
    ("nl", "om half acht", "om acht uur"),
    ("nl", "binnen of in de serre", "buiten of in de serre"),
    ("nl", "kunt u eerder komen", "kunt u later komen"),
    ("nl", "op welke naam", "op welke naam en welk telefoonnummer"),
    ("nl", "op welke dag", "op welke dag en hoe laat"),
    ("nl", "uw reservering is bevestigd", "uw reservering is niet bevestigd"),
    ("en", "what time would you like", "what time do you close"),
    ("en", "what time would you like to come", "what time would you like to leave"),
    ("en", "what day is it for", "what day are you closed"),
    ("en", "how many people", "how many children"),
    ("en", "what name is it under", "what name should i call you"),
    ("en", "may i have your name", "may i have your last name"),
    ("en", "may i have your phone number", "may i have your booking number"),
    ("en", "your reservation is confirmed", "my reservation is confirmed"),
    (
        "en",
        "we confirm your table for two at seven on friday",
        "please confirm your table for two at seven on friday",
    ),
    (
        "en",
        "i will book a table for two at seven on friday",
        "i would book a table for two at seven on friday",
    ),
    ("en", "a table for two at seven on friday", "two tables for two at seven on friday"),
    ("en", "a table for two at seven on friday is fine", "a table for two at seven on friday is full"),
    ("en", "can you come at seven on friday", "can i come at seven on friday"),
    (
        "en",
        "would you like a table for two at seven on friday",
        "did you like a table for two at seven on friday",
    ),
    ("en", "a table inside for two at seven on friday", "a table outside for two at seven on friday"),
    ("en", "table for two adults at seven on friday", "table for two children at seven on friday"),
    ("en", "have a nice day", "have a nice table"),
    ("en", "anything else", "nothing else"),
    ("en", "is there anything else i can do", "there is nothing else i can do"),
    ("en", "can i help you with anything else", "can you help me with anything else"),
    ("en", "i can not help you with anything else", "can i help you with anything else"),
    ("en", "your booking is complete", "your booking is incomplete"),
    ("en", "i was able to make the reservation", "i was not able to make the reservation"),
    ("en", "i was able to make the reservation", "was i able to make the reservation"),
    ("en", "your table is reserved until seven", "your table is reserved from seven"),
    ("en", "the reservation is set for seven", "the reservation is set for eight"),
    ("en", "for four people at 7", "for 4 people at 17:00"),
    ("en", "your reservation was made", "your reservation was made by somebody else"),
    ("en", "do you want to book a table", "do you want to cancel a table"),
    ("en", "do you want to book a table", "did you book a table"),
    ("en", "shall i book you a table", "shall i not book you a table"),
    ("en", "see you then", "see you never"),
    ("en", "please spell your name", "please repeat your name"),
    ("en", "what is your name", "what is the name of the restaurant"),
    ("en", "four seven two nine", "four seven nine two"),
    ("en", "the number is 020 7946 0958", "the number is 020 7946 0985"),
    ("en", "on the 3rd of june at 7 for 2", "on the 13th of june at 7 for 2"),
    ("en", "on 3 june at 7 for 2", "on 7 june at 3 for 2"),
    ("en", "at 12 pm for two on friday", "at 12 am for two on friday"),
    ("en", "this friday at seven for two", "next friday at seven for two"),
    ("en", "half past seven for two on friday", "quarter past seven for two on friday"),
    (
        "en",
        "a table for two at seven on friday under smith",
        "a table for two at seven on friday under schmidt",
    ),
    ("en", "hello what time", "hello what day"),
    ("en", "do you have allergies", "do you have children"),
    ("de", "einen Tisch für zwei um sieben am Freitag", "keinen Tisch für zwei um sieben am Freitag"),
    ("de", "wie ist Ihr Name", "wie ist Ihr Vorname"),
    ("de", "möchten Sie drinnen sitzen", "möchten Sie draußen sitzen"),
    ("de", "Freitag um halb sieben für zwei", "Freitag um sieben für zweieinhalb"),
    ("de", "um 19:30 Uhr für zwei am Freitag", "um 9:30 Uhr für zwei am Freitag"),
    ("de", "ich habe einen Tisch reserviert", "ich habe den Tisch nicht reserviert"),
    ("de", "kann ich sonst noch etwas für Sie tun", "ich kann sonst nichts für Sie tun"),
    ("de", "das ist alles", "ist das alles"),
    (
        "de",
        "Sie möchten einen Tisch für zwei am Freitag um sieben",
        "wir haben einen Tisch für zwei am Freitag um sieben",
    ),
    ("de", "vor sieben am Freitag für zwei", "nach sieben am Freitag für zwei"),
    ("de", "bis sieben am Freitag für zwei", "ab sieben am Freitag für zwei"),
    ("de", "am Freitag um sieben für zwei im Adler", "am Freitag um sieben für zwei im Ochsen"),
    ("de", "für wann", "für wen"),
    ("es", "una mesa para dos a las siete el viernes", "ninguna mesa para dos a las siete el viernes"),
    ("es", "tenemos mesa para dos el viernes a las siete", "quiere mesa para dos el viernes a las siete"),
    ("es", "cómo se llama", "cómo se llama el restaurante"),
    ("es", "a qué hora quieren venir", "a qué hora cierran"),
    ("es", "antes de las siete", "después de las siete"),
    ("es", "desde las siete", "hasta las siete"),
    ("es", "algo más", "nada más"),
    ("es", "el viernes a las siete para dos", "el jueves a las siete para dos"),
    (
        "es",
        "una mesa para dos el viernes a las siete en casa pepe",
        "una mesa para dos el viernes a las siete en casa lucio",
    ),
    ("es", "está confirmada su reserva", "no está confirmada su reserva"),
    ("nl", "een tafel voor twee om zeven uur op vrijdag", "geen tafel voor twee om zeven uur op vrijdag"),
    ("nl", "hoe laat wilt u komen", "hoe laat sluit u"),
    ("nl", "voor zeven uur op vrijdag met twee", "na zeven uur op vrijdag met twee"),
    ("nl", "tot zeven uur", "vanaf zeven uur"),
    ("nl", "om kwart voor acht op vrijdag met twee", "om kwart over acht op vrijdag met twee"),
    ("nl", "is dat alles", "anders nog iets"),
    ("nl", "ik kan de tafel niet reserveren", "ik kan de tafel reserveren"),
    (
        "nl",
        "wij hebben een tafel voor twee op vrijdag om zeven uur",
        "u wilt een tafel voor twee op vrijdag om zeven uur",
    ),
    ("nl", "hoe heet u", "hoe heet het restaurant"),
    ("en", "the kitchen closes at nine", "the kitchen closes at ten"),
    ("en", "we open at six", "we close at six"),
    ("en", "we are open until ten", "we are open until eleven"),
    ("en", "are you a robot", "you are a robot"),
    ("en", "we have a table at nine", "do we have a table at nine"),
    ("en", "we have a table at nine", "we have a table from nine"),
    ("en", "a table at nine", "there is a table at nine"),
    ("en", "we have a table for two at nine", "you have a table for two at nine"),
    ("en", "i've got a table at eight", "i've booked a table at eight"),
    ("en", "let me check", "let me check with you"),
    ("en", "how many tables do you need", "how many seats do you need"),
    ("en", "what time is it", "what time is it for"),
    ("en", "we are fully booked that evening", "we are fully booked at that time"),
    ("en", "would nine work", "nine works"),
    ("en", "there is something else", "is there anything else"),
    ("en", "i didn't get that booking", "i didn't get that"),
    ("en", "let me see", "let me see your name"),
    ("en", "how can i help you", "how can i help you with the booking"),
    ("de", "wir sind ausgebucht", "sind wir ausgebucht"),
    ("de", "haben Sie eine Nummer", "haben Sie eine Telefonnummer"),
    ("nl", "heeft u een nummer", "heeft u een telefoonnummer"),
    ("en", "you have no allergies", "do you have allergies"),
    ("de", "die Küche schließt um neun", "die Küche schließt um zehn"),
    ("de", "wir öffnen um sechs", "wir schließen um sechs"),
    ("de", "Sie haben Allergien", "haben Sie Allergien"),
    ("de", "wie viele Tische brauchen Sie", "wie viele Plätze brauchen Sie"),
    ("de", "um neun haben wir nur einen Tisch", "um neun haben wir einen Tisch"),
    ("de", "ich schaue nach", "ich schaue nach Ihnen"),
    ("es", "la cocina cierra a las diez", "la cocina cierra a las once"),
    ("es", "cuántas mesas quiere", "cuántas personas"),
    ("es", "tenemos mesa a las nueve", "solo tenemos mesa a las nueve"),
    ("es", "qué hora es", "a qué hora es"),
    ("nl", "de keuken sluit om negen uur", "de keuken sluit om tien uur"),
    ("nl", "u heeft allergieën", "heeft u allergieën"),
    ("nl", "hoeveel tafels wilt u", "hoeveel personen"),
    ("nl", "wat kan ik voor u doen", "wat kunt u voor mij doen"),
]

THE_SAME = [
    ("en", "for how many people", "how many of you will there be"),
    ("en", "what time would you like", "at what time should I book the table"),
    ("en", "under what name please", "may I have your name"),
    ("en", "could you spell that for me", "how do you spell your name"),
    ("en", "a table for two at 19:30 on friday", "on friday at half past seven, a table for two"),
    ("en", "so that's four people at 7:30 pm", "so that's 4 people at half past seven in the evening"),
    ("en", "please confirm four people at eight on friday", "you'd like a table for four on friday at 8 pm"),
    ("en", "a table for two at luigi's on friday at eight", "at luigi's on friday at 8 pm for two people"),
    ("en", "is there anything else I can help you with", "anything else"),
    ("en", "goodbye", "have a lovely evening"),
    ("de", "für wie viele Personen", "wie viele Personen sind Sie denn"),
    ("de", "um wie viel Uhr möchten Sie kommen", "zu welcher Uhrzeit bitte"),
    ("de", "auf welchen Namen darf ich reservieren", "wie ist Ihr Name bitte"),
    ("de", "also vier Personen um 19:30", "also vier Personen um halb acht"),
    ("de", "auf Wiederhören", "einen schönen Abend noch"),
    ("es", "para cuántas personas", "cuántos serán ustedes"),
    ("es", "a qué nombre hago la reserva", "me dice su nombre por favor"),
    ("es", "a qué hora quieren venir", "para qué hora sería"),
    ("es", "entonces cuatro personas a las 19:30", "entonces cuatro personas a las siete y media"),
    ("es", "adiós", "hasta luego, que tenga un buen día"),
    ("nl", "voor hoeveel personen", "met hoeveel mensen komt u"),
    ("nl", "op welke naam mag ik reserveren", "wat is uw naam alstublieft"),
    ("nl", "hoe laat wilt u komen", "om welke tijd zou u willen reserveren"),
    ("nl", "dus vier personen om 19:30", "dus vier personen om half acht"),
    ("nl", "tot ziens", "een fijne avond nog"),
]  # fmt: skip


def verdict(code, stored, new):
    """As if both sounded alike, which is where the guard has to decide."""
    return may_serve(stored, new, load(code), MONDAY, sounds_alike=True)


@pytest.mark.parametrize(("code", "stored", "new"), OTHER_THINGS)
def test_what_only_sounds_alike_is_not_served(code, stored, new):
    for one, other in ((stored, new), (new, stored)):
        found = verdict(code, one, other)
        assert not found.serve
        assert found.reason


@pytest.mark.parametrize(("code", "stored", "new"), THE_SAME)
def test_the_same_in_other_words_is_served_though_it_sounds_otherwise(code, stored, new):
    for one, other in ((stored, new), (new, stored)):
        assert may_serve(one, other, load(code), MONDAY, sounds_alike=False).serve


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_word_that_denies_counts_as_one_that_changes_nothing(code):
    guard = load(code).guard
    assert not set(guard.negations) & {*guard.plain, *guard.labels, *guard.loose}


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_knows_the_questions_of_a_booking(code):
    asked = {"ask_party_size", "ask_day", "ask_time", "ask_name", "ask_spelling", "ask_phone"}
    assert asked | {"anything_else", "goodbye", "booked", "not_booked", "hold"} <= set(load(code).guard.acts)


def test_a_weekday_means_the_next_one_also_in_what_was_stored_long_ago():
    assert verdict(
        "en", "a table for two on friday at seven", "a table for two on november 27th at seven"
    ).serve
    assert not verdict(
        "en", "a table for two on friday at seven", "a table for two on december 4th at seven"
    ).serve
