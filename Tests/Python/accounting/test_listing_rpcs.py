"""What happened: charges and journal as lists, as files and as they come."""

import collections
import csv
import io

import pytest
from google.protobuf import json_format
from money import CREDIT
from rpc_coverage import covers
from scene import Scene


@pytest.fixture
def scene(world):
    return Scene(world)


@pytest.fixture
def charged(scene):
    """A scene with four charges, two sessions, two models, two outcomes."""
    scene.models = [scene.put_price(output_micros_per_million=CREDIT).model for _ in range(2)]
    scene.allocate(CREDIT)
    scene.charges = [
        scene.call(
            "DeductCredits",
            usage={"model": scene.models[n % 2], "output_tokens": 10 + n},
            session_id=f"s-{n // 2}",
            outcome="OUTCOME_COMPLETE" if n < 3 else "OUTCOME_CANCELLED",
        ).usage
        for n in range(4)
    ]
    return scene


@covers("ListUsage")
def test_charges_are_listed_by_page_and_by_filter(charged):
    everything = charged.charges
    assert [one.charged_micros for one in everything] == [10, 11, 12, 13]
    answer = charged.call("ListUsage", by=charged.world.auditor)
    assert list(answer.usage) == everything and answer.next_page_token == ""
    assert answer.as_of_seq >= everything[-1].seq
    for filters, places in (
        ({"model": charged.models[0]}, [0, 2]),
        ({"session_id": "s-1"}, [2, 3]),
        ({"outcome": "OUTCOME_CANCELLED"}, [3]),
        ({"from_time": everything[2].charged_at}, [2, 3]),
        ({"to_time": everything[2].charged_at}, [0, 1]),
        ({"model": charged.models[0], "session_id": "s-1"}, [2]),
    ):
        answer = charged.call("ListUsage", **filters)
        assert list(answer.usage) == [everything[place] for place in places], filters
    page = charged.call("ListUsage", page_size=3)
    assert list(page.usage) == everything[:3]
    rest = charged.call("ListUsage", page_size=3, page_token=page.next_page_token)
    assert list(rest.usage) == everything[3:]
    of_all = charged.call("ListUsage", all_accounts=True, session_id="s-1", page_size=1000)
    assert {one.usage_id for one in everything[2:]} <= {one.usage_id for one in of_all.usage}


@covers("ExportUsage")
def test_an_export_holds_the_charges_that_the_list_shows(charged):
    def export(name, **filters):
        parts = list(charged.call("ExportUsage", format=f"EXPORT_FORMAT_{name}", **filters))
        assert len({part.as_of_seq for part in parts}) == 1
        return b"".join(part.data for part in parts), sum(part.records for part in parts)

    data, records = export("JSONL")
    kind = charged.world.client.ledger.UsageRecord
    assert data.endswith(b"\n") and records == 4
    assert [json_format.Parse(line, kind()) for line in data.splitlines()] == charged.charges

    data, records = export("CSV")
    assert records == 4 and data.count(b"\r\n") == 5
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    for row, charge in zip(rows, charged.charges, strict=True):
        assert row["usage_id"] == charge.usage_id and row["account_id"] == charged.account
        assert int(row["charged_micros"]) == charge.charged_micros
        assert int(row["output_tokens"]) == charge.usage.output_tokens
        assert (row["model"], row["session_id"]) == (charge.usage.model, charge.session_id)
        assert int(row["price_version"]) == charge.price_version
        assert row["outcome"] in ("COMPLETE", "CANCELLED")
        assert row["pins"] == f"{charge.pins[0].allocation_id}:{charge.charged_micros}"
        assert row["charged_at"] == charge.charged_at.ToJsonString()
    assert export("JSONL", outcome="OUTCOME_CANCELLED")[1] == 1
    assert export("CSV", session_id="never-used") == (data[: data.index(b"\r\n") + 2], 0)


@covers("ListJournal")
def test_the_journal_tells_each_movement_in_double_entry(scene):
    grant = scene.allocate(1_000)
    hold = scene.hold(600)
    scene.call("SettleHold", hold_id=hold.hold_id, credit_micros=250)
    scene.deduct(100)
    assert scene.reason("OpenHold", credit_micros=10_000)[1] == "INSUFFICIENT_CREDITS"
    entries = scene.call("ListJournal", by=scene.world.auditor).entries
    kinds = type(entries[0]).DESCRIPTOR.fields_by_name["kind"].enum_type.values_by_number
    places = type(entries[0].legs[0]).DESCRIPTOR.fields_by_name["place"].enum_type.values_by_number
    told = []
    for entry in entries:
        moved = collections.Counter()
        for leg in entry.legs:
            moved[places[leg.place].name.removeprefix("PLACE_")] += leg.micros
        told.append((kinds[entry.kind].name.removeprefix("ENTRY_KIND_"), dict(moved)))
    assert told == [
        ("ALLOCATED", {"AVAILABLE": 1_000, "ISSUED": -1_000}),
        ("HOLD_OPENED", {"AVAILABLE": -600, "HELD": 600}),
        ("HOLD_ENDED", {"AVAILABLE": 350, "HELD": -600, "SPENT": 250}),
        ("CHARGED", {"AVAILABLE": -100, "SPENT": 100}),
        ("REFUSED", {}),
    ]
    assert all(sum(leg.micros for leg in entry.legs) == 0 for entry in entries)
    assert [entry.subject_id for entry in entries[:2]] == [grant.allocation_id, hold.hold_id]
    assert {entry.account_id for entry in entries} == {scene.account}
    assert {entry.actor for entry in entries} == {scene.world.admin.account}
    assert all(len(entry.hash) == len(entry.prev_hash) == 32 for entry in entries)
    assert all(entry.key_hash for entry in entries), "each is the last of its command"
    seqs = [entry.seq for entry in entries]
    assert seqs == sorted(set(seqs))
    times = [(entry.time.seconds, entry.time.nanos) for entry in entries]
    assert times == sorted(times)

    only = scene.call("ListJournal", kinds=["ENTRY_KIND_CHARGED", "ENTRY_KIND_REFUSED"]).entries
    assert [entry.seq for entry in only] == seqs[3:]
    page = scene.call("ListJournal", page_size=2)
    rest = scene.call("ListJournal", page_size=2, page_token=page.next_page_token)
    assert [entry.seq for entry in [*page.entries, *rest.entries]] == seqs[:4]
    since = scene.call("ListJournal", from_time=entries[2].time).entries
    assert [entry.seq for entry in since] == seqs[2:]


@covers("ListJournal")
def test_the_journal_of_all_accounts_is_one_hash_chain(scene):
    scene.allocate(1)
    scene.put_price()
    from_seq = scene.call("GetBalance").as_of_seq - 1
    entries, token = [], ""
    while True:
        page = scene.call("ListJournal", all_accounts=True, page_size=1000, page_token=token)
        entries += page.entries
        token = page.next_page_token
        if not token:
            break
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert len(entries) > from_seq
    for one, following in zip(entries, entries[1:]):
        assert following.prev_hash == one.hash, following.seq


@covers("WatchBalance")
def test_a_watcher_is_told_each_change_and_goes_on_where_it_was(scene):
    def shown(change):
        return change.balance.available_micros, change.balance.held_micros

    watch = scene.call("WatchBalance", by=scene.world.service)
    first = next(watch)
    assert (first.seq, shown(first), list(first.events)) == (0, (0, 0), [])
    granted = scene.call("AllocateCredits", credit_micros=1_000)
    change = next(watch)
    assert (change.seq, shown(change)) == (granted.as_of_seq, (1_000, 0))
    assert len(change.events) == 1
    opened = scene.call("OpenHold", credit_micros=300)
    change = next(watch)
    assert (change.seq, shown(change)) == (opened.as_of_seq, (700, 300))
    watch.cancel()

    charge = scene.deduct(50)
    watch = scene.call("WatchBalance", from_seq=opened.as_of_seq)
    change = next(watch)
    assert (change.seq, shown(change)) == (charge.seq, (650, 300))
    watch.cancel()
