"""What a turn is mainly doing, in the four languages: phone talk as it might be heard, with and without punctuation."""

from datetime import date

import pytest

from engine.dialogue.main_intent import ORDER, PROPOSALS, REFUSALS, main_intent
from engine.dialogue.meaning import Meaning
from engine.dialogue.understanding import INTENTS, understand
from engine.languages import load

TODAY = date(2026, 11, 24)  # a Tuesday


def main(code: str, text: str) -> str | None:
    return main_intent(understand(text, load(code), TODAY))


def test_every_intent_can_be_the_main_one():
    assert set(ORDER) == INTENTS
    assert REFUSALS | PROPOSALS <= INTENTS


def test_nothing_understood_has_no_main_intent():
    assert main_intent(Meaning()) is None


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Which restaurant is this for?", "ask_restaurant"),
        ("Is there any particular place you have in mind?", "ask_restaurant"),
        ("And what time should I put you in for?", "ask_time"),
        ("Could you give me a time please", "ask_time"),
        ("I just need to know the day and the time.", "ask_time"),
        ("Which day did you have in mind?", "ask_date"),
        ("How many of you will there be?", "ask_party_size"),
        ("Just to confirm, that's a table for six this Saturday at seven.", "confirm_request"),
        ("Please check these details: two people, tomorrow, half past eight.", "confirm_request"),
        ("So you'd like a table for three on Thursday, does that sound right?", "confirm_request"),
        ("Everything went through, your table is reserved.", "booking_confirmed"),
        ("I've just made the reservation for you.", "booking_confirmed"),
        ("We were able to get you a table.", "booking_confirmed"),
        ("Your booking is now complete, anything else I can do?", "booking_confirmed"),
        ("I'm afraid we couldn't make the booking.", "decline"),
        ("Sorry, I was not able to reserve anything. Can I help you with something else?", "decline"),
        ("There are no tables available then.", "full"),
        ("We're full at seven, but how about half past eight?", "offer_alternative"),
        ("I couldn't book that. Shall I try again at nine?", "offer_alternative"),
        ("Shall I go ahead and book it?", "offer_to_book"),
        ("Would you like me to make a reservation?", "offer_to_book"),
        ("We don't have live music, but there is a terrace.", "give_info"),
        ("No, they do not serve alcohol.", "give_info"),
        ("You can reach us on 020 7946 0018.", "give_info"),
        ("The place is quite expensive.", "give_info"),
        ("Is there anything further you need?", "anything_else"),
        ("Can I help with anything more today?", "anything_else"),
        ("You're very welcome!", "thanks"),
        ("Enjoy the rest of your evening.", "goodbye"),
        ("Have a lovely dinner, bye.", "goodbye"),
        ("Brilliant, I've popped you in for half seven.", "booking_confirmed"),
        ("We haven't got anything left, I'm afraid.", "full"),
        ("Sorry, we don't do bookings at weekends.", "decline"),
        ("I could squeeze you in at a quarter past six.", "offer_alternative"),
        ("We keep tables for fifteen minutes.", "give_info"),
    ],
)
def test_english(text, intent):
    assert main("en", text) == intent
    assert main("en", text.lower().translate(str.maketrans("", "", ".,!?"))) == intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Für welches Restaurant soll das sein?", "ask_restaurant"),
        ("Können Sie mir noch die gewünschte Uhrzeit sagen?", "ask_time"),
        ("Ab wann möchten Sie denn kommen?", "ask_time"),
        ("An welchem Tag darf es denn sein?", "ask_date"),
        ("Zu wievielt kommen Sie?", "ask_party_size"),
        ("Zur Sicherheit noch einmal: Freitag, vier Personen.", "confirm_request"),
        ("Sie möchten also einen Tisch für sechs am Samstag?", "confirm_request"),
        ("Es hat alles geklappt.", "booking_confirmed"),
        ("Ich konnte den Tisch für Sie reservieren.", "booking_confirmed"),
        ("Die Buchung war erfolgreich, kann ich sonst noch etwas tun?", "booking_confirmed"),
        ("Ich konnte den Tisch leider nicht reservieren.", "decline"),
        ("Das hat leider nicht geklappt, kann ich sonst noch helfen?", "decline"),
        ("Um acht haben wir keinen Tisch mehr, wie wäre es um neun Uhr?", "offer_alternative"),
        ("Soll ich Ihnen den Tisch gleich reservieren?", "offer_to_book"),
        ("Möchten Sie einen Tisch buchen?", "offer_to_book"),
        ("Wir haben leider keine Terrasse.", "give_info"),
        ("Die Adresse ist Marktplatz drei.", "give_info"),
        ("Kann ich Ihnen noch weiter behilflich sein?", "anything_else"),
        ("Gern geschehen.", "thanks"),
        ("Guten Appetit und viel Vergnügen!", "goodbye"),
        ("Dann trage ich Sie für halb acht ein.", "booking_confirmed"),
        ("Sieben Uhr ist weg, aber um neun ginge es.", "offer_alternative"),
        ("Den Tisch halten wir fünfzehn Minuten.", "give_info"),
    ],
)
def test_german(text, intent):
    assert main("de", text) == intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("¿Para qué restaurante es?", "ask_restaurant"),
        ("¿Me puede decir la hora, por favor?", "ask_time"),
        ("Dígame el día y la hora.", "ask_time"),
        ("¿Qué fecha le vendría bien?", "ask_date"),
        ("¿Para cuántas personas sería?", "ask_party_size"),
        ("Para confirmar: cuatro personas el viernes.", "confirm_request"),
        ("¿Me confirma los datos?", "confirm_request"),
        ("La reserva ya está hecha.", "booking_confirmed"),
        ("Hemos hecho su reserva, ¿necesita algo más?", "booking_confirmed"),
        ("He podido reservar la mesa.", "booking_confirmed"),
        ("No he podido hacer la reserva.", "decline"),
        ("No se ha podido, ¿le ayudo con otra cosa?", "decline"),
        ("A las nueve no hay mesa, ¿qué tal a las diez?", "offer_alternative"),
        ("¿Quiere que le haga la reserva?", "offer_to_book"),
        ("¿Desea reservar una mesa?", "offer_to_book"),
        ("No tenemos terraza.", "give_info"),
        ("Estamos en la calle Mayor.", "give_info"),
        ("¿Puedo ayudarle en algo más?", "anything_else"),
        ("No hay de qué.", "thanks"),
        ("¡Que disfruten de la cena!", "goodbye"),
        ("Ya se la tengo apuntada.", "booking_confirmed"),
        ("Tendría que ser a las once.", "offer_alternative"),
    ],
)
def test_spanish(text, intent):
    assert main("es", text) == intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Voor welk restaurant is dat?", "ask_restaurant"),
        ("Kunt u mij de gewenste tijd doorgeven?", "ask_time"),
        ("Vanaf hoe laat wilt u komen?", "ask_time"),
        ("Welke datum had u in gedachten?", "ask_date"),
        ("Met hoeveel mensen komt u?", "ask_party_size"),
        ("Voor de zekerheid: vrijdag met vier personen.", "confirm_request"),
        ("Kunt u deze gegevens bevestigen?", "confirm_request"),
        ("Het is gelukt, alles is geregeld.", "booking_confirmed"),
        ("Ik heb voor u kunnen reserveren.", "booking_confirmed"),
        ("De boeking is rond, kan ik verder nog helpen?", "booking_confirmed"),
        ("Het is helaas niet gelukt.", "full"),
        ("Ik kon geen tafel reserveren, kan ik u nog ergens mee helpen?", "full"),
        ("Om acht uur zitten we vol, wat dacht u van negen uur?", "offer_alternative"),
        ("Zal ik een tafel voor u reserveren?", "offer_to_book"),
        ("Wilt u een tafel boeken?", "offer_to_book"),
        ("We hebben geen terras.", "give_info"),
        ("Ons adres is Kerkstraat 12.", "give_info"),
        ("Kan ik u verder nog van dienst zijn?", "anything_else"),
        ("Graag gedaan.", "thanks"),
        ("Eet smakelijk en een fijne avond nog!", "goodbye"),
        ("Ik heb u erin gezet voor half acht.", "booking_confirmed"),
        ("Zeven uur lukt niet, maar acht uur wel.", "offer_alternative"),
    ],
)
def test_dutch(text, intent):
    assert main("nl", text) == intent


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "your reservation has not been made"),
        ("en", "once your booking is made we will send you a message"),
        ("en", "do you have a reservation"),
        ("en", "the booking could not be completed"),
        ("en", "it did not go through"),
        ("en", "i will have your table booked in a moment"),
        ("en", "is your table booked"),
        ("en", "what time would you like the reservation made for"),
        ("en", "unfortunately the restaurant is booked"),
        ("en", "let me check if your reservation was made"),
        ("de", "die buchung hat nicht geklappt"),
        ("de", "ich konnte leider nichts reservieren"),
        ("de", "wenn ihr tisch reserviert ist rufen wir an"),
        ("es", "la reserva no está hecha"),
        ("es", "cuando la reserva esté hecha le avisamos"),
        ("es", "no hemos podido hacer la reserva"),
        ("nl", "de boeking is niet gelukt"),
        ("nl", "zodra de reservering is gemaakt bellen wij"),
        ("nl", "ik heb geen tafel kunnen reserveren"),
    ],
)
def test_what_was_not_done_is_never_a_confirmation(code, text):
    assert main(code, text) != "booking_confirmed"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("that is not possible would you like another day or time", "ask_time"),
        ("i need time to check", "ask_time"),
        ("there are so many people today", "ask_party_size"),
        ("do you have a time in mind", "goodbye"),
        ("we will send you a message to confirm", "confirm_request"),
        ("thank you for calling how can i help", "goodbye"),
    ],
)
def test_what_only_sounds_like_it_is_not_read(text, intent):
    assert intent not in understand(text, load("en"), TODAY).intents
