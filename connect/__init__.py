"""The door: everything that the product may import from the platform.

Put together once, in the product's `create_app()`:

    connect = Connect(app_key="rapport-jira", base_url=settings.base_url, store=TenantRows(engine), clock=utc_now,
                      descriptor_path=settings.descriptor_path, on_events=transitions.receive, error_page=web.error_page,
                      development=settings.development)
    connect.init_app(app)          # before the product registers its own routes
    connect.site(tenant)           # -> JiraSite, one per call, cheap; connections are kept per thread
    connect.host_page_url(tenant, "post-mortem", **{"project.key": "DEMO"})  # -> a page of ours in Jira, for mails

Routes that it owns: GET /atlassian-connect.json, POST /connect/installed, POST /connect/uninstalled,
POST /connect/events, POST /connect/post-function, GET /connect/static/….

Each route of the product carries exactly one mark; a route without one answers 403 and is listed by `unguarded(app)`:

    @blueprint.get("/issues/<issue_id>/panel")
    @page(may=BROWSE_ISSUE)                 # opened by Jira in an iframe; token in ?jwt=, real query hash
    def panel(issue_id: str) -> str: ...

    @blueprint.post("/issues/<issue_id>/asks")
    @page_script(may=BROWSE_ISSUE)          # htmx and forms inside the iframe; context token in the header
    def ask(issue_id: str) -> str: ...

    @survey_link                            # public; the product resolves its own token
    @preview                                # public, with a sealed address; shown in frames of our own
    @public                                 # health, static files

`may` is BROWSE_ISSUE or WORK_ON_ISSUE (route argument `issue_id`), BROWSE_PROJECT, WORK_IN_PROJECT or
ADMINISTER_PROJECT (route argument `project_id`),
ADMINISTER_JIRA or ANY_USER. Jira is asked; an answer counts for at most 60 s; no answer is a refusal (503).

Inside a view: `current_principal() -> Principal`; `may(ADMINISTER_PROJECT, project_id) -> bool` to show or hide a
button; `read_json(limit=...)` for a JSON body, strictly read.

Templates of pages call `{{ host_scripts() }}` in their head: what the page needs to speak with Jira around it;
one more script of ours is `{{ host_script("gadget.js") }}`.
Answers to htmx may carry `HX-Trigger` events that host.js understands: "rapport:flag" {title, body, type},
"rapport:refresh-issue", and links with data-host-href="/browse/DEMO-1" open in Jira.

Errors: connect/errors.py. `error_response(error)` is the JSON answer; `error_page(error)` (the product's, given to
Connect) is used on page, survey and public routes instead.
"""

from connect.errors import (
    BadRequest,
    ConnectError,
    Forbidden,
    JiraBusy,
    JiraError,
    JiraForbidden,
    JiraNotFound,
    JiraRejected,
    JiraTokenMissing,
    JiraUnreachable,
    Missing,
    PayloadTooLarge,
    Refused,
    Unauthorized,
    Unavailable,
    UnsupportedMedia,
)
from connect.extension import Connect, error_response
from connect.forge_commands import platform_commands
from connect.forge_project import Deployment
from connect.guards import (
    current_guard,
    current_principal,
    guard_of,
    is_for_machines,
    may,
    page,
    page_script,
    preview,
    project_of_issue,
    public,
    survey_link,
    unguarded,
)
from connect.jira import JiraSite
from connect.jira_types import (
    DueChange,
    Issue,
    IssuePage,
    IssueType,
    NewIssue,
    PeopleField,
    Project,
    Status,
    StatusChange,
    User,
    Version,
    WorkflowRule,
)
from connect.json_body import read_json
from connect.permissions import (
    ADMINISTER_JIRA,
    ADMINISTER_PROJECT,
    ANY_USER,
    BROWSE_ISSUE,
    BROWSE_PROJECT,
    WORK_IN_PROJECT,
    WORK_ON_ISSUE,
    Permission,
)
from connect.project_hooks import Watched
from connect.tenants import (
    AppAccess,
    Installation,
    Invocation,
    Principal,
    Replayed,
    Tenant,
    TenantStore,
    Uninstallation,
)
from connect.transport import BoundedAdapter
from connect.webhooks import Event, IssueDeleted, PostFunctionRan, StatusChanged

__all__ = [
    "ADMINISTER_JIRA",
    "ADMINISTER_PROJECT",
    "ANY_USER",
    "BROWSE_ISSUE",
    "BROWSE_PROJECT",
    "WORK_IN_PROJECT",
    "WORK_ON_ISSUE",
    "AppAccess",
    "BadRequest",
    "BoundedAdapter",
    "Connect",
    "ConnectError",
    "Deployment",
    "DueChange",
    "Event",
    "Forbidden",
    "Installation",
    "Invocation",
    "Issue",
    "IssueDeleted",
    "IssuePage",
    "IssueType",
    "JiraBusy",
    "JiraError",
    "JiraForbidden",
    "JiraNotFound",
    "JiraRejected",
    "JiraSite",
    "JiraTokenMissing",
    "JiraUnreachable",
    "Missing",
    "NewIssue",
    "PayloadTooLarge",
    "PeopleField",
    "Permission",
    "PostFunctionRan",
    "Principal",
    "Project",
    "Refused",
    "Replayed",
    "Status",
    "StatusChange",
    "StatusChanged",
    "Tenant",
    "TenantStore",
    "Unauthorized",
    "Unavailable",
    "Uninstallation",
    "UnsupportedMedia",
    "User",
    "Version",
    "Watched",
    "WorkflowRule",
    "current_guard",
    "current_principal",
    "error_response",
    "guard_of",
    "is_for_machines",
    "may",
    "page",
    "page_script",
    "platform_commands",
    "preview",
    "project_of_issue",
    "public",
    "read_json",
    "survey_link",
    "unguarded",
]
