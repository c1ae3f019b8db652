"""One small extract, read back without the help of its writer."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from sample_data import Summary, generate

PATIENTS, SEED = 700, 11

LAYOUT = {
    "患者基本信息.csv": ("gb18030", ",", b""),
    "患者主索引.csv": ("utf-8", ",", b""),
    "病案首页.csv": ("utf-8", ",", b"\xef\xbb\xbf"),
    "门诊就诊.csv": ("gb18030", ",", b""),
    "诊断明细.csv": ("utf-8", ",", b"\xef\xbb\xbf"),
    "住院医嘱.csv": ("gb18030", ",", b""),
    "门诊处方.csv": ("utf-8", "|", b""),
    "检验报告.csv": ("gb18030", ",", b""),
    "检查报告.csv": ("gb18030", ",", b""),
    "病理报告.csv": ("utf-8", ",", b"\xef\xbb\xbf"),
    "生命体征.tsv": ("utf-16-le", "\t", b"\xff\xfe"),
    "病程文书.csv": ("gb18030", ",", b""),
    "死亡记录.csv": ("utf-8", ",", b""),
    "随访记录.csv": ("utf-8", ",", b""),
}
"""Encoding, delimiter and byte order mark that each file must have."""


@dataclass
class Extract:
    """An extract on disk, and its records by file and physical line."""

    folder: Path
    summary: Summary
    headers: dict[str, list[str]]
    records: dict[str, dict[int, list[str]]]

    def frame(self, file: str) -> pd.DataFrame:
        """Whole records of one file, indexed by physical line."""
        header = self.headers[file]
        whole = {line: record for line, record in self.records[file].items() if len(record) == len(header)}
        return pd.DataFrame.from_dict(whole, orient="index", columns=header)

    def truth(self, name: str) -> pd.DataFrame:
        """One table of the truth, all text."""
        return pd.read_csv(self.folder / "truth" / f"{name}.csv", dtype=str, keep_default_na=False)


def decoded(folder: Path, file: str) -> str:
    """Text of a file, decoded strictly after its byte order mark."""
    encoding, _, mark = LAYOUT[file]
    content = (folder / file).read_bytes()
    assert content.startswith(mark)
    return content[len(mark) :].decode(encoding)


def read_back(folder: Path, file: str) -> tuple[list[str], dict[int, list[str]]]:
    """Header, and records by the physical line on which they begin."""
    reader = csv.reader(io.StringIO(decoded(folder, file), newline=""), delimiter=LAYOUT[file][1])
    header = next(reader)
    records, begins = {}, reader.line_num + 1
    for record in reader:
        records[begins] = record
        begins = reader.line_num + 1
    return header, records


def read_extract(folder: Path, summary: Summary) -> Extract:
    """Read all files of an extract back."""
    read = {file: read_back(folder, file) for file in LAYOUT}
    return Extract(
        folder,
        summary,
        {file: header for file, (header, _) in read.items()},
        {file: records for file, (_, records) in read.items()},
    )


@pytest.fixture(scope="session")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Extract:
    folder = tmp_path_factory.mktemp("extract")
    return read_extract(folder, generate(folder, PATIENTS, SEED))


@pytest.fixture(scope="session")
def clean_extract(tmp_path_factory: pytest.TempPathFactory) -> Extract:
    folder = tmp_path_factory.mktemp("clean")
    return read_extract(folder, generate(folder, PATIENTS, SEED, clean=True))
