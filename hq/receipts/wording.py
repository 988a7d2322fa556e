"""What a receipt on the phone says, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "title": "Phiếu tính tiền",
        "number": "Số phiếu",
        "proof": "Mã kiểm tra",
        "discount": "Giảm giá",
        "total": "Tổng cộng",
        "rounding": "Làm tròn tiền mặt",
        "tendered": "Khách đưa",
        "change": "Tiền thối lại",
        "contained": "Giá đã gồm thuế GTGT",
        "added": "Thuế GTGT",
        "tax-code": "MST",
        "phone": "ĐT",
        "void": "Giao dịch này đã được hủy",
        "given-back": "Đã hoàn lại",
        "thanks": "Cảm ơn quý khách!",
        "coming": "Phiếu của bạn đang trên đường tới",
        "coming-hint": "Cửa hàng chưa gửi xong. Trang này tự mở lại sau vài giây; bạn có thể xem lại sau.",
        "unknown": "Không có phiếu này",
        "unknown-hint": "Hãy quét lại mã trên phiếu hoặc hỏi cửa hàng.",
        "CASH": "Tiền mặt",
        "QR_VNPAY": "VNPAY-QR",
        "QR_MOMO": "MoMo",
        "QR_VIETQR": "VietQR",
        "other": "English",
    },
    "en": {
        "title": "Receipt",
        "number": "Receipt",
        "proof": "Proof",
        "discount": "Discount",
        "total": "Total",
        "rounding": "Cash rounding",
        "tendered": "Tendered",
        "change": "Change",
        "contained": "Prices include VAT",
        "added": "VAT",
        "tax-code": "Tax code",
        "phone": "Tel.",
        "void": "This sale was cancelled",
        "given-back": "Given back",
        "thanks": "Thank you!",
        "coming": "Your receipt is on its way",
        "coming-hint": "The store has not sent it yet. This page looks again in a few seconds.",
        "unknown": "There is no such receipt",
        "unknown-hint": "Scan the code again, or ask the store.",
        "CASH": "Cash",
        "QR_VNPAY": "VNPAY-QR",
        "QR_MOMO": "MoMo",
        "QR_VIETQR": "VietQR",
        "other": "Tiếng Việt",
    },
}

OTHER = {"vi": "en", "en": "vi"}


def language_of(wanted: str | None, accept_language: str) -> str:
    """The language asked for, else the first of ours that the phone prefers, else Vietnamese."""
    if wanted in WORDS:
        return str(wanted)
    for part in accept_language.split(","):
        language = part.partition(";")[0].strip().partition("-")[0].lower()
        if language in WORDS:
            return language
    return "vi"
