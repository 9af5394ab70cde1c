#include "auth/auth_list.h"
#include "http/conf/http_conf_lint.h"
#include "http/conf/http_conf_types.h"
#include "http/files/http_files_conf.h"
#include "http/output/http_output_conf.h"
#include "relay/log_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Who looks for what, in which order. */

#define IPV6_TABLE "/proc/net/if_inet6"

struct conf_place http_conf_place_of_files(const struct conf_scope *scope)
{
    for (; scope != NULL; scope = scope->parent) {
        const struct conf_directive *directive = conf_directive_of(scope, "alias");

        if (directive == NULL)
            directive = conf_directive_of(scope, "root");
        if (directive != NULL)
            return directive->words[0].place;
    }
    return (struct conf_place){0};
}

void http_conf_lint_ipv6(struct conf_reader *reader, const struct http_server *server,
                         const char *table)
{
    for (size_t i = 0; i < server->listen.count; i++) {
        const struct http_listen *listen = &server->listen.items[i];

        if (listen->address.family != AF_INET6 || access(table, F_OK) == 0)
            continue;
        conf_finding_help(reader->report,
                          conf_report_add(reader->report, CONF_WARNING, listen->place,
                                          "this machine has no IPv6: nobody can listen on %s",
                                          address_port_print(&listen->address).text),
                          "leave this line out, or turn IPv6 on");
    }
}

/* add_header in a block takes the place of all around it. */
static void lint_headers(const struct http_lint *lint, const struct http_location *location)
{
    const struct http_location *outer =
        location->parent != NULL ? location->parent : lint->server->own;
    const struct http_added_fields *inside, *outside;
    const struct conf_directive *own = conf_directive_of(location->scope, "add_header");

    if (own == NULL || location == outer || location->output == NULL || outer->output == NULL)
        return;
    inside = &location->output->fields;
    outside = &outer->output->fields;
    for (size_t i = 0; i < outside->count; i++) {
        bool is_kept = false;

        for (size_t k = 0; k < inside->count && !is_kept; k++)
            is_kept = slice_equal_fold(inside->items[k].name, outside->items[i].name);
        if (!is_kept)
            conf_finding_help(
                lint->reader->report,
                conf_report_add(lint->reader->report, CONF_NOTE, own->name.place,
                                "add_header replaces all that is around it: no `%.*s` here",
                                HTTP_SHOW(outside->items[i].name)),
                "say it again here, or `add_header_inherit merge;`");
    }
}

/* "/l" and "http://u/up/" make "/up//x" of "/l/x"; "/l/" and "http://u/up" "/upx". */
static void lint_slash(const struct http_lint *lint, const struct http_location *location)
{
    const struct http_proxy_pass *pass = location->proxy == NULL ? NULL : &location->proxy->pass;
    bool is_prefix =
        location->match == HTTP_MATCH_PREFIX || location->match == HTTP_MATCH_PREFIX_FINAL;
    bool ends;

    if (pass == NULL || !pass->present || !pass->has_uri || pass->has_variables || !is_prefix)
        return;
    ends = slice_ends(location->path, SLICE("/"));
    if (ends != slice_ends(pass->uri, SLICE("/")))
        conf_report_add(lint->reader->report, CONF_NOTE, pass->place,
                        "a request for `%.*s%s` becomes `%.*s%s`", HTTP_SHOW(location->path),
                        ends ? "x" : "/x", HTTP_SHOW(pass->uri), ends ? "x" : "/x");
}

/* Where a log is to be made. */
static void lint_logs(const struct http_lint *lint, const struct http_location *location)
{
    const struct http_access_logs *logs = &location->access_log;
    struct conf_report *report = lint->reader->report;

    for (size_t i = 0; !logs->off && i < logs->count; i++) {
        struct slice path = logs->items[i].path;
        size_t slash = slice_find_last(path, '/');
        struct slice directory = arena_keep(&report->arena, slice_part(path, 0, slash));

        if (slash == SLICE_NOT_FOUND || slash == 0 || access(directory.at, W_OK | X_OK) == 0)
            continue;
        conf_report_add(report, CONF_WARNING, logs->items[i].place,
                        "no log can be made in %.*s: %s", HTTP_SHOW(directory), strerror(errno));
    }
}

static void add_secret(struct http_secrets *secrets, const char *what, struct slice path)
{
    if (!slice_starts(path, SLICE("/")))
        return; /* the command line, stderr */
    secrets->items = memory_grow(secrets->items, (secrets->count + 1) * sizeof *secrets->items);
    secrets->items[secrets->count++] = (struct http_secret){what, path};
}

static const char *kind_of(const struct conf_source *source)
{
    if (source->is_secret)
        return "a private key";
    if (source->is_passphrases)
        return "a file of pass phrases";
    return source->is_configuration ? "a part of the configuration" : "a certificate";
}

static struct http_secrets collect(const struct conf *conf, struct log_files *logs,
                                   struct auth_list *passwords)
{
    struct http_secrets secrets = {0};

    http_protocol_conf.logs(conf, logs);
    http_protocol_conf.passwords(conf, passwords);
    for (size_t i = 0; i < conf->sources->count; i++)
        if (!conf->sources->list[i]->is_listing)
            add_secret(&secrets, kind_of(conf->sources->list[i]), conf->sources->list[i]->name);
    for (size_t i = 0; i < logs->count; i++)
        add_secret(&secrets, "a log", logs->files[i].path);
    for (size_t i = 0; i < passwords->count; i++)
        add_secret(&secrets, "a file of passwords", passwords->files[i].path);
    return secrets;
}

static void lint_server(struct http_lint *lint, const struct http_secrets *secrets)
{
    struct http_blocks blocks = http_blocks_of(lint->scope);
    const struct http_location *location;

    http_conf_lint_ipv6(lint->reader, lint->server, IPV6_TABLE);
    while ((location = http_blocks_next(lint->reader->conf, &blocks)) != NULL) {
        http_conf_lint_redirect(lint, location);
        http_conf_lint_exposure(lint, secrets, location);
        http_conf_lint_packed(lint, location);
        lint_headers(lint, location);
        lint_slash(lint, location);
        lint_logs(lint, location);
    }
}

void http_conf_lint(struct conf *conf, struct conf_report *report)
{
    struct conf_reader reader = {.conf = conf, .report = report, .checks_disk = true};
    struct log_files logs = {0};
    struct auth_list passwords = {0};
    struct http_secrets secrets = collect(conf, &logs, &passwords);
    struct http_matcher matcher;

    http_matcher_init(&matcher);
    for (const struct conf_scope *scope = http_conf_first_server(conf); scope != NULL;
         scope = conf_next(scope)) {
        struct http_lint lint = {.reader = &reader,
                                 .scope = scope,
                                 .server = conf_values(conf, scope, &http_server_group),
                                 .matcher = &matcher};

        lint.paths = http_paths_new(lint.server, &report->arena);
        lint_server(&lint, &secrets);
    }
    http_matcher_deinit(&matcher);
    free(secrets.items);
    free(passwords.files);
    log_files_free(&logs);
}
