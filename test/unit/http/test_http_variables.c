#include "base/text.h"
#include "conf_text.h"
#include "http/conf/http_conf.h"
#include "http/files/http_file_cache.h"
#include "http/files/http_file_send.h"
#include "http/http_service.h"
#include "http/language/http_program.h"
#include "http/language/http_return.h"
#include "http/language/http_variables.h"
#include "http/log/http_log.h"
#include "net/loop.h"
#include "relay/listen.h"
#include "relay/log_files.h"
#include "relay/session.h"
#include "relay/shared_zone.h"
#include "relay/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* One exchange on a session without a connection; what is answered is written down. */
struct stage {
    struct conf_text text;
    struct arena arena;
    struct listen_list listens;
    struct log_files files;
    struct shared_zones zones; /* none */
    struct log log;
    struct worker worker;
    struct session session;
    struct http_exchange exchange;
    struct http_field fields[8];
    struct http_content *content;
    char said[8192]; /* "200; Name: value; …; body" */
    struct text answer;
    int log_pipe[2];
};

static const char source[] =
    "http{log_format j escape=json '{\"a\":\"$http_user_agent\",\"r\":\"$http_referer\"}';"
    "log_format n escape=none '$http_user_agent';"
    "map $uri $first { default d; /one 1; ~^/(?<word>[a-z]+)/(x|y)$ \"$word-$2-$host\"; '' e; }"
    "map $first$args $second { hostnames; 1two both; *.x.org star; }"
    "map $loop_b $loop_a { default \"a$loop_b\"; } map $loop_a $loop_b { default \"b$loop_a\"; }"
    "map $args $fresh { volatile; default $args; } map $args $kept { default $args; }"
    "map $uri $absent { default $http_absent; }"
    "geo $net { default far; 192.0.2.0/24 near; 192.0.2.8 eight; }"
    "geo $arg_a $other { default far; 2001:db8::/32 six; 10.0.0.8/30 ten; }"
    "geo $arg_a $range { ranges; default far; 10.0.0.5-10.0.0.9 ten; }"
    "server{listen 127.0.0.1:8080;server_name first second;root /nowhere;"
    "location / { access_log /log; }"
    "location /j { access_log /log j; access_log /log n; }"
    "location /app/ { proxy_pass http://backend:81/x/; }"
    "location /text.html { return 200 \"a $uri b\"; }"
    "location /url { return 302 http://x$arg_to; }"
    "location /local { return 301 /new$is_args$args; }"
    "location /tea { return 418; }"
    "location /gone { return 410; }"
    "location /drop { return 444; }"
    "location /nothing { return 204; }"
    "location /p/a/ { rewrite ^/p/a/(.*)$ /q/$1; }"
    "location /p/b/ { rewrite ^/p/b/(.*)$ /q/$1 break; rewrite ^ /never; }"
    "location /p/c/ { rewrite ^/p/c/(.*)$ /q?x=$1; }"
    "location /p/d/ { rewrite ^/p/d/(.*)$ /q?x=$1?; }"
    "location /p/e/ { rewrite ^/p/e/(.*)$ /q/$1; break; }"
    "location /p/f/ { if ($arg_x) { rewrite ^ /yes; } rewrite ^/p/ /no; }"
    "location /p/g/ { rewrite ^/p/g/(.*)$ /to/$1 redirect; }"
    "location /p/h/ { rewrite ^/p/h/(.*)$ $1; }"
    "location /p/i/ { rewrite ^/p/i/(.*)$ /$arg_x; }"
    "location /p/j/ { set $own $arg_x; set $args y=$own; rewrite ^/p/j/(a+)+$ /never; }"
    "location /p/k/ { if ($arg_x ~ ^(a+)+$) { return 204; } return 200; }"
    "location /p/l/ { if (-f /nowhere/x) { return 204; } if (!-f /elsewhere) { return 410; } }"
    "}}";

static struct stage *stage_of(const struct http_exchange *exchange)
{
    return exchange->connection;
}

static void on_head(struct http_exchange *exchange)
{
    struct text *answer = &stage_of(exchange)->answer;

    text_number(answer, exchange->response.status);
    for (size_t i = 0; i < exchange->response.field_count; i++) {
        text_add(answer, SLICE("; "));
        text_add(answer, exchange->response.fields[i].name);
        text_add(answer, SLICE(": "));
        text_add(answer, exchange->response.fields[i].value);
    }
    text_add(answer, SLICE("; "));
    exchange->head_sent = true;
}

static void on_body(struct http_exchange *exchange, struct slice bytes)
{
    text_add(&stage_of(exchange)->answer, bytes);
}

static void on_finish(struct http_exchange *exchange)
{
    exchange->finished = true;
}

static void on_abort(struct http_exchange *exchange, enum close_reason reason)
{
    text_add(&stage_of(exchange)->answer, slice_of(close_reason_words(reason)));
}

static const struct http_transport transport = {
    .head = on_head, .body = on_body, .finish = on_finish, .abort = on_abort};

static int set_stage(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    struct address client;

    arena_init(&stage->arena, ARENA_UNLIMITED);
    conf_text_read(&stage->text, source, false);
    assert_true(stage->text.good);
    http_protocol_conf.listens(&stage->text.conf, &stage->arena, &stage->listens);
    log_files_index(&stage->files, SLICE("stderr"));
    http_protocol_conf.logs(&stage->text.conf, &stage->files);
    assert_int_equal(pipe(stage->log_pipe), 0);
    stage->files.files[log_files_index(&stage->files, SLICE("/log"))].fd = stage->log_pipe[1];
    stage->log = (struct log){-1, LOG_EMERG};
    stage->worker = (struct worker){.loop = loop_new(),
                                    .conf = &stage->text.conf,
                                    .log = &stage->log,
                                    .log_files = &stage->files,
                                    .zones = &stage->zones,
                                    .listens = &stage->listens};
    stage->content = http_content_start(&stage->worker);
    assert_true(address_parse(SLICE("192.0.2.7"), &client));
    client.port = 4711;
    stage->session = (struct session){.worker = &stage->worker,
                                      .listen = &stage->listens.listens[0],
                                      .log = &stage->log,
                                      .id = 42,
                                      .address = client};
    stage->answer = text_in(stage->said, sizeof stage->said);
    *state = stage;
    return 0;
}

static int clear_stage(void **state)
{
    struct stage *stage = *state;

    arena_deinit(&stage->exchange.arena);
    http_content_stop(stage->content);
    rights_deinit(&stage->worker.rights);
    loop_free(stage->worker.loop);
    conf_text_free(&stage->text);
    free(stage->files.files);
    close(stage->log_pipe[0]);
    close(stage->log_pipe[1]);
    arena_deinit(&stage->arena);
    free(stage);
    return 0;
}

/* A request for `path` with this query; fields are added afterwards. */
static struct http_exchange *ask(struct stage *stage, const char *path, const char *query)
{
    struct http_exchange *exchange = &stage->exchange;
    struct http_content *content;

    arena_deinit(&exchange->arena);
    *exchange = (struct http_exchange){.session = &stage->session,
                                       .transport = &transport,
                                       .log = &stage->log,
                                       .connection = stage,
                                       .number = 3,
                                       .request_length = 99,
                                       .body_sent = 7,
                                       .bytes_sent = 77};
    arena_init(&exchange->arena, 256 * 1024);
    exchange->started_us = loop_wall_us(stage->worker.loop);
    exchange->request = (struct http_request){.line = SLICE("GET /x?y HTTP/1.1"),
                                              .method = HTTP_GET,
                                              .method_text = SLICE("GET"),
                                              .path = slice_of(path),
                                              .raw_path = slice_of(path),
                                              .query = slice_of(query),
                                              .has_query = query[0] != '\0',
                                              .host = SLICE("second"),
                                              .minor = 1,
                                              .fields = stage->fields};
    exchange->response.status = 200;
    stage->answer.len = 0;
    content = http_content_of(exchange);
    exchange->server =
        http_route_find(http_service_of(exchange)->route, exchange->request.host, &content->matcher)
            .server;
    exchange->location = http_paths_find(content->locations[exchange->server->own->number].paths,
                                         exchange->request.path, &content->matcher)
                             .location;
    return exchange;
}

static void add(struct http_exchange *exchange, const char *name, const char *value)
{
    struct stage *stage = stage_of(exchange);

    stage->fields[exchange->request.field_count++] = (struct http_field){
        .name = slice_of(name), .value = slice_of(value), .id = http_field_lookup(slice_of(name))};
}

static struct slice value_of(struct http_exchange *exchange, const char *text)
{
    struct http_template compiled;
    struct http_template_error error;

    assert_true(http_template_compile(slice_of(text),
                                      http_conf_registry(&stage_of(exchange)->text.conf),
                                      &stage_of(exchange)->arena, &compiled, &error));
    return http_evaluate(exchange, &compiled);
}

static void assert_value(struct http_exchange *exchange, const char *text, const char *expected)
{
    struct slice value = value_of(exchange, text);

    if (!slice_equal(value, slice_of(expected)))
        fail_msg("%s: \"%.*s\"", text, (int)value.len, value.at);
}

static void says_what_the_request_is(void **state)
{
    struct http_exchange *exchange = ask(*state, "/a b", "x=1&Y=2%20&z&x=3");

    add(exchange, "User-Agent", "agent");
    add(exchange, "x-own", "first");
    add(exchange, "X-Own", "second");
    add(exchange, "Cookie", "a=b; session=s=1");
    add(exchange, "Authorization", "Basic dXNlcjpwYXNz");
    add(exchange, "Content-Type", "text/x");
    assert_value(exchange, "$args", "x=1&Y=2%20&z&x=3");
    assert_value(exchange, "$uri$is_args$query_string", "/a b?x=1&Y=2%20&z&x=3");
    assert_value(exchange, "[$arg_x][$arg_y][$arg_z][$arg_none]", "[1][2%20][][]");
    assert_value(exchange, "$http_user_agent $http_x_own", "agent first");
    assert_value(exchange, "$cookie_a $cookie_session $cookie_none.", "b s=1 .");
    assert_value(exchange, "$remote_user", "user");
    assert_value(exchange, "$content_type", "text/x");
    assert_value(exchange, "$request", "GET /x?y HTTP/1.1");
    assert_value(exchange, "$request_method $server_protocol", "GET HTTP/1.1");
    assert_value(exchange, "$request_length $body_bytes_sent $bytes_sent", "99 7 77");
    assert_value(exchange, "$host $server_name", "second first");
    assert_value(exchange, "$status $scheme", "200 http");
    assert_value(exchange, "[$https][$ssl_protocol]", "[][]");
    assert_value(exchange, "$document_root|$request_filename", "/nowhere|/nowhere/a b");
    assert_value(exchange, "plain", "plain");
    assert_value(exchange, "", "");
}

static void says_what_the_connection_is(void **state)
{
    struct http_exchange *exchange = ask(*state, "/app/x", "");

    assert_value(exchange, "$remote_addr:$remote_port", "192.0.2.7:4711");
    assert_value(exchange, "$server_port $connection $connection_requests", "8080 42 3");
    assert_value(exchange, "$proxy_host $proxy_port", "backend:81 81");
    assert_value(exchange, "$proxy_add_x_forwarded_for", "192.0.2.7");
    add(exchange, "X-Forwarded-For", "198.51.100.1");
    add(exchange, "X-Forwarded-For", "198.51.100.2");
    assert_value(exchange, "$proxy_add_x_forwarded_for", "198.51.100.1, 198.51.100.2, 192.0.2.7");
}

static void says_what_the_backend_did(void **state)
{
    struct http_exchange *exchange = ask(*state, "/app/x", "");
    struct http_field fields[] = {
        {SLICE("X-A"),        SLICE("v"),             HTTP_FIELD_OTHER},
        {SLICE("Set-Cookie"), SLICE("sid=7; Path=/"), HTTP_FIELD_OTHER}
    };
    const struct http_response answer = {.fields = fields, .field_count = 2};
    struct http_attempt first = {.status = 502,
                                 .connect_ms = HTTP_ATTEMPT_UNKNOWN,
                                 .header_ms = HTTP_ATTEMPT_UNKNOWN,
                                 .response_ms = 1234};
    struct http_attempt second = {.name = SLICE("group"),
                                  .connect_ms = HTTP_ATTEMPT_UNKNOWN,
                                  .header_ms = HTTP_ATTEMPT_UNKNOWN,
                                  .response_ms = HTTP_ATTEMPT_UNKNOWN};
    struct http_attempt third = {.name = SLICE("group"),
                                 .status = 200,
                                 .header_ms = 11,
                                 .response_ms = 12,
                                 .is_redirected = true,
                                 .answer = &answer};

    assert_value(exchange, "[$upstream_addr][$upstream_status][$upstream_response_time]", "[][][]");
    assert_true(address_parse(SLICE("::1"), &first.address));
    first.address.port = 81;
    http_attempts_add(&exchange->attempts, &first);
    assert_value(exchange,
                 "$upstream_addr $upstream_status $upstream_response_time $upstream_connect_time",
                 "[::1]:81 502 1.234 -");
    http_attempts_add(&exchange->attempts, &second);
    http_attempts_add(&exchange->attempts, &third);
    assert_value(exchange,
                 "$upstream_addr $upstream_status $upstream_response_time $upstream_header_time",
                 "[::1]:81, group : group 502, - : 200 1.234, - : 0.012 -, - : 0.011");
    assert_value(exchange, "$upstream_http_x_a|$upstream_http_x_b|$upstream_cookie_sid|", "v||7|");
}

static void an_id_is_the_same_at_each_use_and_for_nobody_else(void **state)
{
    struct http_exchange *exchange = ask(*state, "/", "");
    char first[32];
    struct slice id = value_of(exchange, "$request_id");

    assert_int_equal(id.len, 32);
    memcpy(first, id.at, 32);
    id = value_of(exchange, "$request_id");
    assert_memory_equal(first, id.at, 32);
    exchange->number++;
    id = value_of(exchange, "$request_id");
    assert_memory_not_equal(first, id.at, 32);
}

/* Every variable on an exchange whose head was refused: nothing is set. */
static void every_variable_has_a_value_of_nothing(void **state)
{
    static const char *const names[] = {
#define VARIABLE(name, text, is_prefix, value) "$" text,
#include "http/language/http_variables.def"
#undef VARIABLE
    };
    struct http_exchange *exchange = ask(*state, "", "");

    exchange->server = NULL;
    exchange->location = NULL;
    exchange->request = (struct http_request){0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[64];

        snprintf(text, sizeof text, "<%s>", names[i]);
        if (names[i][strlen(names[i]) - 1] == '_')
            snprintf(text, sizeof text, "<%sx>", names[i]);
        assert_true(value_of(exchange, text).len >= 2);
    }
}

static void maps_say_what_the_configuration_says(void **state)
{
    struct http_exchange *exchange = ask(*state, "/one", "two");

    assert_value(exchange, "$first $second $first", "1 both 1");
    assert_value(exchange, "[$word]", "[]");
    exchange = ask(*state, "/none", "a.x.org");
    assert_value(exchange, "$first $second", "d star");
    exchange = ask(*state, "/abc/y", "");
    assert_value(exchange, "$first", "abc-y-second");
    assert_value(exchange, "$word", "abc");
    exchange = ask(*state, "", "");
    assert_value(exchange, "[$first][$second]", "[e][]");
}

/* As in nginx: once for a request, unless it is volatile. */
static void a_map_is_worked_out_once(void **state)
{
    struct http_exchange *exchange = ask(*state, "/", "a");

    assert_value(exchange, "$fresh $kept", "a a");
    exchange->request.query = SLICE("b");
    assert_value(exchange, "$fresh $kept", "b a");
}

static void maps_that_ask_for_each_other_end(void **state)
{
    struct http_exchange *exchange = ask(*state, "/", "a");

    assert_value(exchange, "$loop_a", "ab");
}

static void a_map_leaves_the_captures_of_others_alone(void **state)
{
    struct http_exchange *exchange = ask(*state, "/abc/y", "");
    const struct http_captures captures = {.items = {[1] = SLICE("mine")}};

    exchange->captures = &captures;
    assert_value(exchange, "$1 $first $1 [$2]", "mine abc-y-second mine []");
}

/* A log says "-" for what is not there: not for the value of a map. */
static void a_map_always_has_a_value(void **state)
{
    struct http_exchange *exchange = ask(*state, "/", "");

    assert_non_null(value_of(exchange, "$absent").at);
    assert_null(value_of(exchange, "$http_absent").at);
}

static void geo_goes_by_addresses(void **state)
{
    struct http_exchange *exchange = ask(*state, "/", "a=2001:db8::1");

    assert_value(exchange, "$net $other $range", "near six far");
    assert_true(address_parse(SLICE("192.0.2.8"), &exchange->session->address));
    exchange->values = NULL;
    exchange->request.query = SLICE("a=10.0.0.9");
    assert_value(exchange, "$net $other $range", "eight ten ten");
    assert_true(address_parse(SLICE("192.0.2.7"), &exchange->session->address));
    exchange->values = NULL;
    exchange->request.query = SLICE("a=nonsense");
    assert_value(exchange, "$net $other", "near far");
}

/* A subrequest sees and sets the variables of the request it is for. */
static void a_subrequest_shares_the_variables(void **state)
{
    struct http_exchange *exchange = ask(*state, "/one", "two");
    struct http_exchange inner = *exchange;
    char memory[] = "set";

    inner.parent = exchange;
    arena_init(&inner.arena, 65536);
    assert_value(&inner, "$first", "1");
    assert_true(slice_equal(exchange->values[0], SLICE("1")));
    assert_true(http_variable_set(&inner, 0, (struct slice){memory, 3}));
    memory[0] = 'b';
    assert_value(exchange, "$first", "set");
    arena_deinit(&inner.arena);
}

static void a_full_arena_is_no_harm(void **state)
{
    struct http_exchange *exchange = ask(*state, "/", "");

    while (arena_alloc(&exchange->arena, 64) != NULL)
        continue;
    assert_value(exchange, "$remote_addr $request_id $host", "");
}

struct program_case {
    const char *path, *query;
    enum http_program_end end;
    const char *new_path, *new_query; /* or what is said, if it was answered */
};

#define MANY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* clang-format off */
static const struct program_case program_cases[] = {
    {"/p/a/x y", "z", HTTP_PROGRAM_SEARCH, "/q/x y", "z"},
    {"/p/a/", "", HTTP_PROGRAM_SEARCH, "/q/", ""},
    {"/p/b/x", "z", HTTP_PROGRAM_GO_ON, "/q/x", "z"},
    {"/p/c/x", "", HTTP_PROGRAM_SEARCH, "/q", "x=x"},
    {"/p/c/x", "z", HTTP_PROGRAM_SEARCH, "/q", "x=x&z"},
    {"/p/d/x", "z", HTTP_PROGRAM_SEARCH, "/q", "x=x"},
    {"/p/e/x", "", HTTP_PROGRAM_GO_ON, "/q/x", ""},
    {"/p/f/", "x=1", HTTP_PROGRAM_SEARCH, "/yes", "x=1"},
    {"/p/f/", "x=0", HTTP_PROGRAM_SEARCH, "/no", "x=0"},
    {"/p/g/a?b", "c", HTTP_PROGRAM_ANSWERED, "302; Location: http://second:8080/to/a?b?c; ", ""},
    {"/p/g/\xc3\xa4", "", HTTP_PROGRAM_ANSWERED, "302; Location: http://second:8080/to/%C3%A4; ", ""},
    {"/p/h/", "", HTTP_PROGRAM_ANSWERED, "500; ", ""},   /* empty */
    {"/p/h/x", "", HTTP_PROGRAM_ANSWERED, "500; ", ""},  /* no path */
    {"/p/i/", "x=a\x01", HTTP_PROGRAM_ANSWERED, "500; ", ""},
    {"/p/j/x", "x=1", HTTP_PROGRAM_GO_ON, "/p/j/x", "y=1"},
    {"/p/j/" MANY_A "b", "", HTTP_PROGRAM_ANSWERED, "500; ", ""}, /* takes too much */
    {"/p/k/", "x=a", HTTP_PROGRAM_ANSWERED, "204; ", ""},
    {"/p/k/", "x=" MANY_A "b", HTTP_PROGRAM_ANSWERED, "500; ", ""},
    {"/p/l/", "", HTTP_PROGRAM_ANSWERED, "410; ", ""},
};
/* clang-format on */

static void programs_run_step_by_step(void **state)
{
    struct stage *stage = *state;

    for (size_t i = 0; i < sizeof program_cases / sizeof program_cases[0]; i++) {
        const struct program_case *row = &program_cases[i];
        struct http_exchange *exchange = ask(stage, row->path, row->query);
        enum http_program_end end = http_program_run(exchange, exchange->location->program);
        struct slice said = text_slice(&stage->answer);

        if (end != row->end)
            fail_msg("%s?%s: ends with %d", row->path, row->query, (int)end);
        if (end == HTTP_PROGRAM_ANSWERED && !slice_starts(said, slice_of(row->new_path)))
            fail_msg("%s?%s: %.*s", row->path, row->query, (int)said.len, said.at);
        if (end != HTTP_PROGRAM_ANSWERED &&
            (!slice_equal(exchange->request.path, slice_of(row->new_path)) ||
             !slice_equal(exchange->request.query, slice_of(row->new_query))))
            fail_msg("%s?%s: %.*s?%.*s", row->path, row->query, (int)exchange->request.path.len,
                     exchange->request.path.at, (int)exchange->request.query.len,
                     exchange->request.query.at);
    }
}

/* Whatever the memory runs out in: an answer or an end, and no step half done. */
static void a_full_arena_ends_a_program(void **state)
{
    struct http_exchange *exchange = ask(*state, "/p/a/x", "");

    while (arena_alloc(&exchange->arena, 16) != NULL)
        continue;
    assert_int_equal(http_program_run(exchange, exchange->location->program),
                     HTTP_PROGRAM_ANSWERED);
    assert_int_equal(exchange->response.status, 500);
}

struct return_case {
    const char *path, *query, *said;
};

/* clang-format off */
static const struct return_case return_cases[] = {
    {"/text.html", "", "200; Content-Type: text/html; a /text.html b"},
    {"/url", "to=/y%20<>\"\\", "302; Location: http://x/y%20%3C%3E%22%5C; Content-Type: text/html; "},
    {"/url", "to=\x01\x7f\xc3\xa4", "302; Location: http://x%C3%A4; Content-Type: text/html; "},
    {"/local", "q=1", "301; Location: http://second:8080/new?q=1; Content-Type: text/html; "},
    {"/local", "", "301; Location: http://second:8080/new; Content-Type: text/html; "},
    {"/tea", "", "418; "},
    {"/gone", "", "410; Content-Type: text/html; "},
    {"/drop", "", "refused by configuration"},
    {"/nothing", "", "204; "},
};
/* clang-format on */

static void returns_what_is_written(void **state)
{
    struct stage *stage = *state;

    for (size_t i = 0; i < sizeof return_cases / sizeof return_cases[0]; i++) {
        struct http_exchange *exchange = ask(stage, return_cases[i].path, return_cases[i].query);
        struct slice said, expected = slice_of(return_cases[i].said);

        assert_int_equal(http_program_run(exchange, exchange->location->program),
                         HTTP_PROGRAM_ANSWERED);
        said = text_slice(&stage->answer);
        if (slice_ends(expected, SLICE("text/html; ")))
            said = slice_part(said, 0, expected.len); /* the page follows */
        if (!slice_equal(said, expected))
            fail_msg("%s: %.*s", return_cases[i].path, (int)said.len, said.at);
    }
}

static void a_slash_is_added_with_the_query(void **state)
{
    struct stage *stage = *state;
    struct http_exchange *exchange = ask(stage, "/app", "a=b");
    struct slice start = SLICE("301; Location: http://second:8080/app/?a=b; ");

    http_return_slash(exchange);
    assert_true(slice_starts(text_slice(&stage->answer), start));
}

static struct slice read_log(struct stage *stage, char *memory, size_t capacity)
{
    ssize_t got = read(stage->log_pipe[0], memory, capacity);

    assert_true(got > 0);
    return (struct slice){memory, (size_t)got};
}

static void logs_in_each_format(void **state)
{
    struct stage *stage = *state;
    struct http_exchange *exchange = ask(stage, "/j", "");
    char memory[512];

    add(exchange, "User-Agent", "a\"\xff");
    http_log_exchange(exchange);
    assert_true(slice_equal(read_log(stage, memory, sizeof memory),
                            SLICE("{\"a\":\"a\\\"\xef\xbf\xbd\",\"r\":\"\"}\na\"\xff\n")));
}

static void logs_the_combined_format(void **state)
{
    struct stage *stage = *state;
    struct http_exchange *exchange = ask(stage, "/", "");
    char memory[512];
    struct slice line;

    add(exchange, "Referer", "");
    add(exchange, "User-Agent", "x\n");
    http_log_exchange(exchange);
    line = read_log(stage, memory, sizeof memory);
    assert_true(slice_starts(line, SLICE("192.0.2.7 - - [")));
    assert_true(slice_ends(line, SLICE("] \"GET /x?y HTTP/1.1\" 200 7 \"\" \"x\\x0A\"\n")));
}

static void a_long_line_is_whole(void **state)
{
    struct stage *stage = *state;
    struct http_exchange *exchange = ask(stage, "/j", "");
    char agent[8001], memory[65536];
    struct slice lines;

    memset(agent, '\x01', sizeof agent - 1);
    agent[sizeof agent - 1] = '\0';
    add(exchange, "User-Agent", agent);
    http_log_exchange(exchange);
    lines = read_log(stage, memory, sizeof memory);
    assert_int_equal(lines.len, (sizeof "{'a':'','r':''}\n" - 1 + 6 * 8000) + (8000 + 1));
}

static void a_refused_head_is_logged_by_the_default_server(void **state)
{
    struct stage *stage = *state;
    struct http_exchange *exchange = ask(stage, "/", "");

    exchange->location = NULL;
    exchange->server = NULL;
    http_log_exchange(exchange); /* the server's own log is not open: no line, and no crash */
}

#define STAGE_TEST(function) cmocka_unit_test_setup_teardown(function, set_stage, clear_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(says_what_the_request_is),
        STAGE_TEST(says_what_the_connection_is),
        STAGE_TEST(says_what_the_backend_did),
        STAGE_TEST(an_id_is_the_same_at_each_use_and_for_nobody_else),
        STAGE_TEST(every_variable_has_a_value_of_nothing),
        STAGE_TEST(maps_say_what_the_configuration_says),
        STAGE_TEST(a_map_is_worked_out_once),
        STAGE_TEST(maps_that_ask_for_each_other_end),
        STAGE_TEST(a_map_leaves_the_captures_of_others_alone),
        STAGE_TEST(a_map_always_has_a_value),
        STAGE_TEST(geo_goes_by_addresses),
        STAGE_TEST(a_subrequest_shares_the_variables),
        STAGE_TEST(a_full_arena_is_no_harm),
        STAGE_TEST(programs_run_step_by_step),
        STAGE_TEST(a_full_arena_ends_a_program),
        STAGE_TEST(returns_what_is_written),
        STAGE_TEST(a_slash_is_added_with_the_query),
        STAGE_TEST(logs_in_each_format),
        STAGE_TEST(logs_the_combined_format),
        STAGE_TEST(a_long_line_is_whole),
        STAGE_TEST(a_refused_head_is_logged_by_the_default_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
