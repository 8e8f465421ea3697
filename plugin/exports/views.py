"""The Share screen of a project: files, Confluence, and the link for a customer; and the page behind that link."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from connect import (
    ADMINISTER_JIRA,
    ADMINISTER_PROJECT,
    BROWSE_PROJECT,
    current_principal,
    may,
    page_script,
    survey_link,
)
from plugin.activities import service as activities
from plugin.errors import Gone
from plugin.exports import confluence, markdown, pdf, service
from plugin.exports.confluence import ConfluenceTrouble
from plugin.exports.forms import ConfluenceForm, ExtractForm, SaidForm
from plugin.exports.pdf import PdfUnavailable
from plugin.exports.store import Page
from plugin.postmortems import service as postmortems
from plugin.postmortems.document import Document, from_bytes
from plugin.sealing import CannotOpen
from plugin.web.answers import wrong_input
from plugin.web.context import ports
from plugin.web.languages import gettext as _
from plugin.web.languages import page_language
from plugin.web.spreadsheets import csv_lines, file_name

blueprint = Blueprint("exports", __name__, template_folder="templates")
LEDGER = ("Kind", "Activity", "Planned for", "Done on", "Result", "More needed", "What more", "Issue", "Entered by")
PROJECT = "/projects/<project_id>"


@blueprint.get(f"{PROJECT}/share")
@page_script(may=BROWSE_PROJECT)
def screen(project_id: str) -> str:
    return _screen(project_id)


@blueprint.get(f"{PROJECT}/editions/<int:number>.md")
@page_script(may=BROWSE_PROJECT)
def as_markdown(project_id: str, number: int) -> Response:
    document = _edition(project_id, number, names=may(ADMINISTER_PROJECT, project_id))
    text = markdown.render(document, current_principal().tenant.display_url)
    return _file(text.encode(), "text/markdown; charset=utf-8", file_name(document.title, str(number), ending="md"))


@blueprint.get(f"{PROJECT}/editions/<int:number>.pdf")
@page_script(may=BROWSE_PROJECT)
def as_pdf(project_id: str, number: int) -> Response:
    document = _edition(project_id, number, names=may(ADMINISTER_PROJECT, project_id))
    html = render_template("exports_print.html", document=document, site_url=current_principal().tenant.display_url)
    return _file(pdf.render(html), "application/pdf", file_name(document.title, str(number), ending="pdf"))


@blueprint.get(f"{PROJECT}/ledger.csv")
@page_script(may=BROWSE_PROJECT)
def ledger(project_id: str) -> Response:
    with ports().database.reading(current_principal().tenant.id) as tx:
        lines = activities.ledger(tx, project_id, ports().clock())

    def rows() -> Iterator[tuple[object, ...]]:
        yield LEDGER
        for line in lines:
            more = "yes" if line.more_needed else ""
            yield line.kind, line.title, line.planned_on, line.done_on, line.result, more, line.more, line.issue_key, line.origin  # fmt: skip

    answer = Response(csv_lines(rows()), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{file_name("ledger", project_id, ending="csv")}"'
    return answer


@blueprint.post(f"{PROJECT}/share/said")
@page_script(may=ADMINISTER_PROJECT)
def add_said(project_id: str) -> str | Response:
    form = SaidForm(request.form)
    if not form.validate():
        return wrong_input(_screen(project_id, said_form=form))
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.add_said(tx, project_id, form.said.data or "", form.did.data or "", ports().clock())
    return _screen(project_id, done=_("It was added."))


@blueprint.post(f"{PROJECT}/share/said/<int:said_id>/remove")
@page_script(may=ADMINISTER_PROJECT)
def remove_said(project_id: str, said_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.remove_said(tx, project_id, said_id)
    return _screen(project_id, done=_("It was taken out."))


@blueprint.post(f"{PROJECT}/share/preview")
@page_script(may=ADMINISTER_PROJECT)
def preview(project_id: str) -> str | Response:
    """What the customer would see; nothing is shared yet."""
    form = _extract_form()
    if not form.validate():
        return wrong_input(_screen(project_id, extract_form=form))
    with ports().database.reading(current_principal().tenant.id) as tx:
        document = service.preview(tx, project_id, form.parts.data or [])
    return render_template("exports_preview.html", project_id=project_id, document=document, form=form)


@blueprint.post(f"{PROJECT}/share")
@page_script(may=ADMINISTER_PROJECT)
def share(project_id: str) -> str | Response:
    form = _extract_form()
    if not form.validate():
        return wrong_input(_screen(project_id, extract_form=form))
    with ports().database.transaction(current_principal().tenant.id) as tx:
        who, days = current_principal().account_id, form.days.data or 1
        path, _extract = service.share(tx, project_id, form.parts.data or [], days, who, ports().clock())
    return _screen(project_id, link=ports().base_url + path)


@blueprint.post(f"{PROJECT}/share/<int:extract_id>/withdraw")
@page_script(may=ADMINISTER_PROJECT)
def withdraw(project_id: str, extract_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.withdraw(tx, project_id, extract_id, ports().clock())
    return _screen(project_id, done=_("The link leads nowhere any more."))


@blueprint.post(f"{PROJECT}/confluence")
@page_script(may=ADMINISTER_PROJECT)
def to_confluence(project_id: str) -> str:
    """The newest edition, without names and comments: a wiki has readers of its own."""
    tenant = current_principal().tenant
    with ports().database.reading(tenant.id) as tx:
        access, known, editions = service.access(tx), service.page(tx, project_id), postmortems.editions(tx, project_id)
    if access is None or not editions:
        return _screen(project_id, wrong=_("Publish the post-mortem first, and enter the way into Confluence."))
    document = from_bytes(editions[0].content).for_reader(names=False)
    try:
        token = ports().seal.open(f"confluence:{tenant.client_key}", access.sealed_token)
        made = confluence.publish(tenant.display_url, access.email, token, access.space_key, document, known)
    except CannotOpen:
        return _screen(project_id, wrong=_("The API token cannot be read any more. Please enter it again."))
    except ConfluenceTrouble as trouble:
        return _screen(project_id, wrong=str(trouble))
    return _keep_page(project_id, made)


def _keep_page(project_id: str, made: Page) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.record_page(tx, project_id, made)
    return _screen(project_id, done=_("The page in Confluence is up to date."))


@blueprint.get("/administration/confluence")
@page_script(may=ADMINISTER_JIRA)
def confluence_access() -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        found = service.access(tx)
    values = {} if found is None else {"email": found.email, "space_key": found.space_key}
    return render_template("exports_confluence.html", form=ConfluenceForm(data=values), known=found is not None)


@blueprint.post("/administration/confluence")
@page_script(may=ADMINISTER_JIRA)
def change_confluence_access() -> str | Response:
    """An empty token keeps the one that is known."""
    form, tenant = ConfluenceForm(request.form), current_principal().tenant
    with ports().database.reading(tenant.id) as tx:
        found = service.access(tx)
    if not form.validate():
        return wrong_input(render_template("exports_confluence.html", form=form, known=found is not None))
    sealed = found.sealed_token if found is not None else ""
    if form.token.data:
        sealed = ports().seal.close(f"confluence:{tenant.client_key}", form.token.data)
    with ports().database.transaction(tenant.id) as tx:
        service.record_access(tx, form.email.data or "", sealed, form.space_key.data or "")
    return render_template("exports_confluence.html", form=form, known=True, done=_("Saved."))


@blueprint.get("/x/<int:tenant_id>/<token>")
@survey_link
def extract(tenant_id: int, token: str) -> ResponseReturnValue:
    """What was shared with a customer. No account, no script, nothing that leads further."""
    document = service.open_link(ports().database, tenant_id, token, ports().clock())
    return render_template("exports_extract.html", document=document, language=page_language())


@blueprint.errorhandler(Gone)
def over(_error: Gone) -> ResponseReturnValue:
    return render_template("exports_over.html", language=page_language()), Gone.status


@blueprint.errorhandler(PdfUnavailable)
def no_pdf(error: PdfUnavailable) -> ResponseReturnValue:
    return Response(str(error), error.status, content_type="text/plain; charset=utf-8")


def _edition(project_id: str, number: int, *, names: bool) -> Document:
    with ports().database.reading(current_principal().tenant.id) as tx:
        return postmortems.read(tx, postmortems.get_edition(tx, project_id, number), names=names)


def _file(content: bytes, content_type: str, name: str) -> Response:
    answer = Response(content, content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _extract_form() -> ExtractForm:
    form = ExtractForm(request.form)
    form.offer()
    return form


def _screen(
    project_id: str,
    done: str = "",
    wrong: str = "",
    link: str = "",
    said_form: SaidForm | None = None,
    extract_form: ExtractForm | None = None,
) -> str:
    fresh = ExtractForm(data={"parts": [*service.PARTS, service.SAID], "days": 30})
    fresh.offer()
    with ports().database.reading(current_principal().tenant.id) as tx:
        values = {
            "editions": postmortems.editions(tx, project_id),
            "extracts": service.list_extracts(tx, project_id),
            "said": service.list_said(tx, project_id),
            "access": service.access(tx),
            "page": service.page(tx, project_id),
        }
    return render_template(
        "exports_screen.html",
        project_id=project_id,
        **values,
        said_form=said_form or SaidForm(),
        form=extract_form or fresh,
        admin=may(ADMINISTER_PROJECT, project_id),
        site_admin=may(ADMINISTER_JIRA),
        now=ports().clock(),
        pdf_trouble=pdf.trouble(),
        done=done,
        wrong=wrong,
        link=link,
    )
