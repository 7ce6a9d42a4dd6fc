"""The page for the person: true to the decisions, readable, the same bytes, from file and read model alike."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pypdfium2
import pytest

from schemas.money import fen_of
from schemas.reasons import Reason
from schemas.topics import full_name
from tests.unit.replay.replay_files import CASE, defaults, tuodi
from workers.errors import TuodiError, Usage
from workers.history.app import WRITERS
from workers.history.database import Database, Row, Source
from workers.pages.html import render
from workers.policy.adoption import SHIPPED, build_adoption, load_adoption
from workers.replay.engine import Emitted, Engine
from workers.replay.lines import read_lines
from workers.simulate.output import write
from workers.simulate.year import Plan
from workers.statement.letter import Statement
from workers.statement.make import contacts_of, make
from workers.statement.pdf import FONT_FILE, page
from workers.statement.plain import _WORDS, plain
from workers.statement.source import from_file

KEY = "4202143349a8e5d3052174f1343f56058578332a3d689202adb66a33fe81c9aa"
SETTINGS = defaults()


def of_file(file: Path = CASE, key: str = KEY, year: int = 2023) -> Statement:
    return make(key, year, SETTINGS, file, None, None, None, None)


def html(found: Statement) -> str:
    return render("statement/page.html.j2", s=found)


def stored(file: Path, path: Path) -> Path:
    """The read model of a replayed file."""
    records: list[Emitted] = []
    engine = Engine(SETTINGS, dev_keys=True, keep=records.append)
    law = build_adoption()
    engine.run(read_lines(file, SETTINGS.topic_prefix), law)
    shorts = {full_name(short, "medassist"): short for short in WRITERS}
    body = json.dumps({"hash": _hash(law), "body": law.decode()}).encode()
    with Database(path) as database:
        database.take(Source("journal", 0), [Row(0, 1, b"!rulebook.adopted", body)], WRITERS["journal"])
        for offset, each in enumerate(records):
            short = shorts.get(each.topic)
            if short is not None:
                database.take(Source(short, offset), [Row(0, 1, each.key, each.value)], WRITERS[short])
    return path


def _hash(law: bytes) -> str:
    return load_adoption(law).hash


def test_amounts_are_those_of_the_decisions_and_add_up() -> None:
    found = of_file()
    assert [item.title for item in found.items] == ["结算单 S-21", "结算单 S-22"]
    taken_back, paid = found.items
    assert (taken_back.own, taken_back.assisted) == ("", "0.00")
    assert (paid.own, paid.assisted, paid.rest) == ("5000.00", "2400.00", "2600.00")
    assert (found.assisted, found.own, found.give_back) == ("2400.00", "2600.00", "600.00")
    assert paid.paid[0] == "医院结算时已经直接减免3000.00元，您不用再交。"
    assert paid.paid[1].startswith("需要退回600.00元")


def test_why_and_why_it_changed_are_told_in_plain_words() -> None:
    taken_back, paid = of_file().items
    assert paid.why[0] == "费用发生时，您的身份是低保边缘家庭人口（三类人员）。"
    assert "4000.00元按60%救助，算出2400.00元。" in paid.why
    assert taken_back.changes[-1].because == "医院撤销了这张结算单"
    (change,) = paid.changes
    assert change.because == "您的另一张结算单被医院撤销"
    assert change.became == "由3000.00元改为2400.00元"
    assert change.steps[0][0] == "全年1000.00元的起付线已经扣满，这次不再扣。"


def test_file_and_read_model_give_the_same_page(tmp_path: Path) -> None:
    database = stored(CASE, tmp_path / "h.sqlite")
    of_database = make(KEY, 2023, SETTINGS, None, database, None, None, None)
    assert of_database == of_file()


def test_the_same_decisions_give_the_same_bytes() -> None:
    first, again = of_file(), of_file()
    assert html(first) == html(again)
    assert page(first) == page(again)


def test_the_pdf_is_a4_with_the_words_of_the_html_in_it() -> None:
    found = of_file()
    document = pypdfium2.PdfDocument(page(found))
    text = "".join(document[number].get_textpage().get_text_bounded() for number in range(len(document)))
    text = re.sub(r"\s", "", text)
    width, height = document[0].get_size()
    assert (round(width), round(height)) == (595, 842)
    told = html(found)
    shown = [found.assisted, found.own, found.give_back, found.person_key, found.contact.name]
    for item in found.items:
        shown += [item.day, item.title, item.assisted, *item.why, *item.paid, item.based_on]
        shown += [words for change in item.changes for words in (change.because, change.became, *sum(change.steps, ()))]
    for words in shown:
        assert words in told, words
        assert re.sub(r"\s", "", words) in text, words
    assert page(found).count(b"/FontFile2") >= 1, "the font is inside the file"


def test_a_simulated_year_is_told_for_everybody(tmp_path: Path) -> None:
    file = tmp_path / "year.ndjson"
    write(Plan(5, 1500, 2023, "522701", False, True, 90), file)
    keys: dict[str, int] = {}

    def keep(emitted: Emitted) -> None:
        if emitted.topic.endswith("assistance.decided.v1"):
            body = json.loads(emitted.value)
            keys[body["person_key"]] = keys.get(body["person_key"], 0) + sum(map(fen_of, body["delta"].values()))

    engine = Engine(SETTINGS, dev_keys=True, keep=keep)
    engine.run(read_lines(file, SETTINGS.topic_prefix), build_adoption())
    assert len(keys) > 10
    for key in sorted(keys)[:4]:
        found = from_file(file, key, 2023, SETTINGS, None, None)
        years = {history[-1].year for history in found.histories}
        pages = [of_file(file, key, year) for year in sorted(years)]
        assert sum(fen_of(each.assisted) for each in pages) == keys[key]
        for each in pages:
            assert each.items
            assert all(item.why for item in each.items)
            html(each)


def test_plain_words_hold_only_numbers_of_their_step() -> None:
    found = from_file(CASE, KEY, 2023, SETTINGS, None, None)
    steps = [step for history in found.histories for told in history for step in told.steps]
    assert steps
    for step in steps:
        words = plain(step)
        if words is not None:
            known = " ".join((*step.inputs.values(), *step.outputs.values()))
            assert set(re.findall(r"\d+(?:\.\d+)?%?", words)) <= set(re.findall(r"\d+(?:\.\d+)?%?", known))


def test_words_are_only_for_verbs_and_ways_that_exist() -> None:
    law = load_adoption(build_adoption())
    known: set[tuple[str, str]] = set()
    for instrument in law.instruments:
        for rule in instrument.book.rule:
            known |= {(rule.do, code) for code in instrument.says.get(rule.id, {})} | {(rule.do, "")}
    assert set(_WORDS) <= known


def test_every_character_that_can_be_printed_is_in_the_shipped_font() -> None:
    from reportlab.pdfbase.ttfonts import TTFont

    glyphs = TTFont("check", str(FONT_FILE)).face.charToGlyph
    texts = [path.read_text(encoding="utf-8") for path in SHIPPED.rglob("*") if path.suffix in (".toml", ".txt")]
    texts += [reason.text for reason in Reason] + list(_WORDS.values())
    texts += _gb2312()
    assert {char for text in texts for char in text if char > " " and ord(char) not in glyphs} == set()


def _gb2312() -> list[str]:
    pairs = (bytes((high, low)) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    return [char for pair in pairs if len(char := pair.decode("gb2312", "ignore")) == 1]


def test_a_character_without_a_glyph_is_named_not_printed_as_a_box() -> None:
    found = of_file()
    odd = found._replace(contact=found.contact._replace(name="𠮷县医保局"))
    with pytest.raises(Usage, match="𠮷"):
        page(odd)


def test_markup_in_a_contact_is_text(tmp_path: Path) -> None:
    file = tmp_path / "contacts.toml"
    file.write_text('["522701"]\nname = "<b>都匀</b>&"\nphone = "0854"\n', encoding="utf-8")
    found = make(KEY, 2023, SETTINGS, CASE, None, None, None, file)
    assert found.contact.phone == "0854"
    assert "<b>都匀" not in html(found)
    document = pypdfium2.PdfDocument(page(found))
    assert "<b>都匀</b>&" in document[len(document) - 1].get_textpage().get_text_bounded()
    file.write_text('["522701"]\nfax = "1"\n', encoding="utf-8")
    with pytest.raises(Usage, match="contacts"):
        contacts_of(file)


def test_what_waits_is_told_with_its_reason(tmp_path: Path) -> None:
    lines = CASE.read_text(encoding="utf-8").splitlines()
    held = [line.replace('"insurance_settled":true', '"insurance_settled":false') for line in lines[:3]]
    file = tmp_path / "held.ndjson"
    file.write_text("\n".join(held), encoding="utf-8")
    found = of_file(file)
    assert [each.number for each in found.waiting] == ["S-21"]
    assert "还没有结果的结算单" in html(found)
    of_database = make(KEY, 2023, SETTINGS, None, stored(file, tmp_path / "h.sqlite"), None, None, None)
    assert of_database.waiting == found.waiting


def test_a_merged_person_has_all_bills_on_the_page_and_the_key_given_up_none(tmp_path: Path) -> None:
    other = CASE.read_text(encoding="utf-8").splitlines()[1].replace("P-2001", "P-2002").replace("I-2001", "I-2002")
    merged = {
        "topic": "office.ordered", "key": "P-2001",
        "value": {"type": "office.ordered", "version": 1, "region": "520000", "psn_no": "P-2001", "order_id": "O-1",
                  "kind": "person_merged", "to_psn_no": "P-2002", "serial": 1, "author": "a", "second_signer": "b",
                  "document": "d", "ordered_on": "2023-12-30"},
    }  # fmt: skip
    file = tmp_path / "merged.ndjson"
    file.write_text(
        "\n".join([*CASE.read_text(encoding="utf-8").splitlines(), other, json.dumps(merged)]), encoding="utf-8"
    )
    key = tuodi("person-key", "P-2002", "--region", "520000").stdout.decode().strip()
    found, before = of_file(file, key), of_file()
    assert (found.assisted, found.give_back) == (before.assisted, before.give_back)
    assert [item.title for item in found.items] == [item.title for item in before.items]
    with pytest.raises(TuodiError, match=key):
        of_file(file)


def test_nothing_known_is_one_and_asked_wrongly_is_two(tmp_path: Path) -> None:
    with pytest.raises(TuodiError, match="nothing is known"):
        of_file(year=2022)
    assert tuodi("statement", KEY, "--year", "2022", "--file", str(CASE)).returncode == 1
    assert tuodi("statement", KEY, "--year", "2023", "--file", str(tmp_path / "no")).returncode == 2
    done = tuodi("statement", KEY, "--year", "2023", "--file", str(CASE), "--pdf", str(tmp_path / "p.pdf"), "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["give_back"] == "600.00"
    assert (tmp_path / "p.pdf").read_bytes().startswith(b"%PDF")


def test_bills_without_assistance_for_the_same_reason_are_told_once() -> None:
    found = of_file()
    paid = next(item for item in found.items if item.assisted != "0.00")
    none = paid._replace(title="结算单 A-1", assisted="0.00", rest="7.00", own="7.00", layers=(), paid=(), changes=())
    other = none._replace(title="结算单 A-3", own="8.00", rest="8.00", day="2023年9月9日")
    page_ = found._replace(items=(none, paid, other, none._replace(title="结算单 A-4", why=("另一个理由",))))
    assert [[item.title for item in told.items] for told in page_.told] == [
        ["结算单 A-1", "结算单 A-3"], [paid.title], ["结算单 A-4"],
    ]  # fmt: skip
    assert "下面 2 张结算单没有救助，原因相同" in html(page_)
    assert all(title in html(page_) for title in ("A-1", "A-3", "A-4", paid.title))
