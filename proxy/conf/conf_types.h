#pragma once

#include "base/slice.h"
#include "conf/conf_block.h"

#include <stdbool.h>
#include <stdint.h>

/* The common kinds of values: the C type of the member, and the conf_type for the row. */

typedef bool conf_flag;              /* on | off */
typedef uint64_t conf_size;          /* bytes: 8k, 1m */
typedef uint32_t conf_duration;      /* milliseconds: 60s, 1h 30m */
typedef uint32_t conf_count;         /* a plain number, 0…2^32-1 */
typedef struct slice conf_text;      /* one word as it stands */
typedef struct slice conf_path;      /* one word, made absolute with the prefix */
typedef struct slice conf_conf_path; /* one word, made absolute with the main file's directory */
typedef int conf_choice;   /* index of the word in type_data (const char *const [], NULL at
                              the end) */
typedef uint32_t conf_set; /* bits by index of the words in type_data, several words */

/* One or more words: `ssl_protocols`-like lists of plain text. */
struct conf_word_list {
    struct conf_word *words; /* with their places, for later checks */
    size_t count;
};

/* All directives of a repeatable row that has no finer type of its own, in order. */
struct conf_directive_list {
    const struct conf_directive **directives;
    size_t count;
};

extern const struct conf_type conf_type_flag, conf_type_size, conf_type_duration, conf_type_count,
    conf_type_text, conf_type_path, conf_type_conf_path, conf_type_choice, conf_type_set,
    conf_type_word_list, conf_type_directive_list;

/* Opens a block (row.opens says which); stores nothing. */
extern const struct conf_type conf_type_block;

/* A directive that is read, checked for its number of words and has no effect here. */
extern const struct conf_type conf_type_ignored;

/* Makes `path` absolute: as it is if it begins with '/', else below `directory` (ends in '/'). */
struct slice conf_absolute(struct arena *arena, struct slice directory, struct slice path);

/* Directory of the main file, with the final '/'. */
struct slice conf_directory(const struct conf *conf);

/* A member of a `.def` row. A table of rows looks like this, once per group:
 *
 *   DIRECTIVE(member_type, name, contexts, inherit, "default", "syntax", "meaning")
 *
 * and is included twice: where it becomes the struct, with CONF_MEMBER, and where it becomes the
 * rows, with CONF_ROW and a `#define CONF_STRUCT struct http_location_conf`. */
#define CONF_MEMBER(member_type, name, contexts, inherit, initial, syntax, meaning)                \
    conf_##member_type name;

#define CONF_ROW(member_type, name, where, how, first, words, text)                                \
    {.name = #name,                                                                                \
     .contexts = (where),                                                                          \
     .type = &conf_type_##member_type,                                                             \
     .offset = offsetof(CONF_STRUCT, name),                                                        \
     .size = sizeof(conf_##member_type),                                                           \
     .min_words = 1,                                                                               \
     .max_words = 1,                                                                               \
     .repeat = CONF_ONCE,                                                                          \
     .inherit = CONF_INHERIT_##how,                                                                \
     .initial = (first),                                                                           \
     .syntax = (words),                                                                            \
     .meaning = (text)},

/* For rows that CONF_ROW cannot say (other word counts, several per block, blocks, own types): the
 * fields by name. CUSTOM(struct tag or type, name, …designated initialisers) */
#define CONF_CUSTOM_MEMBER(type_of_member, member, ...) type_of_member member;
#define CONF_CUSTOM_ROW(type_of_member, member, ...)                                               \
    {.name = #member,                                                                              \
     .offset = offsetof(CONF_STRUCT, member),                                                      \
     .size = sizeof(type_of_member),                                                               \
     __VA_ARGS__},
