"""A call by name: what a box is about, whatever is selected or happens while it is open."""

from __future__ import annotations

from dataclasses import dataclass

from console.state.call import Call
from console.state.store import Store


@dataclass(frozen=True)
class Named:
    """The call that was meant when a box was opened. Numbers are used anew, so the number alone is not enough."""

    number: int
    restaurant: str
    line: str
    epoch: str  # of the engine
    call: Call

    @classmethod
    def of(cls, store: Store, call: Call) -> Named:
        """A call as it is known now."""
        return cls(call.number, call.restaurant, call.line, store.epoch, call)

    def over(self, store: Store) -> str:
        """Why nothing can be asked of this call any more; "" while it can."""
        call = store.calls.get(self.number)
        if call is None or store.epoch != self.epoch:
            return f"Call {self.number} is gone."
        if call is not self.call and not self._again(call):
            return f"Call {self.number} has ended; another call has its number now."
        return "" if call.live else f"Call {self.number} has ended."

    def _again(self, call: Call) -> bool:
        """Whether this is the same call, told anew by a snapshot. A call has a folder of its own."""
        if self.call.journal and call.journal:
            return self.call.journal == call.journal
        return (call.restaurant, call.line) == (self.restaurant, self.line)
