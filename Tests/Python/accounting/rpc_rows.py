"""What the contract says about every method of accounting, row by row.

A method without its rows fails test_rpc_coverage.
"""

# Who may call. "self" means that a user may, for the own account.
CALLERS = {
    "AllocateCredits": "admin",
    "AdjustAllocation": "admin",
    "VoidAllocation": "admin",
    "GetBalance": "self admin service auditor",
    "CheckCredits": "self admin service",
    "QuoteUsage": "user admin service auditor",
    "DeductCredits": "service admin",
    "RecordUsage": "service",
    "RefundUsage": "admin",
    "OpenHold": "service admin",
    "ExtendHold": "service admin",
    "SettleHold": "service admin",
    "ReleaseHold": "service admin",
    "ForceRelease": "admin",
    "GetHold": "service admin",
    "ListHolds": "service admin",
    "SetAccountState": "admin",
    "PutPrice": "admin",
    "ListPrices": "admin",
    "SetBudget": "admin",
    "ListBudgets": "admin",
    "SetBalanceAlerts": "admin",
    "GetBalanceAlerts": "self admin auditor",
    "PutWebhook": "admin",
    "DeleteWebhook": "admin",
    "ListWebhooks": "admin",
    "ListDeliveries": "admin",
    "RedeliverEvent": "admin",
    "ListUsage": "self admin auditor",
    "ExportUsage": "self admin auditor",
    "ListJournal": "self admin auditor",
    "WatchBalance": "self admin service",
    "ExplainDecision": "auditor admin",
    "VerifyLedger": "auditor admin",
    "BackupJournal": "admin",
}


def caller_of(world, rpc):
    """Somebody who may call the method about any account."""
    return world.admin if "admin" in CALLERS[rpc].split() else world.service


def _allocation(scene):
    return scene.allocate(1_000).allocation_id


def _hold(scene):
    scene.allocate(1_000)
    return scene.hold(600).hold_id


def _usage(scene):
    scene.allocate(1_000)
    return scene.deduct(400).usage_id


def _after(prepare, **fields):
    """A request that needs nothing of the scene but that something happened there."""

    def make(scene):
        prepare(scene)
        return fields

    return make


def _funded(**fields):
    return _after(_allocation, **fields)


def _item(scene):
    scene.allocate(1_000)
    key = f"item of {scene.account}"
    return {"idempotency_key": key, "account_id": scene.account, "credit_micros": 7}


def _priced(scene):
    return {"model": scene.put_price(output_micros_per_million=5 * 10**6).model, "output_tokens": 9}


RECEIVER = "https://receiver.invalid/hook"


def _webhook(scene):
    """A webhook that rests, the same for all who need one: there may be 16 only."""
    for webhook in scene.call("ListWebhooks").webhooks:
        if webhook.url == RECEIVER:
            return webhook.webhook_id
    return scene.call("PutWebhook", url=RECEIVER, paused=True).webhook.webhook_id


def _event(scene):
    scene.allocate(10)
    return "e" + scene.deduct(11).usage_id[1:]


# A lawful request of each method in a fresh scene, which adds the account and the key.
LAWFUL = {
    "AllocateCredits": lambda scene: {"credit_micros": 5},
    "AdjustAllocation": lambda scene: {"allocation_id": _allocation(scene), "priority": 3},
    "VoidAllocation": lambda scene: {"allocation_id": _allocation(scene)},
    "GetBalance": _funded(),
    "CheckCredits": _funded(credit_micros=900),
    "QuoteUsage": lambda scene: {"usage": _priced(scene)},
    "DeductCredits": _funded(credit_micros=11),
    "RecordUsage": lambda scene: {"items": [_item(scene)]},
    "RefundUsage": lambda scene: {"usage_id": _usage(scene), "amount_micros": 30},
    "OpenHold": _funded(credit_micros=12),
    "ExtendHold": lambda scene: {"hold_id": _hold(scene), "used_micros": 20, "wanted_micros": 90},
    "SettleHold": lambda scene: {"hold_id": _hold(scene), "credit_micros": 40},
    "ReleaseHold": lambda scene: {"hold_id": _hold(scene)},
    "ForceRelease": lambda scene: {"hold_id": _hold(scene)},
    "GetHold": lambda scene: {"hold_id": _hold(scene)},
    "ListHolds": _after(_hold),
    "SetAccountState": lambda scene: {"overdraft_limit_micros": 6},
    "PutPrice": lambda scene: {"price": {"model": scene.account, "output_micros_per_million": 2}},
    "ListPrices": lambda scene: {"model": _priced(scene)["model"]},
    "SetBudget": lambda scene: {"limit_micros": 77},
    "ListBudgets": _funded(),
    "SetBalanceAlerts": lambda scene: {"threshold_micros": [5]},
    "GetBalanceAlerts": _after(lambda scene: scene.call("SetBalanceAlerts", threshold_micros=[4])),
    "PutWebhook": lambda scene: {
        "webhook_id": _webhook(scene),
        "url": RECEIVER,
        "paused": True,
    },
    "DeleteWebhook": lambda scene: {"webhook_id": _webhook(scene)},
    "ListWebhooks": _after(_webhook),
    "ListDeliveries": _after(_webhook),
    "RedeliverEvent": lambda scene: {"event_id": _event(scene), "webhook_id": _webhook(scene)},
    "ListUsage": _after(_usage),
    "ExportUsage": _after(_usage, format="EXPORT_FORMAT_JSONL"),
    "ListJournal": _funded(),
    "WatchBalance": _funded(),
    "ExplainDecision": lambda scene: {"decision_id": _usage(scene)},
    "VerifyLedger": _after(_usage, from_seq=1, to_seq=2),
    "BackupJournal": _after(_usage),
}

# Another lawful body for the same key: refused before the state is looked at.
OTHER_BODY = {
    "AllocateCredits": {"credit_micros": 6},
    "AdjustAllocation": {"allocation_id": "a999999999"},
    "VoidAllocation": {"allocation_id": "a999999999"},
    "DeductCredits": {"account_id": "never-credited"},
    "RefundUsage": {"usage_id": "u999999999"},
    "OpenHold": {"account_id": "never-credited"},
    "ExtendHold": {"hold_id": "h999999999"},
    "SettleHold": {"hold_id": "h999999999"},
    "ReleaseHold": {"hold_id": "h999999999"},
    "ForceRelease": {"hold_id": "h999999999"},
    "SetAccountState": {"overdraft_limit_micros": 8},
    "PutPrice": {"price": {"model": "other", "output_micros_per_million": 3}},
    "SetBudget": {"budget_id": "b999999999"},
    "SetBalanceAlerts": {"threshold_micros": [6]},
    "PutWebhook": {"webhook_id": "w999999999"},
    "DeleteWebhook": {"webhook_id": "w999999999"},
    "RedeliverEvent": {"webhook_id": "w999999999"},
}

KEY = [
    ({"idempotency_key": ""}, "idempotency_key"),
    ({"idempotency_key": "k" * 129}, "idempotency_key"),
]
ACCOUNT = [({"account_id": ""}, "account_id"), ({"account_id": "a" * 65}, "account_id")]
NAMED_ACCOUNT = [({"account_id": "with blank"}, "account_id")]
HOLD = [
    ({"hold_id": ""}, "hold_id"),
    ({"hold_id": "u1"}, "hold_id"),
    ({"hold_id": "h01"}, "hold_id"),
]
ALLOCATION = [({"allocation_id": ""}, "allocation_id"), ({"allocation_id": "h1"}, "allocation_id")]
REASON = [({"reason": "r" * 257}, "reason")]
PAGE = [
    ({"page_size": -1}, "page_size"),
    ({"page_size": 1001}, "page_size"),
    ({"page_token": "forged"}, "page_token"),
    ({"page_token": "01" + "0" * 48}, "page_token"),
]
RANGE = [
    ({"from_time": {"nanos": -1}}, "from_time"),
    ({"to_time": {"seconds": 253_402_300_800}}, "to_time"),
    ({"from_time": {"seconds": 5}, "to_time": {"seconds": 5}}, "to_time"),
]
NO_AMOUNT = [({"credit_micros": None}, "amount")]
USAGE = [
    ({"credit_micros": None, "usage": {"output_tokens": 1}}, "usage.model"),
    ({"credit_micros": None, "usage": {"model": "m"}}, "usage"),
    ({"credit_micros": None, "usage": {"model": "m", "input_tokens": -1}}, "usage.input_tokens"),
]
USAGE_FILTERS = [
    ({"model": "m m"}, "model"),
    ({"session_id": "s s"}, "session_id"),
    ({"outcome": 99}, "outcome"),
]

ITEM = {"idempotency_key": "the key of an item", "account_id": "somebody", "credit_micros": 1}

# Changes of the lawful request (None leaves the field out), and the field that is then named.
WRONG_FIELDS = {
    "AllocateCredits": [
        *KEY,
        *ACCOUNT,
        *NO_AMOUNT,
        ({"priority": 256}, "priority"),
        ({"class": 99}, "class"),
        ({"effective_at": {"nanos": 10**9}}, "effective_at"),
        ({"expires_at": {"seconds": 1}}, "expires_at"),
        ({"models": ["m"] * 33}, "models"),
        ({"notes": "n" * 1025}, "notes"),
    ],
    "AdjustAllocation": [
        *KEY,
        *ALLOCATION,
        *REASON,
        ({"priority": -1}, "priority"),
        ({"never_expires": False}, "never_expires"),
        ({"expires_at": {"seconds": 1}}, "expires_at"),
        ({"priority": None}, "expiry"),
    ],
    "VoidAllocation": [*KEY, *ALLOCATION, *REASON],
    "GetBalance": [
        *NAMED_ACCOUNT,
        ({"at_time": {"nanos": -1}}, "at_time"),
        ({"at_time": {"seconds": 10**11}}, "at_time"),
    ],
    "CheckCredits": [
        *NAMED_ACCOUNT,
        *NO_AMOUNT,
        *USAGE,
        ({"session_id": "s s"}, "session_id"),
        ({"credit_micros": 0}, "credit_micros"),
    ],
    "QuoteUsage": [
        ({"usage": None}, "usage"),
        ({"usage": {"model": "m", "reasoning_tokens": 10**12 + 1}}, "usage.reasoning_tokens"),
        ({"at_time": {"seconds": -62_135_596_801}}, "at_time"),
    ],
    "DeductCredits": [
        *KEY,
        *ACCOUNT,
        *NO_AMOUNT,
        *USAGE,
        ({"over_policy": 99}, "over_policy"),
        ({"outcome": 99}, "outcome"),
        ({"event_time": {"seconds": 1}}, "event_time"),
        ({"session_id": "s s"}, "session_id"),
        ({"request_id": "r" * 65}, "request_id"),
    ],
    "RecordUsage": [({"items": None}, "items"), ({"items": [ITEM] * 1001}, "items")],
    "RefundUsage": [
        *KEY,
        *REASON,
        ({"usage_id": ""}, "usage_id"),
        ({"usage_id": "h1"}, "usage_id"),
        ({"amount_micros": 0}, "amount_micros"),
        ({"amount_micros": 10**15 + 1}, "amount_micros"),
    ],
    "OpenHold": [
        *KEY,
        *ACCOUNT,
        *NO_AMOUNT,
        *USAGE,
        ({"min_micros": 0}, "min_micros"),
        ({"min_micros": 13}, "min_micros"),
        ({"ttl": {"seconds": 4}}, "ttl"),
        ({"ttl": {"seconds": 901}}, "ttl"),
        ({"slice_tokens": 5}, "slice_tokens"),
        ({"session_id": "s s"}, "session_id"),
    ],
    "ExtendHold": [
        *KEY,
        *HOLD,
        ({"used_micros": None, "wanted_micros": None}, "used"),
        ({"used_micros": -1}, "used_micros"),
        ({"wanted_micros": -1}, "wanted_micros"),
        ({"wanted_tokens": 1}, "wanted_tokens"),
        ({"ttl": {"seconds": 1}}, "ttl"),
        (
            {"used_micros": None, "wanted_micros": None, "used_tokens": {"output_tokens": 1}},
            "used_tokens.model",
        ),
    ],
    "SettleHold": [
        *KEY,
        *HOLD,
        *NO_AMOUNT,
        ({"credit_micros": -1}, "credit_micros"),
        ({"over_policy": 99}, "over_policy"),
        ({"outcome": 99}, "outcome"),
        ({"request_id": "r r"}, "request_id"),
        ({"credit_micros": None, "usage": {"model": "m", "output_tokens": 1}}, "usage.model"),
    ],
    "ReleaseHold": [*KEY, *HOLD, *REASON],
    "ForceRelease": [*KEY, *HOLD, *REASON],
    "GetHold": [*HOLD],
    "ListHolds": [
        *NAMED_ACCOUNT,
        *PAGE,
        ({"state": 99}, "state"),
        ({"session_id": "s s"}, "session_id"),
    ],
    "SetAccountState": [
        *KEY,
        *ACCOUNT,
        ({"state": 99}, "state"),
        ({"overdraft_limit_micros": -1}, "overdraft_limit_micros"),
        ({"overdraft_limit_micros": 10**15 + 1}, "overdraft_limit_micros"),
    ],
    "PutPrice": [
        *KEY,
        ({"price": None}, "price"),
        ({"price": {}}, "price.model"),
        ({"price": {"model": "m", "version": 1}}, "price.version"),
        ({"price": {"model": "m", "minimum_micros": -1}}, "price.minimum_micros"),
        ({"price": {"model": "m", "effective_from": {"nanos": -1}}}, "price.effective_from"),
    ],
    "ListPrices": [*PAGE, ({"model": "m m"}, "model")],
    "SetBudget": [
        *KEY,
        *ACCOUNT,
        ({"limit_micros": None}, "limit_micros"),
        ({"limit_micros": -1}, "limit_micros"),
        ({"budget_id": "u1"}, "budget_id"),
        ({"model": "m m"}, "model"),
        ({"session_id": "s s"}, "session_id"),
        ({"rolling": {"seconds": 59}}, "rolling"),
        ({"calendar": {}}, "calendar.period"),
        ({"calendar": {"period": 2, "zone": "Nowhere/Atall"}}, "calendar.zone"),
        ({"mode": 99}, "mode"),
    ],
    "ListBudgets": [*ACCOUNT],
    "SetBalanceAlerts": [
        *KEY,
        *ACCOUNT,
        ({"threshold_micros": [-1]}, "threshold_micros"),
        ({"threshold_micros": [10**15 + 1]}, "threshold_micros"),
        ({"threshold_micros": [7, 7]}, "threshold_micros"),
        ({"threshold_micros": [*range(9)]}, "threshold_micros"),
        ({"expiry_leads": [{"seconds": 59}]}, "expiry_leads"),
        ({"expiry_leads": [{"seconds": 60, "nanos": 1}]}, "expiry_leads"),
        ({"expiry_leads": [{"seconds": 60 + n} for n in range(5)]}, "expiry_leads"),
    ],
    "GetBalanceAlerts": [*NAMED_ACCOUNT],
    "PutWebhook": [
        *KEY,
        ({"webhook_id": "w w"}, "webhook_id"),
        ({"url": None}, "url"),
        ({"url": "http://receiver.invalid/"}, "url"),
        ({"url": "https://user@receiver.invalid/"}, "url"),
        ({"url": "https://receiver.invalid/" + "a" * 2048}, "url"),
        ({"kinds": [0]}, "kinds"),
        ({"kinds": [99]}, "kinds"),
        ({"kinds": [1, 1]}, "kinds"),
    ],
    "DeleteWebhook": [*KEY, ({"webhook_id": ""}, "webhook_id")],
    "ListWebhooks": [],
    "ListDeliveries": [
        *NAMED_ACCOUNT,
        *PAGE,
        ({"webhook_id": "w w"}, "webhook_id"),
        ({"state": 99}, "state"),
    ],
    "RedeliverEvent": [
        *KEY,
        ({"event_id": ""}, "event_id"),
        ({"event_id": "u1"}, "event_id"),
        ({"webhook_id": ""}, "webhook_id"),
    ],
    "ListUsage": [
        *NAMED_ACCOUNT,
        *PAGE,
        *RANGE,
        *USAGE_FILTERS,
        ({"all_accounts": True}, "all_accounts"),
    ],
    "ExportUsage": [
        *NAMED_ACCOUNT,
        *RANGE,
        *USAGE_FILTERS,
        ({"format": None}, "format"),
        ({"format": 99}, "format"),
    ],
    "ListJournal": [*NAMED_ACCOUNT, *PAGE, *RANGE, ({"kinds": [99]}, "kinds")],
    "WatchBalance": [
        *NAMED_ACCOUNT,
        ({"from_seq": -1}, "from_seq"),
        ({"from_seq": 10**12}, "from_seq"),
    ],
    "ExplainDecision": [
        ({"decision_id": None}, "decision_id"),
        ({"decision_id": "0"}, "decision_id"),
        ({"decision_id": "x1"}, "decision_id"),
    ],
    "VerifyLedger": [
        ({"from_seq": -1}, "from_seq"),
        ({"to_seq": -1}, "to_seq"),
        ({"to_seq": 10**12}, "to_seq"),
        ({"from_seq": 3, "to_seq": 2}, "from_seq"),
    ],
    "BackupJournal": [],
}

# Ids that were never given out.
UNKNOWN_IDS = [
    *(
        (rpc, {"hold_id": "h999999999"}, "HOLD_NOT_FOUND")
        for rpc in ("ExtendHold", "SettleHold", "ReleaseHold", "ForceRelease", "GetHold")
    ),
    *(
        (rpc, {"allocation_id": "a999999999"}, "ALLOCATION_NOT_FOUND")
        for rpc in ("AdjustAllocation", "VoidAllocation")
    ),
    ("RefundUsage", {"usage_id": "u999999999"}, "USAGE_NOT_FOUND"),
    ("SetBudget", {"budget_id": "b999999999"}, "BUDGET_NOT_FOUND"),
    *(
        (rpc, {"webhook_id": "w999999999"}, "WEBHOOK_NOT_FOUND")
        for rpc in ("PutWebhook", "DeleteWebhook", "RedeliverEvent")
    ),
    ("RedeliverEvent", {"event_id": "e999999999"}, "EVENT_NOT_FOUND"),
    ("ExplainDecision", {"decision_id": "999999999"}, "NO_DECISION"),
    ("QuoteUsage", {"usage": {"model": "never-priced", "output_tokens": 1}}, "UNKNOWN_MODEL"),
]
