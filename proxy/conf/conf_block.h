#pragma once

#include "base/arena.h"
#include "conf/conf_report.h"
#include "conf/conf_sources.h"
#include "conf/conf_tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a directive is. Every directive is one CONF_ROW in a `.def` table; from the row follow the
 * struct member, parsing, default, inheritance, the -T dump, the manual and the suggestions.
 *
 * A *group* is one struct of values and the rows that fill it (http_location, tls, smtp_server…). A
 * group is present in every block in which one of its rows may stand; values flow from the outer
 * block's struct to the inner one's as the row says. A *scope* is one block that was read. */

/* The blocks there are, as bits for conf_row.contexts. To add a block: a bit, a row in
 * conf_block.c's table of names, and a row of type CONF_BLOCK somewhere that opens it. */
enum conf_context {
    CONF_MAIN = 1 << 0,
    CONF_EVENTS = 1 << 1,
    CONF_HTTP = 1 << 2,
    CONF_SERVER = 1 << 3, /* server in http */
    CONF_LOCATION = 1 << 4,
    CONF_TYPES = 1 << 5,
    CONF_MAIL = 1 << 6,
    CONF_MAIL_SERVER = 1 << 7,
    CONF_SERVER_IF = 1 << 8,   /* if in server */
    CONF_LOCATION_IF = 1 << 9, /* if in location */
    CONF_LIMIT_EXCEPT = 1 << 10,
    CONF_UPSTREAM = 1 << 11,
    CONF_MAP = 1 << 12, /* map and geo: free text, like types */
};

enum conf_inherit {
    CONF_INHERIT_VALUE,    /* an inner block that does not set it has the outer one's value or list;
                              one that sets a list replaces the whole list */
    CONF_INHERIT_NONE,     /* belongs to the block it stands in */
    CONF_INHERIT_NAMELESS, /* belongs to the block it stands in, and holds in the nameless ones that
                              are part of it: `if` and `limit_except` in a location */
};

/* How often a row may stand in one block, and how many words it takes. */
enum conf_repeat {
    CONF_ONCE, /* a second one is an error ("is duplicate") */
    CONF_MANY, /* each adds to the list */
};

struct conf_reader; /* state of one reading; see below */
struct conf_scope;

/* A kind of value. `parse` stores into `value` (the member, already holding what earlier directives
 * of the same block stored, zeroed before the first; NULL if the row stores nothing); it reports
 * with conf_fail… and returns false if the words are wrong. Their number was checked before. The
 * row being read is reader->row, memory for what must live is reader->conf->arena. */
struct conf_type {
    const char *name; /* for the manual: "size", "on|off" */
    bool (*parse)(struct conf_reader *reader, const struct conf_directive *directive, void *value);
};

struct conf_row {
    const char *name;
    uint32_t contexts; /* enum conf_context bits: where it may stand */
    const struct conf_type *type;
    const void *type_data; /* what the type needs: the words of a choice, the bounds of a count… */
    size_t offset, size;   /* of the member; size 0: nothing is stored */
    uint8_t min_words, max_words; /* CONF_ANY: no upper bound */
    enum conf_repeat repeat;
    enum conf_inherit inherit;
    uint32_t opens;      /* for blocks: the context inside; 0 otherwise */
    const char *initial; /* the default as an operator would write it, read by the same parser;
                            NULL: stays zero */
    const char *syntax;  /* the words, for the manual: "address[:port] [ssl] [default_server]" */
    const char *meaning; /* one sentence for the manual */
};

#define CONF_ANY 255

struct conf_group {
    const char *name;
    size_t size; /* of the struct */
    const struct conf_row *rows;
    size_t row_count;
    /* Rules across rows and blocks, run once everything is read and inherited, for each scope that
     * has the group; may be NULL. Reports through the reader. Not run for a scope when something in
     * it, in a block inside or in one around it (but for the outermost) was reported already: that
     * would find follow-up errors only. Directives that store nothing do not count. */
    void (*check)(struct conf_reader *reader, const struct conf_scope *scope, void *values);
};

struct conf_scope {
    enum conf_context context;
    const struct conf_directive *directive; /* the block's own directive, its words included */
    struct conf_scope *parent, *first_child, *last_child, *next;
    bool has_errors;       /* something in this very block was reported */
    bool has_inner_errors; /* the same, in a block inside */
    void **values;         /* by index of the group in conf_reader.groups; NULL: not present here */
    uint64_t **set;        /* the same order; bit n: row n was given in this very block */
};

/* A configuration that was read. Lives until conf_deinit; everything in it is constant. */
struct conf {
    struct arena arena;
    struct conf_sources *sources;           /* not owned */
    const struct conf_group *const *groups; /* NULL-terminated, not owned */
    size_t group_count;
    struct conf_scope *main; /* the outermost block */
    struct slice path;       /* of the main file */
    struct slice prefix;     /* directory for relative paths of roots and logs, ends in '/' */
};

struct conf_reader {
    struct conf *conf;
    struct conf_report *report;
    bool checks_disk;               /* master: look whether roots exist…; false in a worker */
    const struct conf_row *row;     /* while a type's parse runs */
    const struct conf_scope *scope; /* the same: the block the directive stands in */
};

/* Reads and checks. True if there is no error in *report (warnings are fine); *conf is filled as
 * far as possible either way. `groups`: NULL-terminated list of all groups of this program. */
bool conf_read(struct conf *conf, struct conf_sources *sources, struct slice path,
               struct slice prefix, struct slice globals, const struct conf_group *const *groups,
               bool checks_disk, struct conf_report *report) __attribute__((warn_unused_result));
void conf_deinit(struct conf *conf);

/* The struct of `group` in `scope`; NULL if the group is not present in this kind of block. */
void *conf_values(const struct conf *conf, const struct conf_scope *scope,
                  const struct conf_group *group);

/* Was the row whose member is at `offset` given in this very block? */
bool conf_is_set(const struct conf *conf, const struct conf_scope *scope,
                 const struct conf_group *group, size_t offset);

/* Was any row of `group` given there? */
bool conf_is_any_set(const struct conf *conf, const struct conf_scope *scope,
                     const struct conf_group *group);

/* The (last) directive that gave that row in this very block, for the place in a message; NULL. */
const struct conf_directive *conf_directive_of(const struct conf_scope *scope, const char *name);

/* First child scope of `context`, and the next such one. */
const struct conf_scope *conf_first(const struct conf_scope *scope, enum conf_context context);
const struct conf_scope *conf_next(const struct conf_scope *scope);

/* Reports from a type or a check. Each returns false for `return conf_fail(…)`. */
bool conf_fail(struct conf_reader *reader, struct conf_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "unknown word `x`", with the nearest of `words` (NULL-terminated) as a suggestion. */
bool conf_fail_choice(struct conf_reader *reader, const struct conf_word *word, const char *what,
                      const char *const *words);

/* Words in contexts: "http", "server", "location"… for messages. */
const char *conf_context_name(enum conf_context context);

/* Nearest of `candidates` (NULL-terminated) to `word` by edit distance (a transposition counts 1),
 * at most a third of the word's length away; NULL if none is near. */
const char *conf_nearest(struct slice word, const char *const *candidates);

/* What is wrong with the tables themselves, for unit tests: a name twice in one context, a row
 * without syntax or meaning, a member outside its struct, a default that does not parse… False with
 * the first one in *why (in `arena`). */
bool conf_groups_consistent(const struct conf_group *const *groups, struct arena *arena,
                            struct slice *why) __attribute__((warn_unused_result));

/* Every directive with syntax, default, contexts and meaning, as plain text (`--directives`). */
void conf_manual(const struct conf_group *const *groups, int fd);

/* The same as sections of an mdoc(7) page (`--manual`). */
void conf_manual_mdoc(const struct conf_group *const *groups, int fd);

/* The directives that were read and have no effect, each once: "sendfile, tcp_nopush"; empty: none.
 */
struct slice conf_ignored_names(const struct conf *conf, struct arena *arena);

/* -T: every source that was read, as nginx prints it ("# configuration file /path:" and the text),
 * keys and certificates left out. */
void conf_dump(const struct conf *conf, int fd);
