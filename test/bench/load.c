/* The load generator and the backends of the benchmark: one program, one thread, one epoll.
 *
 *   load http  PORT …   requests over keep-alive connections, or one connection each (--close)
 *   load idle  PORT …   connections that have made one request and then say nothing
 *   load smtp  PORT …   sessions that deliver a message each
 *   load serve-http PORT --size N      a backend that answers every request with N bytes
 *   load serve-smtp PORT               a backend that takes every message
 *
 * The result is one JSON object on standard output. SIGTERM ends a load early, and well. */
#include "load.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_code {
    OPTION_TLS = 256,
    OPTION_CLOSE,
    OPTION_RESUME,
    OPTION_CONNECTIONS,
    OPTION_SECONDS,
    OPTION_UNITS,
    OPTION_PATH,
    OPTION_SOURCE,
    OPTION_SIZE,
};

static const struct option long_options[] = {
    {"tls",         no_argument,       NULL, OPTION_TLS        },
    {"starttls",    no_argument,       NULL, OPTION_TLS        },
    {"close",       no_argument,       NULL, OPTION_CLOSE      },
    {"resume",      no_argument,       NULL, OPTION_RESUME     },
    {"connections", required_argument, NULL, OPTION_CONNECTIONS},
    {"seconds",     required_argument, NULL, OPTION_SECONDS    },
    {"units",       required_argument, NULL, OPTION_UNITS      },
    {"path",        required_argument, NULL, OPTION_PATH       },
    {"source",      required_argument, NULL, OPTION_SOURCE     },
    {"size",        required_argument, NULL, OPTION_SIZE       },
    {NULL,          0,                 NULL, 0                 },
};

/* TLS 1.3, AES-128-GCM, X25519: what is measured must not depend on what a server prefers. */
static SSL_CTX *make_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set1_groups_list(context, "X25519");
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    return context;
}

static void read_options(int argc, char **argv, struct load_options *options)
{
    int code;

    while ((code = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (code) {
        case OPTION_TLS:
            options->tls = make_context();
            break;
        case OPTION_CLOSE:
            options->closes = true;
            break;
        case OPTION_RESUME:
            options->resumes = true;
            break;
        case OPTION_CONNECTIONS:
            options->connections = strtoul(optarg, NULL, 10);
            break;
        case OPTION_SECONDS:
            options->seconds = strtod(optarg, NULL);
            break;
        case OPTION_UNITS:
            options->units = strtoull(optarg, NULL, 10);
            break;
        case OPTION_PATH:
            options->path = optarg;
            break;
        case OPTION_SOURCE:
            options->source = optarg;
            break;
        case OPTION_SIZE:
            options->message_size = strtoul(optarg, NULL, 10);
            break;
        default:
            exit(2);
        }
    }
}

volatile sig_atomic_t load_is_over;

static void on_signal(int number)
{
    (void)number;
    load_is_over = 1;
}

int main(int argc, char **argv)
{
    struct load_options options = {
        .host = "127.0.0.1",
        .connections = 16,
        .seconds = 1,
        .path = "/",
        .message_size = 1024,
    };
    struct tally tally;

    if (argc < 3) {
        fprintf(stderr, "usage: %s http|idle|smtp|serve-http|serve-smtp PORT [options]\n", argv[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    if (strncmp(argv[1], "serve", 5) != 0)
        signal(SIGTERM, on_signal);
    options.port = (uint16_t)strtoul(argv[2], NULL, 10);
    read_options(argc - 2, argv + 2, &options);
    if (options.resumes && options.tls != NULL)
        load_keep_sessions(options.tls);

    tally_start(&tally);
    if (strcmp(argv[1], "http") == 0)
        load_http(&options, &tally);
    else if (strcmp(argv[1], "idle") == 0)
        load_idle(&options, &tally);
    else if (strcmp(argv[1], "smtp") == 0)
        load_smtp(&options, &tally);
    else if (strcmp(argv[1], "serve-http") == 0)
        serve_http(options.port, options.message_size);
    else if (strcmp(argv[1], "serve-smtp") == 0)
        serve_smtp(options.port);
    else
        return 2;
    tally_print(&tally);
    if (options.tls != NULL)
        load_forget_sessions(options.tls);
    SSL_CTX_free(options.tls);
    return 0;
}
