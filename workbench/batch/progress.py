"""What a waiting person sees, and what another program reads, while notebooks run."""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, TextIO

from workbench.batch.results import CAUSES
from workbench.errors import printable

if TYPE_CHECKING:
    from workbench.batch.results import BatchResult, Event


def say(text: object, *, file: TextIO | None = None) -> None:
    """Print text in which nothing steers the reader's terminal, whosever words it holds.

    Parameters
    ----------
    text : object
        Printed as ``str`` gives it.
    file : text stream, optional
        By default stdout.
    """
    print(printable(str(text)), file=file)


def say_count(count: int, what: str) -> str:
    """Return how many there are, with the word in the right number.

    Examples
    --------
    >>> say_count(1, "engagement"), say_count(0, "fault")
    ('1 engagement', '0 faults')
    """
    return f"{count} {what}{'' if count == 1 else 's'}"


def say_seconds(seconds: float) -> str:
    """Return how long something took, in words.

    Examples
    --------
    >>> say_seconds(3.2), say_seconds(200.0)
    ('3 s', '3 min')
    """
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def say_reports(new: int, count: int, failed: int, same: int) -> str:
    """Return how many engagements of a batch have a new report, and what became of the others.

    Examples
    --------
    >>> say_reports(1, 4, 1, 2)
    '1 of 4 engagements has a new report, 1 failed, 2 unchanged'
    """
    words = [f"{new} of {say_count(count, 'engagement')} {'has' if new == 1 else 'have'} a new report"]
    words += [f"{failed} failed"] if failed else []
    words += [f"{same} unchanged"] if same else []
    return ", ".join(words)


class Progress:
    """A line for each finished notebook, and on a terminal a line that says what is running.

    Parameters
    ----------
    has_names : bool
        Write the engagement's name before the notebook's.
    """

    def __init__(self, *, has_names: bool = False) -> None:
        self.has_names = has_names
        self.is_terminal = sys.stderr.isatty()
        self.running: dict[str, str] = {}
        self.whole = ""
        self.lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        """Show what happened; called from several threads."""
        with self.lock:
            key = " ".join(part for part in (event.engagement if self.has_names else "", event.notebook) if part)
            if event.kind == "cell":
                self.running[key] = event.text
            elif event.kind == "progress":
                self.whole = event.text
            elif event.kind == "unchanged":
                self.running.pop(key, None)
                self._line(f"{key} unchanged", event.seconds)
            elif event.kind == "checked":
                self._line(f"{key + ': ' if key else ''}checked {event.text}", event.seconds)
            elif event.kind == "warned" and not self.has_names:  # of one client, to whoever runs it alone
                print(f"{self._clear}  {printable(event.text)}", file=sys.stderr, flush=True)
            elif event.kind == "finished":
                self.running.pop(key, None)
                self._line(key, event.seconds)
            elif event.kind == "retrying":
                self.running.pop(key, None)
                self._line(f"{key} again: {CAUSES.get(event.text, event.text).lower()}", event.seconds)
            elif event.kind == "failed" and event.notebook:
                self.running.pop(key, None)
                self._line(f"{key} stopped", event.seconds)
            elif event.kind == "failed":
                self._line(f"{key} failed", event.seconds)
            elif event.kind == "published":
                self._line(f"{key + ': ' if key else ''}report published, in all", event.seconds)
            elif event.kind == "rendering":
                self.running[key or "report"] = "drawing"
            if event.kind == "published":
                self.running.pop(key or "report", None)
            self._status()

    @property
    def _clear(self) -> str:
        return "\r\x1b[K" if self.is_terminal else ""

    def _line(self, text: str, seconds: float) -> None:
        print(f"{self._clear}  {printable(text, kept=''):<40} {seconds:6.1f} s", file=sys.stderr, flush=True)

    def _status(self) -> None:
        if self.is_terminal:
            places = (f"{name} {place}" for name, place in self.running.items())
            shown = " · ".join(part for part in (self.whole, *places) if part)
            print(f"\r\x1b[K  {printable(shown, kept='')[:100]}", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Clear the line that says what is running."""
        if self.is_terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


class JsonProgress:
    """Each event as a line of JSON on the standard output; the last line is the whole result."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        """Write what happened; called from several threads."""
        if event.kind == "warned":  # speaks of one client's words, and this is read by whoever reads of all
            return
        with self.lock:
            print(json.dumps(asdict(event), ensure_ascii=False), flush=True)

    def end(self, result: BatchResult) -> None:
        """Write how the batch went."""
        with self.lock:
            print(json.dumps(result.to_json(), ensure_ascii=False), flush=True)

    def close(self) -> None:
        """Nothing is open."""
