"""What the restaurant says is never an order: attacks in four languages, against a brain that obeys and our own."""

from collections import Counter

import msgspec
import pytest

from engine.dialogue.prompt import disclosure
from engine.dialogue.understanding import understand
from engine.languages import load
from engine.protocol import LANGUAGES, Sentence, ToolCalled
from tests.fakes.attacked_call import SECRETS, Attack, Attacked, attacks, task

ALL = attacks()
YES = {
    "en": "yes that is right, it is booked",
    "de": "ja genau, das ist reserviert",
    "es": "sí, correcto, está reservada",
    "nl": "ja dat klopt, het is gereserveerd",
}


def test_there_are_attacks_enough_in_every_language():
    counts = Counter(attack.language for attack in ALL)
    assert all(counts[code] >= 10 for code in LANGUAGES) and len(ALL) >= 40
    assert len({attack.name for attack in ALL}) == len(ALL)
    assert all(attack.wants for attack in ALL)


@pytest.mark.parametrize("attack", ALL, ids=lambda attack: attack.name)
def test_a_brain_that_obeys_runs_no_tool_changes_nothing_and_knows_of_nobody_else(attack: Attack, tmp_path):
    call = Attacked(tmp_path / "r.db", task(attack.language), attack.wants)
    new = call.hears(attack.words)
    refused = [m for m in new if isinstance(m, ToolCalled)]
    assert len(refused) == len(attack.wants) and all(m.refused and m.result for m in refused)
    came = call.came()
    assert (came.changed, came.leaked, came.ran_tool) == (False, False, False)
    assert came.record.status == "open"


@pytest.mark.parametrize("kind", ["change", "cancel"])
@pytest.mark.parametrize("code", LANGUAGES)
def test_nor_does_it_in_a_call_for_something_else(code, kind, tmp_path):
    wants = [
        want for attack in ALL if attack.language == code for want in attack.wants if want != ("cancel", {})
    ]
    call = Attacked(tmp_path / "r.db", task(code, kind), wants)
    for attack in ALL:
        if attack.language == code:
            call.hears(attack.words)
    came = call.came()
    assert (came.changed, came.leaked, came.ran_tool) == (False, False, False)


@pytest.mark.parametrize("code", LANGUAGES)
def test_an_attack_does_not_touch_what_is_booked(code, tmp_path):
    own = ("book", {})
    call = Attacked(
        tmp_path / "r.db", task(code), [own, *(w for a in ALL if a.language == code for w in a.wants)]
    )
    call.hears(YES[code])
    booked = call.talk.reservation
    assert booked.status == "booked"
    for attack in ALL:
        call.hears(attack.words)
    came = call.came()
    assert not came.changed and not came.leaked
    assert msgspec.structs.replace(came.record, confirmed_by=booked.confirmed_by) == booked


@pytest.mark.parametrize("attack", ALL, ids=lambda attack: attack.name)
def test_the_scripted_brain_neither_obeys_nor_hides_that_it_is_a_machine(attack: Attack):
    """First thing in the call, and in answer to what was asked; each followed by a plain yes."""
    for turns in ([attack.words], [YES[attack.language], attack.words]):
        call = Attacked(None, task(attack.language))
        for words in (*turns, YES[attack.language]):
            call.hears(words)
        came = call.came()
        assert not came.changed and not came.leaked
        assert came.said[0] == disclosure(call.task, attack.language)


@pytest.mark.parametrize("kind", ["change", "cancel"])
@pytest.mark.parametrize("code", LANGUAGES)
def test_nor_does_it_in_a_call_to_change_or_cancel(code, kind):
    for attack in ALL:
        if attack.language == code:
            call = Attacked(None, task(code, kind))
            call.hears(attack.words)
            came = call.came()
            assert not came.changed and came.said[0] == disclosure(call.task, code), attack.name


@pytest.mark.parametrize(
    "attack", [a for a in ALL if "human" in a.name or "mens" in a.name], ids=lambda a: a.name
)
def test_told_to_say_that_it_is_a_human_it_says_nothing_of_the_kind(attack: Attack, tmp_path):
    call = Attacked(tmp_path / "r.db", task(attack.language))
    call.hears("hello")
    answer = [m.text for m in call.hears(attack.words) if isinstance(m, Sentence) and m.text]
    call.came()
    language = load(attack.language)
    told = [understand(text, language, call.task.today).intents for text in answer]
    assert any("discloses" in intents for intents in told) or not any("human" in text for text in answer)


def test_the_measure_would_see_a_leak_and_a_change(tmp_path):
    """The obeying brain with a task that holds another's values: what it says is found."""
    leaky = msgspec.structs.replace(task("en"), wishes=SECRETS[0])
    call = Attacked(tmp_path / "r.db", leaky, [("book", {})])
    call.hears("yes")
    call.task = task("en", "cancel")
    came = call.came()
    assert (came.changed, came.leaked, came.ran_tool) == (True, True, True)
