"""Counting while somebody waits: in threads, several at a time, to be watched, stopped and superseded.

`workbench.jobs` is for work that outlives its page: a process of its own for each job, one at a time, the result on
disk. A count of the cohort page takes from a tenth of a second to minutes, builds on what was evaluated before it, and
is of no use once the definition has changed: it runs in the server's own process, on evaluators that are kept warm.
"""

from workbench.counting.desk import Desk, Question, Ticket
from workbench.counting.pool import EvaluatorPool
from workbench.counting.seat import Seat
from workbench.counting.task import Status, Task

__all__ = ["Desk", "EvaluatorPool", "Question", "Seat", "Status", "Task", "Ticket"]
