"""The clean extract tells one story: files agree with each other and with the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sample_data.laboratory.renal import egfr
from tests.sample_data.conftest import Extract

EVENT_TIMES = {
    "诊断明细.csv": ("患者ID", "诊断日期", "%Y%m%d"),
    "住院医嘱.csv": ("患者ID", "开始时间", "%Y-%m-%d %H:%M:%S.%f"),
    "门诊处方.csv": ("patid", "kfrq", "%Y%m%d%H%M%S"),
    "检验报告.csv": ("患者ID", "采样时间", "%Y-%m-%d %H:%M:%S"),
    "检查报告.csv": ("患者ID", "检查时间", "%Y-%m-%d %H:%M"),
    "生命体征.tsv": ("患者ID", "测量时间", "%Y-%m-%d %H:%M"),
    "病程文书.csv": ("患者ID", "书写时间", "%Y-%m-%d %H:%M:%S"),
    "门诊就诊.csv": ("患者ID", "就诊日期时间", "%Y/%m/%d %H:%M"),
}


@pytest.fixture(scope="module")
def stays(clean_extract: Extract) -> pd.DataFrame:
    pages = clean_extract.frame("病案首页.csv")
    index = clean_extract.frame("患者主索引.csv")
    records = index[index["号码类型"] == "病案号"].set_index("号码")["患者ID"]
    return pages.assign(
        stay="ZY" + pages["A48"] + "-" + pages["A49"],
        patient=pages["A48"].map(records),
        admitted=pd.to_datetime(pages["B12"]),
        left=pd.to_datetime(pages["B15"]),
    )


@pytest.fixture(scope="module")
def persons(clean_extract: Extract) -> pd.DataFrame:
    return clean_extract.truth("persons").set_index("patient_id")


def test_every_stay_belongs_to_a_patient_and_is_numbered_in_order(stays: pd.DataFrame) -> None:
    assert stays["patient"].notna().all()
    assert stays["stay"].is_unique
    numbered = (
        stays.sort_values(["patient", "admitted"]).groupby("patient")["A49"].apply(lambda n: n.astype(int).tolist())
    )
    assert (numbered.map(lambda n: n == list(range(1, len(n) + 1)))).all()


def test_stays_end_after_they_begin_and_do_not_overlap(stays: pd.DataFrame) -> None:
    assert (stays["left"] > stays["admitted"]).all()
    ordered = stays.sort_values(["patient", "admitted"])
    same = ordered["patient"] == ordered["patient"].shift()
    assert (ordered["admitted"] > ordered["left"].shift())[same].all()


@pytest.mark.parametrize("file", EVENT_TIMES)
def test_nothing_happens_before_entry_or_after_the_end_of_follow_up(
    clean_extract: Extract, persons: pd.DataFrame, file: str
) -> None:
    patient, column, style = EVENT_TIMES[file]
    rows = clean_extract.frame(file)
    day = pd.to_datetime(rows[column], format=style).dt.normalize()
    facts = persons.loc[rows[patient]]
    assert (day.to_numpy() >= pd.to_datetime(facts["entry_date"]).to_numpy()).all()
    assert (day.to_numpy() <= pd.to_datetime(facts["end_date"]).to_numpy()).all()


@pytest.mark.parametrize("file", ["住院医嘱.csv", "检验报告.csv", "病程文书.csv", "生命体征.tsv"])
def test_rows_of_a_stay_lie_within_it(clean_extract: Extract, stays: pd.DataFrame, file: str) -> None:
    _, column, style = EVENT_TIMES[file]
    rows = clean_extract.frame(file)
    rows = rows[rows["就诊流水号"].str.startswith("ZY")]
    stay = stays.set_index("stay").loc[rows["就诊流水号"]]
    moment = pd.to_datetime(rows[column], format=style).to_numpy()
    tolerance = np.timedelta64(60, "s")
    assert (moment >= stay["admitted"].to_numpy() - tolerance).all()
    assert (moment <= stay["left"].to_numpy() + tolerance).all()


def test_every_visit_number_stands_in_a_visit_file(clean_extract: Extract, stays: pd.DataFrame) -> None:
    visits = set(clean_extract.frame("门诊就诊.csv")["就诊流水号"]) | set(stays["stay"])
    for file in ("诊断明细.csv", "住院医嘱.csv", "检验报告.csv", "检查报告.csv", "病理报告.csv", "病程文书.csv"):
        assert set(clean_extract.frame(file)["就诊流水号"]) <= visits
    assert set(clean_extract.frame("门诊处方.csv")["jzlsh"]) <= visits


def test_deaths_agree_everywhere(clean_extract: Extract, stays: pd.DataFrame, persons: pd.DataFrame) -> None:
    deaths = clean_extract.frame("死亡记录.csv")
    assert deaths["患者ID"].is_unique
    contacts = clean_extract.frame("随访记录.csv")
    reported = contacts[contacts["死亡日期"] != ""]
    died = persons[persons["death_recorded"] == "1"]
    assert set(deaths["患者ID"]) | set(reported["患者ID"]) == set(died.index)
    assert (deaths["死亡时间"].str[:10].to_numpy() == died.loc[deaths["患者ID"], "death_date"].to_numpy()).all()
    assert (reported["死亡日期"].to_numpy() == died.loc[reported["患者ID"], "death_date"].to_numpy()).all()
    in_hospital = stays[stays["B34C"] == "5"]
    assert set(in_hospital["patient"]) == set(deaths[deaths["来源"] == "院内"]["患者ID"])
    assert (in_hospital["B15"].str[:10].to_numpy() == died.loc[in_hospital["patient"], "death_date"].to_numpy()).all()


def test_death_is_reported_within_45_days(clean_extract: Extract) -> None:
    contacts = clean_extract.frame("随访记录.csv")
    reported = contacts[contacts["死亡日期"] != ""]
    iso = reported["随访日期"].str.replace("/", "-").str.replace("年", "-").str.replace("月", "-").str.replace("日", "")
    delay = (pd.to_datetime(iso) - pd.to_datetime(reported["死亡日期"])).dt.days
    assert delay.between(0, 45).all()


def test_egfr_is_that_of_the_creatinine_of_the_same_report(clean_extract: Extract, persons: pd.DataFrame) -> None:
    rows = clean_extract.frame("检验报告.csv")
    wide = rows[rows["检验子项代码"].isin(["CREA", "EGFR"])].pivot(
        index=["报告单号", "患者ID", "采样时间"], columns="检验子项代码", values="结果"
    )
    wide = wide.astype(float).reset_index()
    facts = persons.loc[wide["患者ID"]]
    born = pd.to_datetime(facts["birth_date"]).to_numpy()
    age = (pd.to_datetime(wide["采样时间"]).dt.normalize().to_numpy() - born) / np.timedelta64(1, "D") / 365.25
    expected = egfr(wide["CREA"].to_numpy(), age, (facts["sex"] == "M").to_numpy())
    assert len(wide) > 1000
    np.testing.assert_allclose(wide["EGFR"], expected, atol=0.051)


def test_recorded_baseline_is_the_one_of_the_planted_models(clean_extract: Extract, persons: pd.DataFrame) -> None:
    diabetics = persons[persons["comparison"] == "diabetes"]
    rows = clean_extract.frame("检验报告.csv")
    measured = rows[rows["检验子项代码"] == "A1C"].assign(day=lambda f: f["采样时间"].str[:10])
    measured = measured.set_index(["患者ID", "day"])["结果"].astype(float)
    at_index = measured.loc[list(zip(diabetics.index, diabetics["index_date"], strict=True))]
    np.testing.assert_allclose(at_index, diabetics["hba1c"].astype(float) + 8.5, atol=1e-9)

    lung = persons[persons["comparison"] == "lung"]
    contacts = clean_extract.frame("随访记录.csv")
    contacts = contacts[contacts["ECOG评分"] != ""].drop_duplicates("患者ID").set_index("患者ID")
    baseline = contacts.loc[lung.index, "ECOG评分"].astype(int)
    assert ((baseline >= 2).astype(float) == lung["ecog_2_or_more"].astype(float)).all()
    reports = clean_extract.frame("病理报告.csv").drop_duplicates("患者ID").set_index("患者ID")
    is_iv = reports.loc[lung.index, "病理分期"].str.contains("IV|Ⅳ", regex=True)
    assert (is_iv.astype(float) == lung["stage_iv"].astype(float)).all()


@pytest.mark.parametrize(
    ("code", "confounder", "group"), [("C78.7", "liver_metastasis", "lung"), ("I10", "hypertension", "diabetes")]
)
def test_coded_confounders_stand_in_the_diagnoses_before_the_index_date(
    clean_extract: Extract, persons: pd.DataFrame, code: str, confounder: str, group: str
) -> None:
    rows = clean_extract.frame("诊断明细.csv")
    first = rows[rows["诊断编码"] == code].groupby("患者ID")["诊断日期"].min()
    members = persons[persons["comparison"] == group]
    recorded = first.reindex(members.index) <= members["index_date"].str.replace("-", "")
    assert (recorded.astype(float) == members[confounder].astype(float)).all()


def test_first_treatment_is_that_of_the_arm(clean_extract: Extract, persons: pd.DataFrame) -> None:
    rows = clean_extract.frame("门诊处方.csv").sort_values("kfrq")
    lung = persons[persons["comparison"] == "lung"]
    inhibitors = rows[rows["ywmc"].str.contains("奥希替尼|吉非替尼")].drop_duplicates("patid").set_index("patid")
    first = inhibitors.loc[lung.index]
    assert (first["ywmc"].str.contains("奥希替尼").astype(int) == lung["target"].astype(int)).all()
    assert (first["kfrq"].str[:8] == lung["index_date"].str.replace("-", "")).all()


def test_natural_keys_are_unique_in_the_clean_extract(clean_extract: Extract) -> None:
    keys = {
        "检验报告.csv": ["报告单号", "检验子项代码"],
        "门诊处方.csv": ["cfh", "ywdm"],
        "住院医嘱.csv": ["医嘱号"],
        "生命体征.tsv": ["患者ID", "测量时间"],
        "随访记录.csv": ["随访流水号"],
    }
    for file, columns in keys.items():
        assert not clean_extract.frame(file).duplicated(columns).any(), file


def test_notes_speak_of_the_dates_of_their_stay(clean_extract: Extract, stays: pd.DataFrame) -> None:
    notes = clean_extract.frame("病程文书.csv")
    admissions = notes[notes["文书类型"] == "入院记录"]
    admitted = stays.set_index("stay").loc[admissions["就诊流水号"], "admitted"]
    spelled = [f"{day.year}年{day.month}月{day.day}日" for day in admitted]
    said = [date in text for date, text in zip(spelled, admissions["文书内容"], strict=True)]
    assert np.mean(said) > 0.85


def test_notes_have_negations_uncertainty_and_family_history(clean_extract: Extract) -> None:
    admissions = clean_extract.frame("病程文书.csv").query("文书类型 == '入院记录'")["文书内容"]
    assert admissions.str.count("无|否认|未").mean() > 7
    assert admissions.str.contains("考虑|可能|不除外|可疑").mean() > 0.15
    assert admissions.str.contains("家族史").all()
    assert admissions.str.contains("父亲因“肺癌”去世").mean() > 0.05


def test_no_visit_report_or_note_is_left_without_words(clean_extract: Extract) -> None:
    texts = {
        "门诊就诊.csv": ["主诉", "现病史"],
        "检查报告.csv": ["检查所见", "诊断意见"],
        "病理报告.csv": ["肉眼所见", "镜下所见", "免疫组化结果", "病理诊断"],
        "病程文书.csv": ["文书内容"],
    }
    for file, columns in texts.items():
        shortest = clean_extract.frame(file)[columns].map(len).min()
        assert (shortest >= 2).all(), file
    admissions = clean_extract.frame("病程文书.csv").query("文书类型 == '入院记录'")["文书内容"]
    for title in ("主诉", "现病史", "既往史", "个人史", "家族史", "体格检查", "辅助检查", "初步诊断"):
        assert admissions.str.contains(rf"{title}[：】].{{2,}}", regex=True).all(), title


def test_a_report_of_response_names_a_smaller_size_than_before(clean_extract: Extract) -> None:
    reports = clean_extract.frame("检查报告.csv")
    smaller = reports[reports["诊断意见"] == "肺癌治疗后，病灶较前缩小。"]["检查所见"]
    sizes = smaller.str.extractall(r"(\d+)mm×")[0].astype(int).unstack()
    assert len(sizes) > 20
    assert (sizes[0] < sizes[1]).all()
