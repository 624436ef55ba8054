"""The take-over's interlocks, one by one and in every order; the clock is passed in."""

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from console.state.mic_steps import AskAgreed, CloseDevice, OpenDevice, Say, Send
from console.state.takeover import TakeOver
from engine.protocol import (
    ArmMic,
    GoLive,
    HandBack,
    LeaseGranted,
    MicState,
    ReleaseMic,
    RenewLease,
    Talk,
)

LEASE, TTL_MS, S = 77, 2000, 1_000_000


def commands(effects):
    return [effect.command for effect in effects if isinstance(effect, Send)]


def said(effects):
    return [effect.words for effect in effects if isinstance(effect, Say)]


def armed(on_blur="mute", releases=False):
    """A take-over that holds call 3 since the time 0."""
    mic = TakeOver(on_blur)
    mic.releases = releases
    ask, opening = mic.arm(3, 0)
    assert ask.command == ArmMic() and ask.call == 3 and opening == OpenDevice(1)
    mic.granted(ask, LeaseGranted(LEASE, TTL_MS), 0)
    mic.device_opened(1, "headset", 0)
    assert mic.stage == "armed"
    return mic


def live(mode="ptt", **more):
    mic = armed(**more)
    [asked] = mic.go_live(mode)
    assert asked.command == GoLive(LEASE, mode) and mic.stage == "armed" and not mic.talking
    mic.accepted(asked, 0)
    assert mic.stage == "live" and mic.talking == (mode == "full")
    return mic


def talking(mode="ptt", **more):
    mic = live(mode, **more)
    if mode == "ptt":
        assert commands(mic.talk_pressed(0)) == [Talk(LEASE, True)]
    assert mic.sends_to(0) == (3, LEASE)
    return mic


@pytest.mark.parametrize("first", ["lease", "device"])
def test_it_is_armed_when_lease_and_device_are_there_in_either_order(first):
    mic = TakeOver()
    ask, _ = mic.arm(3, 0)
    steps = [lambda: mic.granted(ask, LeaseGranted(LEASE, TTL_MS), 0), lambda: mic.device_opened(1, "mic", 0)]
    for step in steps if first == "lease" else reversed(steps):
        assert mic.stage == "arming"
        assert step() == []
    assert mic.stage == "armed" and mic.call == 3 and mic.sends_to(0) is None


def test_a_second_arming_changes_nothing():
    mic = armed()
    assert said(mic.arm(4, 0)) == ["The microphone is already held for call 3."]
    assert mic.call == 3 and mic.stage == "armed"


def test_a_refused_lease_closes_the_device_and_says_why():
    mic = TakeOver()
    ask, _ = mic.arm(3, 0)
    mic.device_opened(1, "mic", 0)
    effects = mic.refused(ask, "taken by anna")
    assert effects == [CloseDevice(1), Say("taken by anna", "error")] and mic.stage == "off"


def test_without_a_microphone_the_lease_is_given_back_and_the_reason_said():
    mic = TakeOver()
    ask, _ = mic.arm(3, 0)
    mic.granted(ask, LeaseGranted(LEASE, TTL_MS), 0)
    effects = mic.device_failed(1, "No microphone was found.")
    assert commands(effects) == [ReleaseMic(LEASE, "no microphone")]
    assert said(effects) == ["No microphone was found."] and mic.stage == "off"


def test_answers_that_come_after_escape_are_undone():
    mic = TakeOver()
    ask, _ = mic.arm(3, 0)
    mic.mic_off()
    assert mic.device_opened(1, "mic", 0) == [CloseDevice(1)]
    late = mic.granted(ask, LeaseGranted(LEASE, TTL_MS), 0)
    assert late == [Send(1, 3, ReleaseMic(LEASE, "not wanted any more"))]
    assert mic.stage == "off"


def test_answers_of_an_earlier_attempt_do_not_arm_the_next_one():
    mic = TakeOver()
    first, _ = mic.arm(3, 0)
    mic.mic_off()
    mic.arm(4, 0)
    assert commands(mic.granted(first, LeaseGranted(LEASE, TTL_MS), 0)) == [
        ReleaseMic(LEASE, "not wanted any more")
    ]
    assert mic.device_opened(1, "mic", 0) == [CloseDevice(1)]
    assert mic.stage == "arming" and mic.lease == 0 and mic.call == 4


def tick_until(mic, until_us, from_us=0):
    """Frames of the screen, ten a second; everything they ask for."""
    effects = []
    for now in range(from_us, until_us + 1, S // 10):
        effects += mic.tick(now)
    return effects


def test_arming_lapses_after_30_seconds():
    mic = armed()
    tick_until(mic, 30 * S)
    assert mic.stage == "armed" and mic.armed_left_us(30 * S) == 0
    effects = mic.tick(30 * S + 1)
    assert commands(effects) == [ReleaseMic(LEASE, "armed and not used")]
    assert mic.stage == "off" and "not used" in said(effects)[0]


def test_asking_without_an_answer_lapses_as_well():
    mic = TakeOver()
    mic.arm(3, 0)
    tick_until(mic, 31 * S)
    assert mic.stage == "off"


def test_the_lease_is_renewed_twice_a_second_while_it_is_held_also_while_handing_back():
    mic = armed()
    assert commands(tick_until(mic, 5 * S)) == [RenewLease(LEASE)] * 10
    mic = live()
    mic.hand_back()
    assert commands(tick_until(mic, 5 * S)) == [RenewLease(LEASE)] * 10


def test_escape_while_armed_gives_the_lease_up():
    mic = armed()
    assert mic.mic_off() == [Send(1, 3, ReleaseMic(LEASE)), CloseDevice(1)] and mic.stage == "off"


def test_escape_after_asking_to_be_live_hands_back_what_may_be_live_by_now():
    mic = armed()
    mic.go_live("ptt")
    assert commands(mic.mic_off()) == [HandBack(LEASE)] and mic.stage == "off"


@pytest.mark.parametrize("mode", ["ptt", "full"])
def test_escape_while_live_ends_talking_at_once_and_keeps_the_call(mode):
    mic = talking(mode)
    assert commands(mic.mic_off()) == [Talk(LEASE, False)]
    assert mic.stage == "live" and mic.sends_to(0) is None
    assert mic.mic_off() == [] and mic.stage == "live"


@pytest.mark.parametrize("mode", ["ptt", "full"])
def test_handing_back_ends_talking_then_asks_and_then_tells_what_was_agreed(mode):
    mic = talking(mode)
    effects = mic.hand_back()
    assert effects == [Send(1, 3, Talk(LEASE, False, "")), AskAgreed(3)] and mic.sends_to(0) is None
    assert mic.talk_pressed(0) == []
    assert mic.agreed("eight o'clock") == [Send(1, 3, HandBack(LEASE, "eight o'clock")), CloseDevice(1)]
    assert mic.stage == "off"


def test_handing_back_can_be_thought_better_of():
    mic = live()
    mic.hand_back()
    assert mic.agreed(None) == [] and mic.stage == "live" and not mic.talking


def test_handing_back_what_is_only_armed_releases_it():
    mic = armed()
    assert commands(mic.hand_back()) == [ReleaseMic(LEASE)] and mic.stage == "off"


def test_held_talk_key_where_releases_are_told():
    mic = live(releases=True)
    assert commands(mic.talk_pressed(0)) == [Talk(LEASE, True)]
    assert mic.talk_pressed(1000) == []  # the key repeats
    assert commands(mic.talk_released()) == [Talk(LEASE, False)] and mic.talk_released() == []


def test_talk_key_toggles_where_they_are_not():
    mic = live()
    assert commands(mic.talk_pressed(0)) == [Talk(LEASE, True)]
    assert mic.talk_released() == [] and mic.talking
    assert commands(mic.talk_pressed(0)) == [Talk(LEASE, False)]


def test_the_talk_key_mutes_an_open_microphone_and_opens_it_again_held_or_not():
    mic = talking("full", releases=True)
    assert commands(mic.talk_pressed(0)) == [Talk(LEASE, False)] and mic.talk_released() == []
    assert commands(mic.talk_pressed(0)) == [Talk(LEASE, True)] and mic.talk_released() == [] and mic.talking


@pytest.mark.parametrize(
    ("what", "ptt_ends", "full_ends"),
    [
        ("blurred", True, True),
        ("modal", True, False),
        ("xrun", True, False),
        ("suspended", True, True),
        ("device", True, True),
        ("released", True, False),
        ("off", True, True),
    ],
)
@pytest.mark.parametrize("mode", ["ptt", "full"])
def test_what_ends_talking(mode, what, ptt_ends, full_ends):
    mic = talking(mode, releases=True)
    effects = {
        "blurred": mic.blurred,
        "modal": lambda: mic.modal(True),
        "xrun": mic.xrun,
        "suspended": mic.suspended,
        "device": lambda: mic.device_failed(1, "pulled out."),
        "released": mic.talk_released,
        "off": mic.mic_off,
    }[what]()
    ends = ptt_ends if mode == "ptt" else full_ends
    assert [command.on for command in commands(effects)] == ([False] if ends else [])
    assert (mic.sends_to(0) is None) == ends and mic.stage == "live"


def test_an_open_microphone_may_be_kept_when_the_focus_goes():
    mic = talking("full", on_blur="keep")
    assert mic.blurred() == [] and mic.talking
    assert commands(talking("ptt", on_blur="keep").blurred()) == [Talk(LEASE, False, "the focus was lost")]


def test_the_focus_that_comes_back_does_not_switch_it_on():
    mic = talking("full")
    mic.blurred()
    assert mic.focused() == [] and not mic.talking


@pytest.mark.parametrize("what", ["blurred", "mic_off"])
def test_a_microphone_that_opens_after_it_was_no_longer_wanted_is_muted_at_once(what):
    mic = live()
    [asked] = mic.go_live("full")
    getattr(mic, what)()
    assert [command.on for command in commands(mic.accepted(asked, 0))] == [False]
    assert not mic.talking and mic.mode == "full"


def test_the_talk_key_does_nothing_while_a_box_is_open():
    mic = live()
    mic.modal(True)
    assert mic.talk_pressed(0) == []
    mic.modal(False)
    assert commands(mic.talk_pressed(0)) == [Talk(LEASE, True)]


def test_push_to_talk_ends_after_30_seconds_and_an_open_microphone_does_not():
    for mode, ends in (("ptt", True), ("full", False)):
        mic = talking(mode)
        tick_until(mic, 30 * S)
        assert mic.talking
        offs = [command for command in commands(mic.tick(30 * S + 1)) if isinstance(command, Talk)]
        assert (not mic.talking) == ends == bool(offs)


def test_changing_to_push_to_talk_mutes_first():
    mic = talking("full")
    assert commands(mic.go_live("ptt")) == [Talk(LEASE, False), GoLive(LEASE, "ptt")]
    assert not mic.talking


def test_a_screen_that_is_not_painted_sends_nothing_even_before_anything_notices():
    mic = talking("full")
    assert mic.sends_to(S) == (3, LEASE) and mic.sends_to(S + 1) is None


def test_a_console_that_stood_still_is_muted_and_after_the_lease_it_is_off():
    mic = talking("full")
    assert [c for c in commands(mic.tick(S + 1)) if isinstance(c, Talk)] == [
        Talk(LEASE, False, "the console stood still")
    ]
    mic = talking("full")
    effects = mic.tick(2 * S + 1)
    assert mic.stage == "off" and "not yours any more" in said(effects)[0]


def test_a_lost_microphone_while_live_leaves_the_call_to_be_handed_back():
    mic = talking()
    effects = mic.device_failed(1, "USB headset delivers no more.")
    assert CloseDevice(1) in effects and "H hands call 3 back" in said(effects)[0]
    assert commands(mic.talk_pressed(0)) == [] and mic.stage == "live"
    mic.hand_back()
    assert commands(mic.agreed("")) == [HandBack(LEASE)]


@pytest.mark.parametrize("start", [armed, live, talking, lambda: talking("full")])
def test_a_lost_engine_and_an_ended_call_end_everything_without_a_word_to_the_engine(start):
    for end in ("engine_lost", "call_over"):
        mic = start()
        effects = getattr(mic, end)()
        assert commands(effects) == [] and CloseDevice(1) in effects and len(said(effects)) == 1
        assert mic.stage == "off" and getattr(mic, end)() == []


@pytest.mark.parametrize("start", [armed, live, talking])
@pytest.mark.parametrize("command", [RenewLease(LEASE), Talk(LEASE, True)])
def test_a_refusal_ends_everything(start, command):
    mic = start()
    effects = mic.refused(Send(1, 3, command), "This take-over is over.")
    assert mic.stage == "off" and CloseDevice(1) in effects
    assert said(effects) == ["Microphone off, call 3 is not yours any more: This take-over is over."]


def test_not_being_let_live_yet_leaves_it_armed():
    mic = armed()
    [asked] = mic.go_live("full")
    assert said(mic.refused(asked, "Nobody has picked up yet.")) == ["Nobody has picked up yet."]
    assert mic.stage == "armed" and not mic.talking
    [again] = mic.go_live("ptt")
    mic.accepted(again, 0)
    assert mic.stage == "live"


def test_an_engine_that_does_not_answer_may_have_done_it_so_it_is_over():
    mic = armed()
    [asked] = mic.go_live("full")
    mic.refused(asked, "The engine did not answer.", answered=False)
    assert mic.stage == "off"


def test_a_hand_back_that_is_refused_is_told():
    mic = live()
    mic.hand_back()
    sent = mic.agreed("nothing")[0]
    assert said(mic.refused(sent, "over")) == ["Call 3 was not handed back: over"]


def test_what_the_engine_shows_of_earlier_take_overs_does_not_count():
    mic = armed()
    assert mic.told(MicState("off", "me", why="handed back"), "me") == [] and mic.stage == "armed"
    mic.told(MicState("armed", "me"), "me")
    effects = mic.told(MicState("off", "me", why="no sign of me's console for 2 s"), "me")
    assert mic.stage == "off" and "no sign of" in said(effects)[0]


def test_a_call_that_somebody_else_holds_is_not_ours():
    mic = live()
    mic.told(MicState("ptt", "me"), "me")
    effects = mic.told(MicState("ptt", "anna"), "me")
    assert mic.stage == "off" and "taken by anna" in said(effects)[0]


def test_leaving_gives_the_lease_up():
    assert commands(talking().leave()) == [ReleaseMic(LEASE, "the console was closed")]
    assert TakeOver().leave() == []


class AnyOrder(RuleBasedStateMachine):
    """Everything that can happen, in every order, beside an engine that answers when it likes."""

    @initialize(on_blur=st.sampled_from(["mute", "keep"]), releases=st.booleans())
    def begin(self, on_blur, releases):
        self.mic = TakeOver(on_blur)
        self.mic.releases = releases
        self.now = 0
        self.unanswered = []
        self.opening = []
        self.open = set()
        self.leases = {}  # number → call it was granted for
        self.given_up = set()
        self.told_talking = {}  # lease → what the engine was told last
        self.may_talk_since = None
        self.switched_off = False  # by the operator, who has asked for nothing since
        self.next_lease = 1

    def do(self, effects):
        for effect in effects:
            match effect:
                case Send(command=command, call=call):
                    self.unanswered.append(effect)
                    if not isinstance(command, ArmMic):
                        assert self.leases[command.lease] == call, "a lease is used for another call"
                        assert command.lease not in self.given_up, "a lease is used after it was given up"
                    if isinstance(command, Talk):
                        self.told_talking[command.lease] = command.on
                    if isinstance(command, GoLive):
                        self.told_talking[command.lease] = command.mode == "full"
                    if isinstance(command, HandBack | ReleaseMic):
                        self.given_up.add(command.lease)
                case OpenDevice(attempt=attempt):
                    self.opening.append(attempt)
                case CloseDevice(attempt=attempt):
                    self.open.discard(attempt)

    @rule(call=st.integers(1, 3))
    def arm(self, call):
        self.do(self.mic.arm(call, self.now))

    @precondition(lambda self: not self.mic.held)
    @rule(call=st.integers(1, 3), mode=st.sampled_from(["ptt", "full"]), talks=st.booleans())
    def take_over(self, call, mode, talks):
        """As it mostly goes, so that the rest is met live and not only on the way there."""
        self.arm(call)
        self.answer(-1, 0)
        self.device(-1, True)
        self.go_live(mode)
        self.answer(-1, 0)
        assert self.mic.stage == "live"
        if talks:
            self.talk()

    @precondition(lambda self: self.unanswered)
    @rule(at=st.integers(0, 50), no=st.integers(0, 9))
    def answer(self, at, no):
        sent = self.unanswered.pop(at if at < 0 else at % len(self.unanswered))
        if no == 1:
            self.do(self.mic.refused(sent, "no", answered=at % 2 == 0))
        elif isinstance(sent.command, ArmMic):
            lease, self.next_lease = self.next_lease, self.next_lease + 1
            self.leases[lease] = sent.call
            self.do(self.mic.granted(sent, LeaseGranted(lease, TTL_MS), self.now))
        else:
            self.do(self.mic.accepted(sent, self.now))

    @precondition(lambda self: self.opening)
    @rule(at=st.integers(0, 50), works=st.booleans())
    def device(self, at, works):
        attempt = self.opening.pop(at if at < 0 else at % len(self.opening))
        if works:
            self.open.add(attempt)
            self.do(self.mic.device_opened(attempt, "mic", self.now))
        else:
            self.do(self.mic.device_failed(attempt, "none."))

    @rule(
        what=st.sampled_from(
            ["mic_off", "hand_back", "talk_released", "blurred", "focused", "xrun", "suspended"] * 2
            + ["engine_lost", "call_over", "leave"]
        )
    )
    def something(self, what):
        was_ptt = self.mic.mode == "ptt"
        self.switched_off = self.switched_off or what == "mic_off"
        self.do(getattr(self.mic, what)())
        if what in ("mic_off", "suspended", "engine_lost", "call_over", "leave", "hand_back"):
            assert not self.mic.talking
        if (what == "blurred" and (was_ptt or self.mic.on_blur == "mute")) or (what == "xrun" and was_ptt):
            assert not self.mic.talking

    @rule()
    def talk(self):
        self.switched_off = False
        self.do(self.mic.talk_pressed(self.now))

    @rule(mode=st.sampled_from(["ptt", "full"]))
    def go_live(self, mode):
        asked = self.mic.go_live(mode)
        self.switched_off = self.switched_off and not asked
        self.do(asked)

    @rule(is_open=st.booleans())
    def modal(self, is_open):
        self.do(self.mic.modal(is_open))
        assert not (is_open and self.mic.mode == "ptt" and self.mic.talking)

    @rule(words=st.sampled_from([None, "", "agreed"]))
    def agreed(self, words):
        self.do(self.mic.agreed(words))

    @rule(mode=st.sampled_from(["off", "armed", "ptt", "full"]), who=st.sampled_from(["me", "anna"]))
    def told(self, mode, who):
        self.do(self.mic.told(MicState(mode, who), "me"))

    @rule(ms=st.sampled_from([67, 500, 900, 1_500, 2_500, 29_000]), painted=st.booleans())
    def time(self, ms, painted):
        self.now += ms * 1000
        if painted:
            self.do(self.mic.tick(self.now))

    @rule(s=st.integers(1, 32))
    def a_while(self, s):
        for _ in range(s * 4):
            self.now += S // 4
            self.do(self.mic.tick(self.now))

    @invariant()
    def sound_leaves_only_while_live_and_talking_and_for_the_armed_call(self):
        goes_to = self.mic.sends_to(self.now)
        if goes_to is not None:
            call, lease = goes_to
            assert self.mic.stage == "live" and self.mic.talking and not self.switched_off
            assert self.leases[lease] == call == self.mic.call and lease not in self.given_up
            assert self.mic.attempt in self.open, "sound without a device"
            assert self.told_talking[lease], "the engine believes that the operator is silent"

    @invariant()
    def what_is_off_holds_nothing(self):
        if self.mic.stage == "off":
            assert not self.open and not self.mic.talking and self.mic.call == self.mic.lease == 0
        assert len(self.open) <= 1

    @invariant()
    def push_to_talk_has_an_end(self):
        if self.mic.mode != "ptt" or not self.mic.talking:
            self.may_talk_since = None
        elif self.may_talk_since is None:
            self.may_talk_since = self.now
        elif self.mic.sends_to(self.now):
            assert self.now - self.may_talk_since <= 31 * S


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=150, stateful_step_count=40, deadline=None, derandomize=True)
