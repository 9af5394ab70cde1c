#include "http/proxy/http_proxy_tls.h"

#include "http/http_service.h"
#include "http/proxy/http_proxy_tls_settings.h"
#include "relay/worker.h"

struct http_proxy_tls {
    struct http_proxy_tls *next;
    struct tls_client_settings settings;
    struct tls_client *client;
};

static bool are_same(const struct tls_client_settings *a, const struct tls_client_settings *b)
{
    return a->verifies == b->verifies && a->verify_depth == b->verify_depth &&
           a->trusted.at == b->trusted.at && a->protocols == b->protocols &&
           slice_equal(a->ciphers, b->ciphers) && a->resumes == b->resumes;
}

/* What was checked works; NULL all the same costs this location its backend and nothing else. */
struct tls_client *http_proxy_tls_get(struct http_content *content,
                                      const struct http_proxy_conf *conf)
{
    struct tls_client_settings settings;
    struct http_proxy_tls *tls;
    struct slice why;
    int error;

    if (!http_proxy_tls_settings(content->worker->conf, conf, &settings, &error))
        return NULL;
    for (tls = content->tls; tls != NULL; tls = tls->next)
        if (are_same(&tls->settings, &settings))
            return tls->client;
    tls = arena_zero(&content->arena, sizeof *tls);
    tls->settings = settings;
    tls->client = tls_client_new(&settings, &content->arena, &why);
    tls->next = content->tls;
    content->tls = tls;
    return tls->client;
}

void http_proxy_tls_stop(struct http_content *content)
{
    for (const struct http_proxy_tls *tls = content->tls; tls != NULL; tls = tls->next)
        tls_client_free(tls->client);
}
