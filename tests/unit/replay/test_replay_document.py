"""docs/replay.md says what is so: made again it is the same, and every field and code of the contract stands in it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from schemas.codec import FEED_MODELS, type_of
from schemas.outputs.decision import BillState, Outcome
from schemas.reasons import Reason, RejectReason
from tests.unit.replay.replay_files import CASE, REPLAY, ROOT
from workers.replay import document

PAGE = (ROOT / "docs/replay.md").read_text(encoding="utf-8")


def test_the_committed_page_is_up_to_date_and_its_examples_were_run_again() -> None:
    assert document.render() == PAGE
    assert document.answer(CASE) in PAGE
    assert document.answer(REPLAY) in PAGE


def test_check_is_red_where_the_page_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/samples").symlink_to(ROOT / "docs/samples")
    assert document.main(["--check"], tmp_path) == 1
    assert "docs/replay.md is stale" in capsys.readouterr().err
    assert document.main([], tmp_path) == 0
    assert document.main(["--check"], tmp_path) == 0
    assert logging.getLogger("workers.journal.keys").getEffectiveLevel() < logging.ERROR  # silent only meanwhile


def test_every_field_of_every_event_has_its_row() -> None:
    for topic, models in FEED_MODELS.items():
        for model in models:
            section = PAGE.split(f"### `{type_of(model)}` (topic `{topic}`)")[1].split("\n### ")[0]
            rows = [line for line in section.splitlines() if line.startswith("| `")]
            names = {row.split("`")[1] for row in rows}
            assert names >= set(model.model_fields)


@pytest.mark.parametrize("codes", [Reason, RejectReason, Outcome, BillState])
def test_every_code_stands_in_the_page(codes: type) -> None:
    for code in codes:  # type: ignore[attr-defined]
        text = getattr(code, "text", "")
        assert f"| `{code.value}` | {text}" in PAGE


def test_a_field_without_meaning_is_an_error() -> None:
    from schemas.events.settlement import SettlementFinal

    with pytest.raises(ValueError, match=r"fields\.toml: settlement\.final\.care_type has no meaning"):
        document._field_row("settlement.final", "care_type", SettlementFinal, {"meaning": {}, "absent": {}})


def test_no_text_is_left_over() -> None:
    import tomllib

    texts = tomllib.loads((Path(document.__file__).parent / "fields.toml").read_text(encoding="utf-8"))
    fields = {(type_of(m), name) for models in FEED_MODELS.values() for m in models for name in m.model_fields}
    plain = {name for _, name in fields} | {f"{type_}.{name}" for type_, name in fields}
    assert set(texts["meaning"]) | set(texts["absent"]) <= plain
    assert "{{" not in PAGE
