"""The numbers of a project, from answers that came in by mail, as everybody in the project sees them."""

from __future__ import annotations

import re

from tests.devhost.demo_cast import GRETA, HANNES
from tests.flow import cast
from tests.running import Rapport


def page(rapport: Rapport, who: str = "Tom Team", days: str = "90") -> str:
    answer = rapport.page(f"/projects/{cast.project_id(rapport)}/satisfaction?days={days}", who)
    assert answer.status_code == 200, answer.text
    return " ".join(answer.text.split())


def funnel(rapport: Rapport, name: str) -> list[str]:
    """The cells of a row of the table of asks."""
    (row,) = re.findall(rf"<tr><th scope=.row.>{name}</th>(<td data-name.*?)</tr>", page(rapport))
    return [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td.*?>(.*?)</td>", row)]


def test_answers_are_summed_with_n_interval_and_by_role(rapport: Rapport) -> None:
    assert "No answers in this period" in page(rapport)
    assert "From ask to answer" not in page(rapport)
    cast.add_checkpoint(rapport, "In review", name="Review")
    customer = cast.add_customer(rapport, "Nordlicht Handels GmbH")
    cast.add_contact(rapport, customer, "Greta Probe", GRETA, role="sponsor")
    cast.add_contact(rapport, customer, "Hannes Muster", HANNES)
    cast.move(rapport, "DEMO-7", "In review")
    rapport.settle()
    assert funnel(rapport, "Sponsors") == ["1", "1", "0", "0", "0", "0", "0% (0% – 79%)"]
    assert cast.answer(cast.survey_link(rapport.mails_to(HANNES)[-1]), None).status_code == 400
    assert funnel(rapport, "All")[:4] == ["2", "2", "1", "0"]
    cast.answer(cast.survey_link(rapport.mails_to(GRETA)[-1]), 5)
    cast.answer(cast.survey_link(rapport.mails_to(HANNES)[-1]), 2, "Too late.")

    rapport.settle()
    told = rapport.site.project("DEMO").properties["rapport-project"]
    assert (told["csat"], told["n"], told["low"], told["high"]) == (50.0, 2, 9.5, 90.5)
    assert (told["heard"], told["listed"], told["coverage"], told["warnings"]) == (2, 2, 100.0, 0)

    shown = page(rapport)
    assert "n = 2 · 95% interval 9% to 91%" in shown
    assert ">Sponsors</th><td>100%</td><td>1</td>" in shown.replace("> <", "><")
    assert ">Review</th><td>50%</td><td>2</td>" in shown.replace("> <", "><")
    assert funnel(rapport, "Review") == ["2", "2", "2", "2", "0", "0", "100% (34% – 100%)"]
    assert "Too late." not in shown
    assert "Greta" not in shown


def test_the_team_says_what_it_thinks_and_the_gap_is_shown_without_names(rapport: Rapport) -> None:
    path = f"/projects/{cast.project_id(rapport)}/team-view"
    cast.add_checkpoint(rapport, "In review", name="Review")
    cast.add_contact(rapport, cast.add_customer(rapport, "Nordlicht"), "Greta Probe", GRETA)
    assert "Nobody of the team has said yet" in page(rapport)
    for score in ("4", "5"):
        assert "taken down" in rapport.call("POST", path, "Tom Team", checkpoint="1", score=score).text
    assert "1 estimate. The gap is shown where customers have answered too." in page(rapport)
    cast.move(rapport, "DEMO-7", "In review")
    rapport.settle()
    cast.answer(cast.survey_link(rapport.mails_to(GRETA)[-1]), 2)
    shown = " ".join(re.sub(r"<[^>]+>", "", page(rapport)).split())
    assert "5.0 (n = 1) 2.0 (n = 1) +3.0 +100 (-12 … +100)" in shown
    assert "a whole step apart" not in shown
    draft = f"/projects/{cast.project_id(rapport)}/draft"
    told = rapport.call("POST", draft, "Pia Lead").text
    assert "Review: the team thought 5.0 of 5 (n = 1), customers said 2.0 (n = 1); a gap of +3.0." in told

    for wrong in ({}, {"checkpoint": "1", "score": "6"}, {"checkpoint": "x", "score": "4"}, {"checkpoint": "1"}):
        assert rapport.call("POST", path, "Tom Team", **wrong).status_code == 422
    assert rapport.call("POST", path, "Tom Team", checkpoint="999", score="4").status_code == 404
    assert rapport.call("POST", path, "Sam Stranger", checkpoint="1", score="4").status_code == 403


def test_the_period_is_one_of_those_offered(rapport: Rapport) -> None:
    assert "last 30 days" in page(rapport, days="30")
    for days in ("", "7", "-1", "x", "9" * 5000):
        assert "last 90 days" in page(rapport, days=days[:1000])


def test_strangers_see_no_number(rapport: Rapport) -> None:
    path = f"/projects/{cast.project_id(rapport)}/satisfaction"
    assert rapport.page(path, "Sam Stranger").status_code == 403
