#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "http/message/http_message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Text with variables ("$host$request_uri", "${scheme}://x"), taken apart once when the
 * configuration is read. What a variable's value is says http_variables.h; this file needs no
 * network code, so that the master can check a configuration with it. */

enum http_variable {
    HTTP_VARIABLE_NONE, /* plain text */
#define VARIABLE(name, text, is_prefix, value) HTTP_VARIABLE_##name,
#include "http/language/http_variables.def"
#undef VARIABLE
    HTTP_VARIABLE_CAPTURE, /* $1…$9 */
    HTTP_VARIABLE_MADE,    /* by the configuration: http_registry.h */
    HTTP_VARIABLE_COUNT
};

struct http_registry;

struct http_template_part {
    enum http_variable variable;
    uint32_t number;       /* CAPTURE: 1 to 9; MADE: in the registry */
    struct slice text;     /* NONE: the text itself; prefix variables: the NAME of arg_NAME… */
    enum http_field_id id; /* http_NAME, sent_http_NAME: the field, if frontd knows it */
};

struct http_template {
    const struct http_template_part *parts;
    size_t count;
};

/* Why a template cannot be compiled, and where in the text. */
struct http_template_error {
    struct slice variable;  /* the unknown name, without "$"; empty: the syntax is wrong */
    const char *words;      /* what is wrong */
    const char *suggestion; /* the nearest variable, or NULL */
};

/* Everything lives in `arena`, which must not have a ceiling. A name that is not known yet becomes
 * one of `registry` (NULL: it is unknown). */
bool http_template_compile(struct slice text, struct http_registry *registry, struct arena *arena,
                           struct http_template *compiled, struct http_template_error *error)
    __attribute__((warn_unused_result));

/* Is this frontd's own variable, one that a configuration cannot make? */
bool http_template_is_builtin(struct slice name);

/* The nearest name of a variable, frontd's own or made by the configuration (`registry` may be
 * NULL); NULL if none is near. */
const char *http_template_nearest(struct slice name, const struct http_registry *registry,
                                  struct arena *arena);

/* True if no variable is in it; then *text is what it says. */
bool http_template_is_plain(const struct http_template *compiled, struct slice *text);
