"""One call to the restaurant, from the first ring to its end.

hears  LineState, LineFrame, DigitHeard    from the line, as capture would
       VoicePlayed                         from the line, as playback would
says   AgentFrame                          to the line, in playback's place: here it is the restaurant's voice
       AnswerLine, HangUp                  to the line, in the supervisor's place
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from engine.lines.far_end import FarEnd, Heard
from engine.protocol import (
    AgentFrame,
    AnswerLine,
    DigitHeard,
    HangUp,
    LineFrame,
    LineState,
    Message,
    VoicePlayed,
    elapsed_us,
)
from engine.restaurant.ears import Ears, Hearing
from engine.restaurant.pace import Pace
from engine.scenario_parts import Scenario

Room = Literal["supervisor", "playback"]
Say = Callable[[Room, Message, int | None], None]
Tell = Callable[..., None]


class Visit:
    """The call, told what comes from the line and what time it is (monotonic µs)."""

    def __init__(self, scenario: Scenario, hearing: Hearing, say: Say, tell: Tell) -> None:
        """say: to the line, in which room's place, with which sequence. tell: an event by name, with its fields."""
        self._scenario = scenario
        self._say, self._tell = say, tell
        self._ears = Ears(hearing, scenario.spoken)
        self._far_end = FarEnd(scenario, self)
        self._pace = Pace()
        self._picks_up_us: int | None = None
        self._answered = False
        self._hung_up = False
        self.rang = False
        self.ended = False

    def heard(self, now_us: int) -> list[Heard]:
        """See Ear: our ears', and told to whoever watches."""
        news = self._ears.heard()
        for turn in news:
            if turn.over:
                self._tell("heard", text=turn.text)
        return news

    def agent_speaks(self, now_us: int) -> bool:
        """See Ear."""
        return self._ears.agent_speaks()

    def take(self, message: Message, now_us: int) -> None:
        """Something from the line."""
        match message:
            case LineState():
                self._line(message, now_us)
            case LineFrame(pcm=pcm) if self._answered:
                self._ears.listen(pcm)
            case VoicePlayed(frame=frame, at_us=at_us):
                self._pace.has_left(frame, now_us - max(0, elapsed_us(at_us, now_us)))
            case DigitHeard(digit=digit):
                self._tell("digit", digit=digit)
                self._far_end.key(digit, now_us)

    def _line(self, line: LineState, now_us: int) -> None:
        fields: dict[str, Any] = {"reason": line.reason} if line.reason else {}
        self._tell(line.state, **fields)
        match line.state:
            case "ringing":
                self.rang = True
                if self._scenario.restaurant.answers:
                    self._picks_up_us = now_us + int(self._scenario.restaurant.ring_s * 1e6)
            case "answered":
                self._answered = True
                self._pace.go(now_us)
                self._far_end.answered(now_us)
            case "held":
                self._pace.stand()
            case "resumed":
                self._pace.go(now_us)
            case "ended":
                self.ended = True
                self._pace.stand()

    def step(self, now_us: int) -> None:
        """Pick up, speak, or hang up, when it is time for it."""
        if self._picks_up_us is not None and now_us >= self._picks_up_us:
            self._picks_up_us = None
            self._say("supervisor", AnswerLine(), None)
        while self._pace.due(now_us) and not self._far_end.hung_up:
            pcm = self._far_end.frame(self._pace.made, now_us)
            self._say("playback", AgentFrame(pcm=pcm.tobytes()), self._pace.made)
            self._pace.made += 1
        while self._far_end.said:
            self._tell("says", text=self._far_end.said.popleft().text)
        if self._far_end.hung_up and not self._hung_up and self._pace.all_gone(now_us):
            self._hung_up = True
            self._tell("hangs_up")
            self._say("supervisor", HangUp("far_end"), None)
