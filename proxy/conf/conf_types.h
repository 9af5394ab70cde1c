#pragma once

/* How a group of directives is written. The rows, smtp/smtp_conf.def (clang-format off inside):
 *
 *   DIRECTIVE(duration, timeout, CONF_MAIL | CONF_MAIL_SERVER, VALUE, "60s", "time",
 *             "How long a client may be silent.")
 *   CHOICE(smtp_starttls_words, starttls, CONF_MAIL | CONF_MAIL_SERVER, VALUE, "off",
 *          "on | off | only", "Whether STARTTLS is offered, or demanded before anything else.")
 *   CUSTOM(struct conf_word_list, server_name, .contexts = CONF_MAIL_SERVER,
 *          .type = &conf_type_word_list, .min_words = 1, .max_words = CONF_ANY,
 *          .inherit = CONF_INHERIT_VALUE, .syntax = "name …", .meaning = "Names of the server.")
 *   BLOCK("server", CONF_MAIL, CONF_MAIL_SERVER, 0, 0, MANY, "{ … }", "One mail server.")
 *
 * The struct, smtp/smtp_conf.h (an index of the words as an enum beside it):
 *
 *   enum smtp_starttls { SMTP_STARTTLS_ON, SMTP_STARTTLS_OFF, SMTP_STARTTLS_ONLY };
 *   struct smtp_conf {
 *   #include "conf/conf_members.inc"
 *   #include "smtp/smtp_conf.def"
 *   };
 *   extern const struct conf_group smtp_conf_group;
 *
 * The group, smtp/smtp_conf.c:
 *
 *   static const char *const smtp_starttls_words[] = {"on", "off", "only", NULL};
 *   #define CONF_STRUCT struct smtp_conf
 *   static const struct conf_row rows[] = {
 *   #include "conf/conf_rows.inc"
 *   #include "smtp/smtp_conf.def"
 *   };
 *   const struct conf_group smtp_conf_group = {
 *       "smtp", sizeof(struct smtp_conf), rows, sizeof rows / sizeof rows[0], check};
 *
 * and to read it: const struct smtp_conf *c = conf_values(conf, scope, &smtp_conf_group);
 * A finer type of one's own is a struct conf_type with a parse function; see conf_block.h. */

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

/* Opens a block (row.opens says which); stores nothing. A finer type of that name may read the
 * block's own words: its parse is called when everything inside was read, and that is
 * reader->scope->last_child. */
#define CONF_TYPE_BLOCK "block"
extern const struct conf_type conf_type_block;

/* A directive that is read, checked for its number of words and has no effect here. */
extern const struct conf_type conf_type_ignored;

/* The name of a type whose parse only says what to write instead: nginx's directives that frontd
 * does not have. The manual lists them apart. */
#define CONF_TYPE_REFUSED "refused"

/* Directory of the main file, with the final '/'. */
struct slice conf_directory(const struct conf *conf);

/* Bounds for a row of type size, duration (milliseconds) or count: .type_data = &(const struct
 * conf_bounds){1, 65535}. Without type_data everything that fits the member is taken. */
struct conf_bounds {
    uint64_t least, most;
};

/* The rows of a `.def` file. Each line of it is one of these; the member is named like the
 * directive unless said otherwise. CUSTOM and NAMED take the fields of struct conf_row that are not
 * given by the line itself, by name.
 *
 *   DIRECTIVE(type, name, contexts, VALUE|NONE, "default" or NULL, "syntax", "meaning")
 *       one word, at most once in a block; `type` is one of those above without "conf_"
 *   CHOICE(words, name, contexts, VALUE|NONE, "default" or NULL, "syntax", "meaning")
 *       one of `words`, a static const char *const [] that ends with NULL; stored as conf_choice
 *   CUSTOM(struct http_listen_list, listen, .contexts = …, .type = …, .min_words = …, …)
 *       everything else that is stored
 *   NAMED(struct http_return, answer, "return", .contexts = …, …)
 *       the same, where the member cannot be called like the directive
 *   BLOCK("server", contexts, opens, min_words, max_words, ONCE|MANY, "syntax", "meaning")
 *       opens a block, stores nothing: its words are scope->directive->words
 *   BLOCK_OF(&http_type_if, "if", contexts, opens, …)
 *       the same with a type of its own, called CONF_TYPE_BLOCK, that reads the words
 *   IGNORED("load_module", contexts, min_words, max_words, "syntax", "meaning")
 *       checked for its number of words, has no effect; may be repeated
 */
#define CONF_MEMBER(member_type, member, where, how, first, words, text) conf_##member_type member;
#define CONF_ROW(member_type, member, where, how, first, words, text)                              \
    CONF_ONE_WORD_ROW(conf_##member_type, &conf_type_##member_type, NULL, member, where, how,      \
                      first, words, text)

#define CONF_CHOICE_MEMBER(choices, member, where, how, first, words, text) conf_choice member;
#define CONF_CHOICE_ROW(choices, member, where, how, first, words, text)                           \
    CONF_ONE_WORD_ROW(conf_choice, &conf_type_choice, choices, member, where, how, first, words,   \
                      text)

#define CONF_CUSTOM_MEMBER(type_of_member, member, ...) type_of_member member;
#define CONF_CUSTOM_ROW(type_of_member, member, ...)                                               \
    CONF_NAMED_ROW(type_of_member, member, #member, __VA_ARGS__)

#define CONF_NAMED_MEMBER(type_of_member, member, directive, ...) type_of_member member;
#define CONF_NAMED_ROW(type_of_member, member, directive, ...)                                     \
    {.name = (directive),                                                                          \
     .offset = offsetof(CONF_STRUCT, member),                                                      \
     .size = sizeof(type_of_member),                                                               \
     __VA_ARGS__},

#define CONF_BLOCK_ROW(...) CONF_BLOCK_OF_ROW(&conf_type_block, __VA_ARGS__)
#define CONF_BLOCK_OF_ROW(how_read, directive, where, inside, least, most, how_often, words, text) \
    {.name = (directive),                                                                          \
     .contexts = (where),                                                                          \
     .type = (how_read),                                                                           \
     .min_words = (least),                                                                         \
     .max_words = (most),                                                                          \
     .repeat = CONF_##how_often,                                                                   \
     .inherit = CONF_INHERIT_NONE,                                                                 \
     .opens = (inside),                                                                            \
     .syntax = (words),                                                                            \
     .meaning = (text)},

#define CONF_IGNORED_ROW(directive, where, least, most, words, text)                               \
    {.name = (directive),                                                                          \
     .contexts = (where),                                                                          \
     .type = &conf_type_ignored,                                                                   \
     .min_words = (least),                                                                         \
     .max_words = (most),                                                                          \
     .repeat = CONF_MANY,                                                                          \
     .inherit = CONF_INHERIT_NONE,                                                                 \
     .syntax = (words),                                                                            \
     .meaning = (text)},

/* The same for one word that is checked as the value of a type without bounds would be. */
#define CONF_CHECKED_ROW(directive, where, how_read, words, text)                                  \
    {.name = (directive),                                                                          \
     .contexts = (where),                                                                          \
     .type = &conf_type_ignored,                                                                   \
     .type_data = (how_read),                                                                      \
     .min_words = 1,                                                                               \
     .max_words = 1,                                                                               \
     .repeat = CONF_MANY,                                                                          \
     .inherit = CONF_INHERIT_NONE,                                                                 \
     .syntax = (words),                                                                            \
     .meaning = (text)},

#define CONF_ONE_WORD_ROW(type_of_member, how_read, data, member, where, how, first, words, text)  \
    {.name = #member,                                                                              \
     .contexts = (where),                                                                          \
     .type = (how_read),                                                                           \
     .type_data = (data),                                                                          \
     .offset = offsetof(CONF_STRUCT, member),                                                      \
     .size = sizeof(type_of_member),                                                               \
     .min_words = 1,                                                                               \
     .max_words = 1,                                                                               \
     .repeat = CONF_ONCE,                                                                          \
     .inherit = CONF_INHERIT_##how,                                                                \
     .initial = (first),                                                                           \
     .syntax = (words),                                                                            \
     .meaning = (text)},
