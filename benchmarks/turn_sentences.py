"""What the callers of benchmarks/turns.py say, in four languages. `[500 ms]` is a pause within a turn."""

from __future__ import annotations

from engine.protocol import LanguageCode

TURNS: dict[LanguageCode, tuple[str, ...]] = {
    "en": (
        "Hello, this is the Old Harbour, what can I do for you?",
        "Certainly, which evening were you thinking of?",
        "How many of you will there be?",
        "We are full at eight, but nine would work.",
        "Could I take a surname, please?",
        "That is all noted, until Saturday then.",
    ),
    "de": (
        "Gasthaus zum Hirschen, schönen guten Tag, was darf es sein?",
        "Gerne, an welchem Abend möchten Sie denn kommen?",
        "Mit wie vielen Leuten kommen Sie?",
        "Um acht sind wir voll, um neun ginge es noch.",
        "Sagen Sie mir bitte Ihren Nachnamen?",
        "Das habe ich eingetragen, dann bis Samstag.",
    ),
    "es": (
        "Hola, casa Mariana, ¿en qué le puedo ayudar?",
        "Por supuesto, ¿qué día quieren venir?",
        "¿Cuántas personas van a ser?",
        "A las nueve está lleno, pero a las diez sí que hay sitio.",
        "¿Me dice su apellido, por favor?",
        "Ya lo tengo apuntado, hasta el sábado.",
    ),
    "nl": (
        "Goedemiddag, eetcafé de Brug, waarmee kan ik u helpen?",
        "Zeker, welke avond had u in gedachten?",
        "Met hoeveel mensen komt u?",
        "Om acht uur zitten we vol, negen uur kan wel.",
        "Mag ik uw achternaam weten?",
        "Het staat genoteerd, tot zaterdag dan.",
    ),
}
PAUSES: dict[LanguageCode, tuple[str, ...]] = {
    "en": (
        "On Saturday we could [350 ms] put you near the window.",
        "That would be a table for [600 ms] five people, is that right?",
        "I will check with the kitchen, and [750 ms] then I can tell you more.",
        "You can reach us on [500 ms] nine eight seven, four four one.",
    ),
    "de": (
        "Am Samstag könnten wir [350 ms] Sie ans Fenster setzen.",
        "Das wäre dann ein Tisch für [600 ms] fünf Personen, richtig?",
        "Ich frage kurz in der Küche nach, und [750 ms] dann weiß ich mehr.",
        "Unsere Nummer lautet [500 ms] neun acht sieben, vier vier eins.",
    ),
    "es": (
        "El sábado podríamos [350 ms] ponerles junto a la ventana.",
        "Entonces sería una mesa para [600 ms] cinco personas, ¿verdad?",
        "Lo pregunto en la cocina y [750 ms] enseguida se lo digo.",
        "Nuestro número es el [500 ms] nueve ocho siete, cuatro cuatro uno.",
    ),
    "nl": (
        "Zaterdag kunnen we u [350 ms] bij het raam zetten.",
        "Dat wordt dan een tafel voor [600 ms] vijf personen, klopt dat?",
        "Ik vraag het even in de keuken, en [750 ms] dan weet ik meer.",
        "Ons nummer is [500 ms] negen acht zeven, vier vier een.",
    ),
}
ASKS: dict[LanguageCode, str] = {
    "en": "What exactly would you like to reserve?",
    "de": "Was genau möchten Sie denn reservieren?",
    "es": "¿Qué es lo que quieren reservar?",
    "nl": "Wat wilt u precies reserveren?",
}
ANSWER = "Thank you, that is very kind of you."
LONG_ANSWER = (
    "I would like to ask for a quiet table for four on Saturday evening at about half past seven, please"
)
