"""A process loads what its work needs: what each start would pay for in vain stays out."""

import subprocess
import sys

LOADED = """
import sys
from scripts.processes import engine, indexer, sender, web
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_who_neither_migrates_nor_runs_jobs_loads_neither_alembic_nor_celery() -> None:
    output = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, check=True, text=True).stdout
    loaded = set(output.split())
    assert {"sqlalchemy", "redis"} <= loaded
    assert loaded & {"alembic", "celery", "kombu"} == set()
