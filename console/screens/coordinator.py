"""Many calls: the engines of a coordinator, the jobs of one or of all of them, the queue, what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget
from textual.widgets import OptionList, Static

from console import theme
from console.frame import Frame
from console.glyphs import Glyphs
from console.screens.main import MainScreen
from console.state.coordinated import CoordinatorView, JobRow
from console.widgets.coordinator import absent_text, engine_rows, job_text, problem_lines, queue_lines
from console.widgets.pane import Pane, wrap
from console.widgets.pick_list import PickList


class CoordinatorScreen(MainScreen):
    """The engines to the left pick whose jobs stand to the right."""

    called = "coordinator"
    CSS_PATH: ClassVar[list[str]] = ["../styles/base.tcss", "../styles/coordinator.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "move(1)", "down", show=False),
        Binding("k", "move(-1)", "up", show=False),
    ]

    def __init__(
        self, glyphs: Glyphs, view: CoordinatorView, opened: Callable[[], None], left: Callable[[], None]
    ) -> None:
        """view: is kept up to date by others. opened: told of enter on a row. left: called once it has gone."""
        super().__init__(glyphs)
        self._view, self._opened, self._left = view, opened, left
        self._queue = Pane("Coordinator", id="queue", focus=False)
        self._engines = PickList(id="engines", focus=True)
        self._jobs = PickList(id="jobs", focus=True)
        self._problems = Pane("Problems", id="problems")
        self._absent = Static("", id="absent")
        self._panes = Container(id="panes")
        self._names: list[str] = [""]
        self._rows: list[JobRow] = []
        self._drawn: dict[str, tuple[object, ...]] = {}

    def panes(self) -> Iterable[Widget]:
        with self._panes:
            yield self._queue
            yield self._engines
            yield self._jobs
            yield self._problems
        yield self._absent

    def on_mount(self) -> None:
        self._engines.border_title, self._jobs.border_title = "Engines", "Jobs"
        self._engines.focus()

    def on_unmount(self) -> None:
        self._left()

    # --- what is picked ------------------------------------------------------------------------------

    @property
    def picked_engine(self) -> str:
        """Name of the selected engine; "" = all of them."""
        at = self._engines.highlighted
        return self._names[at] if at is not None and at < len(self._names) else ""

    @property
    def picked_job(self) -> JobRow | None:
        at = self._jobs.highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    @property
    def in_jobs(self) -> bool:
        """Whether enter means the selected job, and not the engine."""
        return self.focused is self._jobs

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self._opened()

    def action_move(self, by: int) -> None:
        (self._jobs if self.in_jobs else self._engines).move(by)

    def labels(self) -> dict[str, str]:
        """Nothing can be picked where there is no coordinator."""
        return {} if self._view.status else dict.fromkeys(("job.go_to", "job.retry", "job.cancel"), "")

    # --- painting ------------------------------------------------------------------------------------

    def paint(self, frame: Frame) -> None:
        view = self._view
        there = view.status is not None
        self._panes.display, self._absent.display = there, not there
        if not there:
            if self._differs("absent", view.version):
                self._absent.update(absent_text(view))
            return
        self.set_class(not view.answers, "-silent")
        width = self._queue.scrollable_content_region.width
        self._queue.set_lines(queue_lines(view, width, self._glyphs))
        width = max(1, self._problems.scrollable_content_region.width)
        told = problem_lines(view, width, self._glyphs)
        self._problems.set_lines([line for words in told for line in wrap(words, width)])
        self._problems.set_titles("Problems", f"{len(view.status.problems) if view.status else 0} so far")
        self._paint_engines(view)
        self._paint_jobs(view)

    def _paint_engines(self, view: CoordinatorView) -> None:
        width = self._engines.scrollable_content_region.width
        if not self._differs("engines", view.version, width):
            return
        before = self.picked_engine
        rows = engine_rows(view, width, self._glyphs)
        self._names = [name for name, _ in rows]
        self._engines.fill(
            [(line, True) for _, line in rows], self._names.index(before) if before in self._names else 0
        )

    def _paint_jobs(self, view: CoordinatorView) -> None:
        width, engine = self._jobs.scrollable_content_region.width, self.picked_engine
        if not self._differs("jobs", view.version, width, engine):
            return
        before, at = self.picked_job, self._jobs.highlighted or 0
        self._rows = view.rows(engine)
        now = view.status.at if view.status else 0.0
        lines = [(job_text(job, now, width, self._glyphs), True) for job in self._rows]
        ids = [job.id for job in self._rows]
        self._jobs.fill(
            lines or [(Text("none", theme.GREY), False)],
            ids.index(before.id)
            if before is not None and before.id in ids
            else min(at, max(0, len(ids) - 1)),
        )
        self._jobs.border_title = f"Jobs of {engine}" if engine else "Jobs"
        self._jobs.border_subtitle = f"{len(self._rows)}"

    def _differs(self, what: str, *key: object) -> bool:
        """Whether what is to be drawn differs from what was; colours count as well. Remembers it."""
        whole = (theme.version, *key)
        differs = self._drawn.get(what) != whole
        self._drawn[what] = whole
        return differs
