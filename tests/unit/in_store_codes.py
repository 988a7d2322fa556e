"""How nine countries print weight, price and count into in-store codes, said as settings of ours."""

from __future__ import annotations

BALTIC = ("23IIIIIIWWWWC/3", "24IIIIIIWWWWC/2", "25IIIIIIWWWWC/1")
NORDIC = ("20IIIIIIPPPPC/2", "21IIIIIIPPPPC/1", "22IIIIIIPPPPC/0")
COUNTRIES = {
    "ESTONIA": BALTIC,
    "LATVIA": BALTIC,
    "LITHUANIA": BALTIC,
    "FINLAND": BALTIC,
    "NORWAY": (*NORDIC, *BALTIC),
    "SWEDEN": (*NORDIC, *BALTIC),
    "DENMARK": (
        *(f"{prefix}IIIIPPPPPPC/2" for prefix in (21, 22, 23, 24)),
        "26IIIIWWWWWWC/3",
        "27IIIIIWWWWWC/3",
        "28IIIIWWWWWWC/3",
    ),
    "GERMANY": (
        "22IIIIVPPPPPC/2",
        "23IIIIVPPPPPC/2",
        "25IIIIVNNNNNC",
        "26IIIIVNNNNNC",
        "28IIIIVWWWWWC/3",
        "29IIIIVWWWWWC/3",
    ),
    "GREAT_BRITAIN": ("20IIIIIVPPPPC/2",),
}
