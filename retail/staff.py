"""Who may do what (FR-6.2) as a table that can be printed."""

from __future__ import annotations

from enum import StrEnum

from retail.refusal import Refusal


class Role(StrEnum):
    """The roles of FR-6.2."""

    CASHIER = "cashier"
    MANAGER = "manager"
    ADMIN = "admin"


class Permission(StrEnum):
    """Deeds that need a role."""

    SELL = "sell"
    REPRINT = "reprint"
    PRICE_OVERRIDE = "price override"
    VOID = "void"
    REFUND = "refund"
    ADJUST_STOCK = "adjust stock"
    VIEW_REPORTS = "view reports"
    EDIT_CATALOGUE = "edit catalogue"
    MANAGE_PEOPLE = "manage people"
    MANAGE_DEVICES = "manage devices"
    VIEW_AUDIT = "view audit"


CASHIER_DEEDS = frozenset({Permission.SELL, Permission.REPRINT})
MANAGER_DEEDS = CASHIER_DEEDS | {
    Permission.PRICE_OVERRIDE,
    Permission.VOID,
    Permission.REFUND,
    Permission.ADJUST_STOCK,
    Permission.VIEW_REPORTS,
}
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.CASHIER: CASHIER_DEEDS,
    Role.MANAGER: MANAGER_DEEDS,
    Role.ADMIN: frozenset(Permission),
}


class PermissionDenied(Refusal):
    """The role may not do this (`role`, `permission`)."""

    code = "permission-denied"


class SignInFailed(Refusal):
    """Employee id and PIN do not fit together, or the person does not work in this store."""

    code = "sign-in-failed"


def may(role: Role, permission: Permission) -> bool:
    """Whether the role has the permission."""
    return permission in PERMISSIONS[role]


def demand(role: Role, permission: Permission) -> None:
    """Return when the role has the permission; raises `PermissionDenied`."""
    if not may(role, permission):
        raise PermissionDenied(role=role.value, permission=permission.value)


def permission_table() -> str:
    """The permissions as a Markdown table, one row a permission, one column a role."""
    rows = ["| permission | " + " | ".join(Role) + " |", "| --- " * (len(Role) + 1) + "|"]
    for permission in Permission:
        cells = ("yes" if may(role, permission) else "" for role in Role)
        rows.append(f"| {permission} | " + " | ".join(cells) + " |")
    return "\n".join(rows)
