"""Real programs on both sides of frontd.

radicale(), webdav(), dovecot(), roundcube(imap_port), websocket_echo()   servers (support/servers.py)
browser                                                         Chromium, driven by Selenium"""

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from support import servers
from support.factory import starts


@pytest.fixture
def _servers():
    started = []
    yield lambda kind: starts(kind, started, servers.Server.start)
    for server in reversed(started):
        server.close()


@pytest.fixture
def radicale(_servers):
    return _servers(servers.Radicale)


@pytest.fixture
def webdav(_servers):
    return _servers(servers.WebDav)


@pytest.fixture
def dovecot(_servers):
    return _servers(servers.Dovecot)


@pytest.fixture
def roundcube(_servers):
    return _servers(servers.Roundcube)


@pytest.fixture
def websocket_echo(_servers):
    return _servers(servers.WebSocketEcho)


@pytest.fixture
def browser(frontd_files, tmp_path):
    """frontd_files is asked for so that the browser is gone before frontd ends."""
    del frontd_files
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    options.accept_insecure_certs = True
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", f"--user-data-dir={tmp_path}/profile"):
        options.add_argument(word)
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.set_page_load_timeout(60)
    yield driver
    driver.quit()
