"""Which line a call may be placed on and to whom, decided before anything is dialled."""

from __future__ import annotations

import msgspec
import pytest

from engine.errors import CallRefused, ExitCode, ModelError, ScenarioError, SettingsError
from engine.lines import placing
from engine.lines.placing import LEAD_MS, RECORDED, SIMULATED, SIP, line_for, may_place
from engine.protocol import PlaceCall, Task
from engine.recognizers.whisper import SIM_EAR
from engine.scenario import find
from engine.settings import CallSettings, RecognizerSettings, Settings, SipAccount, SipSettings

BOTH = (SIMULATED, SIP)
TASK = Task(
    restaurant="La Luna", today="2025-06-02", date="2025-06-06", time="19:00", party_size=2, name="Anna Berg"
)
ACCEPTS = str(find("en/accepts"))
PEER = "sip:test@127.0.0.1:5070"
WHISPER = RecognizerSettings(model="small")
MAIN = SipAccount(provider="sip.example.net", password_env="SIP_PASSWORD")
REAL = Settings(
    recognizer=WHISPER,
    sip=SipSettings(
        listen="192.0.2.1", allowed_peers=("203.0.113.0/28",), account="main", accounts={"main": MAIN}
    ),
)


def waiting(**changes) -> PlaceCall:
    """A call that is waited for."""
    plain = PlaceCall(scenario=ACCEPTS, line=SIP, await_port=5080, await_s=60)
    return msgspec.structs.replace(plain, **changes)


@pytest.mark.parametrize("model", [SIM_EAR, "small"])
def test_a_simulated_line_needs_no_model(model: str):
    assert may_place(SIMULATED, model, (SIMULATED,)) is None


@pytest.mark.parametrize("model", [SIM_EAR, "small"])
def test_a_line_that_is_not_there_is_said_to_be_missing_whatever_the_model(model: str):
    refused = may_place(SIP, model, (SIMULATED,))
    assert isinstance(refused, CallRefused)
    assert str(refused).startswith('There is no line "sip" here. Lines: simulated.')
    assert "models pull small" in str(refused) and "baresip-python" in str(refused)


def test_a_real_line_without_a_whisper_model_is_refused_with_the_command_that_brings_one():
    refused = may_place(SIP, SIM_EAR, BOTH)
    assert isinstance(refused, ModelError) and refused.exit_code is ExitCode.MODEL
    assert "call-thing models pull small" in str(refused)


def test_a_real_line_with_a_whisper_model_may_be_called_on():
    assert may_place(SIP, "small", BOTH) is None


def test_a_peer_on_this_machine_counts_as_simulated():
    assert may_place(SIP, SIM_EAR, BOTH, test_peer=True) is None


def test_the_line_sip_is_there_where_its_stack_is(monkeypatch):
    monkeypatch.setattr(placing, "STACK", "json")
    assert placing.lines_there_are() == (SIMULATED, RECORDED, SIP)
    monkeypatch.setattr(placing, "STACK", "no_such_package")
    assert placing.lines_there_are() == (SIMULATED, RECORDED)


def test_a_simulated_call_is_given_its_scenario():
    placed = line_for(PlaceCall(scenario=ACCEPTS), Settings(), {})
    assert (placed.scenario, placed.name, placed.sip, placed.record) == (ACCEPTS, "en/accepts", None, True)


def test_a_scenarios_variables_are_set_anew_for_one_simulated_call():
    anew = {"task.party_size": "6", "restaurant.noise_dbfs": "-35"}
    placed = line_for(PlaceCall(scenario=ACCEPTS, variables=anew), Settings(), {})
    assert placed.task.party_size == 6  # what the agent is given
    assert (placed.scenario, placed.variables) == (ACCEPTS, anew)  # what the restaurant is given


def test_of_a_real_call_only_what_is_wanted_is_set_anew():
    placed = line_for(
        PlaceCall(scenario=ACCEPTS, line=SIP, to=PEER, variables={"task.time": "20:00"}), Settings(), {}
    )
    assert placed.task.time == "20:00" and (placed.scenario, placed.variables) == ("", {})


def test_a_call_to_a_peer_on_this_machine_needs_no_account_and_is_recorded():
    placed = line_for(PlaceCall(scenario=ACCEPTS, line=SIP, to=PEER), Settings(), {})
    assert placed.sip is not None and placed.sip.to == PEER + ";transport=udp"
    assert (placed.sip.account.transport, placed.sip.account.encryption, placed.sip.password) == (
        "udp",
        "off",
        "",
    )
    assert placed.record and placed.task.restaurant
    assert placed.scenario == ""  # a real line is given nothing of it
    assert placed.name == "en/accepts"


def test_a_real_call_carries_its_password_alone_in_its_plan_and_is_not_recorded():
    command = PlaceCall(task=TASK, line=SIP, to="+49 30 1234567")
    placed = line_for(command, REAL, {"SIP_PASSWORD": "hunter2"})
    assert placed.sip is not None
    assert placed.sip.to == "sip:+49301234567@sip.example.net;transport=tls"
    assert placed.sip.password == "hunter2"
    assert (placed.task, placed.record) == (TASK, False)


def test_a_call_that_is_waited_for_on_this_machine_needs_no_account_and_dials_nobody():
    placed = line_for(waiting(), Settings(), {})
    assert placed.sip is not None
    assert (placed.sip.to, placed.sip.port, placed.sip.account.encryption) == ("", 5080, "off")
    assert (placed.address, placed.wait_s, placed.record, placed.name) == (None, 60, True, "en/accepts")
    assert placed.task.called_back


def test_a_call_from_elsewhere_is_waited_for_as_an_account_and_not_recorded():
    account = msgspec.structs.replace(MAIN, transport="udp", encryption="dtls")
    settings = msgspec.structs.replace(
        REAL, sip=msgspec.structs.replace(REAL.sip, accounts={"main": account})
    )
    placed = line_for(waiting(task=TASK), settings, {"SIP_PASSWORD": "hunter2"})
    assert placed.sip is not None and placed.sip.account == account
    assert (placed.sip.password, placed.record, placed.wait_s) == ("hunter2", False, 60)


def test_who_calls_whom_is_said_by_the_command_alone():
    task = msgspec.structs.replace(TASK, called_back=True)
    assert not line_for(PlaceCall(task=task, line=SIP, to=PEER), Settings(), {}).task.called_back


@pytest.mark.parametrize(
    ("command", "settings", "error", "words"),
    [
        (PlaceCall(), Settings(), CallRefused, "needs a scenario"),
        (PlaceCall(scenario="\0"), Settings(), CallRefused, "zero byte"),
        (PlaceCall(scenario="/none.yaml"), Settings(), ScenarioError, "none.yaml"),
        (PlaceCall(scenario=ACCEPTS, to=PEER), Settings(), CallRefused, "for the line sip"),
        (
            PlaceCall(scenario=ACCEPTS, variables={"task.time": "late"}),
            Settings(),
            ScenarioError,
            "task.time: late is no time of day",
        ),
        (
            PlaceCall(scenario=ACCEPTS, variables={"colour": "red"}),
            Settings(),
            ScenarioError,
            "no such variable",
        ),
        (
            PlaceCall(scenario=ACCEPTS, line=SIP, to=PEER, variables={"restaurant.band": "wide"}),
            Settings(),
            CallRefused,
            "only what is wanted can be changed",
        ),
        (
            PlaceCall(task=TASK, line=SIP, to=PEER, variables={"task.time": "20:00"}),
            Settings(),
            CallRefused,
            "a task of its own",
        ),
        (PlaceCall(scenario=ACCEPTS, line="isdn"), Settings(), CallRefused, 'no line "isdn"'),
        (PlaceCall(scenario=ACCEPTS, line=SIP), Settings(), CallRefused, "--sip ADDRESS"),
        (PlaceCall(scenario=ACCEPTS, line=SIP, to="  "), Settings(), CallRefused, "--sip ADDRESS"),
        (PlaceCall(scenario=ACCEPTS, line=SIP), Settings(recognizer=WHISPER), CallRefused, "--sip ADDRESS"),
        (PlaceCall(line=SIP, to=PEER), Settings(), CallRefused, "needs a task"),
        (PlaceCall(scenario=ACCEPTS, await_port=5080), Settings(), CallRefused, "for the line sip"),
        (waiting(scenario=""), Settings(), CallRefused, "needs a task"),
        (waiting(to=PEER), Settings(), CallRefused, "either dialled or waited for"),
        (waiting(await_port=0), Settings(), CallRefused, "from 1 to 65535"),
        (waiting(await_port=70_000), Settings(), CallRefused, "from 1 to 65535"),
        (waiting(await_port=-1), Settings(), CallRefused, "from 1 to 65535"),
        (waiting(await_s=0), Settings(), CallRefused, "from 1 to 1920 s"),
        (waiting(await_s=1921), Settings(), CallRefused, "from 1 to 1920 s"),
        (waiting(await_s=200), Settings(call=CallSettings(max_seconds=2000)), CallRefused, "from 1 to 100 s"),
        (waiting(), msgspec.structs.replace(REAL, recognizer=RecognizerSettings()), ModelError, "pull small"),
        (waiting(), REAL, SettingsError, "it has none"),
        (waiting(account="other"), Settings(), CallRefused, "no account"),
        (PlaceCall(scenario="\0", line=SIP, to=PEER), Settings(), CallRefused, "zero byte"),
        (PlaceCall(scenario=ACCEPTS, line=SIP, to="garbage uri"), Settings(), CallRefused, "@"),
        (PlaceCall(task=TASK, line=SIP, to="+49 30 1234567"), Settings(), CallRefused, "call-thing.toml"),
        (
            PlaceCall(task=TASK, line=SIP, to="+49 30 1234567"),
            msgspec.structs.replace(REAL, recognizer=RecognizerSettings()),
            ModelError,
            "models pull small",
        ),
        (PlaceCall(task=TASK, line=SIP, to="+49 30 1234567"), REAL, SettingsError, "SIP_PASSWORD"),
        (PlaceCall(task=TASK, line=SIP, to=PEER, account="other"), REAL, CallRefused, "Accounts: main"),
    ],
)
def test_what_cannot_be_placed_is_refused_with_the_next_step(command, settings, error, words):
    with pytest.raises(error) as refused:
        line_for(command, settings, {})
    assert words in str(refused.value)


def test_our_voice_runs_ahead_of_a_real_line_by_three_packets():
    assert LEAD_MS == {SIMULATED: 0, RECORDED: 0, SIP: 80}


def test_a_recording_is_a_far_end_that_nobody_dials(tmp_path):
    file = tmp_path / "call.wav"
    file.write_bytes(b"")
    placed = line_for(
        PlaceCall(scenario=ACCEPTS, line=RECORDED, recording=str(file), channel=1), Settings(), {}
    )
    assert (placed.recording, placed.channel, placed.scenario, placed.address) == (str(file), 1, "", None)
    assert placed.task.restaurant and placed.record


@pytest.mark.parametrize("wrong", [{"recording": ""}, {"to": PEER}, {"channel": -1}, {"account": "main"}])
def test_a_recorded_call_that_makes_no_sense_is_refused(tmp_path, wrong):
    file = tmp_path / "call.wav"
    file.write_bytes(b"")
    command = PlaceCall(scenario=ACCEPTS, line=RECORDED, recording=str(file))
    with pytest.raises(CallRefused):
        line_for(msgspec.structs.replace(command, **wrong), Settings(), {})


@pytest.mark.parametrize("line", [SIMULATED, SIP])
def test_a_call_on_another_line_has_no_recording(line):
    with pytest.raises(CallRefused, match="recorded"):
        line_for(PlaceCall(scenario=ACCEPTS, recording="call.wav", line=line, to=PEER), Settings(), {})
