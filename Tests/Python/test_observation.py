"""What Farebox tells about the calls that it makes itself."""

import pytest
from conftest import ADMIN, USER, data_with_users, log_in
from farebox_client import FareboxClient
from farebox_process import FareboxProcess, free_addresses


@pytest.mark.parametrize(("level", "told"), [("debug", True), ("info", False)])
def test_chat_logs_its_calls_of_accounting_at_debug(farebox_binary, tmp_path, level, told):
    data = data_with_users(tmp_path)
    environment = {"FAREBOX_LOG_LEVEL": level}
    with FareboxProcess(farebox_binary, data, free_addresses(), environment=environment) as server:
        client = FareboxClient(server.addresses)
        admin = log_in(client, *ADMIN)
        client.price_models(admin.token)
        user = log_in(client, *USER)
        client.allocate(admin.token, user.account, credits=1000)
        client.converse(user.token)
        client.close()
        server.terminate()
        lines = [line for line in server.log().splitlines() if "client call" in line]
    assert bool(lines) == told
    for line in lines:
        assert "rpc.method=farebox.accounting.v1.AccountingService/" in line
        assert user.token not in line
