"""What a receipt says, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """The fixed words of a receipt in one language; `moment` is how its date is written (strftime)."""

    language: str
    title: str
    tax_code: str
    phone: str
    number: str
    proof: str
    moment: str
    terminal: str
    cashier: str
    subtotal: str
    discount: str
    tax_added: str
    total: str
    rounding: str
    to_pay: str
    tenders: Mapping[str, str]
    tendered: str
    change: str
    reference: str
    tax_contained: str
    tax_net: str
    member: str
    points_earned: str
    voucher: str
    thanks: tuple[str, ...]
    copy: str
    perhaps_copy: str
    perhaps_copy_why: str
    refund_title: str
    void_title: str
    of_sale: str
    no_receipt: str
    approved_by: str
    given_back: str
    reason: str
    signature: str


VIETNAMESE = Wording(
    language="vi",
    title="PHIẾU TÍNH TIỀN",
    tax_code="MST",
    phone="ĐT",
    number="Số phiếu",
    proof="Mã kiểm tra",
    moment="%d/%m/%Y %H:%M",
    terminal="Quầy",
    cashier="Thu ngân",
    subtotal="Tiền hàng",
    discount="Giảm giá",
    tax_added="Thuế GTGT",
    total="TỔNG CỘNG",
    rounding="Làm tròn tiền mặt",
    to_pay="Phải trả",
    tenders={"CASH": "Tiền mặt", "QR_VNPAY": "VNPAY-QR", "QR_MOMO": "MoMo", "QR_VIETQR": "VietQR"},
    tendered="Khách đưa",
    change="Tiền thối lại",
    reference="Mã giao dịch",
    tax_contained="Giá đã gồm thuế GTGT",
    tax_net="trên",
    member="Thành viên",
    points_earned="Điểm được cộng",
    voucher="Phiếu đã dùng",
    thanks=("Cảm ơn quý khách!", "Hẹn gặp lại."),
    copy="BẢN SAO",
    perhaps_copy="BẢN SAO?",
    perhaps_copy_why="Máy in bị ngắt khi đang in; có thể đã có một bản.",
    refund_title="PHIẾU HOÀN TIỀN",
    void_title="PHIẾU HỦY GIAO DỊCH",
    of_sale="Của phiếu",
    no_receipt="không có phiếu",
    approved_by="Người duyệt",
    given_back="HOÀN LẠI",
    reason="Lý do",
    signature="Khách hàng ký tên",
)

ENGLISH = Wording(
    language="en",
    title="RECEIPT",
    tax_code="Tax code",
    phone="Tel.",
    number="Receipt",
    proof="Proof",
    moment="%Y-%m-%d %H:%M",
    terminal="Till",
    cashier="Cashier",
    subtotal="Subtotal",
    discount="Discount",
    tax_added="VAT",
    total="TOTAL",
    rounding="Cash rounding",
    to_pay="To pay",
    tenders={"CASH": "Cash", "QR_VNPAY": "VNPAY-QR", "QR_MOMO": "MoMo", "QR_VIETQR": "VietQR"},
    tendered="Tendered",
    change="Change",
    reference="Reference",
    tax_contained="Prices include VAT",
    tax_net="on",
    member="Member",
    points_earned="Points earned",
    voucher="Voucher used",
    thanks=("Thank you!", "See you again."),
    copy="COPY",
    perhaps_copy="COPY?",
    perhaps_copy_why="The printer was lost while printing; one may exist.",
    refund_title="REFUND",
    void_title="SALE CANCELLED",
    of_sale="Of receipt",
    no_receipt="no receipt",
    approved_by="Approved by",
    given_back="GIVEN BACK",
    reason="Reason",
    signature="Customer's signature",
)

WORDINGS = {"vi": VIETNAMESE, "en": ENGLISH}


def wording_of(language: str) -> Wording:
    """The words of a language (`vi`, `en`, also `en-GB`); Vietnamese for any other."""
    return WORDINGS.get(language.partition("-")[0].lower(), VIETNAMESE)
