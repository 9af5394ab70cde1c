#include "http/conf/http_conf_types.h"
#include "http/proxy/http_proxy_conf.h"
#include "http/proxy/http_proxy_tls.h"
#include "http/proxy/http_proxy_tls_settings.h"
#include "tls/tls_client.h"

#include <string.h>

bool http_proxy_tls_settings(const struct conf *conf, const struct http_proxy_conf *proxy,
                             struct tls_client_settings *settings, int *error)
{
    uint32_t at;

    *settings = (struct tls_client_settings){
        .verifies = proxy->proxy_ssl_verify,
        .verify_depth = proxy->proxy_ssl_verify_depth,
        .protocols = proxy->proxy_ssl_protocols,
        .ciphers = proxy->proxy_ssl_ciphers,
        .resumes = proxy->proxy_ssl_session_reuse,
    };
    if (proxy->proxy_ssl_trusted_certificate.len > 0) {
        const struct conf_source *source =
            conf_sources_file(conf->sources, proxy->proxy_ssl_trusted_certificate, &at);

        *error = source->error;
        settings->trusted = source->text;
        return source->error == 0;
    }
    *error = 0;
    return true;
}

static void check_file(struct conf_reader *reader, const struct http_proxy_conf *proxy)
{
    struct tls_client_settings settings;
    struct tls_client *client;
    struct slice why = SLICE_NONE;
    int error;

    if (!http_proxy_tls_settings(reader->conf, proxy, &settings, &error)) {
        conf_report_add(reader->report, CONF_ERROR, proxy->pass.place, "cannot read %.*s: %s",
                        HTTP_SHOW(proxy->proxy_ssl_trusted_certificate), strerror(error));
        return;
    }
    if (!reader->checks_disk)
        return;
    client = tls_client_new(&settings, &reader->report->arena, &why);
    if (client == NULL)
        conf_report_add(reader->report, CONF_ERROR, proxy->pass.place,
                        "TLS to this backend cannot work: %.*s", HTTP_SHOW(why));
    tls_client_free(client);
}

void http_proxy_tls_check(struct conf_reader *reader, const struct conf_scope *scope, void *values)
{
    const struct http_proxy_conf *proxy = values;
    struct conf_finding *finding;

    (void)scope;
    if (!proxy->pass.present || (!proxy->pass.is_tls && !proxy->pass.has_variables))
        return;
    if (proxy->proxy_ssl_verify && proxy->proxy_ssl_trusted_certificate.len == 0) {
        http_conf_refuse(reader, proxy->pass.place,
                         "add `proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;`",
                         "proxy_ssl_verify trusts nobody");
        return;
    }
    check_file(reader, proxy);
    if (!proxy->pass.is_tls || proxy->proxy_ssl_verify)
        return;
    finding = conf_report_add(reader->report, CONF_NOTE, proxy->pass.place,
                              "this backend's certificate is not verified, as in nginx");
    conf_finding_help(reader->report, finding,
                      "`proxy_ssl_verify on;` with `proxy_ssl_trusted_certificate` does that");
}
