"""Adds up explained decisions (docs/trace.md) again from their own numbers; knows none of the workers' code."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

Numbers = Mapping[str, Fraction]
ZERO, ROUGH = Fraction(0), Fraction(1, 10_000)  # a number marked 约 is shown rounded to four places
EXACT = {"本次扣除", "余额", "救助基数", "累计自负", "超过部分", "应救助额"}  # results that are never rounded


def number(text: str) -> Fraction | None:
    """`1234.50`, `约115666.6667`, `70%`, `2/37`; None for a word."""
    text, percent = text.removeprefix("约").removesuffix("%"), text.endswith("%")
    return Fraction(text) / (100 if percent else 1) if re.fullmatch(r"-?\d+(\.\d+|/\d+)?", text) else None


def _left(v: Numbers, wanted: Fraction) -> Fraction:
    return min(wanted, max(ZERO, v["年度限额"] - v["本年已用"])) if "年度限额" in v else v["本次救助"]


FORMULAS: dict[str, Callable[[Numbers], dict[str, Fraction]]] = {
    "base_amount": lambda v: {"救助基数": sum((x for name, x in v.items() if name != "救助基数"), ZERO)},
    "subtract_deductible": lambda v: {
        "本次扣除": min(v["救助基数"], max(ZERO, v["年度起付线"] - v["本年已扣"])),
        "余额": v["救助基数"] - v["本次扣除"],
    },
    "single_rate": lambda v: {"应救助额": v["应救助费用"] * v["比例"]},
    "cap_year": lambda v: {"本次救助": _left(v, v.get("应救助额", ZERO))},
    "top_up": lambda v: {"倾斜救助": _left(v, v["超限额费用"] * v["比例"])},
    "threshold_share": lambda v: {
        "超过部分": max(ZERO, v["此前自负"] + v["本次自负"] - v["起付线"]) - max(ZERO, v["此前自负"] - v["起付线"]),
        "倾斜救助": v["超过部分"] * v["比例"],
    },
    "running_claim": lambda v: {
        "累计自负": v["此前自负"] + v["本次自负"],
        "本次支付": max(ZERO, v["应享受"] - v["已支付"]),
    },
    "premium": lambda v: {"资助额": v["个人缴费标准"] * v["比例"]} if "比例" in v else {},
    "retro_benefit": lambda v: {"本次追溯救助": v["追溯救助合计"] * v["本次费用"] / v["追溯期内合计"]},
    "paid_upstream": lambda v: {"计入": min(v["平台已付"], v["应救助"]), "另付": max(ZERO, v["应救助"] - v["平台已付"]),
                                "多付": max(ZERO, v["平台已付"] - v["应救助"])},
    **dict.fromkeys(("office_order", "reported_layer"), lambda v: {}),
}  # fmt: skip


def faults(told: Mapping[str, Any]) -> list[str]:
    """Everything that does not add up in one explained decision; empty when all does."""
    text = json.dumps({**told, "hash": ""}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    found = [] if told["hash"] == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" else ["hash is another one"]
    given: dict[str, str] = {}
    layers = dict.fromkeys(told["layers"], ZERO)
    for step in told["steps"]:
        wrong = _step(step, given, {each["chosen"] for each in told["questions"]})
        found += [f"{step['rule']}: {each}" for each in wrong]
        given.update(step["outputs"])
        if step["layer"] and told["status"] == "decided":
            layers[step["layer"]] = number(list(step["outputs"].values())[-1]) or ZERO
        if step["verb"] == "office_order":
            layers = {layer: Fraction(step["outputs"][layer]) for layer in layers}
    return found + _totals(told, layers)


def _step(step: Mapping[str, Any], given: Mapping[str, str], readings: set[str]) -> list[str]:
    shown, verb = {**step["inputs"], **step["outputs"]}, step["verb"]
    v = {name: value for name, each in shown.items() if (value := number(each)) is not None}
    said = set(re.findall(r"\d+(?:\.\d+)?%?", step["sentence"])) - set(re.findall(r"\d+(?:\.\d+)?%?", str(shown)))
    wrong = [f"{each} comes from nowhere" for each in said]
    for name in {"救助基数", "应救助额", "应救助费用"} & set(step["inputs"]):
        before = given.get("余额", given.get("救助基数")) if name == "应救助费用" else given.get(name)
        wrong += [f"{name} is {shown[name]}, the step before gave {before}"] * (before not in (None, shown[name]))
    if step["outputs"] and verb not in FORMULAS:
        return [*wrong, f"no arithmetic is known for the verb {verb}"]
    for name, due in FORMULAS[verb](v).items() if step["outputs"] else ():
        due = due / 2 if "payment_halved" in readings and name == "本次救助" else due
        edge = ZERO if name in EXACT else Fraction(1, 100 if "truncate" in readings or "追溯" in name else 200)
        due *= shown["认定日期"].count("、") + 1 if name == "本次追溯救助" else 1  # in several windows at once
        less = name == "本次追溯救助" and v[name] < due and readings & {"each_window", "cost"}  # cut by a year's limit
        if abs(v[name] - due) > edge + (ROUGH if "约" in str(shown) else 0) and not less:
            wrong.append(f"{name} is {shown[name]}, its inputs give {due}")
    return wrong


def _totals(told: Mapping[str, Any], layers: Mapping[str, Fraction]) -> list[str]:
    money = {name: Fraction(text) for name, text in {**told["figures"], **told["layers"]}.items()}
    parts = sum((money[name] for name in (*told["layers"], "deductible", "own_share", "over_cap")), ZERO)
    posted = dict.fromkeys(told["delta"], ZERO)
    for each in told["postings"]:
        posted[each["layer"]] += Fraction(each["amount"])
    delta = {name: Fraction(text) for name, text in told["delta"].items()}
    changed = {each["layer"]: Fraction(each["delta"]) for each in (told["difference"] or {"layers": ()})["layers"]}
    wrong = [f"layer {k} is {told['layers'][k]}, its steps gave {v}" for k, v in layers.items() if money[k] != v]
    wrong += ["base is not the sum of its parts"] * (told["status"] == "decided" and parts != money["base"])
    wrong += ["postings do not sum to the delta"] * (posted != delta)
    moved = {name: amount for name, amount in delta.items() if amount}
    return wrong + ["the difference is not the delta"] * (told["difference"] is not None and changed != moved)
