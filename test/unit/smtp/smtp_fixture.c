#include "smtp/smtp_fixture.h"

#include "smtp/smtp_backend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

void fixture_init(struct fixture *fixture)
{
    memset(fixture, 0, sizeof *fixture);
    fake_worker_init(&fixture->worker, &fixture->files);
    for (int i = 0; i < 2; i++) {
        size_t index = log_files_index(&fixture->files, i == 0 ? SLICE("access") : SLICE("auth"));

        fixture->files.files[index].fd = memfd_create("log", 0);
    }
    fixture->targets[0] = (struct smtp_target){
        {.host = SLICE("mx1"), .port = 25},
        SLICE("mx1:25"), {0                   }
    };
    fixture->targets[1] = (struct smtp_target){
        {.host = SLICE("mx2"), .port = 25},
        SLICE("mx2:25"), {0                   }
    };
    fixture->name.text = SLICE("edge.example");
    fixture->conf.server_name = (struct conf_word_list){&fixture->name, 1};
    fixture->conf.starttls = SMTP_STARTTLS_ON;
    fixture->conf.xclient = true;
    fixture->conf.timeout = 300000;
    fixture->conf.max_errors = 5;
    fixture->conf.proxy_pass = (struct smtp_targets){fixture->targets, 1};
    fixture->server = (struct smtp_server){
        .worker = &fixture->worker,
        .conf = &fixture->conf,
        .name = SLICE("edge.example"),
        .log = {-1, LOG_INFO},
        .access_log = FIXTURE_ACCESS_LOG,
        .auth_log = FIXTURE_AUTH_LOG,
        .known = fixture->known,
    };
    fixture->servers[0] = &fixture->server;
    fixture->service = (struct smtp_service){fixture->servers, 1};
    assert_true(address_parse(SLICE("198.51.100.1"), &fixture->listen.address));
    fixture->listen.address.port = 25;
    fixture->listen.protocol = &smtp_protocol;
    fixture->listen.service = &fixture->service;
}

void fixture_start(struct fixture *fixture, const char *client)
{
    fixture->fake = fake_start(&smtp_protocol, &fixture->worker, &fixture->listen, client);
}

void fixture_stop(struct fixture *fixture)
{
    if (fixture->fake != NULL)
        fake_stop(fixture->fake);
    smtp_backend_drop_left(&fixture->server.left);
    fake_worker_deinit(&fixture->worker);
    for (size_t i = 0; i < fixture->files.count; i++)
        close(fixture->files.files[i].fd);
    free(fixture->files.files);
}

void says(struct fixture *fixture, const char *bytes, const char *client_hears)
{
    fake_client_sends(fixture->fake, slice_of(bytes));
    assert_string_equal(fake_client_hears(fixture->fake), client_hears);
}

void backend_says(struct fixture *fixture, const char *bytes, const char *client_hears)
{
    fake_backend_sends(&fixture->worker, slice_of(bytes));
    assert_string_equal(fake_client_hears(fixture->fake), client_hears);
}

void backend_hears(struct fixture *fixture, const char *bytes)
{
    assert_string_equal(fake_backend_hears(&fixture->worker), bytes);
}

void fixture_greet(struct fixture *fixture)
{
    assert_string_equal(fake_client_hears(fixture->fake), "220 edge.example ESMTP\r\n");
    fake_client_sends(fixture->fake, SLICE("EHLO client.example\r\n"));
    assert_true(slice_starts(slice_of(fake_client_hears(fixture->fake)), SLICE("250")));
}

void fixture_send_mail(struct fixture *fixture, const char *mail)
{
    says(fixture, mail, "");
    if (fake_is_naming(&fixture->worker))
        fake_dns_answers(&fixture->worker, DNS_FOUND, "client.example", true);
    fake_backend_accepts(&fixture->worker);
    backend_says(fixture, "220 mx.internal ESMTP\r\n", "");
    backend_hears(fixture, "EHLO edge.example\r\n");
    backend_says(fixture, FIXTURE_EHLO, "");
    backend_hears(fixture,
                  "XCLIENT ADDR=203.0.113.7 NAME=client.example REVERSE_NAME=client.example "
                  "PORT=41234 DESTADDR=198.51.100.1 DESTPORT=25\r\n");
    backend_says(fixture, "220 mx.internal ESMTP\r\n", "");
    backend_hears(fixture, "EHLO client.example\r\n");
    backend_says(fixture, FIXTURE_EHLO, "");
}

void fixture_open_mail(struct fixture *fixture)
{
    fixture_start(fixture, "203.0.113.7");
    fixture_greet(fixture);
    fixture_send_mail(fixture, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
    backend_hears(fixture, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
    backend_says(fixture, "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n", "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n");
}

void ends(struct fixture *fixture, const char *client_hears, enum close_reason reason)
{
    assert_true(fake_is_closed(fixture->fake));
    assert_string_equal(fake_client_hears(fixture->fake), client_hears);
    if (fake_reason(fixture->fake) != reason)
        fail_msg("ended: %s", close_reason_words(fake_reason(fixture->fake)));
}

const char *fixture_log(struct fixture *fixture, enum fixture_log log)
{
    static char text[8192]; /* of the test program */
    ssize_t len = pread(fixture->files.files[log].fd, text, sizeof text - 1, 0);

    assert_true(len >= 0);
    text[len] = '\0';
    return text;
}
