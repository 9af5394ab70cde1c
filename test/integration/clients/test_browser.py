"""Chromium through frontd, over HTTP/1.1 and over HTTP/2."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

SITE = """
http {
    types { text/html html; text/css css; application/javascript js; image/svg+xml svg; }
    server {
        listen 127.0.0.1:@https@ ssl;
        http2 @http2@;
        server_name localhost;
        ssl_certificate @cert@;
        ssl_certificate_key @key@;
        root site;
        location /socket {
            proxy_pass http://127.0.0.1:@socket@;
        }
    }
}
"""

RESOURCES = 50


both = pytest.mark.parametrize("http2, protocol", [("off", "http/1.1"), ("on", "h2")])


def start_site(made, **values):
    proxy = made(SITE, **values)
    images = "".join(f'<img src="image{number}.svg" alt="">' for number in range(RESOURCES))
    proxy.file("site/index.html", f"<!doctype html><title>fifty</title><link rel=icon href=data:,>{images}")
    for number in range(RESOURCES):
        proxy.file(
            f"site/image{number}.svg",
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{number + 1}" height="9"><!--{"x" * 40 * number}--></svg>',
        )
    return proxy.start()


@both
def test_a_page_with_fifty_resources(frontd_files, browser, http2, protocol):
    proxy = start_site(frontd_files, socket=9, http2=http2)
    browser.get(f"https://localhost:{proxy.port('https')}/")
    widths = browser.execute_script("return Array.from(document.images).map(image => image.naturalWidth)")
    assert widths == list(range(1, RESOURCES + 1))
    protocols = browser.execute_script("return performance.getEntriesByType('resource').map(e => e.nextHopProtocol)")
    assert protocols == [protocol] * RESOURCES


ECHO = """
const done = arguments[0];
const socket = new WebSocket(`wss://${location.host}/socket`);
const answers = [];
socket.onopen = () => { for (let i = 0; i < 100; i++) socket.send("message " + i + "x".repeat(i * 100)); };
socket.onmessage = event => { answers.push(event.data.length); if (answers.length == 100) socket.close(); };
socket.onclose = event => done([event.wasClean, answers]);
"""


@both
def test_a_websocket_echoes(frontd_files, browser, websocket_echo, http2, protocol):
    del protocol
    proxy = start_site(frontd_files, socket=websocket_echo().port, http2=http2)
    browser.get(f"https://localhost:{proxy.port('https')}/")
    browser.set_script_timeout(30)
    was_clean, lengths = browser.execute_async_script(ECHO)
    assert was_clean
    assert lengths == [len(f"message {number}") + 100 * number for number in range(100)]


WEBMAIL = """
http {
    server {
        listen 127.0.0.1:@https@ ssl;
        http2 @http2@;
        server_name localhost;
        ssl_certificate @cert@;
        ssl_certificate_key @key@;
        location / {
            proxy_pass http://127.0.0.1:@webmail@;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Proto $scheme;
        }
    }
}
"""

MAIL = """From: Ada <ada@example.org>
To: user@example.test
Subject: Read through the edge
Date: Sun, 22 Nov 2026 12:00:00 +0000
Message-ID: <1@example.org>

The text of the mail.
"""


@both
def test_somebody_reads_mail_in_a_webmail(frontd, browser, dovecot, roundcube, http2, protocol):
    mailboxes = dovecot()
    mailboxes.deliver("1.mail", MAIL)
    proxy = frontd(WEBMAIL, webmail=roundcube(mailboxes.port).port, http2=http2)
    browser.get(f"https://localhost:{proxy.port('https')}/")
    assert browser.execute_script("return performance.getEntriesByType('navigation')[0].nextHopProtocol") == protocol
    wait = WebDriverWait(browser, 60)
    browser.find_element(By.ID, "rcmloginuser").send_keys("user")
    browser.find_element(By.ID, "rcmloginpwd").send_keys("secret")
    browser.find_element(By.ID, "rcmloginsubmit").click()
    wait.until(lambda page: "Inbox" in page.title)  # not its list: the webmail may draw that twice, then empty
    browser.get(f"https://localhost:{proxy.port('https')}/?_task=mail&_mbox=INBOX&_uid=1&_action=show")
    assert "Read through the edge" in wait.until(lambda page: page.find_element(By.CSS_SELECTOR, "h2.subject")).text
    assert "The text of the mail." in wait.until(lambda page: page.find_element(By.ID, "messagebody")).text
