#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "conf/conf_report.h"
#include "http/language/http_template.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The variables that a configuration makes: set, map, geo, the named groups of regular expressions,
 * auth_request_set… Each has a number, by which an exchange keeps its value. One may be used above
 * the line that makes it, so what is unknown is known only when everything was read. */

enum http_origin {
    HTTP_MADE_NOWHERE, /* only used, so far */
    HTTP_MADE_BY_CODE, /* not there until http_variable_set: groups, auth_request_set… */
    HTTP_MADE_BY_SET,  /* empty until it is set */
    HTTP_MADE_BY_MAP,  /* worked out when it is first asked for */
    HTTP_MADE_BY_GEO,
    HTTP_MADE_BY_SPLIT,
};

struct http_map;
struct http_geo;
struct http_split;

struct http_made_variable {
    struct slice name;
    enum http_origin origin;
    const struct http_map *map;     /* MADE_BY_MAP */
    const struct http_geo *geo;     /* MADE_BY_GEO */
    const struct http_split *split; /* MADE_BY_SPLIT */
    struct conf_place place;        /* where it is first used */
};

/* A use of a name that begins like http_NAME: it means a variable of the configuration if one of
 * that name is made further below. */
struct http_prefix_use {
    struct slice name;
    struct http_template_part *part;
};

struct http_registry {
    struct arena *arena;
    struct http_made_variable *items; /* by number */
    size_t count, capacity;
    struct http_prefix_use *uses;
    size_t use_count, use_capacity;
    bool is_settled;
    bool asks_counts;   /* $connections_active or its like is used */
    bool is_incomplete; /* something that may have made variables was wrong: none is reported */
};

/* An exchange that uses one of them keeps 16 bytes for each that there is. */
#define HTTP_MADE_VARIABLES_MAX 1024

struct http_registry *http_registry_new(struct arena *arena);

/* The number of `name` (without "$"); a new one for a new name. HTTP_MADE_VARIABLES_MAX: there are
 * too many. */
uint32_t http_registry_number(struct http_registry *registry, struct slice name);

/* Is `name` made by something read so far? */
bool http_registry_is_made(const struct http_registry *registry, struct slice name,
                           uint32_t *number);

/* For http_template.c: `part` uses `name`, which begins like a prefix variable (or does so after
 * everything was read, and is looked up at once). */
void http_registry_watch(struct http_registry *registry, struct slice name,
                         struct http_template_part *part);

/* Everything is read: the parts watched get the variables that were made, and from now on a name
 * that is not made is unknown. */
void http_registry_settle(struct http_registry *registry);
