"""The Customers tab of the project settings."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from connect import ADMINISTER_PROJECT, current_principal, page_script
from plugin.customers import service
from plugin.customers.forms import ConsentForm, ContactForm, CustomerForm
from plugin.errors import AddressTaken
from plugin.web.answers import Undo, wrong_input
from plugin.web.context import ports
from plugin.web.languages import gettext as _

blueprint = Blueprint("customers", __name__, url_prefix="/projects/<project_id>", template_folder="templates")


@blueprint.get("/customers")
@page_script(may=ADMINISTER_PROJECT)
def screen(project_id: str) -> str:
    return _screen(project_id, CustomerForm())


@blueprint.post("/customers")
@page_script(may=ADMINISTER_PROJECT)
def add_customer(project_id: str) -> str | Response:
    form = CustomerForm(request.form)
    if not form.validate():
        return wrong_input(_screen(project_id, form))
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.add_customer(tx, project_id, form.name.data or "", ports().clock())
        ports().after_set_up(tx, project_id, ports().clock())
    return _screen(project_id, CustomerForm(), _("%(name)s was added. Now add somebody to ask.", name=form.name.data))


@blueprint.post("/customers/<int:customer_id>/remove")
@page_script(may=ADMINISTER_PROJECT)
def remove_customer(project_id: str, customer_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        customer = service.remove_customer(tx, project_id, customer_id, ports().clock())
    undo = Undo.to("customers.restore_customer", project_id=project_id, customer_id=customer_id)
    return _screen(
        project_id, CustomerForm(), _("%(name)s was taken out of this project. Answers stay.", name=customer.name), undo
    )


@blueprint.post("/customers/<int:customer_id>/restore")
@page_script(may=ADMINISTER_PROJECT)
def restore_customer(project_id: str, customer_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.restore_customer(tx, project_id, customer_id)
    return _screen(project_id, CustomerForm(), _("The customer is back."))


@blueprint.get("/customers/<int:customer_id>/contacts/new")
@page_script(may=ADMINISTER_PROJECT)
def new_contact(project_id: str, customer_id: int) -> str:
    return _contact_form(project_id, customer_id, None, ContactForm())


@blueprint.post("/customers/<int:customer_id>/contacts/new")
@page_script(may=ADMINISTER_PROJECT)
def add_contact(project_id: str, customer_id: int) -> str | Response:
    form = ContactForm(request.form)
    if not form.validate():
        return wrong_input(_contact_form(project_id, customer_id, None, form))
    try:
        with ports().database.transaction(current_principal().tenant.id) as tx:
            service.add_contact(tx, project_id, customer_id, form.details(), ports().clock())
    except AddressTaken as error:
        form.refuse_email(error.holder)
        return wrong_input(_contact_form(project_id, customer_id, None, form))
    return _screen(project_id, CustomerForm(), _("%(name)s was added.", name=form.name.data))


@blueprint.get("/contacts/<int:contact_id>")
@page_script(may=ADMINISTER_PROJECT)
def edit_contact(project_id: str, contact_id: int) -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        contact = service.get_contact_of_project(tx, project_id, contact_id)
    return _contact_form(project_id, contact.customer_id, contact_id, ContactForm(obj=contact))


@blueprint.post("/contacts/<int:contact_id>")
@page_script(may=ADMINISTER_PROJECT)
def change_contact(project_id: str, contact_id: int) -> str | Response:
    form = ContactForm(request.form)
    with ports().database.transaction(current_principal().tenant.id) as tx:
        contact = service.get_contact_of_project(tx, project_id, contact_id)
        try:
            if form.validate():
                service.change_contact(tx, project_id, contact_id, form.details())
        except AddressTaken as error:
            form.refuse_email(error.holder)
    if form.errors:
        return wrong_input(_contact_form(project_id, contact.customer_id, contact_id, form))
    return _screen(project_id, CustomerForm(), _("%(name)s was saved.", name=form.name.data))


@blueprint.post("/contacts/<int:contact_id>/remove")
@page_script(may=ADMINISTER_PROJECT)
def remove_contact(project_id: str, contact_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        contact = service.remove_contact(tx, project_id, contact_id, ports().clock())
    undo = Undo.to("customers.restore_contact", project_id=project_id, contact_id=contact_id)
    return _screen(
        project_id, CustomerForm(), _("%(name)s will be asked no more. Earlier answers stay.", name=contact.name), undo
    )


@blueprint.post("/contacts/<int:contact_id>/restore")
@page_script(may=ADMINISTER_PROJECT)
def restore_contact(project_id: str, contact_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        service.restore_contact(tx, project_id, contact_id)
    return _screen(project_id, CustomerForm(), _("The contact is back."))


@blueprint.get("/contacts/<int:contact_id>/consent")
@page_script(may=ADMINISTER_PROJECT)
def consent(project_id: str, contact_id: int) -> str:
    return _consent_form(project_id, contact_id, ConsentForm())


@blueprint.post("/contacts/<int:contact_id>/consent/<any(yes, no):wants>")
@page_script(may=ADMINISTER_PROJECT)
def change_consent(project_id: str, contact_id: int, wants: str) -> str | Response:
    form = ConsentForm(request.form)
    if not form.validate():
        return wrong_input(_consent_form(project_id, contact_id, form))
    principal, note = current_principal(), form.note.data or ""
    with ports().database.transaction(principal.tenant.id) as tx:
        contact = service.get_contact_of_project(tx, project_id, contact_id)
        service.note_consent(tx, contact_id, wants == "yes", note, principal.account_id or "", ports().clock())
    done = _("%(name)s can be asked again.") if wants == "yes" else _("%(name)s will get no surveys any more.")
    return _screen(project_id, CustomerForm(), done % {"name": contact.name})


def _consent_form(project_id: str, contact_id: int, form: ConsentForm) -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        contact = service.get_contact_of_project(tx, project_id, contact_id)
    return render_template("customers_consent.html", project_id=project_id, contact=contact, form=form)


def _screen(project_id: str, form: CustomerForm, done: str = "", undo: Undo | None = None) -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        registered = service.register(tx, project_id)
        contacts = [contact for entry in registered for contact in entry.contacts]
        loads = ports().ask_loads(tx, contacts, ports().clock())
        consents = service.last_consent_changes(tx, contacts)
    return render_template(
        "customers_screen.html",
        project_id=project_id,
        registered=registered,
        loads=loads,
        consents=consents,
        form=form,
        done=done,
        undo=undo,
    )


def _contact_form(project_id: str, customer_id: int, contact_id: int | None, form: ContactForm) -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        customer = service.get_customer_of_project(tx, project_id, customer_id)
    return render_template(
        "customers_contact.html", project_id=project_id, customer=customer, contact_id=contact_id, form=form
    )
