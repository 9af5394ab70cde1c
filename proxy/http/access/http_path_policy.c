#include "http/access/http_path_policy.h"

#include "http/access/http_access.h"
#include "http/access/http_access_conf.h"
#include "http/conf/http_conf.h"
#include "http/log/http_report.h"

static const struct slice ambiguous[] = {
    {"//",  2},
    {"%2f", 3},
    {"%5c", 3},
    {"%2e", 3},
    {"%3b", 3},
    {"%00", 3},
};

bool http_path_policy_applies(const struct http_location *location)
{
    return location->access->path_policy == HTTP_PATHS_STRICT;
}

static bool begins_ambiguously(struct slice rest)
{
    for (size_t i = 0; i < sizeof ambiguous / sizeof ambiguous[0]; i++)
        if (slice_starts_fold(rest, ambiguous[i]))
            return true;
    return false;
}

bool http_path_is_ambiguous(struct slice raw_path)
{
    size_t end = slice_find(raw_path, '?');
    struct slice path = slice_part(raw_path, 0, end);

    for (size_t i = 0; i < path.len; i++)
        if ((path.at[i] == '%' || path.at[i] == '/') && begins_ambiguously(slice_from(path, i)))
            return true;
    return false;
}

/* What error_page leads to by its path has nothing of the client's any more. */
static bool is_clients(const struct http_exchange *exchange)
{
    return !exchange->at_error_page || !exchange->target_changed;
}

void http_path_policy_begin(struct http_exchange *exchange)
{
    if (!is_clients(exchange) || !http_path_is_ambiguous(exchange->request.raw_path)) {
        http_access_decide(exchange, HTTP_ACCESS_NO_OPINION);
        return;
    }
    http_report(exchange, LOG_ERROR, "ambiguous path forbidden by path_policy");
    http_access_decide(exchange, 400);
}
