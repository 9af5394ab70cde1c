#include "world.h"

#include "backend.h"
#include "base/arena.h"
#include "base/ensure.h"
#include "dns/dns.h"
#include "http/conf/http_conf.h"
#include "http/http.h"
#include "net/buffer.h"
#include "net/listener.h"
#include "process/configuration.h"
#include "process/listens.h"
#include "relay/backend.h"
#include "relay/relay_conf.h"
#include "relay/session.h"
#include "relay/shared_zone.h"
#include "relay/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Connections to the backend that frontd finds already made. */
#define KEPT 2
/* Turns without activity, after which nothing more will happen. */
#define QUIET_TURNS 3
/* More than any input leads to. */
#define TURNS_MAX 20000

static const char configuration_text[] =
    "error_log /dev/null info;\n"
    "http {\n"
    "  access_log /dev/null;\n"
    "  client_max_body_size 300k; gzip on; gzip_min_length 10; gzip_proxied any;\n"
    "  server { listen 127.0.0.1:1 http2; root %s;\n"
    "    error_page 404 /static/small; error_page 502 504 = @none;\n"
    "    location / { return 200 \"$request_method $uri $http_x $cookie_a $arg_b "
    "$server_protocol\"; }\n"
    "    location /redirect { return 301 http://$host$request_uri; }\n"
    "    location /static/ { add_header X-Range $http_range; }\n"
    "    location /proxy/ { proxy_pass http://127.0.0.1:%u; proxy_set_header X-Back $http_x; }\n"
    "    location /spool/ { proxy_pass http://127.0.0.1:%u/; proxy_request_buffering on; }\n"
    "    location /old/ { proxy_pass http://127.0.0.1:%u; proxy_http_version 1.0; }\n"
    "    location /ssi/ { ssi on; proxy_pass http://127.0.0.1:%u; }\n"
    "    location /auth/ { auth_request /proxy/0; root %s; }\n"
    "    location /caught/ { proxy_pass http://127.0.0.1:%u; proxy_intercept_errors on;\n"
    "      error_page 401 404 413 /proxy/0; }\n"
    "    location /rewritten/ { rewrite ^/rewritten/(.*)$ /$1 last; }\n"
    "    location @none { return 502 none; }\n"
    "  }\n"
    "}\n";

static struct {
    struct worker worker;
    struct conf_sources sources;
    struct conf_report report;
    struct conf conf;
    struct arena arena;
    struct listen_list listens;
    struct log_files logs;
    struct shared_zones zones; /* none */
    struct log log;
    struct loop_task stop;
    struct buffer heard;
    char directory[64];
    unsigned port;    /* the backend's */
    unsigned script;  /* what it answers */
    int client;       /* -1: hung up */
    bool is_over;     /* frontd has ended the connection */
    bool has_started; /* what is above is there */
} world;

static const struct protocol_conf *const protocols[] = {&http_protocol_conf, NULL};

/* Files. */

static const struct {
    const char *name;
    size_t size;
} files[] = {
    {"static/small", 10    },
    {"static/large", 200000},
    {"auth/page",    1000  },
};

#define FILES (sizeof files / sizeof files[0])

static void path_of(const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", world.directory, name);
}

static void remove_files(void)
{
    char path[128];

    for (size_t i = 0; i < FILES; i++) {
        path_of(files[i].name, path);
        unlink(path);
        *strrchr(path, '/') = '\0';
        rmdir(path);
    }
    rmdir(world.directory);
}

static void make_files(void)
{
    static const char zeros[200000];
    char path[128];

    strcpy(world.directory, "/tmp/fuzz-world-XXXXXX");
    ensure(mkdtemp(world.directory) != NULL);
    atexit(remove_files);
    for (size_t i = 0; i < FILES; i++) {
        int file;

        path_of(files[i].name, path);
        *strrchr(path, '/') = '\0';
        ensure(mkdir(path, 0700) == 0 || errno == EEXIST);
        path_of(files[i].name, path);
        file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        ensure(file >= 0 && write(file, zeros, files[i].size) == (ssize_t)files[i].size);
        close(file);
    }
}

/* The worker. */

static void on_accepted(void *owner, int fd, const struct address *client)
{
    (void)owner, (void)client;
    backend_serve(world.worker.loop, fd, world.script);
}

static void on_exhausted(void *owner, int error)
{
    (void)owner, (void)error;
}

static void listen_as_backend(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    ensure(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 && listen(fd, 64) == 0);
    ensure(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    world.port = ntohs(address.sin_port);
    listener_start(world.worker.loop, fd, on_accepted, on_exhausted, NULL);
}

static void read_configuration(void)
{
    const struct conf_group **groups = program_groups(protocols);
    char text[4096];
    unsigned port = world.port;
    int len = snprintf(text, sizeof text, configuration_text, world.directory, port, port, port,
                       port, world.directory, port);

    ensure(len > 0 && (size_t)len < sizeof text);
    arena_init(&world.arena, ARENA_UNLIMITED);
    conf_report_init(&world.report);
    conf_sources_init(&world.sources, false);
    conf_sources_text(&world.sources, SLICE("/f.conf"), slice_of(text));
    ensure(conf_read(&world.conf, &world.sources, SLICE("/f.conf"), SLICE("/"), SLICE_NONE, groups,
                     false, &world.report));
    listens_collect(&world.conf, protocols, &world.arena, &world.listens, NULL);
    world.listens.listens[0].protocol = &http_protocol;
    configuration_logs(&world.conf, protocols, "/dev/null", &world.logs);
    for (size_t i = 0; i < world.logs.count; i++)
        world.logs.files[i].fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    world.log = (struct log){world.logs.files[0].fd, LOG_INFO};
}

static void on_stop(void *owner)
{
    loop_stop(owner);
}

static void start(void)
{
    const struct dns_options dns = {.servers = "127.0.0.1:1"};
    struct worker *worker = &world.worker;

    world.has_started = true;
    worker->loop = loop_new();
    make_files();
    listen_as_backend();
    read_configuration();
    worker->conf = &world.conf;
    worker->log = &world.log;
    worker->log_files = &world.logs;
    worker->listens = &world.listens;
    worker->zones = &world.zones;
    worker->session_limit = 8;
    worker->resolver = dns_resolver_new(worker->loop, &dns);
    ensure(http_protocol.start(worker));
    loop_task_init(&world.stop, on_stop, worker->loop);
}

/* Turns. */

static bool hear(void)
{
    bool any = false;
    ssize_t len;

    while (world.client >= 0 && !world.is_over) {
        len = read(world.client, buffer_reserve(&world.heard, 65536), 65536);
        if (len < 0 && errno == EAGAIN)
            break;
        if (len <= 0)
            world.is_over = true;
        else
            buffer_added(&world.heard, (size_t)len);
        any = true;
    }
    return any;
}

static void turn_until_quiet(void)
{
    int quiet = 0;

    for (int i = 0; quiet < QUIET_TURNS; i++) {
        unsigned before = backend_activity;

        ensure(i < TURNS_MAX);
        loop_defer_late(world.worker.loop, &world.stop);
        loop_run(world.worker.loop);
        quiet = hear() || backend_activity != before ? 0 : quiet + 1;
    }
}

/* Both ends of a connection. */
static void connect_pair(int ends[2])
{
    ensure(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
}

static void keep_connection(void)
{
    const struct backend_target target = {.host = SLICE("127.0.0.1"), .port = (uint16_t)world.port};
    const struct backend_keep keep = {.idle_max = KEPT, .idle_ms = 60000};
    struct backend_connection connection = {0};
    int ends[2];

    connect_pair(ends);
    connection.stream = stream_new(world.worker.loop, ends[0], NULL, NULL);
    connection.address = (struct address){
        .family = AF_INET, .bytes = {127, 0, 0, 1}
    };
    connection.address.port = (uint16_t)world.port;
    backend_pool_give(world.worker.backends, &target, &keep, &connection);
    backend_serve(world.worker.loop, ends[1], world.script);
}

void world_begin(unsigned script)
{
    const struct address address = {
        .family = AF_INET, .bytes = {127, 0, 0, 1},
             .port = 9
    };
    int ends[2];

    if (!world.has_started)
        start();
    world.script = script;
    world.is_over = false;
    world.worker.backends = backend_pool_new(&world.worker);
    for (size_t i = 0; i < KEPT; i++)
        keep_connection();
    connect_pair(ends);
    world.client = ends[1];
    session_accept(&world.worker, &world.listens.listens[0], ends[0], &address);
}

void world_say(struct slice bytes)
{
    while (bytes.len > 0 && !world.is_over) {
        ssize_t sent = send(world.client, bytes.at, bytes.len, MSG_NOSIGNAL);

        if (sent < 0 && errno != EAGAIN)
            break;
        turn_until_quiet();
        if (sent < 0)
            break; /* nobody reads it any more */
        bytes = slice_from(bytes, (size_t)sent);
    }
    turn_until_quiet();
}

struct slice world_heard(void)
{
    return buffer_slice(&world.heard);
}

bool world_is_over(void)
{
    return world.is_over;
}

const struct session *world_session(void)
{
    return world.worker.sessions;
}

void world_end(void)
{
    shutdown(world.client, SHUT_WR);
    turn_until_quiet();
    close(world.client);
    world.client = -1;
    buffer_release(&world.heard);
    turn_until_quiet();
    ensure(world.worker.session_count == 0 && loop_farewells(world.worker.loop) == 0);
    backend_pool_free(world.worker.backends);
    turn_until_quiet();
    ensure(backend_count == 0);
}
