"""The settings as the doctor sees them: what is missing, what is misspelled, and no secret in any line."""

import pytest

from orchestrator.settings import Settings
from scripts.doctor.diagnosis import Grade
from scripts.doctor.environment import check_chain_settings, check_servers, check_spelling


def settings(**values: object) -> Settings:
    """Settings of these values alone, whatever the environment says."""
    none = {"database_url": None, "redis_url": None, "rpc_url": None, "covenant_chain_id": None, "covenant_book": None}
    return Settings.model_validate(
        {**none, "covenant_keystore": None, "covenant_keystore_password_file": None, **values},
    )


def test_servers_that_are_not_given_are_embedded_ones() -> None:
    diagnoses = check_servers(settings())
    assert [diagnosis.subject for diagnosis in diagnoses] == ["DATABASE_URL", "REDIS_URL", "RPC_URL"]
    assert all(diagnosis.grade is Grade.OK and "embedded" in diagnosis.found for diagnosis in diagnoses)


@pytest.mark.parametrize(
    ("variable", "url", "shown"),
    [
        (
            "database_url",
            "postgresql://keeper:hunter2@db.example:5432/covenant",
            "postgresql+psycopg://db.example:5432",
        ),
        ("redis_url", "rediss://:hunter2@redis.example/0", "rediss://redis.example"),
        (
            "rpc_url",
            "https://a.example/v3/hunter2, https://b.example/?key=hunter2",
            "https://a.example, https://b.example",
        ),
    ],
)
def test_a_url_is_shown_without_user_password_path_and_query(variable: str, url: str, shown: str) -> None:
    found = [diagnosis.found for diagnosis in check_servers(settings(**{variable: url}))]
    assert shown in found
    assert not [line for line in found if "hunter2" in line or "keeper" in line]


def test_a_given_chain_needs_its_id_book_and_keystore() -> None:
    diagnoses = check_chain_settings(settings(rpc_url="http://127.0.0.1:8545"))
    assert {diagnosis.subject for diagnosis in diagnoses if diagnosis.grade is Grade.FAIL} == {
        "COVENANT_CHAIN_ID",
        "COVENANT_BOOK",
        "COVENANT_KEYSTORE",
        "COVENANT_KEYSTORE_PASSWORD_FILE",
    }
    assert all(diagnosis.remedy for diagnosis in diagnoses)


def test_an_embedded_chain_brings_them_along() -> None:
    assert {diagnosis.grade for diagnosis in check_chain_settings(settings())} == {Grade.OK}


def test_a_misspelled_variable_is_found_and_the_right_one_proposed() -> None:
    [diagnosis] = check_spelling({"COVENANT_API_PROT": "8421", "COVENANT_API_HOST": "127.0.0.1", "PATH": "/bin"})
    assert (diagnosis.subject, diagnosis.grade) == ("COVENANT_API_PROT", Grade.WARN)
    assert "COVENANT_API_PORT" in diagnosis.remedy
