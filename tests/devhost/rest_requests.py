"""REST of the service desk: what the reporter of a request thought of it."""

from __future__ import annotations

from flask import Blueprint, Response, request

from tests.devhost.errors import BadRequest, Forbidden, NotFound
from tests.devhost.records import Issue
from tests.devhost.rest import actor, answer, caller, empty, json_body, site

api = Blueprint("rest_requests", __name__, url_prefix="/rest/servicedeskapi/request/<id_or_key>")


@api.before_request
def opted_in() -> None:
    """Jira's word for those who know that these calls may change."""
    if request.headers.get("X-ExperimentalApi") != "opt-in":
        raise BadRequest("This is an experimental API. Opt in with the header X-ExperimentalApi.")


@api.get("/feedback")
def read_feedback(id_or_key: str) -> Response:
    found = _request(id_or_key)
    if found.rating is None:
        raise NotFound("There is no feedback on this request.")
    return answer({"type": "csat", "rating": found.rating, "comment": {"body": ""}})


@api.post("/feedback")
def give_feedback(id_or_key: str) -> Response:
    found, wanted = _request(id_or_key), json_body()
    if not caller().scoped and actor() != found.reporter:
        raise Forbidden("Only the reporter can give feedback.")  # what a Forge app is told is not published
    rating = wanted.get("rating")
    if wanted.get("type") != "csat" or not isinstance(rating, int) or not 1 <= rating <= 5:
        raise BadRequest("The rating must be between 1 and 5.")
    found.rating = rating
    return answer({"type": "csat", "rating": rating}, 201)


@api.delete("/feedback")
def take_feedback_back(id_or_key: str) -> Response:
    found = _request(id_or_key)
    if not caller().scoped and actor() != found.reporter:
        raise Forbidden("Only the reporter can take feedback back.")
    found.rating = None
    return empty()


def _request(id_or_key: str) -> Issue:
    found = site().visible_issue(id_or_key, actor())
    if site().projects[found.project_id].project_type != "service_desk":
        raise NotFound("The customer request does not exist.")
    return found
