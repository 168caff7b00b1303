"""Users, their profiles, and Django's content types."""

import datetime as dt

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import SUBSIDIARIES, Base, one_of, reference
from .types import BigId, IntId, Stamp


class User(Base):
    """A user account."""

    __tablename__ = "auth_user"

    id: Mapped[IntId]
    password: Mapped[str] = mapped_column(String(128))
    last_login: Mapped[dt.datetime | None]
    is_superuser: Mapped[bool] = mapped_column(default=False)
    username: Mapped[str] = mapped_column(String(150), unique=True)
    first_name: Mapped[str] = mapped_column(String(150), default="")
    last_name: Mapped[str] = mapped_column(String(150), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    is_staff: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    date_joined: Mapped[Stamp]


class UserProfile(Base):
    """Role, workplace and preferences of a user."""

    __tablename__ = "users_userprofile"

    id: Mapped[BigId]
    profile_picture: Mapped[str | None] = mapped_column(String(100))
    job_title: Mapped[str | None] = mapped_column(String(100))
    department: Mapped[str | None] = mapped_column(String(100))
    language_preference: Mapped[str] = mapped_column(
        String(5), default="en", info=one_of("en", "fo", "da")
    )
    date_format_preference: Mapped[str] = mapped_column(
        String(10), default="DMY", info=one_of("DMY", "MDY", "YMD")
    )
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    user_id: Mapped[int] = mapped_column(reference("auth_user.id"), unique=True)
    full_name: Mapped[str] = mapped_column(String(150))
    geography: Mapped[str] = mapped_column(String(3), default="ALL", info=one_of("FO", "SC", "ALL"))
    phone: Mapped[str | None] = mapped_column(String(20))
    role: Mapped[str] = mapped_column(
        String(5), default="VIEW", info=one_of("ADMIN", "MGR", "OPR", "VET", "QA", "FIN", "VIEW")
    )
    subsidiary: Mapped[str] = mapped_column(String(3), default="ALL", info=one_of(*SUBSIDIARIES))


class ContentType(Base):
    """Django's identifier of a model, used by generic foreign keys."""

    __tablename__ = "django_content_type"
    __table_args__ = (UniqueConstraint("app_label", "model"),)

    id: Mapped[IntId]
    app_label: Mapped[str] = mapped_column(String(100))
    model: Mapped[str] = mapped_column(String(100))
