"""Progress is a bar on a terminal and plain lines elsewhere."""

from __future__ import annotations

import re
from io import StringIO

from django.core.management.base import OutputWrapper

from vibecraft.management.progress import percent_on, progress_on


class Terminal(StringIO):
    """What is written here is seen by somebody."""

    def isatty(self) -> bool:
        return True


def drawn(terminal: Terminal) -> list[str]:
    """The states of the bar, without its color codes."""
    text = re.sub(r"\x1b\[[A-Z0-9;]*", "", terminal.getvalue())
    return [state.strip() for state in re.split(r"[\r\n]", text) if state.strip()]


def test_rows_are_lines_where_nobody_looks() -> None:
    log = StringIO()
    with progress_on(OutputWrapper(log), 2) as shown:
        shown.look(0, "2 under way, 40 %")
        shown.line("First: analyzed")
        shown.look(1, "1 under way, 80 %")
        shown.line("Second: There is no space left.", is_bad=True)
    assert log.getvalue() == ("1 of 2: First: analyzed\n2 of 2: Second: There is no space left.\n")


def test_rows_are_a_bar_on_a_terminal_with_what_went_wrong_above_it() -> None:
    terminal = Terminal()
    with progress_on(OutputWrapper(terminal), 2) as shown:
        shown.look(0, "2 under way, 40 %")
        shown.line("First: analyzed")
        shown.look(1, "1 under way, 80 %")
        shown.line("Second: There is no space left.", is_bad=True)
        shown.look(2, "")
    states = drawn(terminal)
    assert "First" not in terminal.getvalue()
    assert "Second: There is no space left." in states
    assert [state[:4].strip() for state in states if "2 under way" in state][-1:] == ["0%|"]
    assert any(state.startswith("50%|") and "1 under way, 80 %" in state for state in states)
    assert states[-1].startswith("100%|")
    assert "2/2" in states[-1]


def test_one_piece_of_work_is_a_line_for_each_new_step_where_nobody_looks() -> None:
    log = StringIO()
    with percent_on(OutputWrapper(log)) as shown:
        for percent, words in ((0, ""), (10, "0 of 2 clips"), (20, "0 of 2 clips"), (50, "1 of 2")):
            shown.look(percent, words)
    assert log.getvalue() == "0 of 2 clips\n1 of 2\n"


def test_one_piece_of_work_is_a_bar_in_percent_on_a_terminal() -> None:
    terminal = Terminal()
    with percent_on(OutputWrapper(terminal)) as shown:
        shown.look(40, "1 of 2 clips")
        shown.look(100, "Ready")
    states = drawn(terminal)
    assert any(state.startswith("40%|") and "1 of 2 clips" in state for state in states)
    assert states[-1].startswith("100%|")
    assert states[-1].endswith("Ready")
