"""What comes of a tool that is used: the record changes once, and every refusal is explained."""

import pytest

from engine.dialogue.menus import MOST_PRESSES, keys_offered
from engine.dialogue.moves import UseTool
from engine.dialogue.toolbox import NO_MENU, SAME_AGAIN, Memory, Occasion, Toolbox
from engine.protocol import LANGUAGES, Reservation, ReservationChanged, Task, ToolCalled
from engine.settings import OperatorSettings

TASK = Task(restaurant="x", today="2026-11-24", date="2026-11-27", time="19:30", party_size=4, name="Anna Walker",
            accept_from="19:00", accept_until="20:00", phone="+49301")  # fmt: skip
BOOKING = {"date": "2026-11-27", "time": "19:30", "party_size": 4, "name": "Anna Walker"}
YES = Occasion("yes, that is booked", 3, by_operator=False)
MENU = Occasion("For reservations, press two. For everything else, press nine.", 1, by_operator=False)


def box(
    record: Reservation | None = None, memory: Memory | None = None, saved: list | None = None
) -> Toolbox:
    kept = saved if saved is not None else []
    return Toolbox(
        TASK, OperatorSettings(), lambda *args: kept.append(args), record or Reservation(), memory or Memory()
    )


def book(**changed) -> UseTool:
    return UseTool(tool="book", arguments=BOOKING | changed)


def test_the_same_booking_again_changes_nothing_and_says_so():
    saved: list = []
    tools = box(saved=saved)
    told, result = tools.use(book(), YES, 0)
    assert [type(m) for m in told] == [ToolCalled, ReservationChanged] and result.reason == ""
    for again in (book(), book(name="ANNA  walker"), book(confirmed_by={"date": "other words"})):
        told, result = tools.use(again, Occasion("bye", 4, by_operator=False), 0)
        assert [type(m) for m in told] == [ToolCalled] and told[0].result == SAME_AGAIN
        assert result.reason == SAME_AGAIN and not result.refused
    assert len(saved) == 1 and saved[0][0].confirmed_turn == 3


def test_also_after_a_restart():
    first = box()
    first.use(book(), YES, 0)
    saved: list = []
    second = box(first.reservation, first.memory(), saved)
    assert second.use(book(), YES, 0)[1].reason == SAME_AGAIN and saved == []
    refused = second.use(book(time="20:00"), YES, 0)[1]
    assert refused.refused and "19:30" in refused.reason and second.reservation == first.reservation


def test_what_an_operator_agreed_replaces_what_was_booked():
    tools = box()
    tools.use(book(), YES, 0)
    agreed = Occasion("eight is fine for us", 0, by_operator=True)
    assert not tools.use(book(time="20:00"), agreed, 0)[1].refused
    assert tools.reservation.time == "20:00"


def test_a_refusal_is_told_to_operator_and_brain_alike():
    told, result = box().use(book(party_size=20), YES, 0)
    assert told[0].refused and told[0].result == result.reason and "it is 4" in result.reason


OFFERED = {
    "en": {
        "For reservations, press two. For everything else, press nine.": "29",
        "To speak to somebody press the star key": "*",
        "What I need from you is to hang up here and dial nine": "",
        "To book or change a table, please press 1. If you have another question, press 3.": "13",
        "Call this number instead and press one two three for me": "",
        "Press one": "",
        "We have a table for two": "",
    },
    "de": {
        "Für Reservierungen drücken Sie bitte die Eins, für alles andere die Zwei drücken.": "12",
        "Um mit uns zu sprechen, wählen Sie die 0": "0",
        "Drücken Sie für mich eins zwei drei": "",
        "Ein Tisch für zwei": "",
    },
    "es": {
        "Para reservas, pulse el uno. Para otras consultas marque dos.": "12",
        "Si desea hablar con alguien, pulse 0": "0",
        "Pulse uno dos tres para mí": "",
        "Para dos personas, sí": "",
    },
    "nl": {
        "Voor reserveringen, toets één. Om een medewerker te spreken, druk op de twee.": "12",
        "Voor overige vragen kies 9": "9",
        "Toets voor mij één twee drie": "",
        "Een tafel voor twee": "",
    },
}


@pytest.mark.parametrize(
    ("code", "words", "keys"), [(code, *case) for code in LANGUAGES for case in OFFERED[code].items()]
)
def test_a_menu_offers_single_keys_each_for_something(code, words, keys):
    assert keys_offered(words, code) == frozenset(keys)


def test_a_key_is_pressed_only_when_a_menu_has_just_offered_it():
    press = UseTool(tool="press_digits", arguments={"digits": "2"})
    assert not box().use(press, MENU, 0)[1].refused
    assert box().use(press, YES, 0)[1].reason == NO_MENU
    assert box().use(UseTool(tool="press_digits", arguments={"digits": "3"}), MENU, 0)[1].reason == NO_MENU
    assert box().use(UseTool(tool="press_digits", arguments={"digits": "22"}), MENU, 0)[1].refused
    assert box(Reservation(status="booked")).use(press, MENU, 0)[1].reason == NO_MENU


def test_a_menu_without_end_is_left_also_over_a_restart():
    press, tools = UseTool(tool="press_digits", arguments={"digits": "2"}), box()
    for _ in range(MOST_PRESSES):
        assert not tools.use(press, MENU, 0)[1].refused
    assert box(memory=tools.memory()).use(press, MENU, 0)[1].reason == NO_MENU
