"""What names of statuses and kinds of work say, in seven languages."""

from __future__ import annotations

import pytest

from connect import Status
from plugin.domain import Phase
from plugin.suggestions.naming import is_incident, phase_of

REVIEW = ["In review", "Customer Review", "Demo", "In Prüfung", "Kundenvorstellung vorstellung", "Zur Überprüfung", "Revue client", "En revisión", "Em revisão", "レビュー中", "قيد المراجعة"]  # fmt: skip
ACCEPTANCE = ["UAT", "Waiting for approval", "Accepted", "Sign-off", "In Abnahme", "Recette", "En aceptación", "Aprobado", "Em homologação", "Aguardando aprovação", "検収待ち", "受け入れ確認", "بانتظار الموافقة"]  # fmt: skip
DELIVERY = ["Released", "Delivered", "Live", "Ausgeliefert", "In Production", "Livré", "Entregado", "Entregue", "リリース済み", "تم التسليم"]  # fmt: skip
INTERNAL = ["Code review", "Peer Review", "Internal demo", "QA review", "Interne Prüfung", "Revue technique", "Revisión de código", "Revisão técnica", "コードレビュー", "مراجعة الكود", "Ready for PR review", "Deployed to staging"]  # fmt: skip
DISMISSED = ["Cancelled", "Won't do", "Won’t fix", "Rejected", "Duplicate", "Abgelehnt", "Verworfen", "Annulé", "Rejeté", "Rechazado", "Cancelado", "Rejeitado", "キャンセル", "対応しない", "ملغى"]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "phase"),
    [
        *((name, Phase.REVIEW) for name in REVIEW),
        *((name, Phase.ACCEPTANCE) for name in ACCEPTANCE),
        *((name, Phase.DELIVERY) for name in DELIVERY),
        *((name, None) for name in (*INTERNAL, *DISMISSED, "In Progress", "Blocked", "Alive", "進行中", "قيد التنفيذ")),
    ],
)
def test_a_status_on_the_way_says_when_the_customer_sees_something(name: str, phase: Phase | None) -> None:
    assert phase_of(Status("1", name, "indeterminate")) is phase


@pytest.mark.parametrize("name", ["Done", "Closed", "Erledigt", "Terminé", "Listo", "Concluído", "完了", "تم"])
def test_an_end_is_a_delivery(name: str) -> None:
    assert phase_of(Status("1", name, "done")) is Phase.DELIVERY


@pytest.mark.parametrize("name", [*DISMISSED, *INTERNAL])
def test_an_end_that_delivers_nothing_asks_nobody(name: str) -> None:
    assert phase_of(Status("1", name, "done")) is None


@pytest.mark.parametrize("name", ["Ready for review", "Freigegeben", "Backlog"])
def test_what_has_not_begun_asks_nobody(name: str) -> None:
    assert phase_of(Status("1", name, "new")) is None


@pytest.mark.parametrize(
    "name",
    ["Bug", "Incident", "[System] Incident", "Störung", "Fehler", "Anomalie", "Incidencia", "Defeito", "障害", "عطل"],
)
def test_kinds_of_work_that_begin_with_trouble_are_known(name: str) -> None:
    assert is_incident(name)


@pytest.mark.parametrize("name", ["Story", "Task", "Epic", "Aufgabe", "Service request", "Prefix"])
def test_other_work_is_no_incident(name: str) -> None:
    assert not is_incident(name)
