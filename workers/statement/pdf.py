"""The statement as a PDF on A4: the words of the HTML page, the font inside the file, the same bytes every time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from workers.errors import Usage
from workers.statement.letter import Item, Statement, Told

FONT_FILE = Path(__file__).parents[1] / "pages" / "fonts" / "NotoSansSC-Regular.ttf"
FONT = "TuodiPage"
MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN - 12  # a frame has six points inside on both sides


def page(statement: Statement, font: Path | None = None) -> bytes:
    """The PDF; Usage where the font cannot be used or lacks a character of the text, which is named."""
    face = _font(font or FONT_FILE)
    flow = list(_flow(statement))
    _all_there(statement, face, font or FONT_FILE)
    out = BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=15 * mm, bottomMargin=16 * mm, invariant=1,
        title=f"{statement.year}年医疗救助情况说明", author="托底", lang="zh-CN",
    )  # fmt: skip
    document.build(flow, onFirstPage=_foot, onLaterPages=_foot)
    return out.getvalue()


def _font(file: Path) -> TTFont:
    try:
        font = TTFont(FONT, str(file))
    except (TTFError, OSError) as error:
        raise Usage(
            f"{file} cannot be used as a font: {error}; give a TrueType font with Chinese characters"
        ) from error
    pdfmetrics.registerFont(font)
    return font


def _all_there(statement: Statement, font: TTFont, file: Path) -> None:
    glyphs = font.face.charToGlyph
    missing = sorted({char for text in texts_of(statement) for char in text if char > " " and ord(char) not in glyphs})
    if missing:
        raise Usage(f"{file.name} has no glyph for {' '.join(missing[:10])}; give a font that has with --font")


def texts_of(node: Any) -> Iterator[str]:
    """Every text of the statement."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, tuple):
        for each in node:
            yield from texts_of(each)


def _style(size: float, **more: Any) -> ParagraphStyle:
    given = {"leading": size * 1.55, "wordWrap": "CJK", "textColor": colors.HexColor("#1a1a1a"), **more}
    return ParagraphStyle("page", fontName=FONT, fontSize=size, **given)


BODY, SMALL = _style(10.5), _style(8.5, textColor=colors.HexColor("#444444"))
TITLE = _style(17, alignment=1, spaceAfter=4)
HEAD = _style(12.5, spaceBefore=9, spaceAfter=3)
LABEL = _style(10.5, spaceBefore=4, textColor=colors.HexColor("#1f4f82"))
LINE = _style(10.5, leftIndent=16, bulletIndent=2)
RED = _style(10.5, textColor=colors.HexColor("#a32d22"))


def _text(words: str, style: ParagraphStyle = BODY, bullet: str | None = None) -> Paragraph:
    escaped = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Paragraph(escaped, style, bulletText=bullet)


def _flow(statement: Statement) -> Iterator[Flowable]:
    yield _text(f"{statement.year}年医疗救助情况说明", TITLE)
    until = f"截至{statement.as_of}" if statement.as_of else ""
    yield _text(f"姓名：________________　{until}", _style(10.5, alignment=1, spaceAfter=6))
    yield _sum(statement)
    if len(statement.items) > 1:
        yield Spacer(0, 3 * mm)
        yield _overview(statement.items)
    for told in statement.told:
        yield from _item(told.item) if len(told.items) == 1 else _alike(told)
    if statement.waiting:
        yield _text("还没有结果的结算单", HEAD)
        for each in statement.waiting:
            yield _text(f"结算单 {each.number}：{each.reason}", LINE, "·")
    yield KeepTogether(list(_ask(statement)))


def _sum(statement: Statement) -> Table:
    lines = [[_text(f"{statement.year}年一共救助了您 {statement.assisted}元。", _style(13))]]
    lines.append([_text(f"扣除救助以后，您自己负担 {statement.own}元。")])
    if statement.give_back != "0.00":
        words = f"另有 {statement.give_back}元 是多付的，需要退回。经办机构审核后会另行通知您，在此之前请不要自行退款。"
        lines.append([_text(words, RED)])
    box = Table(lines, colWidths=[WIDTH])
    box.setStyle(
        TableStyle([("BOX", (0, 0), (-1, -1), 1.2, colors.HexColor("#444444")), ("LEFTPADDING", (0, 0), (-1, -1), 8)])
    )
    return box


def _yuan(amount: str) -> str:
    return f"{amount}元" if amount else "—"


def _overview(items: Sequence[Item]) -> Table:
    """All bills on the first page."""
    head = ["日期", "结算单", "救助前您自付", "救助了", "您自己负担"]
    rows = [[each.day, each.title, _yuan(each.own), _yuan(each.assisted), _yuan(each.rest)] for each in items]
    table = Table([head, *rows], colWidths=[WIDTH * share for share in (0.18, 0.34, 0.17, 0.14, 0.17)], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), FONT, 9),
                ("ALIGN", (2, 0), (-1, -1), "RIGHT"),
                ("GRID", (0, 0), (-1, -1), 0.5, colors.HexColor("#999999")),
                ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#f1f1f1")),
                ("TOPPADDING", (0, 0), (-1, -1), 1.5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
            ]
        )
    )
    return table


def _alike(told: Told) -> Iterator[Flowable]:
    """Several bills without assistance, told once."""
    yield _text(f"下面 {len(told.items)} 张结算单没有救助，原因相同", HEAD)
    lines = [f"{each.day}　{each.title.removeprefix('结算单 ')}" for each in told.items]
    half = (len(lines) + 1) // 2
    columns = [lines[:half], [*lines[half:], ""][:half]]
    table = Table(
        [[_text(left), _text(right)] for left, right in zip(*columns, strict=True)], colWidths=[WIDTH / 2] * 2
    )
    table.setStyle(TableStyle([("TOPPADDING", (0, 0), (-1, -1), 0), ("BOTTOMPADDING", (0, 0), (-1, -1), 0)]))
    yield table
    first, *more = told.item.why
    yield KeepTogether([_text("为什么没有救助", LABEL), _text(first, LINE, "1.")])
    for number, line in enumerate(more, start=2):
        yield _text(line, LINE, f"{number}.")
    if told.item.based_on:
        yield _text(f"依据：{told.item.based_on}", SMALL)


def _item(item: Item) -> Iterator[Flowable]:
    own = f"救助前您自付 {item.own}元，您自己负担 {item.rest}元。" if item.own else ""
    first, *more = item.why or ("",)
    yield KeepTogether(
        [
            _text(f"{item.day}　{item.title}", HEAD),
            _text(f"救助了 {item.assisted}元。{own}"),
            _text("为什么是这个数", LABEL),
            _text(first, LINE, "1."),
        ]
    )
    for number, line in enumerate(more, start=2):
        yield _text(line, LINE, f"{number}.")
    if len(item.layers) > 1:
        yield _text("救助包括：" + "，".join(f"{name}{amount}元" for name, amount in item.layers) + "。")
    if item.based_on:
        yield _text(f"依据：{item.based_on}", SMALL)
    if item.paid:
        yield KeepTogether([_text("钱是怎么付的", LABEL), *(_text(line, LINE, "·") for line in item.paid)])
    for number, change in enumerate(item.changes):
        lines = [_text(f"{change.because}：{change.became}。", LINE, "·")]
        for was, now in change.steps:
            lines += [_text(f"原来：{was}", LINE), _text(f"现在：{now}", LINE)]
        yield KeepTogether([*([] if number else [_text("为什么有变化", LABEL)]), *lines])


def _ask(statement: Statement) -> Iterator[Flowable]:
    contact = statement.contact
    parts = [
        contact.name,
        f"电话 {contact.phone}" if contact.phone else "",
        f"地址 {contact.address}" if contact.address else "",
    ]
    yield Spacer(0, 4 * mm)
    yield _text("有疑问找谁", HEAD)
    yield _text("，".join(part for part in parts if part) + "；也可以拨打医保服务热线 12393。")
    yield _text("认为算得不对的，可以带上本页到经办机构要求复核。")
    yield _text(f"人员编号 {statement.person_key}（系统不保存姓名和身份证号）", SMALL)


def _foot(canvas: Any, document: Any) -> None:
    canvas.setFont(FONT, 8.5)
    canvas.drawCentredString(A4[0] / 2, 8 * mm, f"第 {document.page} 页")
