"""The customer display in every state."""

from __future__ import annotations

from terminal.wording import Language
from tests.screens.scenes import (
    Scene,
    cash_in_part,
    cash_rounded,
    checkout_all_kinds,
    checkout_promotions,
    qr_failed,
    qr_for_the_rest,
    qr_pending,
    qr_unknown,
    receipt_cash,
    receipt_member,
    receipt_promotions,
)
from tests.screens.stage import Stage, codes


def customer_idle(stage: Stage, language: Language) -> None:
    stage.open_customer_display()


def customer_idle_breakfast(stage: Stage, language: Language) -> None:
    stage.open_customer_display().idle.next_picture()


def customer_idle_fresh(stage: Stage, language: Language) -> None:
    customer_idle_breakfast(stage, language)
    stage.customer.idle.next_picture()


def seen_by_the_customer(scene: Scene) -> Scene:
    """The same scene from the other side of the counter."""

    def played(stage: Stage, language: Language) -> None:
        stage.open_customer_display()
        scene(stage, language)

    return played


def one_line(stage: Stage, language: Language) -> None:
    stage.sign_in(language=language)
    stage.scan(codes(1)[0])


def many_lines(stage: Stage, language: Language) -> None:
    stage.sign_in(language=language)
    stage.scan(*codes(30))


SCENES: dict[str, Scene] = {
    "customer-idle": customer_idle,
    "customer-idle-breakfast": customer_idle_breakfast,
    "customer-idle-fresh": customer_idle_fresh,
    "customer-one-line": seen_by_the_customer(one_line),
    "customer-many-lines": seen_by_the_customer(many_lines),
    "customer-promotions": seen_by_the_customer(checkout_promotions),
    "customer-all-kinds": seen_by_the_customer(checkout_all_kinds),
    "customer-to-pay": seen_by_the_customer(cash_rounded),
    "customer-paid-in-part": seen_by_the_customer(cash_in_part),
    "customer-qr": seen_by_the_customer(qr_pending),
    "customer-qr-for-the-rest": seen_by_the_customer(qr_for_the_rest),
    "customer-qr-unknown": seen_by_the_customer(qr_unknown),
    "customer-qr-failed": seen_by_the_customer(qr_failed),
    "customer-thanks": seen_by_the_customer(receipt_cash),
    "customer-thanks-no-change": seen_by_the_customer(receipt_member),
    "customer-thanks-saved": seen_by_the_customer(receipt_promotions),
}
