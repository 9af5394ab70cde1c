"""What frontd says to whoever starts it: exit statuses, -t, -T, -q, -v, called as nginx."""

import os
import subprocess

import pytest
from support.frontd import binary

SITE = "http { server { listen 127.0.0.1:@http@; server_name localhost; return 204; } }"

BROKEN = """
http { server { lissten 127.0.0.1:@http@; } }
worker_processes many;
"""


def files_below(home):
    return sorted(str(path.relative_to(home)) for path in home.rglob("*"))


def test_a_good_configuration_is_described_and_nothing_is_touched(frontd_files):
    instance = frontd_files(SITE)
    before = files_below(instance.home)
    result = instance.command("-t")
    assert result.returncode == 0
    assert result.stdout.startswith("ok  1 listener")
    assert f"{instance.port('http')} http" in result.stdout
    assert "nothing to complain about" in result.stdout
    assert files_below(instance.home) == before


def test_the_picture_tells_tls_ports_from_others(frontd_files):
    text = """
    http { server { listen 8080; listen 127.0.0.1:8080; listen 8443 ssl; ssl_certificate @cert@; ssl_certificate_key @key@; } }
    mail {
        ssl_certificate @cert@;
        ssl_certificate_key @key@;
        proxy_pass 127.0.0.1:25;
        server { listen 8025; }
        server { listen 8465 ssl; }
    }
    """
    result = frontd_files(text).command("-t")
    assert result.stdout.startswith("ok  5 listeners   8080 http · 8443 https · 8025 smtp · 8465 smtps\n")


def test_more_addresses_than_a_worker_takes_are_an_error(frontd_files):
    def listens(count):
        return "".join(f"listen 127.0.{i // 200}.{i % 200 + 1}:8080;\n" for i in range(count))

    assert frontd_files("http { server {\n" + listens(4096) + "} }").command("-t").returncode == 0
    instance = frontd_files("http { server {\n" + listens(4100) + "} }")
    result = instance.command("-t", check=False)
    assert result.returncode == 1
    assert "error: more than 4096 addresses to listen on" in result.stderr
    assert f"{instance.config_path}:4098:8" in result.stderr
    wildcard = frontd_files("http { server {\nlisten 8080;" + listens(4100) + "} }")
    assert wildcard.command("-t").returncode == 0


def test_more_logs_than_a_worker_takes_are_an_error(frontd_files):
    servers = "".join(f"server {{ listen 8080; server_name s{i}; access_log logs/{i}.log; }}\n" for i in range(4096))
    result = frontd_files("http {\n" + servers + "}").command("-t", check=False)
    assert result.returncode == 1
    assert "error: 4097 log files are more than the 4096 that can be open" in result.stderr


@pytest.mark.parametrize("words", [("-t", "-q"), ("-tq",), ("-qt",)])
def test_quiet_says_nothing_when_all_is_well(frontd_files, words):
    result = frontd_files(SITE).command(*words)
    assert (result.stdout, result.stderr) == ("", "")


def test_all_errors_come_in_one_run(frontd_files):
    instance = frontd_files(BROKEN)
    result = instance.command("-t", "-q", check=False)
    assert result.returncode == 1
    assert f"{instance.config_path}:2:17" in result.stderr
    assert "did you mean `listen`?" in result.stderr
    assert "worker_processes" in result.stderr
    assert "2 errors" in result.stderr


def test_one_mistake_hides_no_other(frontd_files):
    """A word that is unknown or not supported leaves the checks of the other blocks alone."""
    text = """
    user no-such-user-here;
    worker_proceses 2;
    http {
        proxy_cache zone;
        server { listen 127.0.0.1:@http@; server_name a; root /nonexistent/root; }
        server { listen 127.0.0.1:@http@; server_name a; sub_filter a b; }
        server { listen 127.0.0.1:@tls@ ssl; }
    }
    mail { server { listen 127.0.0.1:@smtp@; } }
    """
    result = frontd_files(text).command("-t", check=False)
    assert result.returncode == 1
    wanted = ["`worker_proceses`", "`proxy_cache` is not supported", "`sub_filter` is not supported", "/nonexistent/root does not exist",
              "two servers are called `a`", "without a certificate", "has no backend"]
    if os.geteuid() == 0:
        wanted.append("there is no user `no-such-user-here`")
    for words in wanted:
        assert words in result.stderr


def test_t_does_not_mind_that_frontd_runs(frontd):
    instance = frontd(SITE)
    assert instance.command("-t").returncode == 0


def test_dump_prints_the_configuration(frontd_files):
    instance = frontd_files(SITE)
    result = instance.command("-T")
    assert f"# configuration file {instance.config_path}:" in result.stdout
    assert instance.config_path.read_text() in result.stdout


def test_called_as_nginx_it_ends_like_nginx(frontd_files, tmp_path):
    instance = frontd_files(SITE)
    link = tmp_path / "nginx"
    link.symlink_to(binary())
    result = subprocess.run(
        [link, "-p", instance.home, "-c", instance.config_path, "-t"], capture_output=True, text=True, check=True
    )
    path = instance.config_path
    assert result.stderr.splitlines()[-2:] == [
        f"nginx: the configuration file {path} syntax is ok",
        f"nginx: configuration file {path} test is successful",
    ]


def test_version_and_help(frontd_files):
    instance = frontd_files(SITE)
    assert instance.command("-v").stderr.startswith("frontd version: frontd/")
    assert "OpenSSL" in instance.command("-V").stderr
    assert "-s COMMAND" in instance.command("-h").stdout
    assert "worker_shutdown_timeout" in instance.command("--directives").stdout


@pytest.mark.parametrize("words", [("-z",), ("-s", "jump"), ("-s",), ("file",), ("-c", "")])
def test_wrong_usage_is_2(frontd_files, words):
    result = frontd_files(SITE).command(*words, check=False)
    assert result.returncode == 2
    assert "-h" in result.stderr


def test_a_command_without_a_daemon_is_4(frontd_files):
    result = frontd_files("this is no configuration").command("-s", "reload", check=False)
    assert result.returncode == 4
    assert "no frontd answers" in result.stderr


def test_globals_come_before_the_file(frontd_files):
    instance = frontd_files(SITE)
    result = instance.command("-t", "-g", "worker_procesess 2;", check=False)
    assert result.returncode == 1
    assert "<command line>" in result.stderr
    assert instance.command("-t", "-g", "worker_processes 2;").returncode == 0


def test_modules_that_run_code_are_refused_and_others_ignored(frontd_files):
    good = frontd_files("load_module modules/ngx_http_brotli_static_module.so; " + SITE)
    assert good.command("-t").returncode == 0
    result = frontd_files("load_module modules/ngx_http_lua_module.so; " + SITE).command("-t", check=False)
    assert result.returncode == 1
    assert "proxy_pass" in result.stderr


def test_an_address_in_use_is_named_with_its_place(frontd, frontd_files):
    first = frontd(SITE)
    second = frontd_files(SITE, http=first.port("http"))
    result = second.command(check=False)
    assert result.returncode == 1
    assert "Address already in use" in result.stderr
    assert f"{second.config_path}:1:" in result.stderr


def test_a_log_that_cannot_be_opened_stops_the_start(frontd_files):
    result = frontd_files("error_log nowhere/error.log; " + SITE).command(check=False)
    assert result.returncode == 1
    assert "nowhere/error.log" in result.stderr


def test_a_second_frontd_in_the_same_place_is_refused(frontd):
    instance = frontd(SITE)
    result = instance.command(check=False)
    assert result.returncode == 1
    assert "runs already" in result.stderr
    assert instance.command("-s", "status").returncode == 0


def test_in_the_background_the_status_is_the_truth(frontd_files, connect):
    instance = frontd_files("daemon on; " + SITE)
    assert instance.command().returncode == 0
    pid = int((instance.home / "logs/frontd.pid").read_text())
    try:
        connect(instance.port("http"))  # it serves already
        assert os.getsid(pid) != os.getsid(0)
    finally:
        assert instance.command("-s", "stop").returncode == 0
    assert not (instance.home / "logs/frontd.pid").exists()
    assert not (instance.home / "frontd.sock").exists()


def test_in_the_background_a_failure_is_told(frontd, frontd_files):
    first = frontd(SITE)
    result = frontd_files("daemon on; " + SITE, http=first.port("http")).command(check=False)
    assert result.returncode == 1
    assert "Address already in use" in result.stderr


def test_what_has_no_effect_is_named_once_if_asked_for(frontd_files):
    files = frontd_files(
        "http { sendfile on; tcp_nopush on; server { listen 127.0.0.1:@http@; sendfile off; location / { return 200; } } }"
    )
    assert "no effect   sendfile, tcp_nopush\n" in files.command("-t", "-v").stdout
    assert "no effect" not in files.command("-t").stdout
