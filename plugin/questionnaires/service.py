"""The surveys that can be asked, and the version of each that is asked now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from plugin.database import Tx
from plugin.domain import Item, Questionnaire, Survey
from plugin.errors import Invalid, NotFound
from plugin.questionnaires import drafts, library, series, store
from plugin.questionnaires import items as shapes
from plugin.questionnaires.drafts import Draft

EDIT_MINUTES = 120
_NEVER = datetime.min.replace(tzinfo=UTC)
_OWN = "survey-"  # before the id, in the entry of the list that stands for a survey of the project's own


def choose(tx: Tx, project_id: str, choice: str, now: datetime) -> Survey:
    """The survey that an entry of the project's list stands for. Raises Invalid for an entry that is not on it."""
    for survey in store.list_surveys(tx, project_id):
        if choice == entry(survey):
            return survey
    if not library.is_template(choice):
        raise Invalid("choose one of the surveys in the list")
    survey = store.add_shipped_survey(tx, choice, now)
    current(tx, survey.id, now)
    return survey


def look_up(tx: Tx, project_id: str, choice: str) -> tuple[str, Questionnaire]:
    """Name and newest version of what an entry of the project's list stands for. Raises NotFound."""
    for survey in store.list_surveys(tx, project_id):
        if choice == entry(survey):
            return survey.name, newest(tx, survey.id)
    found = shipped(choice)
    return library.template_names()[choice], found


def choice(tx: Tx, survey_id: int) -> str:
    """The entry of the list that stands for this survey. Raises NotFound."""
    return entry(store.get_survey(tx, survey_id))


def entry(survey: Survey) -> str:
    """What stands for this survey in a list."""
    return f"{_OWN}{survey.id}" if survey.project_id else survey.template


def list_own(tx: Tx, project_id: str) -> list[Survey]:
    """The surveys that a project made, by name."""
    return store.list_surveys(tx, project_id)


def get_own(tx: Tx, project_id: str, survey_id: int) -> Survey:
    """Raises NotFound for one of another project. Also finds removed ones."""
    survey = store.get_survey(tx, survey_id)
    if not survey.project_id or survey.project_id != project_id:
        raise NotFound("this survey does not exist any more")
    return survey


def add_own(tx: Tx, project_id: str, template: str, draft: Draft, now: datetime) -> Survey:
    """A project's own survey, made from a shipped one. Raises Invalid."""
    survey = store.add_survey(tx, project_id, template, draft.name, now)
    store.add_questionnaire(tx, survey.id, 1, _items(draft), draft.edit_minutes, now)
    return survey


def save(tx: Tx, project_id: str, survey_id: int, draft: Draft, now: datetime) -> Questionnaire:
    """The version that is asked from now on: a new one where anything changed. Raises NotFound, Invalid.

    Whoever was asked already keeps the version of their invitation.
    """
    survey, before = get_own(tx, project_id, survey_id), newest(tx, survey_id)
    if draft.name != survey.name:
        store.mark_survey(tx, survey_id, name=draft.name)
    items = _items(draft)
    if (items, draft.edit_minutes) != (before.items, before.edit_minutes):
        store.add_questionnaire(tx, survey_id, before.version + 1, items, draft.edit_minutes, now)
    return newest(tx, survey_id)


def _items(draft: Draft) -> tuple[Item, ...]:
    items = drafts.items_of(draft)
    if shapes.most_asked(items) > shapes.MOST_ITEMS or not items[0].text.get("en"):
        raise Invalid("a survey needs an English question, and asks at most four")
    return items


def remove(tx: Tx, project_id: str, survey_id: int, now: datetime) -> Survey:
    """Offer it no more; checkpoints that use it go on. Raises NotFound."""
    survey = get_own(tx, project_id, survey_id)
    store.mark_survey(tx, survey_id, removed_at=now)
    return survey


def restore(tx: Tx, project_id: str, survey_id: int) -> None:
    """Undo `remove`. Raises NotFound."""
    get_own(tx, project_id, survey_id)
    store.mark_survey(tx, survey_id, removed_at=None)


def shipped_names(language: str) -> Mapping[str, str]:
    """Of the shipped surveys, by their entries in the list."""
    return library.template_names(language)


def shipped(template: str) -> Questionnaire:
    """A shipped survey as it would be asked, which is no row of any table. Raises NotFound."""
    if template not in library.template_names():
        raise NotFound("there is no such survey")
    return Questionnaire(0, 0, 1, library.items_of_template(template), EDIT_MINUTES, _NEVER)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a survey. `breaks`: a new series of numbers begins with it."""

    questionnaire: Questionnaire
    breaks: bool


def versions(tx: Tx, survey_id: int) -> list[Version]:
    """Newest first."""
    found = store.list_questionnaires(tx, survey_id)
    numbers = series.series(found)
    pairs = zip([None, *found], found, strict=False)
    marked = [Version(each, before is not None and numbers[before.id] != numbers[each.id]) for before, each in pairs]
    return marked[::-1]


def current(tx: Tx, survey_id: int, now: datetime) -> Questionnaire:
    """The version to ask with; a release that changed the wording of a shipped survey starts a new version here.

    Raises NotFound.
    """
    survey = store.get_survey(tx, survey_id)
    found = store.find_newest_questionnaire(tx, survey_id)
    items = library.items_of_template(survey.template)
    if found is not None and (survey.project_id or found.items == items):
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


def list_by_id(tx: Tx, questionnaire_ids: Collection[int]) -> dict[int, Questionnaire]:
    return store.list_questionnaires_by_id(tx, questionnaire_ids) if questionnaire_ids else {}


def series_of(tx: Tx, versions: Iterable[Questionnaire]) -> dict[int, tuple[int, int]]:
    """Questionnaire → (survey, number of its series), of all versions of the surveys of these."""
    found: dict[int, tuple[int, int]] = {}
    for survey_id in {version.survey_id for version in versions}:
        numbers = series.series(store.list_versions(tx, survey_id))
        found |= {key: (survey_id, number) for key, number in numbers.items()}
    return found
