"""How people at restaurants really begin, ask and pause, in words without a mark: most of it is judged right."""

from __future__ import annotations

import re

import pytest

from engine.protocol import LANGUAGES
from engine.turns.completeness import completeness

WHOLE_AT_LEAST, OPEN_TAKEN_FOR_WHOLE_AT_MOST = 0.9, 0.1
WHOLE = {
    "en": """
        Blue Lantern, Tom speaking
        Hi there, you've reached the Old Mill, how may I help
        Bistro Verde good afternoon
        Thanks for calling Marco's, this is Priya
        Trattoria Roma, one second please, okay, go ahead
        Which evening were you thinking of
        How many of you will there be
        And what's the surname
        We've only got something at quarter past six
        It'd have to be before half past eight
        That's fine, see you on Sunday
        Sorry, we don't take bookings for that terrace
        The kitchen shuts at nine thirty
        I've put you down for six people at eight
        Does quarter to eight work for you
        Would eight thirty suit
        Could I take a contact number
        What's a good number to reach you on
        Can you say that again
        I didn't catch that
        It's a set menu that night, forty five pounds a head
        There is a deposit of twenty pounds per person
        Do you need a high chair
        Any allergies we should know about
        No, I'm afraid we close on Mondays
        We're closed on Mondays
        You'll have the table until ten
        We can squeeze you in at nine
        All our outside tables are taken
        The best I can do is nine fifteen
        Nothing until nine I'm afraid
        Yes that works
        That works perfectly
        Lovely, we look forward to seeing you
        You are all set
        Is it a special occasion
        Are you celebrating anything
        Let me put you through to the manager
        The manager isn't in today
        You would have to book online
        I can only do a table at the bar
        We stop serving food at ten
        Who am I speaking with
        What was the name again
        Is that with one L or two
        So that's B A K E R
        I have a table for four at eight, is that okay
        Can you hold for a minute
        Speak up please
        The line is really bad
        Golden Fork, Lisa here
        Rosie's Diner how can I help
        What day did you want
        Half eight's gone but nine is free
        Can't do Friday I'm afraid
        I could do a quarter past
        You're in luck, we've just had a cancellation
        I'll pop you by the window
        Cash only mind you
        There's a two hour limit
        Yeah go ahead
        Who's calling
        Give us a ring on the day
        It's first come first served
        We'll see you then
    """,
    "de": """
        Gasthaus zur Linde, Huber
        Ristorante Bella Vista, guten Tag
        Restaurant Seeblick, mein Name ist Krüger, was kann ich für Sie tun
        Pizzeria Napoli, hallo
        Hallo, hier Café Sommer
        An welchem Tag denn
        Und wie viele seid ihr
        Zu wievielt kommen Sie
        Wann wollen Sie denn kommen
        Halb acht ginge noch
        Um acht ist alles voll
        Da haben wir Ruhetag
        Montags haben wir geschlossen
        Das geht klar
        Das passt
        Passt Ihnen Viertel nach sieben
        Wäre halb neun auch in Ordnung
        Wie war der Name noch mal
        Wie schreibt man das
        Können Sie das buchstabieren
        Können Sie das bitte wiederholen
        Ich habe Sie nicht verstanden
        Ich hab Sie ganz schlecht verstanden
        Geben Sie mir noch eine Telefonnummer
        Unter welcher Nummer erreiche ich Sie
        Dann trage ich Sie für Freitag ein
        Ich hab Sie eingetragen
        Ich schreibe Ihnen den Tisch am Fenster auf
        Dann bis Samstag
        Wir freuen uns auf Sie
        Da müsste ich meinen Chef fragen
        Draußen kann man nicht reservieren
        Auf der Terrasse nehmen wir keine Reservierungen an
        Die Küche hat nur bis neun geöffnet
        Wir machen um elf zu
        Es kostet fünfunddreißig Euro pro Person
        Haben Sie Allergien
        Brauchen Sie einen Kinderstuhl
        Der Tisch wäre dann bis einundzwanzig Uhr
        Sie können bis zehn sitzen bleiben
        Sie müssten um acht wieder raus
        Das kann ich Ihnen leider nicht sagen
        Da kann ich Ihnen leider nichts anbieten
        Das ist leider nicht möglich
        Tut mir leid, wir sind komplett ausgebucht
        Acht Personen ist zu viel für uns
        Wer spricht da bitte
        Sprechen Sie lauter bitte
        Rufen Sie doch morgen noch mal an
        Gerne, schönen Tag noch
        Zum Goldenen Hirsch, grüß Gott
        Osteria da Carlo, Pronto
        Für wann denn
        Samstag wird schwierig
        Viertel nach acht könnte ich machen
        Da hätten wir noch was am Fenster
        Wir nehmen nur Barzahlung
        Ich verbinde Sie mal mit der Chefin
        Da ist leider alles belegt
        Sagen wir zwanzig Uhr
        Einen Moment, ich hole mal das Buch
        Haben Sie schon mal bei uns gegessen
        Das müsste gehen
        Wer ist denn da
        Wir machen erst um sechs auf
    """,
    "es": """
        Restaurante La Ola, dígame
        Bar Manolo, buenas tardes
        Casa Lola, le atiende Marta
        Hola, buenas, aquí el Asador
        Taberna El Puerto, ¿en qué le ayudo
        Para qué día sería
        Cuántos van a ser
        Cuántos vienen
        A nombre de quién la pongo
        A qué hora vendrían
        Le viene bien a las nueve y media
        Podría ser a las diez menos cuarto
        A esa hora lo tenemos todo lleno
        Ese día cerramos
        Los lunes no abrimos
        Está todo reservado
        No nos queda nada para el sábado
        Solo me queda una mesa en la barra
        Me queda una a las once
        Le apunto para las nueve
        Ya está apuntado
        Queda reservado
        Perfecto, les esperamos
        Nos vemos el viernes
        Cómo se escribe
        Me repite el apellido
        No le he entendido bien
        Se oye muy mal
        Me da un teléfono
        Me deja un número de contacto
        Necesita una trona
        Tienen alguna alergia
        El menú cuesta treinta euros por persona
        Hay que dejar una señal
        La cocina cierra a medianoche
        Pueden quedarse hasta las once
        Tendrían que dejar la mesa a las diez
        En la terraza no reservamos
        No cogemos reservas para fuera
        Eso no se lo puedo decir
        No puedo hacer nada
        Tendría que hablar con el encargado
        El encargado no está
        Llame usted mañana
        Con quién hablo
        Vale, hasta el viernes entonces
        De acuerdo
        Pues muy bien, gracias
        Le va bien así
        Quiere algo más
        Mesón El Gallo, buenos días
        Pizzería Roma, dígame
        Para cuándo la quiere
        El sábado va a ser complicado
        A las ocho y cuarto sí podría
        Nos queda algo junto a la ventana
        Solo aceptamos efectivo
        Le paso con la jefa
        Está todo cogido
        Digamos a las nueve
        Han venido alguna vez
        Creo que sí
        Quién llama
        Abrimos a partir de la una
        Se la guardo quince minutos
    """,
    "nl": """
        Restaurant de Haven, met Sanne
        Eetcafé het Hoekje, goedemiddag
        Met Jan van Brasserie Noord
        De Gouden Leeuw, zegt u het maar
        Hallo met Bistro Bleu
        Voor welke dag was het
        Met hoeveel komen jullie
        Hoeveel mensen zijn het
        Hoe laat had u gedacht
        Op welke naam staat het
        Kwart over zeven kan nog
        Half acht is prima
        Om acht uur zit alles vol
        Op maandag zijn we dicht
        Dat gaat helaas niet
        Dat is goed
        Komt half negen ook uit
        Zou kwart voor acht ook kunnen
        Hoe was de naam ook alweer
        Hoe schrijf je dat
        Kunt u dat herhalen
        Ik heb u niet verstaan
        Ik versta u heel slecht
        Mag ik een telefoonnummer van u
        Op welk nummer kan ik u bereiken
        Ik zet u erin voor vrijdag
        Ik heb het genoteerd
        U staat erin
        Tot zaterdag dan
        We zien u graag vrijdag
        Dan moet ik het even aan mijn baas vragen
        Buiten kun je niet reserveren
        Voor het terras nemen we geen reserveringen aan
        De keuken gaat om tien uur dicht
        Het kost dertig euro per persoon
        Heeft u allergieën
        Heeft u een kinderstoel nodig
        U kunt tot tien uur blijven zitten
        U moet er om acht uur uit zijn
        Dat kan ik u niet zeggen
        Ik kan u niets aanbieden
        Dat is niet mogelijk
        Sorry we zitten helemaal vol
        Acht personen is te veel voor ons
        Met wie spreek ik
        Kunt u iets harder praten
        Belt u morgen nog eens
        Graag gedaan
        Prettige avond verder
        Er is nog één tafel vrij
        Brasserie de Kroon, goedenavond
        Pannenkoekenhuis de Molen, met Kees
        Voor wanneer wilt u reserveren
        Zaterdag wordt lastig
        Kwart over acht zou kunnen
        We hebben nog iets bij het raam
        U kunt alleen pinnen
        Ik verbind u door
        Alles is bezet
        Zullen we acht uur doen
        Bent u al eens bij ons geweest
        Dat moet lukken
        Wie heb ik aan de lijn
        We gaan om vijf uur open
        Ik hou hem een kwartier vast
    """,
}
BROKEN_OFF = {
    "en": """
        Blue Lantern this is
        We've only got something at
        How many of you will
        It'd have to be before
        The kitchen shuts at about
        I've put you down for
        There is a deposit of
        The best I can do is
        I can only do a table at the
        We could do seven or
        Seven or maybe
        At seven ... or
        No I'm afraid we
        You would have to
        Could I take a
        What's a good number to
        So that's B A K
        It's oh seven nine
        My number is
        If you don't mind sitting
        Since it's a Saturday
        We stop serving food at
        You'll have the table until
        Let me put you through to the
        That would be forty
        All our outside tables are
        We can squeeze you in between
        It is a set menu that costs
        Does that include the
        Because we have a party
        What day did
        Half eight's gone but
        I could do a
        I'll pop you by the
        We've just had
        Is that for lunch or
        The last orders are at
        Whereabouts do you
        There's a limit of
        I'll need your
    """,
    "de": """
        Restaurant Seeblick mein Name ist
        Und wie viele
        Wir hätten noch etwas um
        Um sieben oder
        Um sieben oder halb
        Um acht ist leider
        Dann trage ich Sie für
        Ich hab Sie für Freitag
        Ich schreibe Ihnen den Tisch am
        Da müsste ich
        Da müsste ich meinen Chef
        Auf der Terrasse nehmen wir
        Die Küche hat nur bis
        Es kostet
        Das kostet fünfunddreißig Euro pro
        Der Tisch wäre dann bis
        Sie können bis zehn
        Sie müssten um acht wieder
        Das kann ich Ihnen leider
        Da kann ich Ihnen nur
        Weil wir am Samstag
        Wenn es Ihnen nichts
        Geben Sie mir noch eine
        Unter welcher Nummer
        Ihre Nummer war null eins sieben
        Das schreibt man mit
        Könnten Sie vielleicht auch um
        Es geht nur noch zwischen
        Wir sind an dem Tag
        Also das wären dann vier
        Für wann
        Viertel nach acht könnte ich
        Da hätten wir noch
        Ich verbinde Sie mal mit
        Wir nehmen nur
        Sagen wir zwanzig
        Das müsste
        Wir machen erst um
        Ist das für mittags oder
        Ich brauche noch Ihre
    """,
    "es": """
        Restaurante La Ola le atiende
        A nombre de
        Le viene bien a las
        Podría ser a las diez menos
        A las nueve o
        A esa hora lo tenemos
        Solo me queda una mesa en
        Solo me queda
        Le apunto para las
        No nos queda nada para el
        El menú cuesta
        El menú cuesta treinta euros por
        La cocina cierra a
        Pueden quedarse hasta
        Tendrían que dejar
        En la terraza no
        Tendría que hablar con
        Si no le importa
        Como es sábado
        Me da un
        El teléfono es seis uno
        Se escribe con
        Hay que dejar una
        Puedo ofrecerle una mesa para
        Lo que pasa es que
        Entre las ocho y
        Y para cuántas
        A qué hora quieren
        Ese día tenemos una
        Es que los viernes
        Para cuándo
        A las ocho y
        Nos queda algo junto a
        Solo aceptamos
        Le paso con
        Digamos a las
        Abrimos a partir de
        Es para comer o
        Se la guardo hasta
        Necesito su
    """,
    "nl": """
        Met Jan van
        Hoeveel mensen
        Om acht uur zit
        Op maandag zijn we
        Half acht of
        Om zeven uur of
        Komt half negen ook
        Op welke naam
        Mag ik een
        Op welk nummer kan ik
        Ik zet u erin voor
        Ik heb u voor vrijdag
        Dan moet ik het even aan
        Voor het terras nemen we
        De keuken gaat om
        Het kost
        Het kost dertig euro per
        U kunt tot tien uur
        U moet er om acht uur
        Dat kan ik u
        Ik kan u alleen
        Omdat het zaterdag
        Als u het niet erg
        Het nummer is nul zes
        Dat schrijf je met
        Zou u ook om
        Er is nog
        We hebben nog een tafel voor
        Tussen zeven en
        Dus dat zijn dan vier
        Voor wanneer
        Kwart over acht zou
        We hebben nog iets bij
        U kunt alleen
        Zullen we acht
        Is dat voor de lunch of
        We gaan om
        Wie heb ik
        Ik hou hem
        Ik heb alleen nog uw
    """,
}
OR = {"en": "seven or maybe", "de": "sieben oder halb", "es": "siete o quizás", "nl": "zeven of half"}


def ends_the_turn(text: str, language) -> bool:
    return completeness(text, language).kind in ("complete", "answer", "hold")


def lines(text: str) -> list[str]:
    """As a recogniser without punctuation and capitals writes them."""
    return [" ".join(re.sub(r"[.,?!¿¡]+", " ", line).lower().split()) for line in text.strip().splitlines()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nearly_all_sentences_end_their_turn(language):
    missed = [line for line in lines(WHOLE[language]) if not ends_the_turn(line, language)]
    assert len(missed) <= (1 - WHOLE_AT_LEAST) * len(lines(WHOLE[language])), missed


@pytest.mark.parametrize("language", LANGUAGES)
def test_hardly_any_sentence_that_was_broken_off_ends_its_turn(language):
    mistaken = [line for line in lines(BROKEN_OFF[language]) if ends_the_turn(line, language)]
    assert len(mistaken) <= OPEN_TAKEN_FOR_WHOLE_AT_MOST * len(lines(BROKEN_OFF[language])), mistaken


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_says_or_and_half_of_what_follows_goes_on(language):
    assert not ends_the_turn(OR[language], language)
