"""Who may do what (FR-6.2) as a table that can be printed."""

from __future__ import annotations

from enum import StrEnum

from retail.refusal import Refusal


class Role(StrEnum):
    """The roles of FR-6.2, and the auditor, who sees everything and changes nothing."""

    CASHIER = "cashier"
    MANAGER = "manager"
    ADMIN = "admin"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """Deeds that need a role."""

    SELL = "sell"
    REPRINT = "reprint"
    COUNT_DRAWER = "count drawer"
    SAFE_DROP = "safe drop"
    OPEN_DRAWER = "open drawer"
    MOVE_CASH = "move cash"
    CLOSE_SHIFT_OF_OTHERS = "close shift of others"
    ACCEPT_DIFFERENCE = "accept drawer difference"
    PRICE_OVERRIDE = "price override"
    VOID = "void"
    REFUND = "refund"
    REFUND_WITHOUT_RECEIPT = "refund without receipt"
    LATE_REFUND = "late refund"
    SELL_OFFLINE_LONG = "sell offline for long"
    COUNT_STOCK = "count stock"
    RECEIVE_STOCK = "receive stock"
    ADJUST_STOCK = "adjust stock"
    VIEW_REPORTS = "view reports"
    EDIT_CATALOGUE = "edit catalogue"
    EDIT_PROMOTIONS = "edit promotions"
    MANAGE_PEOPLE = "manage people"
    MANAGE_MEMBERS = "manage members"
    MANAGE_DEVICES = "manage devices"
    VIEW_AUDIT = "view audit"
    SETTLE_FACTS = "settle facts set aside"


CASHIER_DEEDS = frozenset(
    {
        Permission.SELL,
        Permission.REPRINT,
        Permission.COUNT_DRAWER,
        Permission.SAFE_DROP,
        Permission.COUNT_STOCK,
        Permission.RECEIVE_STOCK,
    }
)
MANAGER_DEEDS = CASHIER_DEEDS | {
    Permission.OPEN_DRAWER,
    Permission.MOVE_CASH,
    Permission.CLOSE_SHIFT_OF_OTHERS,
    Permission.ACCEPT_DIFFERENCE,
    Permission.PRICE_OVERRIDE,
    Permission.VOID,
    Permission.REFUND,
    Permission.REFUND_WITHOUT_RECEIPT,
    Permission.SELL_OFFLINE_LONG,
    Permission.ADJUST_STOCK,
    Permission.VIEW_REPORTS,
    Permission.SETTLE_FACTS,
}
AUDITOR_DEEDS = frozenset({Permission.VIEW_REPORTS, Permission.VIEW_AUDIT})
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.CASHIER: CASHIER_DEEDS,
    Role.MANAGER: MANAGER_DEEDS,
    Role.ADMIN: frozenset(Permission),
    Role.AUDITOR: AUDITOR_DEEDS,
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
