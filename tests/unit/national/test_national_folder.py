"""A region's words are data: a folder of a deployment's own, its switches, and what is refused in it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.national.load import SHIPPED, load_national
from schemas.reasons import RejectReason
from tests.unit.intake.bills import feed_record, settings
from tests.unit.national.national_samples import PERSON, value_of
from workers.errors import Usage
from workers.intake.letters import Sealer
from workers.intake.national.folder import national_of
from workers.intake.passage import Passage
from workers.intake.verdict import Accepted, Refused, Verdict, judge
from workers.journal.keys import dead_letter_key, person_keys
from workers.journal.record import journal_of

QIANNAN = "profiles/qiannan.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "national", ignore=shutil.ignore_patterns("*.py", "__pycache__")))


def changed(folder: Path, file: str, old: str, new: str) -> Path:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return folder


def judged(folder: Path, value: dict[str, Any], topic: str = "settlement.reported") -> Verdict:
    return judge(topic, PERSON.encode(), orjson.dumps(value), national=load_national(folder))


def test_a_code_of_a_new_dictionary_is_read_by_who_has_it(folder: Path) -> None:
    row = value_of("A13 身份代码不在字典")
    assert isinstance(judged(folder, row, "identity.changed"), Refused)
    newer = changed(folder, "dictionaries/qiannan-v1.toml", "SIM01 =", '"7131" = "特困人员"\nSIM01 =')
    load_national.cache_clear()
    found = judged(newer, row, "identity.changed")
    assert isinstance(found, Accepted)
    assert found.event["identity"] == "特困人员"


@pytest.mark.parametrize(
    ("switch", "included", "taken"),
    [("no", False, True), ("no", True, False), ("yes", True, True), ("yes", False, False), ("either", True, True)],
)
def test_whether_the_fund_total_contains_the_account_is_the_regions_switch(
    folder: Path, switch: str, included: bool, taken: bool
) -> None:
    changed(folder, "profiles/jieyang.toml", 'account = "either"', f'account = "{switch}"')
    name = "广东 基金支付总额含个人账户" if included else "广东 基金支付总额不含个人账户"
    found = judged(folder, value_of(name))
    assert isinstance(found, Accepted) is taken
    if isinstance(found, Accepted):
        assert found.event["fund_total"] == "7000.00"
    else:
        assert (found.reason, found.field, found.check) == (RejectReason.BAD_SUM, "fund_pay_sumamt", "I2")


def test_assistance_of_the_platform_is_carried_or_refused_by_switch(folder: Path) -> None:
    message = value_of("maf_pay 大于零")
    assert isinstance(judged(folder, message), Accepted)
    changed(folder, QIANNAN, 'maf_pay = "carried"', 'maf_pay = "refused"')
    load_national.cache_clear()
    found = judged(folder, message)
    assert isinstance(found, Refused)
    assert (found.reason.value, found.field) == ("paid_upstream", "maf_pay")


@pytest.mark.parametrize(("switch", "referral"), [("in_county", None), ("in_city", "not_required"), ("", None)])
def test_where_no_referral_is_asked_for_is_the_regions_switch(folder: Path, switch: str, referral: str | None) -> None:
    changed(folder, QIANNAN, 'referral_free = "in_county"', f'referral_free = "{switch}"')
    found = judged(folder, value_of("核心表一行 setl_d"))
    assert isinstance(found, Accepted)
    assert found.event.get("referral") == referral


def test_a_stated_referral_needs_the_regions_dictionary(folder: Path) -> None:
    message = value_of("核心表一行 setl_d") | {"refl_flag": "1"}
    refused = judged(folder, message)
    assert isinstance(refused, Refused)
    assert (refused.reason.value, refused.field, refused.code) == ("unknown_code", "refl_flag", "1")
    changed(
        folder, "dictionaries/qiannan-v1.toml", "[mat_idet_code]", '[refl_flag]\n"1" = "referred"\n\n[mat_idet_code]'
    )
    load_national.cache_clear()
    found = judged(folder, message)
    assert isinstance(found, Accepted)
    assert found.event["referral"] == "referred"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (QIANNAN, 'maf_pay = "carried"', 'maf_pay = "maybe"', "maf_pay"),
        (QIANNAN, 'measure = "QN"', 'measures = "QN"', "measure"),
        (QIANNAN, '"522701",', '"52270",', "six digits"),
        (QIANNAN, '"522701",', '"445202",', "445202"),
        (QIANNAN, '"pool_pay",', '"pool",', "base_deducts"),
        (QIANNAN, 'dictionary = "qiannan-v1"', 'dictionary = "qiannan-v9"', "qiannan-v9"),
        ("dictionaries/qiannan-v1.toml", "version = 1", "version = 2", "qiannan-v2"),
        ("dictionaries/qiannan-v1.toml", 'SIM01 = "特困人员"', "SIM01 = 1", "mat_idet_code"),
        ("vocabulary.toml", '"inscp_amt"', '"hifp_pay"', "hifp_pay"),
        ("vocabulary.toml", 'pool_pay = ["hifp_pay"]', "pool_pay = [", "vocabulary.toml"),
    ],
)
def test_a_folder_that_does_not_fit_is_refused_by_name(folder: Path, file: str, old: str, new: str, said: str) -> None:
    changed(folder, file, old, new)
    with pytest.raises(Usage, match=said):
        national_of(settings(national_folder=folder))


def test_no_division_of_a_neighbour_and_every_law_has_a_profile() -> None:
    shipped = load_national()
    assert {profile.measure for profile in shipped.profiles.values()} == {"QN", "JY", "HS", "LZ", "DT"}
    assert "330302" not in shipped.by_division
    assert "440703" not in shipped.by_division
    for profile in shipped.profiles.values():
        assert profile.dictionary.meaning("med_type", "21") == "inpatient"
        assert profile.dictionary.meaning("med_type", "9902") is None


class Kept:
    """A producer that keeps what is appended."""

    def __init__(self) -> None:
        self.records: list[tuple[Any, ...]] = []

    def append(self, *record: Any) -> None:
        self.records.append(record)


def test_several_identities_of_one_record_share_its_stamp_and_differ_in_id() -> None:
    config = settings()
    keys = person_keys(config, dev_keys=True)
    passage = Passage(config, journal_of(config, keys), Sealer(dead_letter_key(config, dev_keys=True)))
    record = feed_record(orjson.dumps(value_of("救助对象身份 只有名称 两个")), feed="identity.changed", offset=7)
    kept, again = Kept(), Kept()
    passage.append(record, kept)  # type: ignore[arg-type]
    passage.append(record, again)  # type: ignore[arg-type]
    assert kept.records == again.records
    assert passage.counts.accepted == {"identity.changed": 4}  # the audit compares it with the journal
    headers = [dict(record[4]) for record in kept.records]
    assert [header["source_offset"] for header in headers] == [b"7", b"7"]
    assert [header["ce_source"] for header in headers] == [b"platform/520000"] * 2
    assert len({header["ce_id"] for header in headers}) == 2
    assert [orjson.loads(record[3])["identity"] for record in kept.records] == ["脱贫不稳定人口", "低保对象"]


def test_a_refused_message_becomes_a_dead_letter_that_names_field_and_code() -> None:
    config = settings()
    keys = person_keys(config, dev_keys=True)
    passage = Passage(config, journal_of(config, keys), Sealer(dead_letter_key(config, dev_keys=True)))
    kept = Kept()
    passage.append(feed_record(orjson.dumps(value_of("A13 医疗类别不在字典"))), kept)  # type: ignore[arg-type]
    ((topic, _, _, value, headers),) = kept.records
    assert topic == "medassist.settlement.reported.v1.dlq"
    said = dict(headers)
    assert (said["dlq_reason"], said["dlq_field"], said["dlq_code"], said["dlq_check"]) == (
        b"unknown_code",
        b"med_type",
        b"9902",
        b"A13",
    )
    assert b"9902" not in value


def test_warnings_are_counted_by_check() -> None:
    config = settings()
    keys = person_keys(config, dev_keys=True)
    passage = Passage(config, journal_of(config, keys), Sealer(dead_letter_key(config, dev_keys=True)))
    passage.append(feed_record(orjson.dumps(value_of("A14 年度不符只作提醒"))), Kept())  # type: ignore[arg-type]
    assert passage.counts.warned == {("settlement.reported", "A14"): 1}
