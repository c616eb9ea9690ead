"""Everybody who keeps a ledger during the benchmark: started when first wanted."""

import shutil

import ledger_parts
from background import BesideMutations
from farebox_server import FareboxServer
from history import Histories, HistoryLoad
from ledger_files import AccountMemory, DiskProbe, DiskUse, InProcessLoad, ServerMemory
from ledger_load import FareboxLoad
from load import ServerLoad
from pgbench import PostgresLoad
from postgres import Cluster

_SCRIPTS = {"postgres": "lifecycle.sql", "postgres-functions": "lifecycle_by_function.sql"}


class LedgerLineup:
    """Starts servers on files below `scratch`. `echoes` lends the one for CheckCredits."""

    def __init__(self, arguments, scratch, echoes):
        self.arguments = arguments
        self.scratch = scratch
        self.echoes = echoes
        self.histories = Histories(arguments, scratch)
        self._farebox = None
        self._cluster = None

    def runner(self, part, name):
        """Who runs under this name in this part."""
        match part.name:
            case "ledger" | "hot":
                return self._lifecycles(part, name)
            case "paced":
                return self._farebox_load(name, rate=ledger_parts.PACED_RATE)
            case "rates":
                return self._farebox_load(name, rate=ledger_parts.number_in(name))
            case "in-process":
                if name == "disk":
                    return DiskProbe(name, self.scratch)
                return InProcessLoad(name, self.arguments, self.scratch)
            case "checks":
                return self._checks(name)
            case "history":
                return HistoryLoad(name, self.histories, ledger_parts.number_in(name))
            case "disk":
                return DiskUse(name, self.histories)
            case "memory":
                if name == "farebox serve":
                    return ServerMemory(name, self.arguments, self.scratch)
                return AccountMemory(name, self.histories, ledger_parts.number_in(name))
        raise ValueError(f"no part {part.name} of the ledger")

    def stop(self):
        """Stops the servers and removes their files; the next part starts anew."""
        if self._farebox:
            self._farebox.stop()
            shutil.rmtree(self._farebox.data)
            self._farebox = None
        if self._cluster:
            self._cluster.stop()
            self._cluster = None

    def _lifecycles(self, part, name):
        is_hot = part.name == "hot"
        accounts = 1 if is_hot else ledger_parts.MANY_ACCOUNTS
        units = 2 if is_hot else 1
        if name == "farebox":
            return self._farebox_load(name, accounts=accounts, units_per_lifecycle=units)
        if self._cluster is None:
            self._cluster = Cluster(self.scratch, self.arguments.server_core)
            self._cluster.start()
            self._cluster.run_sql("accounts.sql", accounts=ledger_parts.MANY_ACCOUNTS)
        return PostgresLoad(name, self._cluster, _SCRIPTS[name], accounts, units)

    def _farebox_load(self, name, accounts=ledger_parts.MANY_ACCOUNTS, **shape):
        if self._farebox is None:
            data = self.scratch / "farebox"
            farebox = FareboxServer(self.arguments.farebox, data, self.arguments.server_core)
            self._farebox = farebox.prepare()
            farebox.start()
        return FareboxLoad(name, self.arguments.ledger_load, self._farebox, accounts, **shape)

    def _checks(self, name):
        farebox, server = self.echoes.check_credits()
        alone = ServerLoad("alone", server)
        if name == "alone":
            return alone
        return BesideMutations(
            name, alone, self.arguments.ledger_load, farebox, ledger_parts.BACKGROUND_RATE
        )
