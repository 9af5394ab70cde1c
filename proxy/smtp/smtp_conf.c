#include "smtp/smtp_conf.h"

#include "dns/dns.h"
#include "relay/relay_conf.h"
#include "smtp/smtp_conf_types.h"
#include "tls/tls_conf.h"

#include <stdlib.h>

#define SHOW(slice) (int)(slice).len, (slice).at

/* How long `frontd -t` waits for the names of the backends. */
#define RESOLVE_MS 3000

static const char *const smtp_starttls_words[] = {"on", "off", "only", NULL};
static const char *const smtp_protocol_words[] = {"smtp", NULL};
static const char *const smtp_auth_words[] = {"none", NULL};

static void check(struct conf_reader *reader, const struct conf_scope *scope, void *values);

#define CONF_STRUCT struct smtp_conf
static const struct conf_row rows[] = {
#include "conf/conf_rows.inc"
#undef REFUSED
#define REFUSED(directive, most, help)                                                             \
    {.name = (directive),                                                                          \
     .contexts = CONF_MAIL | CONF_MAIL_SERVER,                                                     \
     .type = &smtp_type_refused,                                                                   \
     .type_data = (help),                                                                          \
     .max_words = (most),                                                                          \
     .repeat = CONF_MANY,                                                                          \
     .inherit = CONF_INHERIT_NONE,                                                                 \
     .syntax = "…",                                                                                \
     .meaning = "Refused: " help "."},
#include "smtp/smtp_conf.def"
};
#undef CONF_STRUCT

const struct conf_group smtp_conf_group = {
    .name = "mail",
    .size = sizeof(struct smtp_conf),
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .check = check,
};

bool smtp_conf_vouches(const struct smtp_conf *conf, const struct address *client)
{
    if (!address_is_private(client))
        return true;
    for (size_t i = 0; i < conf->trusted_sources.count; i++) {
        if (network_has(&conf->trusted_sources.items[i], client))
            return true;
    }
    return false;
}

/* Checks of one server. */

static struct conf_place place_of(const struct conf_scope *scope, const char *name)
{
    for (; scope != NULL && scope->directive != NULL; scope = scope->parent) {
        const struct conf_directive *directive = conf_directive_of(scope, name);

        if (directive != NULL)
            return directive->name.place;
        if (scope->context == CONF_MAIL)
            break;
    }
    return (struct conf_place){0};
}

static bool has_tls_port(const struct smtp_conf *conf)
{
    for (size_t i = 0; i < conf->listen.count; i++) {
        if (conf->listen.items[i].ssl)
            return true;
    }
    return false;
}

static void check_certificate(struct conf_reader *reader, const struct conf_scope *scope,
                              const struct smtp_conf *conf)
{
    const struct tls_conf *tls = conf_values(reader->conf, scope, &tls_conf_group);
    const char *help = "add `ssl_certificate` and `ssl_certificate_key`";

    if (conf->starttls == SMTP_STARTTLS_OFF && !has_tls_port(conf))
        return;
    if (tls_conf_has_certificate(tls)) {
        tls_conf_check_names(reader, scope, tls, conf->server_name.words, conf->server_name.count);
        return;
    }
    if (conf->starttls != SMTP_STARTTLS_OFF)
        smtp_conf_refuse(reader, place_of(scope, "starttls"), help,
                         "STARTTLS is offered, but there is no certificate");
    for (size_t i = 0; i < conf->listen.count; i++) {
        if (conf->listen.items[i].ssl)
            smtp_conf_refuse(reader, conf->listen.items[i].place, help,
                             "TLS is spoken here, but there is no certificate");
    }
}

static void warn_of_xclient_off(struct conf_reader *reader, const struct conf_scope *scope)
{
    struct conf_finding *finding =
        conf_report_add(reader->report, CONF_WARNING, place_of(scope, "xclient"),
                        "every client looks like this host to the backend");

    conf_finding_help(reader->report, finding,
                      "a backend that lets this host relay is an open relay now");
    conf_finding_help(reader->report, finding,
                      "with `xclient on;` (and smtpd_authorized_xclient_hosts in Postfix) it knows "
                      "who is there");
}

static void check_targets(struct conf_reader *reader, const struct smtp_targets *targets)
{
    struct slice names[16];
    enum dns_status statuses[16];
    size_t count = targets->count < 16 ? targets->count : 16;

    for (size_t i = 0; i < count; i++)
        names[i] = targets->items[i].target.host;
    if (count == 0 || dns_check_names(names, count, RESOLVE_MS, statuses) == DNS_FOUND)
        return;
    for (size_t i = 0; i < count; i++) {
        struct conf_finding *finding;

        if (statuses[i] == DNS_FOUND)
            continue;
        finding = conf_report_add(reader->report, CONF_WARNING, targets->items[i].place,
                                  "backend name does not resolve: %.*s", SHOW(names[i]));
        finding->label =
            statuses[i] == DNS_NO_SUCH_NAME ? SLICE("no such name") : SLICE("DNS does not answer");
        conf_finding_help(reader->report, finding,
                          "frontd starts all the same and asks again for each mail");
    }
}

static void check_server(struct conf_reader *reader, const struct conf_scope *scope,
                         const struct smtp_conf *conf)
{
    if (conf->listen.count == 0)
        smtp_conf_refuse(reader, scope->directive->name.place, "add `listen 25;`",
                         "this mail server listens nowhere");
    if (conf->proxy_pass.count == 0)
        smtp_conf_refuse(reader, scope->directive->name.place,
                         "add `proxy_pass HOST:PORT;` with the address of your mail server",
                         "this mail server has no backend");
    check_certificate(reader, scope, conf);
    if (!conf->xclient)
        warn_of_xclient_off(reader, scope);
    if (reader->checks_disk)
        check_targets(reader, &conf->proxy_pass);
}

/* Checks between servers. */

static void report_pair(struct conf_reader *reader, const struct smtp_listen *first,
                        const struct smtp_listen *second, bool same_server)
{
    struct conf_finding *finding = conf_report_add(
        reader->report, CONF_ERROR, second->place,
        same_server ? "%s is listened on twice" : "%s is opened twice with different meaning",
        address_port_print(&second->address).text);

    finding->other = first->place;
    finding->other_label = SLICE("first here");
    conf_finding_help(reader->report, finding,
                      same_server ? "remove one" : "write `ssl` in both or in neither");
}

static bool has_name(const struct smtp_conf *conf, struct slice name)
{
    for (size_t i = 0; i < conf->server_name.count; i++) {
        if (slice_equal_fold(conf->server_name.words[i].text, name))
            return true;
    }
    return false;
}

/* Of servers on one address the second is only found by a name that the first does not have. */
static void warn_of_shadow(struct conf_reader *reader, const struct smtp_listen *first,
                           const struct smtp_listen *second, const struct smtp_conf *first_server,
                           const struct smtp_conf *second_server)
{
    struct conf_finding *finding;

    for (size_t i = 0; i < second_server->server_name.count; i++) {
        if (!has_name(first_server, second_server->server_name.words[i].text))
            return;
    }
    finding = conf_report_add(reader->report, CONF_WARNING, second->place,
                              "this server is never reached on %s",
                              address_port_print(&second->address).text);
    finding->other = first->place;
    finding->other_label = SLICE("this one is");
    conf_finding_help(reader->report, finding,
                      "give it a `server_name` of its own, by which TLS clients choose it");
}

/* One `listen` of one server. */
struct listener {
    const struct smtp_listen *listen;
    const struct smtp_conf *server;
    size_t order; /* in the configuration */
};

static int compare_listeners(const void *left, const void *right)
{
    const struct listener *a = left, *b = right;
    const struct address *one = &a->listen->address, *other = &b->listen->address;
    int order = one->port - other->port;

    if (order == 0)
        order = one->family - other->family;
    if (order == 0)
        order = memcmp(one->bytes, other->bytes, sizeof one->bytes);
    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

static void compare_pair(struct conf_reader *reader, const struct listener *first,
                         const struct listener *second)
{
    bool same_server = first->server == second->server;

    if (same_server || first->listen->ssl != second->listen->ssl)
        report_pair(reader, first->listen, second->listen, same_server);
    else
        warn_of_shadow(reader, first->listen, second->listen, first->server, second->server);
}

static size_t count_listens(const struct conf *conf, const struct conf_scope *mail)
{
    size_t count = 0;

    for (const struct conf_scope *scope = conf_first(mail, CONF_MAIL_SERVER); scope != NULL;
         scope = conf_next(scope)) {
        const struct smtp_conf *server = conf_values(conf, scope, &smtp_conf_group);

        count += server->listen.count;
    }
    return count;
}

/* Sorted, so that only what stands on one address is compared. */
static void check_mail(struct conf_reader *reader, const struct conf_scope *mail)
{
    size_t count = 0;
    struct listener *listeners =
        memory_alloc((count_listens(reader->conf, mail) + 1) * sizeof *listeners);

    for (const struct conf_scope *scope = conf_first(mail, CONF_MAIL_SERVER); scope != NULL;
         scope = conf_next(scope)) {
        const struct smtp_conf *server = conf_values(reader->conf, scope, &smtp_conf_group);

        for (size_t i = 0; i < server->listen.count; i++, count++)
            listeners[count] = (struct listener){&server->listen.items[i], server, count};
    }
    qsort(listeners, count, sizeof *listeners, compare_listeners);
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count && address_equal(&listeners[i].listen->address,
                                                          &listeners[j].listen->address);
             j++)
            compare_pair(reader, &listeners[i], &listeners[j]);
    free(listeners);
}

static void check(struct conf_reader *reader, const struct conf_scope *scope, void *values)
{
    if (scope->context == CONF_MAIL_SERVER)
        check_server(reader, scope, values);
    else if (scope->context == CONF_MAIL)
        check_mail(reader, scope);
}

/* What follows from it. */

static const struct conf_scope *first_server(const struct conf *conf)
{
    const struct conf_scope *mail = conf_first(conf->main, CONF_MAIL);

    return mail == NULL ? NULL : conf_first(mail, CONF_MAIL_SERVER);
}

static void add_server(struct listen *listen, struct arena *arena, struct smtp_conf_server server)
{
    *(struct smtp_conf_server *)listen_add_server(listen, arena, sizeof server,
                                                  listen->server_count) = server;
}

static void add_listens(const struct conf *conf, struct arena *arena, struct listen_list *list)
{
    for (const struct conf_scope *scope = first_server(conf); scope != NULL;
         scope = conf_next(scope)) {
        const struct smtp_conf *mail = conf_values(conf, scope, &smtp_conf_group);

        for (size_t i = 0; i < mail->listen.count; i++) {
            struct listen *listen = listen_list_add(list, arena, &mail->listen.items[i].address);

            if (listen->server_count == 0) {
                listen->tls = mail->listen.items[i].ssl;
                listen->protocol_name = "smtp";
                listen->place = mail->listen.items[i].place;
            }
            add_server(listen, arena, (struct smtp_conf_server){mail, scope});
        }
    }
}

static void add_logs(const struct conf *conf, struct log_files *files)
{
    for (const struct conf_scope *scope = first_server(conf); scope != NULL;
         scope = conf_next(scope)) {
        const struct smtp_conf *mail = conf_values(conf, scope, &smtp_conf_group);

        relay_log_add(conf, scope, files);
        if (mail->access_log.len > 0)
            log_files_index(files, mail->access_log);
        if (mail->auth_log.len > 0)
            log_files_index(files, mail->auth_log);
    }
}

static void add_summary(const struct conf *conf, struct text *text)
{
    size_t count = 0;

    for (const struct conf_scope *scope = first_server(conf); scope != NULL;
         scope = conf_next(scope))
        count++;
    if (count == 0)
        return;
    text_add(text, SLICE("ok  "));
    text_number(text, count);
    text_add(text, count == 1 ? SLICE(" mail server ") : SLICE(" mail servers"));
    for (const struct conf_scope *scope = first_server(conf); scope != NULL;
         scope = conf_next(scope)) {
        const struct smtp_conf *mail = conf_values(conf, scope, &smtp_conf_group);

        text_add(text, scope == first_server(conf) ? SLICE("  to ") : SLICE(", "));
        for (size_t i = 0; i < mail->proxy_pass.count; i++) {
            text_add(text, i > 0 ? SLICE(" or ") : SLICE_NONE);
            text_add(text, mail->proxy_pass.items[i].text);
        }
    }
    text_byte(text, '\n');
}

static const struct conf_group *const groups[] = {&smtp_conf_group, NULL};

const struct protocol_conf smtp_protocol_conf = {
    .name = "smtp",
    .tls_name = "smtps",
    .groups = groups,
    .listens = add_listens,
    .logs = add_logs,
    .summary = add_summary,
};
