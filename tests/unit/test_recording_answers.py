"""Answers to "May I record this call?" as people give them: a yes is one with nothing beside it, a no in any dress."""

from __future__ import annotations

import pytest

from engine.dialogue.recording_words import answer_to_question, objects, wants_it_to_end
from engine.protocol import LANGUAGES

YES = {
    "en": """
yes
yes please
Yes, you may.
that's fine
that's okay
sure, no problem
yeah that's fine by me
mm-hmm, yes
yes of course you can
all right then
fine
by all means
ok sure
yep no worries
yes that is fine
absolutely
okay then
yes I agree
you may record this call
sure thing
not a problem at all
I don't have a problem with that
that's not a problem
I have no objection
Yes, this is fine with me
yes it is okay
Yes, that's okay.
Okay, yes, you may record it
Sure, that's fine with me
yes you can record
Yes sir
of course, please do
It's okay
That would be fine
""",
    "de": """
ja
ja gerne
ja klar
ja, machen Sie
ja, das dürfen Sie
das ist okay
das ist in Ordnung
kein Problem
habe ich nichts dagegen
ja, ist in Ordnung
ja, passt schon
von mir aus gern
meinetwegen
ja bitte
Gern
jo
jaja
Ja natürlich
warum nicht
geht in Ordnung
können Sie machen
klar, machen Sie ruhig
Da habe ich nichts dagegen
ich bin einverstanden
ja, ich stimme zu
ja, das ist für mich in Ordnung
Ich habe kein Problem damit
Das macht mir nichts aus
ja, das geht
Ja, dürfen Sie.
Natürlich dürfen Sie das
Ja das können Sie gerne machen
Ja, kein Problem
Ja, das ist okay für mich
Ja sicher
na klar
Ja, na gut
okay, meinetwegen
Aber gerne
Ja, aber natürlich
""",
    "es": """
sí
sí, claro
claro
vale
de acuerdo
sin problema
no hay problema
por supuesto
adelante
sí, puede
no me importa
cómo no
está bien
bueno, vale
sí, sin problemas
ningún problema
sí señor
sí, no hay inconveniente
me parece bien
no tengo problema
sí, adelante
puede grabarla
sí, grabe
por mí sí
sí, por favor
Sí, por supuesto, adelante
Sí, sí, claro
Claro, sin problema
sí, puede grabar la llamada
no hay ningún problema
vale, vale
Sí, está bien
de acuerdo, grabe
""",
    "nl": """
ja
ja hoor
ja, dat mag
prima
is goed
geen probleem
dat is goed
ja, dat is prima
natuurlijk
oké
ja, ga uw gang
doe maar
mag
ja graag
dat vind ik prima
ja, geen bezwaar
dat maakt mij niet uit
geen punt
waarom niet
tuurlijk
dat is geen probleem
van mij mag het
ja, dat vind ik goed
jazeker
dat kan
ja, dat kan wel
zeker
Ik heb er geen bezwaar tegen
Ja, dat is goed hoor
Ja prima
Natuurlijk mag dat
Van mij mag dat
Ja, geen enkel probleem
Jazeker, ga uw gang
ja dat vind ik prima
oké, is goed
mag wel
""",
}

NO = {
    "en": """
I'd rather you didn't
I would rather not
I'd prefer not
I'd prefer if you didn't
I would prefer that you did not
not really
no thanks
Hmm, no.
I'm not comfortable with that
I don't think so
Uh, I'd rather you didn't, if that's okay
Well, actually no.
Could you not?
Please do not.
absolutely not
definitely not
certainly not
no way
We don't allow that
That's not allowed here.
I don't consent
you may not
no you can't
you cannot
not okay
I'm afraid not
no, sorry
Sorry, no.
I do mind
I mind, actually
I have a problem with that
Yes I mind
I'd object to that
better not
let's not
Of course not
Sure, but don't record me
Is that necessary? I'd rather not
rather not
Leave it out please
without recording please
no need
I do not agree
I don't give my permission
unfortunately not
Oh, I'd really rather you didn't.
We'd prefer not to be recorded
Erm no, not today
I would rather you did not record this
nope
I'd say no
No, I don't want that
that's not okay with me
You can't do that
No no no
Don't do that
I do not want that
We do not want that
hmm, I'd prefer you not
yes, I do mind
No I'm sorry
""",
    "de": """
lieber nicht
mir wäre es lieber ohne
mir wäre es lieber, wenn nicht
Das wäre mir nicht so recht
ungern
nee
nö
nö, lieber nicht
Ach nee
Ich möchte das nicht
Bitte nicht
Das will ich nicht
nicht gern
nicht so gerne
muss nicht sein
Muss das sein? Lieber nicht.
auf gar keinen Fall
auf keinen Fall
keinesfalls
keineswegs
Das geht nicht
Das dürfen Sie nicht
Das möchte ich eigentlich nicht
Nein danke
Dann lieber ohne
Ich habe was dagegen
Ich hätte was dagegen
Ja, ich habe etwas dagegen
Da bin ich dagegen
Nee du, das mag ich nicht
Ich bin nicht einverstanden
Damit bin ich nicht einverstanden
Da habe ich ein Problem mit
Das stört mich
Das ist mir unangenehm
Das lassen wir mal
Lassen Sie das bitte
Lass mal
Das erlaube ich nicht
Bitte unterlassen Sie das
Das wäre mir lieber nicht
eher nicht
Nicht wirklich
bloß nicht
Na, lieber ned
nein, das machen wir nicht
Nein, das möchte ich nicht.
Ehrlich gesagt lieber nicht
Ich würde es lieber nicht
Nein, bitte nicht
Das finde ich nicht gut
Möchte ich nicht
das ist mir nicht recht
ich will das nicht
nein nein
Ohne Aufzeichnung bitte
besser nicht
Tut mir leid, nein
Ja nein, lieber nicht
kommt nicht infrage
Nö, das brauchen wir nicht
""",
    "es": """
mejor no
prefiero que no
no, gracias
preferiría que no
no quiero
no me gustaría
pues no
la verdad es que no
mejor que no
no puede
no, no puede grabarla
no me parece bien
no estoy de acuerdo
para nada
de ningún modo
de eso nada
ni hablar
no doy mi consentimiento
no lo autorizo
me molesta
sí me importa
sí, me molesta
Preferiría sin grabación
sin grabar por favor
no hace falta
en absoluto
no se puede
no se lo permito
tampoco
ni de broma
nada de grabaciones
no, que va
qué va
no, lo siento
Preferimos que no.
Uy, no, mejor no
No, no me gusta
no lo haga
no, por favor
No quiero que graben
la verdad, prefiero que no
no estoy conforme
No, lo siento, no
no me apetece
""",
    "nl": """
liever niet
nee
nee, dank u
nee, liever niet
dat heb ik liever niet
ik heb liever van niet
liever van niet
dat wil ik niet
nee hoor
nou nee
nou, liever niet
dat mag niet
dat vind ik niet goed
dat vind ik niet prettig
daar ben ik niet mee akkoord
niet akkoord
ik ga niet akkoord
daar heb ik bezwaar tegen
ik heb bezwaar
ik maak bezwaar
absoluut niet
zeker niet
zeker weten niet
beslist niet
doe maar niet
dat hoeft niet
zonder opname graag
ik ben tegen
daar ben ik op tegen
geen sprake van
in geen geval
dat stel ik niet op prijs
mwah, nee
doe dat maar niet
dat hoeft van mij niet
natuurlijk niet
eigenlijk niet
ik zou het niet doen
ik ben er niet blij mee
Nee bedankt
Nee, doe maar niet
Ik wil dat niet
nee dank je
Liever niet eigenlijk
Dat lijkt me niet nodig
Nee sorry
Sorry, nee
Ik heb er bezwaar tegen
Nou, ik heb liever dat u dat niet doet
nee nee
""",
}

NEITHER = {
    "en": """
yes, hello?
yes hello
yes, Golden Lantern, how can I help?
Yes, we have a table
okay, for when?
sure, one moment
okay hold on
yes speaking
Yes, how can I help you?
Hello yes
okay so what do you want
Yes we are open
sure what time
fine, and you?
okay let me get the manager
yes, a table for four
Good evening, yes.
Yes, for how many?
Right, yes, for tonight?
Okay, I'll pass you to my colleague
if you want to book you have to call back
yes, for four people
Ok for Friday at eight
yes, this is Marco
Okay, what would you like?
Right, so a table
yes, good evening
Fine, let me look
Sure, for tonight?
Okay we are closed on Mondays
yes of course, for how many
yes but only for yourself
only if you delete it later
okay until we talk about the card
""",
    "de": """
Ja bitte, hallo?
ja hallo
Ja, Restaurant Zur Post
Ja, wir haben einen Tisch
ja, für wann?
okay, für wie viele
Moment
Ja, moment bitte
Ja, für wann denn
Ja, guten Abend
Gerne, für wie viele Personen
okay, einen Augenblick
Ja, Schmidt am Apparat
Wie kann ich helfen
ja, worum geht es
Ja, am Freitag um acht
gut, und weiter
ja, sprechen Sie
Ja ich höre
ja um acht
Ja, guten Tag, Trattoria Roma
Ja wir haben heute geschlossen
Gut, für wie viele denn
Klar, wann möchten Sie kommen
Ja, aber nur wenn Sie es danach löschen
okay, ich schaue mal nach
Ja, ich verbinde Sie
Ja, der Chef ist nicht da
Ja, um zwanzig Uhr
""",
    "es": """
sí, dígame
¿sí?
dígame
sí, buenas tardes
sí, tenemos mesa
vale, ¿para cuándo?
un momento
sí, un momento
bien, ¿y usted?
claro, ¿para cuántos?
sí, para cuatro
sí, hola
bueno, ¿qué desea?
sí, el restaurante La Plaza
sí, al habla
muy bien, para el viernes
bien, el viernes a las ocho
Sí, sí, dígame
sí, le escucho
Sí, restaurante Casa Pepe
sí, pero solo un momento
vale, ¿a nombre de quién?
sí, hoy cerramos
claro, dígame la hora
bien, mire, está completo
sí, a las nueve
sí, le paso con el encargado
""",
    "nl": """
ja, hallo?
ja hallo
ja, met restaurant De Hoek
ja, voor wanneer?
prima, voor hoeveel personen
goed, momentje
momentje
ja, zegt u het maar
Goedenavond, ja
ja, wij hebben nog een tafel
ja, met wie spreek ik
oké, en voor wanneer
ja, om acht uur
goed, vrijdag om acht uur
ja, vier personen
ja, ik luister
Ja, met Jan van De Molen
Ja, maar niet bewaren
goed, voor hoe laat
ja we zijn vandaag dicht
zeker, voor wanneer
oké ik kijk even
ja, ik verbind u door
""",
}

STOPS = {
    "en": """
I don't want to be recorded
Please stop the recording
Can you stop recording?
Switch the recording off please
Don't record this conversation about the table
I do not want this call to be recorded
Is this being recorded? Please don't record it
Please delete the recording
stop the tape
I never agreed to being recorded
I object to being recorded
I don't like being recorded
Would you stop recording
no recording please
please turn off the recorder
I don't want my voice stored
Please do not save my voice
please don't tape this
Delete what you recorded
I want the recording stopped
I withdraw my consent
I take back my permission
""",
    "de": """
Ich möchte nicht, dass das aufgenommen wird
Bitte nicht aufzeichnen
Hören Sie auf aufzunehmen
Stoppen Sie die Aufnahme
Löschen Sie die Aufzeichnung
Ich will nicht, dass unser Gespräch über die Reservierung aufgezeichnet wird
Machen Sie das Band aus
Zeichnen Sie das nicht auf
Nehmen Sie mich nicht auf
Nehmen Sie das bitte nicht auf
keine Aufzeichnung bitte
Ich bin gegen eine Aufzeichnung
Die Aufnahme bitte beenden
Bitte die Aufzeichnung abschalten
Ich widerspreche der Aufzeichnung
Ich bin mit der Aufzeichnung nicht einverstanden
Ich ziehe meine Einwilligung zurück
Speichern Sie meine Stimme nicht
Bitte schalten Sie das Aufnahmegerät aus
Können Sie aufhören aufzuzeichnen
Können Sie die Aufnahme ausmachen
Ohne Mitschnitt bitte
Ich will nicht aufgenommen werden
""",
    "es": """
No quiero que me grabe
No me grabe, por favor
Pare la grabación
Deje de grabarme
Borre la grabación
Quiero que borre la grabación
no quiero que se grabe la conversación sobre la reserva
Apague la grabadora
Sin grabar, por favor
No grabe esta llamada
Detenga la grabación
No estoy de acuerdo con la grabación
me opongo a la grabación
retiro mi consentimiento
no guarde mi voz
¿Puede dejar de grabar?
elimine la grabación
No autorizo la grabación
""",
    "nl": """
Ik wil niet dat dit wordt opgenomen
Stop de opname
Neem dit gesprek niet op
Neemt u dit niet op alstublieft
Kunt u stoppen met opnemen
Zet de opname stop
Wis de opname
Verwijder de opname
Geen opname graag
Niet opnemen alstublieft
Ik wil niet dat ons gesprek over de reservering wordt opgenomen
ik ga niet akkoord met de opname
ik maak bezwaar tegen de opname
ik trek mijn toestemming in
bewaar mijn stem niet
Houd op met opnemen
Wilt u de opname uitzetten
""",
}

GOES_ON = {
    "en": """
We have no record of that
I can't find a recording of the band
The table isn't recorded in our system
I have not recorded any booking under that name
We don't take bookings
Your name is not recorded
I'll record the booking
No, the record says seven
We stop taking orders at ten
Don't worry
stop by any time
I have recorded your booking
We don't mind dogs
""",
    "de": """
Ich nehme Ihre Reservierung auf
Wir können keine Reservierung mehr aufnehmen
Nehmen wir nicht mehr auf, wir sind voll
Die Küche macht um zehn aus
Wir machen die Musik aus
Ich kann keine Gruppe aufnehmen
Hunde sind kein Problem
Ich habe keinen Tisch notiert
Wir schließen die Aufnahme von Bestellungen um zehn
""",
    "es": """
No tengo la reserva grabada
No tenemos gravilla
para grabar su reserva necesito un nombre
no nos queda nada
La mesa no está grabada
""",
    "nl": """
We nemen geen reserveringen aan
Ik neem de telefoon niet op
Ik kan uw reservering nu niet opnemen
Ik zal contact met u opnemen
We hebben geen tafel
stop maar met zoeken
""",
}

OBJECTIONS = {
    "en": """
I'd rather you didn't.
I don't want that.
I'm not comfortable with that.
No, I don't consent to that.
Please don't do that.
""",
    "de": """
Das möchte ich nicht.
Lieber nicht.
Nein, das will ich nicht.
Da habe ich etwas dagegen.
Ich bin damit nicht einverstanden.
mir wäre es lieber ohne
""",
    "es": """
Mejor no.
Prefiero que no.
No quiero eso.
No, no lo autorizo.
no estoy de acuerdo con eso
""",
    "nl": """
Liever niet.
Dat wil ik niet.
Daar heb ik bezwaar tegen.
Daar ben ik niet mee akkoord.
ik ga niet akkoord
""",
}

OTHER_MATTERS = {
    "en": """
I'd rather not at eight, nine is better
No, we are full
Sorry, no tables
I don't want to promise anything
I don't like to disappoint you but we are full
yes
for how many
I would prefer half past seven
We do not do that on Fridays
""",
    "de": """
Um acht lieber nicht, neun geht
Das geht leider nicht
Nein, wir sind voll
Freitag möchte ich nicht versprechen
Ich mag nicht lügen, wir sind voll
""",
    "es": """
A las ocho mejor no
No, está completo
No tenemos mesa
no queremos perros
""",
    "nl": """
Om acht uur liever niet
Nee, we zitten vol
Dat gaat niet
bezwaar tegen honden hebben we niet
Vrijdag wil ik niet beloven
""",
}


def of(table: dict[str, str], code: str) -> list[str]:
    return table[code].strip().split("\n")


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_yes_with_nothing_beside_it_is_consent(code):
    assert [text for text in of(YES, code) if answer_to_question(text, (code,)) != "yes"] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_refusal_is_one_however_polite(code):
    assert [text for text in of(NO, code) if answer_to_question(text, (code,)) != "no"] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_yes_to_something_else_or_with_a_condition_is_no_consent(code):
    assert [text for text in of(NEITHER, code) if answer_to_question(text, (code,)) != "unclear"] == []


def test_no_refusal_is_taken_for_consent_whatever_language_it_is_read_in():
    texts = [text for other in LANGUAGES for text in of(NO, other)]
    assert [text for text in texts if answer_to_question(text, LANGUAGES) == "yes"] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_wish_that_it_should_end_is_heeded_in_these_words_too(code):
    assert [text for text in of(STOPS, code) if not wants_it_to_end(text, (code,))] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_bookings_that_are_written_down_or_not_end_nothing(code):
    assert [text for text in of(GOES_ON, code) if wants_it_to_end(text, (code,))] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_an_objection_need_not_name_the_recording(code):
    assert [text for text in of(OBJECTIONS, code) if not objects(text, (code,))] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_speaks_of_the_table_is_no_objection(code):
    assert [text for text in of(OTHER_MATTERS, code) if objects(text, (code,))] == []
