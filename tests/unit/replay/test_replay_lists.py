"""A monthly list that comes after its month was closed: the alert stays told, and no longer stands (QN-1.1d)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.unit.replay.replay_files import defaults, write
from workers.replay.run import replay_file


def _list_of(month: str) -> dict[str, Any]:
    value = {
        "type": "identity.snapshot_closed", "version": 1, "region": "520000", "source_id": "CIVIL",
        "county": "522701", "list_month": month, "count": 0,
    }  # fmt: skip
    return {"topic": "identity.changed", "key": "CIVIL", "value": value}


def _closed(day: str) -> dict[str, Any]:
    return {"topic": "day.closed", "value": {"date": day}}


def _missing(tmp_path: Path, *lines: dict[str, Any]) -> list[tuple[object, object]]:
    answer = replay_file(write(tmp_path / "lists.ndjson", lines), defaults())
    found = [alert for alert in answer.alerts if alert["kind"] == "list_missing"]
    return [(dict(alert["details"])["list_month"], alert["standing"]) for alert in found]  # type: ignore[call-overload]


def test_a_list_is_missed_at_the_close_of_its_month_and_no_longer_once_it_came(tmp_path: Path) -> None:
    begun = (_list_of("2023-01"), _closed("2023-02-27"))
    assert _missing(tmp_path, *begun) == []
    assert _missing(tmp_path, *begun, _closed("2023-02-28")) == [("2023-02", True)]
    late = (*begun, _closed("2023-02-28"), _list_of("2023-02"))
    assert _missing(tmp_path, *late) == [("2023-02", False)]
    assert _missing(tmp_path, *late, _closed("2023-03-31")) == [("2023-02", False), ("2023-03", True)]
