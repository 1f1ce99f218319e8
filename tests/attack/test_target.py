"""The attacks have a working system as their target; otherwise a refusal would prove nothing."""

from tests.attack.target import Target


async def test_an_evening_can_be_announced_and_asked_for(target: Target) -> None:
    host, _ = await target.person("host")
    guest, _ = await target.person("guest")
    announced = await target.evening(host)
    assert announced.status == 201
    asked = await target.send("POST", f"/api/v1/booking/{announced.json['id']}", guest)
    assert asked.status == 201
