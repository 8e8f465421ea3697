"""Both client libraries that the app may use work against the local Jira, signed as a Connect app."""

from __future__ import annotations

import pytest
import requests
from atlassian import JiraCloud
from jira import JIRA, JIRAError

from tests.devhost.site import Site
from tests.devhost_tests.conftest import ConnectAuth

TEXT = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Hi"}]}]}


@pytest.fixture(params=["2", "3"])
def jira_client(site: Site, request: pytest.FixtureRequest) -> JIRA:
    """The `jira` library, without a call at construction."""
    options = {"rest_api_version": request.param}
    client = JIRA(site.base_url, options=options, get_server_info=False, max_retries=0, timeout=60)
    client._session.auth = ConnectAuth(site)
    client.deploymentType = "Cloud"
    return client


@pytest.fixture
def cloud_client(site: Site) -> JiraCloud:
    """The `atlassian-python-api` library over a session of our own."""
    session = requests.Session()
    session.auth = ConnectAuth(site)
    return JiraCloud(site.base_url, session=session, timeout=60)


def test_jira_reads_an_issue(site: Site, jira_client: JIRA) -> None:
    issue = jira_client.issue("DEMO-7", expand="changelog")
    assert issue.fields.status.name == "In Progress"
    assert issue.changelog.histories[-1].items[0].toString == "In Progress"
    assert issue.fields.comment.comments[0].author.displayName == "Tom Team"


def test_jira_reads_who_and_where_it_is(jira_client: JIRA) -> None:
    assert jira_client.server_info()["deploymentType"] == "Cloud"
    assert jira_client.myself()["accountType"] == "app"
    assert [each.key for each in jira_client.projects()] == ["DEMO", "OPS"]
    assert jira_client.project("DEMO").lead.displayName == "Pia Lead"


def test_jira_searches_over_pages(jira_client: JIRA) -> None:
    found = jira_client.enhanced_search_issues("project = DEMO ORDER BY key", maxResults=0)
    assert [each.key for each in found] == [f"DEMO-{number}" for number in range(1, 13)]


def test_jira_moves_comments_and_links(site: Site, jira_client: JIRA) -> None:
    version_3 = jira_client._options["rest_api_version"] == "3"
    jira_client.transition_issue("DEMO-7", "Done")
    jira_client.add_comment("DEMO-7", TEXT if version_3 else "Hi")
    jira_client.create_issue_link("Relates", "DEMO-7", "DEMO-9")
    assert site.issue("DEMO-7").status_id == "10002"
    assert site.issue("DEMO-7").comments[-1].body == TEXT
    assert len(site.links) == 2


def test_jira_creates_and_changes_an_issue(site: Site, jira_client: JIRA) -> None:
    fields = {"project": {"key": "DEMO"}, "issuetype": {"name": "Task"}, "summary": "From outside"}
    issue = jira_client.create_issue(fields=fields)
    issue.update(fields={"labels": ["new"]})
    assert site.issue(issue.key).labels == ["new"]
    assert issue.fields.labels == ["new"]


def test_jira_writes_and_reads_a_property(site: Site, jira_client: JIRA) -> None:
    jira_client.add_issue_property("DEMO-7", "note", {"score": 4})
    assert jira_client.issue_property("DEMO-7", "note").value.score == 4


def test_jira_shows_the_message_of_a_refusal(jira_client: JIRA) -> None:
    with pytest.raises(JIRAError, match="Issue does not exist") as refused:
        jira_client.issue("DEMO-99")
    assert refused.value.status_code == 404


def test_atlassian_reads_an_issue_and_its_properties(site: Site, cloud_client: JiraCloud) -> None:
    assert cloud_client.get_issue("DEMO-7", fields="summary")["fields"]["summary"].startswith("Track")
    cloud_client.set_issue_property("DEMO-7", "note", data={"score": 4})
    assert cloud_client.get_issue_property("DEMO-7", "note")["value"] == {"score": 4}
    cloud_client.set_project_property("DEMO", "note", data={"a": 1})
    assert site.project("DEMO").properties == {"note": {"a": 1}}


def test_atlassian_searches_over_pages(cloud_client: JiraCloud) -> None:
    found = cloud_client.enhanced_jql_get_list_of_tickets("project = DEMO ORDER BY key", fields="summary")
    assert [each["key"] for each in found] == [f"DEMO-{number}" for number in range(1, 13)]


def test_atlassian_checks_permissions_and_queries(cloud_client: JiraCloud) -> None:
    granted = cloud_client.get_bulk_permissions(
        data={"projectPermissions": [{"permissions": ["BROWSE_PROJECTS"], "projects": [10000]}]}
    )
    assert granted["projectPermissions"][0]["projects"] == [10000]
    parsed = cloud_client.parse_jql_queries("strict", data={"queries": ["project = DEMO", "nonsense = 1"]})
    assert ["errors" in each for each in parsed["queries"]] == [False, True]


def test_atlassian_reaches_the_apps_own_properties(cloud_client: JiraCloud) -> None:
    path = "rest/atlassian-connect/1/addons/rapport-jira/properties/note"
    cloud_client.put(path, data={"a": 1})
    assert cloud_client.get(path)["value"] == {"a": 1}


def test_atlassian_shows_the_message_of_a_refusal(site: Site, cloud_client: JiraCloud) -> None:
    cloud_client._session.auth.secret = "x" * 40
    with pytest.raises(requests.HTTPError, match="JWT refused"):
        cloud_client.get_issue("DEMO-7")


def test_neither_library_breaks_the_contract(site: Site, cloud_client: JiraCloud) -> None:
    cloud_client.get_issue("DEMO-7")
    cloud_client.enhanced_jql("project = DEMO")
    site.assert_no_contract_problems()
