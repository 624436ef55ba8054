"""Which of espeak-ng's voices the ear is trained on, and which it never hears before it is measured."""

from __future__ import annotations

from random import Random

from engine.protocol import LanguageCode

ACCENTS: dict[LanguageCode, tuple[str, ...]] = {
    "en": ("en-us", "en-us", "en", "en", "en-gb-x-rp"),
    "de": ("de",),
    "es": ("es", "es-419"),
    "nl": ("nl",),
}
PLAIN_SHARE = 0.2  # of the clips: the accent without a variant
TRAINED = (
    *("f2", "f3", "f5", "m1", "m3", "m4", "m5", "m6", "m8"),
    *(
        "Alex",
        "Alicia",
        "Andrea",
        "Annie",
        "Denis",
        "Gene",
        "Gene2",
        "Henrique",
        "Hugo",
        "Jacky",
        "Lee",
        "Marco",
    ),
    *("Mario", "Mike", "Nguyen", "Reed", "Storm", "adam", "anika", "announcer", "antonio", "aunty"),
    *("belinda", "boris", "caleb", "ed", "edward", "gustave", "iven2", "john", "klatt2"),
    *("linda", "marcelo", "max", "miguel", "norbert", "pablo", "quincy", "rob", "sandro", "shelby", "steph2"),
    *("travis", "victor", "zac"),
)
UNSEEN = ("f1", "f4", "m2", "m7", "Diogo", "Michael", "benjamin", "david", "ian", "michel", "paul", "steph")
# Left out: whispers, robots, demons and croaks, in which people would not understand every word either.
RATES_WPM, PITCHES, SPREADS = (120, 205), (22, 78), (20, 75)


def trained(language: LanguageCode, random: Random) -> str:
    """The name of a voice for a training clip."""
    accent = random.choice(ACCENTS[language])
    return accent if random.random() < PLAIN_SHARE else f"{accent}+{random.choice(TRAINED)}"


def unseen(language: LanguageCode, random: Random) -> str:
    """The name of a voice that no training clip has."""
    return f"{random.choice(ACCENTS[language])}+{random.choice(UNSEEN)}"
