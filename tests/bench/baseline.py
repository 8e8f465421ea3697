"""The measure of everything: a plain Flask, PyJWT and SQLAlchemy app that does the same work, written as tutorials do.

`python -m tests.bench.baseline DATABASE_URL PORT` serves it as `rapport serve --web-only` serves Rapport.
Changing this file changes the meaning of every ratio.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import jwt
import sqlalchemy as sa
from flask import Flask, abort, request
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from waitress import serve

from tests.devhost.tokens import query_hash

THREADS = 8  # fixed, like everything here
PANEL_ROWS = 10
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Satisfaction</title><link rel="stylesheet" href="/static/plain.css"></head>
<body><h1>Satisfaction</h1>
<table>
  {% for answer in answers %}
  <tr><td>{{ answer.person }}</td><td>{{ answer.score }}/5</td><td>{{ answer.comment }}</td><td>{{ answer.answered_at.strftime('%d %b %Y') }}</td></tr>
  {% endfor %}
</table>
</body></html>
"""


class Base(DeclarativeBase):
    pass


class Site(Base):
    __tablename__ = "baseline_site"

    id: Mapped[int] = mapped_column(primary_key=True)
    client_key: Mapped[str] = mapped_column(unique=True)
    shared_secret: Mapped[str]


class Change(Base):
    __tablename__ = "baseline_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(sa.ForeignKey(Site.id))
    identifier: Mapped[str]
    issue_id: Mapped[str]
    issue_key: Mapped[str]
    project_id: Mapped[str]
    changelog_id: Mapped[str]
    from_status_id: Mapped[str]
    to_status_id: Mapped[str]
    received_at: Mapped[datetime]


class Answer(Base):
    __tablename__ = "baseline_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(sa.ForeignKey(Site.id))
    issue_id: Mapped[str] = mapped_column(index=True)
    person: Mapped[str]
    score: Mapped[int]
    comment: Mapped[str]
    answered_at: Mapped[datetime]


def create_engine(database_url: str) -> sa.Engine:
    """SQLAlchemy's defaults, with the durability that Rapport has: SQLite in WAL with a sync at each commit."""
    if not database_url.startswith("sqlite"):
        return sa.create_engine(sa.make_url(database_url).set(drivername="postgresql+psycopg"))
    engine = sa.create_engine(database_url, module=_sqlite())

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    return engine


def _sqlite() -> Any:
    """The driver that Rapport takes, where it is there."""
    try:
        from pysqlite3 import dbapi2  # noqa: PLC0415
    except ImportError:
        import sqlite3 as dbapi2  # noqa: PLC0415
    return dbapi2


def create_baseline(engine: sa.Engine) -> Flask:
    """A webhook that stores one row before it answers, and a page with the rows of an issue."""
    app = Flask(__name__)
    page = app.jinja_env.from_string(PAGE)

    @app.post("/connect/events")
    def events() -> tuple[str, int]:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        with Session(engine) as session:
            site = _verified_site(session, token if scheme == "JWT" else "")
            session.add(_change(site, request.headers["X-Atlassian-Webhook-Identifier"], request.get_json()))
            session.commit()
        return "", 204

    @app.get("/issues/<issue_id>/panel")
    def panel(issue_id: str) -> str:
        with Session(engine) as session:
            site = _verified_site(session, request.args.get("jwt", ""))
            mine = sa.select(Answer).where(Answer.site_id == site.id, Answer.issue_id == issue_id)
            return page.render(answers=session.scalars(mine.order_by(Answer.id.desc())).all())

    return app


def _verified_site(session: Session, token: str) -> Site:
    """The site that signed this very request; 401 for any other."""
    try:
        client_key = jwt.decode(token, options={"verify_signature": False})["iss"]
        site = session.scalars(sa.select(Site).where(Site.client_key == client_key)).one_or_none()
        if site is None:
            abort(401)
        claims = jwt.decode(token, site.shared_secret, algorithms=["HS256"], options={"require": ["exp", "qsh"]})
    except (jwt.InvalidTokenError, KeyError):
        abort(401)
    if claims["qsh"] != query_hash(request.method, request.full_path):
        abort(401)
    return site


def _change(site: Site, identifier: str, body: dict[str, Any]) -> Change:
    item = next(item for item in body["changelog"]["items"] if item["field"] == "status")
    return Change(
        site_id=site.id,
        identifier=identifier,
        issue_id=body["issue"]["id"],
        issue_key=body["issue"]["key"],
        project_id=body["issue"]["fields"]["project"]["id"],
        changelog_id=body["changelog"]["id"],
        from_status_id=item["from"],
        to_status_id=item["to"],
        received_at=datetime.now(UTC).replace(tzinfo=None),
    )


def prepare(engine: sa.Engine, client_key: str, secret: str, issue_id: str, comments: Sequence[str]) -> None:
    """Make the tables, one site, and the rows of one issue."""
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(site := Site(client_key=client_key, shared_secret=secret))
        session.flush()
        rows = ((f"Person {number}", 1 + number % 5, comments[number % len(comments)]) for number in range(PANEL_ROWS))
        for person, score, comment in rows:
            moment = datetime.now(UTC).replace(tzinfo=None)
            row = {"person": person, "score": score, "comment": comment, "answered_at": moment}
            session.add(Answer(site_id=site.id, issue_id=issue_id, **row))
        session.commit()


def count_changes(engine: sa.Engine) -> int:
    with Session(engine) as session:
        return session.scalars(sa.select(sa.func.count()).select_from(Change)).one()


if __name__ == "__main__":
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line for each request that waits
    serve(
        create_baseline(create_engine(sys.argv[1])),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        threads=THREADS,
        ident="",
        channel_timeout=30,
    )
