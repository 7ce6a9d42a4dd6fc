"""The demonstration: start, feed, watch, explain, audit, and say what to look at next."""

from __future__ import annotations

import shutil
import sqlite3
import time
from pathlib import Path
from typing import NamedTuple

from workers.demo.county import bill_to_explain, write_county
from workers.demo.embedded import run_embedded
from workers.demo.stage import Children, Screen
from workers.errors import TuodiError
from workers.history.queries import open_for_reading
from workers.log.broker import Broker

FEED_RECORDS_PER_SECOND = 400


class Demo(NamedTuple):
    """One demonstration; `run` does it."""

    persons: int
    seed: int
    directory: Path
    keep: bool

    def run(self, *, embedded: bool) -> None:
        """Run it, on Kafka where that is possible."""
        screen = Screen()
        self.directory.mkdir(parents=True, exist_ok=True)
        missing = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
        if embedded or missing:
            why = (
                "as asked"
                if embedded
                else f"{' and '.join(missing)} not found; install Java 17 and Maven for the real one"
            )
            screen.say(f"the log in memory ({why}); state and read model: SQLite and memory")
            database = run_embedded(self.directory, self._county(screen), screen)
            self._next(screen, self._explain(screen, database), database)
            return
        self._on_kafka(screen)

    def _county(self, screen: Screen) -> Path:
        file = self.directory / "county.ndjson"
        lines = write_county(self.seed, self.persons, file)
        screen.say(f"a county year of {self.persons} insured persons, seed {self.seed}: {lines} lines in {file}")
        return file

    def _on_kafka(self, screen: Screen) -> None:
        broker = Broker(self.directory / "kafka", Path("var/kafka/libs"))
        broker.stop()
        broker.wipe()
        screen.say("starting Apache Kafka from jars (the first time Maven fetches them, about half a minute)")
        seconds = broker.start()
        screen.say(f"Apache Kafka answers on {broker.bootstrap} after {seconds:.1f} s")
        database = self.directory / "history.sqlite"
        for old in self.directory.glob("history.sqlite*"):
            old.unlink()
        environment = {
            "TUODI_BOOTSTRAP": broker.bootstrap,
            "TUODI_DATA_DIR": str(self.directory),
            "TUODI_DATABASE": str(database),
            "TUODI_DEV_KEYS": "1",
        }
        children = Children(self.directory, environment)
        played = False
        try:
            self._play(screen, children, database, environment)
            played = True
        finally:
            if not (self.keep and played):  # what went wrong is not kept: nobody was told how to stop it
                children.stop()
                broker.stop()

    def _play(self, screen: Screen, children: Children, database: Path, environment: dict[str, str]) -> None:
        children.call("topics", "apply", quiet=True)
        screen.say("topics created, the journal opened")
        children.start("worker", "worker", "--instance", "demo-1", "--log-format", "text")
        children.start("history", "history", "--log-format", "text")
        screen.say("one process of intake and ledger, one of the read model; decisions follow")
        file = self._county(screen)
        children.start("feed", "feed", str(file), "--rate", str(FEED_RECORDS_PER_SECOND), "--json")
        expected = self._watch(screen, children, database)
        shown = self._explain(screen, database)
        screen.say("the audit reads the whole log by itself, with its own decoder")
        screen.show(children.call("audit", "--feed", str(file), "--seed", str(self.seed), quiet=True).splitlines()[-1])
        screen.say(f"{expected} decisions are in {database}")
        self._next(screen, shown, database)
        if self.keep:
            self._running(screen, environment, children)

    def _watch(self, screen: Screen, children: Children, database: Path) -> int:
        """Show decisions arriving until the feed has ended and nothing has moved for a moment."""
        deadline, last, still = time.monotonic() + 600.0, -1, 0
        while time.monotonic() < deadline:
            time.sleep(1.0)
            fed = children.ended("feed")
            children.check()
            outcomes, decisions, yuan = _figures(database)
            if outcomes != last:
                screen.say(f"{outcomes:6d} journal records answered, {decisions:5d} decisions, {yuan} yuan granted")
            still = still + 1 if outcomes == last and outcomes else 0
            last = outcomes
            if fed and still >= 2:
                return decisions
        raise TuodiError("the demonstration did not come to rest in ten minutes; see the logs in its folder")

    def _explain(self, screen: Screen, database: Path) -> tuple[str, str]:
        """Show why one bill got what it got; returns it and its person."""
        from workers.history.explain import explain_bill

        connection = open_for_reading(database)
        try:
            bill, person = bill_to_explain(connection)
        finally:
            connection.close()
        screen.say(f"one of them explained: tuodi explain {bill}")
        screen.show("\n" + explain_bill(database, bill, None, as_json=False) + "\n")
        return bill, person

    def _next(self, screen: Screen, shown: tuple[str, str], database: Path) -> None:
        """Commands that work as they stand, with or without a broker."""
        bill, person = shown
        tuodi, read = ".venv/bin/tuodi", f"--database {database}"
        screen.show("\nWhat to try next, as it stands:")
        screen.show(f"  {tuodi} person {person} --year 2023 {read}")
        screen.show(f"  {tuodi} statement {person} --year 2023 {read} --html {self.directory / 'statement.html'}")
        screen.show(f"  {tuodi} explain {bill} --json {read}")
        screen.show(f"  {tuodi} tasks {read}")
        screen.show(f"  {tuodi} replay {self.directory / 'county.ndjson'}   the same figures without a broker")
        screen.show("and to read: docs/how-a-record-travels.md, docs/guarantees.md")

    def _running(self, screen: Screen, environment: dict[str, str], children: Children) -> None:
        """With --keep: where it answers, what a shell needs, and how it is stopped."""
        exports = " ".join(f"{name}={value}" for name, value in environment.items())
        port = (self.directory / "worker-demo-1.port").read_text().strip()
        pids = " ".join(map(str, children.pids()))
        screen.show(
            "\nEverything still runs. For commands that ask the broker (topics plan, export, dlq list, gateway):"
        )
        screen.show(f"  export {exports}")
        screen.show(f"  http://127.0.0.1:{port}/metrics  /readyz")
        screen.show(f"Stop it with: kill {pids}; .venv/bin/tuodi kafka stop --dir {self.directory / 'kafka'}")


def _figures(database: Path) -> tuple[int, int, str]:
    if not database.exists():
        return 0, 0, "0.00"
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5.0)
    try:
        outcomes = connection.execute("SELECT coalesce(sum(n), 0) FROM tally WHERE name = 'outcomes'").fetchone()[0]
        decisions = connection.execute("SELECT count(*) FROM decision").fetchone()[0]
        fen = connection.execute("SELECT coalesce(sum(amount), 0) FROM total").fetchone()[0]
    except sqlite3.OperationalError:  # the file is being made
        return 0, 0, "0.00"
    finally:
        connection.close()
    return outcomes, decisions, f"{fen // 100}.{fen % 100:02d}"
