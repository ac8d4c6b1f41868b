"""The schema's history is one line: whoever adds to it at the same time as another learns of it here."""

from itertools import pairwise

from alembic.script import ScriptDirectory

from orchestrator.db.schema import MIGRATIONS, head


def test_revisions_follow_one_another_under_the_numbers_of_their_files() -> None:
    files = sorted((MIGRATIONS / "versions").glob("[0-9]*.py"))
    numbers = [file.name.partition("_")[0] for file in files]
    assert numbers == sorted(set(numbers)), "two files have the same number"
    scripts = ScriptDirectory(str(MIGRATIONS))
    revisions = [revision.revision for revision in reversed(list(scripts.walk_revisions()))]
    assert revisions == numbers
    assert scripts.get_current_head() == head()
    assert all(scripts.get_revision(later).down_revision == earlier for earlier, later in pairwise(revisions))
