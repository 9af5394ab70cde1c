#include "http/route/http_client_certificate.h"

#include "http/conf/http_conf.h"
#include "http/http_service.h"
#include "http/route/http_route.h"
#include "net/stream.h"
#include "relay/session.h"
#include "tls/tls_verify.h"

/* nginx's pages of its codes 495 and 496. */
static void answer(struct http_exchange *exchange, const char *words)
{
    struct slice page =
        arena_format(&exchange->arena,
                     "<html>\r\n<head><title>400 %s</title></head>\r\n<body>\r\n"
                     "<center><h1>400 Bad Request</h1></center>\r\n<center>%s</center>\r\n"
                     "<hr><center>frontd</center>\r\n</body>\r\n</html>\r\n",
                     words, words);

    exchange->close_after = true;
    http_exchange_answer(exchange, 400, SLICE("text/html"), page);
}

bool http_is_misdirected(const struct http_exchange *exchange)
{
    struct slice name = session_server_name(exchange->session);
    const struct http_service *service = http_service_of(exchange);
    struct http_found_server named =
        http_route_find(service->route, name, &service->content->matcher);

    return named.failed || named.server != exchange->server;
}

static bool is_acceptable(const struct http_exchange *exchange,
                          const struct tls_peer_failure *failure)
{
    return failure->words == NULL ||
           (exchange->server->verify == TLS_VERIFY_ANY && failure->is_authority);
}

bool http_client_certificate_refuses(struct http_exchange *exchange)
{
    struct tls_peer_failure failure;
    bool is_shown;

    if (!session_is_secure(exchange->session))
        return false;
    if (http_is_misdirected(exchange)) { /* another server asked for the certificate */
        http_exchange_error(exchange, 421);
        return true;
    }
    is_shown = tls_peer_shown(stream_transform_of(exchange->session->client), &failure);
    if (!is_acceptable(exchange, &failure)) {
        http_exchange_log(exchange, LOG_INFO, "client SSL certificate verify error: %s",
                          failure.words);
        answer(exchange, "The SSL certificate error");
        return true;
    }
    if (!is_shown && exchange->server->verify == TLS_VERIFY_ON) {
        http_exchange_log(exchange, LOG_INFO, "client sent no required SSL certificate");
        answer(exchange, "No required SSL certificate was sent");
        return true;
    }
    return false;
}
