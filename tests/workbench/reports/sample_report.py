"""A report with one of everything, and texts that would be markup if a renderer let them."""

from __future__ import annotations

from datetime import UTC, datetime

from workbench.locales import Language
from workbench.reports import (
    Column,
    Facts,
    Figure,
    Headline,
    Items,
    Paragraph,
    Provenance,
    ReportModel,
    Section,
    Table,
)

MARKUP = '<script>alert(1)</script> #let x = [a] *b* _c_ $d$ @e <10 & "quoted" {{ f }}'

CHART = {
    "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
    "data": {"values": [{"step": "非小细胞肺癌", "n": 1312}, {"step": "EGFR 突变", "n": 602}]},
    "mark": "bar",
    "encoding": {"y": {"field": "step", "type": "nominal"}, "x": {"field": "n", "type": "quantitative"}},
}

FUNNEL = Table(
    caption="逐条标准后的剩余人数",
    columns=[
        Column(name="步骤"),
        Column(name="患者", form="count"),
        Column(name="剩余", form="percent"),
        Column(name="风险比", form="number", digits=2),
    ],
    rows=[["非小细胞肺癌", 1312, 1.0, None], ["EGFR 突变", 602, 0.459, 0.61], ["=HYPERLINK(1)", "<10", None, 1.0]],
    note="<10 表示 1–9。",
    sheet="漏斗[1]",
    chart="bar",
    emphasis=[2],
)


def sample_report(language: Language) -> ReportModel:
    return ReportModel(
        title="EGFR 突变晚期非小细胞肺癌一线试验可行性报告",
        subtitle="示例医院",
        language=language,
        headlines=[Headline(label="符合全部标准的患者", value="602", note="45.9%")],
        sections=[
            Section(title="摘要", blocks=[Paragraph(text="602 名患者。", tone="finding"), Paragraph(text=MARKUP)]),
            Section(
                title="人数递减",
                blocks=[FUNNEL, FUNNEL, Figure(caption="漏斗", alt="两步漏斗：1312、602", chart=CHART)],
            ),
            Section(
                title="假设",
                blocks=[Facts(facts=[("目标样本量", "120")]), Items(texts=["第一", "第二"], numbered=True)],
            ),
        ],
        provenance=Provenance(
            document="egfr_first_line",
            document_hash="0123456789abcdef" * 4,
            definition_hash="fedcba9876543210" * 4,
            snapshot="sn-0123456789ab",
            software="RWE Workbench 0.1.0",
            created=datetime(2025, 11, 22, 9, 30, tzinfo=UTC),
            suppression="1–9 显示为 <10。",
        ),
    )
