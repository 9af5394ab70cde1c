"""Calendars and files: real clients, real servers, and frontd with TLS between them."""

import datetime
import subprocess

import caldav

CALENDARS = """
http {
    server {
        listen 127.0.0.1:@https@ ssl;
        server_name localhost;
        ssl_certificate @cert@;
        ssl_certificate_key @key@;
        location / {
            proxy_pass http://127.0.0.1:@radicale@;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Proto $scheme;
        }
    }
}
"""

EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//frontd//test//EN
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20261122T120000Z
DTSTART:20261201T100000Z
DTEND:20261201T110000Z
SUMMARY:{summary}
END:VEVENT
END:VCALENDAR
"""


def test_a_calendar_is_made_filled_searched_and_emptied(frontd, radicale):
    server = radicale()
    proxy = frontd(CALENDARS, radicale=server.port)
    client = caldav.DAVClient(
        url=f"https://localhost:{proxy.port('https')}/user/",
        username="user",
        password="secret",
        ssl_verify_cert=str(proxy.certificates.authority),
    )
    calendar = client.principal().make_calendar(name="Arbeit und Spaß")
    for number in range(20):
        calendar.save_event(EVENT.format(uid=f"uid-{number}", summary=f"Termin {number} ä"))
    assert len(calendar.events()) == 20
    found = calendar.date_search(datetime.datetime(2026, 12, 1), datetime.datetime(2026, 12, 2))
    assert len(found) == 20
    assert sum("Termin 7 ä" in event.data for event in found) == 1
    found[0].delete()
    assert len(calendar.events()) == 19
    assert len([text for text in server.calendars() if "BEGIN:VEVENT" in text]) == 19


SYNCHRONISED = """[general]
status_path = "{home}/status/"
[pair work]
a = "here"
b = "there"
collections = ["from b"]
[storage here]
type = "filesystem"
path = "{home}/calendars/"
fileext = ".ics"
[storage there]
type = "caldav"
url = "https://localhost:{port}/"
username = "user"
password = "secret"
verify = "{authority}"
"""


def test_vdirsyncer_synchronises_both_ways(frontd, radicale, tmp_path):
    server = radicale()
    proxy = frontd(CALENDARS, radicale=server.port)
    client = caldav.DAVClient(
        url=f"https://localhost:{proxy.port('https')}/user/",
        username="user",
        password="secret",
        ssl_verify_cert=str(proxy.certificates.authority),
    )
    calendar = client.principal().make_calendar(name="work", cal_id="work")
    calendar.save_event(EVENT.format(uid="there", summary="made on the server"))
    settings = SYNCHRONISED.format(
        home=tmp_path, port=proxy.port("https"), authority=proxy.certificates.authority
    )
    (tmp_path / "config").write_text(settings, encoding="utf-8")
    for words in (["discover"], ["sync"]):
        subprocess.run(
            ["vdirsyncer", "-c", str(tmp_path / "config"), *words], input="y\n" * 20, text=True, check=True, timeout=60
        )
    local = tmp_path / "calendars/work"
    assert ["made on the server" in path.read_text() for path in local.glob("*.ics")] == [True]
    (local / "here.ics").write_text(EVENT.format(uid="here", summary="made at home"), encoding="utf-8")
    subprocess.run(["vdirsyncer", "-c", str(tmp_path / "config"), "sync"], check=True, timeout=60)
    assert any("made at home" in text for text in server.calendars())
