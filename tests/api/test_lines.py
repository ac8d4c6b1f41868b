from tests.api.world import World


async def test_x(world: World) -> None:
    await world.line()
    await world.get("/v1/lines/1")
    await world.client.get("/v1/nothing")
    await world.client.request("BREW", "/v1/lines")
    print((await world.client.get("/metrics")).text[:1200])
    for path, m, kw in [
        ("/v1/nothing", "GET", {}),
        ("/v1/lines", "POST", {}),
        ("/v1/lines/0", "GET", {}),
        ("/v1/lines?limit=1000", "GET", {}),
        ("/v1/lines?cursor=zzz", "GET", {}),
        ("/v1/offers", "POST", {"content": b"{"}),
        ("/v1/offers", "POST", {"content": b"{", "headers": {"content-type": "application/json"}}),
        ("/v1/offers", "POST", {"content": b"[]" * 40000, "headers": {"content-type": "application/json"}}),
        ("/v1/offers", "POST", {"json": {"chain_id": "x"}}),
        (
            "/v1/offers",
            "POST",
            {"content": b'{"chain_id":' + b"1" * 5000 + b"}", "headers": {"content-type": "application/json"}},
        ),
        ("/v1/offers", "POST", {"content": b'{"chain_id":NaN}', "headers": {"content-type": "application/json"}}),
        ("/v1/offers", "POST", {"content": b"\xff\xfe", "headers": {"content-type": "application/json"}}),
        ("/v1/events?kind=%00", "GET", {}),
        ("/v1/lines/", "GET", {}),
        ("/v1/offers", "POST", {"content": b"[" * 30000, "headers": {"content-type": "application/json"}}),
    ]:
        r = await world.client.request(m, path, **kw)
        print(m, path, r.status_code, r.headers.get("content-type"), r.headers.get("allow"), r.text[:400])
