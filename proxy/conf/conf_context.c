#include "conf/conf_context.h"

#include "base/ensure.h"

struct context {
    enum conf_context context;
    const char *name;
    const char *which; /* what tells it from others of that name; NULL: no need */
    const char *phrase;
    bool is_free;
    bool is_nameless; /* a part of the location around it: see CONF_INHERIT_NAMELESS */
};

/* clang-format off */
static const struct context contexts[] = {
    {CONF_MAIN,         "main",         "outside of all blocks", "outside of all blocks",         false, false},
    {CONF_EVENTS,       "events",       NULL,                    "in an `events` block",          false, false},
    {CONF_HTTP,         "http",         NULL,                    "in an `http` block",            false, false},
    {CONF_SERVER,       "server",       "http",                  "in a `server` block",           false, false},
    {CONF_LOCATION,     "location",     NULL,                    "in a `location` block",         false, false},
    {CONF_TYPES,        "types",        NULL,                    "in a `types` block",            true,  false},
    {CONF_MAIL,         "mail",         NULL,                    "in a `mail` block",             false, false},
    {CONF_MAIL_SERVER,  "server",       "mail",                  "in a mail `server` block",      false, false},
    {CONF_SERVER_IF,    "if",           "server",                "in an `if` of a `server`",      false, false},
    {CONF_LOCATION_IF,  "if",           "location",              "in an `if` of a `location`",    false, true},
    {CONF_LIMIT_EXCEPT, "limit_except", NULL,                    "in a `limit_except` block",     false, true},
    {CONF_UPSTREAM,     "upstream",     NULL,                    "in an `upstream` block",        false, false},
    {CONF_MAP,          "map",          NULL,                    "in a `map` or `geo` block",     true,  false},
};
/* clang-format on */

#define CONTEXT_COUNT (sizeof contexts / sizeof contexts[0])

static const struct context *find(enum conf_context context)
{
    for (size_t i = 0; i < CONTEXT_COUNT; i++)
        if (contexts[i].context == context)
            return &contexts[i];
    ensure(!"a row in the table of contexts");
    return NULL;
}

const char *conf_context_name(enum conf_context context)
{
    return find(context)->name;
}

bool conf_context_is_free(enum conf_context context)
{
    return find(context)->is_free;
}

bool conf_context_is_nameless(enum conf_context context)
{
    return find(context)->is_nameless;
}

const char *conf_context_phrase(enum conf_context context)
{
    return find(context)->phrase;
}

struct slice conf_context_exactly(enum conf_context context, struct arena *arena)
{
    const struct context *row = find(context);

    if (row->which == NULL)
        return arena_format(arena, "`%s`", row->name);
    return arena_format(arena, "`%s` (%s)", row->name, row->which);
}

struct slice conf_contexts_text(uint32_t wanted, struct arena *arena)
{
    struct slice text = SLICE_NONE;

    for (size_t i = 0; i < CONTEXT_COUNT; i++) {
        uint32_t bit = contexts[i].context;
        struct slice name;

        if ((wanted & bit) == 0)
            continue;
        wanted &= ~bit;
        name = conf_context_exactly(contexts[i].context, arena);
        if (text.len == 0)
            text = name;
        else
            text = arena_format(arena, "%.*s%s%.*s", (int)text.len, text.at,
                                wanted == 0 ? " or " : ", ", (int)name.len, name.at);
    }
    return text;
}
