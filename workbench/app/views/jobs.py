"""Jobs: what is running, what came out, what went wrong."""

from __future__ import annotations

from typing import Final

import streamlit as st

from workbench.app.data import current_queue
from workbench.app.frame import page_head
from workbench.app.session import current_translator
from workbench.jobs import Job, JobQueue
from workbench.locales import Translator, mark

_STATUS: Final = {
    "queued": mark("waiting"),
    "running": mark("running"),
    "succeeded": mark("done"),
    "failed": mark("failed"),
    "cancelled": mark("cancelled"),
    "lost": mark("lost"),
}
_COLOURS: Final = {"succeeded": "green", "failed": "red", "lost": "red", "cancelled": "gray"}
_KINDS: Final = {"study": mark("Run a study"), "feasibility": mark("Make a feasibility report")}


def show() -> None:
    """Draw the page."""
    t = current_translator()
    page_head(
        t("Jobs"),
        t("Work that takes long runs here, whether or not the page stays open. A lost job can be started again."),
    )
    _list()


@st.fragment(run_every="2s")
def _list() -> None:
    t, queue = current_translator(), current_queue()
    jobs = queue.recent()
    if not jobs:
        st.info(t("No job has been started yet. Reports and studies start one."), icon=":material/pending_actions:")
    for job in jobs:
        _card(t, queue, job)


def _card(t: Translator, queue: JobQueue, job: Job) -> None:
    with st.container(border=True, key=f"job-{job.job_id}"):
        name, state, action = st.columns([0.55, 0.25, 0.2], vertical_alignment="center")
        name.markdown(f"**{t(_KINDS.get(job.kind, job.kind))}** · {job.parameters.get('name', '')}")
        name.markdown(f":gray[{job.created_at:%Y-%m-%d %H:%M} UTC · {job.job_id}]")
        state.badge(t(_STATUS[job.status]), color=_COLOURS.get(job.status, "blue"))  # type: ignore[arg-type]
        if job.active:
            state.progress(job.progress, text=t(job.stage) if job.stage else None)
            action.button(
                t("Cancel"),
                key=f"cancel-{job.job_id}",
                on_click=queue.cancel,
                args=(job.job_id,),
                disabled=job.cancel_asked,
            )
        elif job.status != "succeeded":
            action.button(t("Start again"), key=f"again-{job.job_id}", on_click=_start_again, args=(queue, job))
        if job.error is not None:
            st.markdown(t.error(job.error))


def _start_again(queue: JobQueue, job: Job) -> None:
    queue.submit(job.kind, job.parameters)
