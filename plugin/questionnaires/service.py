"""The surveys that can be asked, and the version of each that is asked now."""

from __future__ import annotations

from datetime import datetime

from plugin.database import Tx
from plugin.domain import Questionnaire, Survey
from plugin.errors import Invalid, NotFound
from plugin.questionnaires import library, store

EDIT_MINUTES = 120


def choose(tx: Tx, choice: str, now: datetime) -> Survey:
    """The survey that an entry of the list stands for. Raises Invalid for an entry that is not on it."""
    if not library.is_template(choice):
        raise Invalid("choose one of the surveys in the list")
    survey = store.add_shipped_survey(tx, choice, now)
    current(tx, survey.id, now)
    return survey


def choice(tx: Tx, survey_id: int) -> str:
    """The entry of the list that stands for this survey. Raises NotFound."""
    return store.get_survey(tx, survey_id).template


def current(tx: Tx, survey_id: int, now: datetime) -> Questionnaire:
    """The version to ask with; a release that changed the wording of a shipped survey starts a new version here.

    Raises NotFound.
    """
    survey = store.get_survey(tx, survey_id)
    found = store.find_newest_questionnaire(tx, survey_id)
    items = library.items_of_template(survey.template)
    if found is not None and found.items == items:
        return found
    store.add_questionnaire(tx, survey_id, 1 if found is None else found.version + 1, items, EDIT_MINUTES, now)
    return newest(tx, survey_id)


def newest(tx: Tx, survey_id: int) -> Questionnaire:
    """The newest version there is. Raises NotFound."""
    found = store.find_newest_questionnaire(tx, survey_id)
    if found is None:
        raise NotFound("this survey does not exist any more")
    return found


def get(tx: Tx, questionnaire_id: int) -> Questionnaire:
    """Raises NotFound."""
    return store.get_questionnaire(tx, questionnaire_id)
