#include "http/files/http_files_conf.h"

#include "base/number.h"
#include "http/conf/http_conf.h"
#include "http/conf/http_conf_types.h"

static bool parse_alias(struct conf_reader *reader, const struct conf_directive *directive,
                        void *value)
{
    const struct conf_word *word = &directive->words[0];

    *(struct http_alias *)value = (struct http_alias){
        conf_absolute(&reader->conf->arena, reader->conf->prefix, word->text), word->place};
    return word->text.len > 0 || conf_fail(reader, word->place, "`alias` needs a path");
}

static const struct conf_type type_alias = {"path", parse_alias};

static bool has_variables(struct slice text)
{
    return slice_find(text, '$') != SLICE_NOT_FOUND;
}

/* index */

static bool parse_index(struct conf_reader *reader, const struct conf_directive *directive,
                        void *value)
{
    struct http_index *index = value;

    for (size_t i = 0; i < directive->word_count; i++) {
        const struct conf_word *word = &directive->words[i];
        struct http_index_name name = {.plain = word->text,
                                       .has_variables = has_variables(word->text),
                                       .is_path = slice_starts(word->text, SLICE("/"))};

        if (word->text.len == 0)
            return conf_fail(reader, word->place, "`index` needs names of files");
        if (name.is_path && i + 1 < directive->word_count)
            return http_conf_refuse(
                reader, word->place, "put it last",
                "what begins with / is not looked for: nothing behind it counts");
        if (name.has_variables && !http_conf_template(reader, word->text, word->place, &name.text))
            return false;
        *(struct http_index_name *)http_conf_append(reader, (void **)&index->items, &index->count,
                                                    sizeof name) = name;
    }
    return true;
}

static const struct conf_type type_index = {"file", parse_index};

/* As enum http_if_modified_since. */
static const char *const http_if_modified_since_words[] = {"off", "exact", "before", NULL};

/* try_files */

static bool parse_fallback(struct conf_reader *reader, const struct conf_word *word,
                           struct http_tries *tries)
{
    uint64_t status;

    if (slice_starts(word->text, SLICE("@")))
        http_conf_check_named(reader, word);
    if (!slice_starts(word->text, SLICE("=")))
        return http_conf_template(reader, word->text, word->place, &tries->path);
    if (!number_parse(slice_from(word->text, 1), 599, &status) || status < 200)
        return http_conf_refuse(reader, word->place, "write `=404`", "`%.*s` is no status code",
                                HTTP_SHOW(word->text));
    tries->status = (uint16_t)status;
    return true;
}

static bool parse_tries(struct conf_reader *reader, const struct conf_directive *directive,
                        void *value)
{
    struct http_tries *tries = value;
    size_t last = directive->word_count - 1;

    for (size_t i = 0; i < last; i++) {
        const struct conf_word *word = &directive->words[i];
        struct http_try item = {.wants_directory = slice_ends(word->text, SLICE("/")),
                                .has_variables = has_variables(word->text)};
        struct slice text = slice_part(word->text, 0, word->text.len - item.wants_directory);

        if (!http_conf_template(reader, text, word->place, &item.text))
            return false;
        *(struct http_try *)http_conf_append(reader, (void **)&tries->items, &tries->count,
                                             sizeof item) = item;
    }
    return parse_fallback(reader, &directive->words[last], tries);
}

static const struct conf_type type_tries = {"file …", parse_tries};

static const char *const link_rule_words[] = {"off", "on", "if_not_owner", NULL};

static bool find_link_rule(struct slice text, enum http_link_rule *rule)
{
    for (size_t i = 0; link_rule_words[i] != NULL; i++)
        if (slice_equal(text, slice_of(link_rule_words[i]))) {
            *rule = (enum http_link_rule)i;
            return true;
        }
    return false;
}

static bool parse_disable_symlinks(struct conf_reader *reader,
                                   const struct conf_directive *directive, void *value)
{
    struct http_disabled_links *links = value;
    const struct conf_word *word = &directive->words[0];
    const struct conf_word *from = &directive->words[directive->word_count - 1];
    struct slice prefix = SLICE("from=");

    if (!find_link_rule(word->text, &links->rule))
        return conf_fail_choice(reader, word, "value", link_rule_words);
    if (directive->word_count == 1)
        return true;
    if (!slice_starts(from->text, prefix) || links->rule == HTTP_LINK_RULE_NONE)
        return http_conf_refuse(reader, from->place, "write `disable_symlinks on from=/part;`",
                                "`%.*s` is not possible here", HTTP_SHOW(from->text));
    links->has_from = true;
    return http_conf_template(reader, slice_from(from->text, prefix.len), from->place,
                              &links->from);
}

static const struct conf_type type_disable_symlinks = {"off | on | if_not_owner",
                                                       parse_disable_symlinks};

static void check(struct conf_reader *reader, const struct conf_scope *scope, void *values);

static const char *const dotfiles_words[] = {"hide", "serve", NULL};
static const char *const http_links_words[] = {"beneath", "off", "any", NULL};
static const char *const autoindex_words[] = {"html", "xml", "json", "jsonp", NULL};

#define CONF_STRUCT struct http_files
static const struct conf_row rows[] = {
#include "conf/conf_rows.inc"
#include "http/files/http_files.def"
};

const struct conf_group http_files_group = {"http_files", sizeof(struct http_files), rows,
                                            sizeof rows / sizeof rows[0], check};

static bool sets_root(const struct conf *conf, const struct conf_scope *scope)
{
    return conf_is_set(conf, scope, &http_location_group, offsetof(struct http_location, root));
}

static bool sets_alias(const struct conf *conf, const struct conf_scope *scope)
{
    return conf_is_set(conf, scope, &http_files_group, offsetof(struct http_files, alias));
}

/* "/i../secret" would be "/srv/images/../secret": one level above what was meant. */
static void check_slash(struct conf_reader *reader, const struct http_location *location,
                        const struct http_alias *alias)
{
    if (location->match != HTTP_MATCH_PREFIX && location->match != HTTP_MATCH_PREFIX_FINAL)
        return;
    if (slice_ends(alias->path, SLICE("/")) && !slice_ends(location->path, SLICE("/")))
        http_conf_refuse(reader, alias->place, "end both with a slash",
                         "the location `%.*s` ends without a slash and its alias with one: "
                         "%.*s../x leads out of it",
                         HTTP_SHOW(location->path), HTTP_SHOW(location->path));
}

static void check(struct conf_reader *reader, const struct conf_scope *scope, void *values)
{
    const struct http_files *files = values;
    const struct http_location *location = conf_values(reader->conf, scope, &http_location_group);

    if (!sets_alias(reader->conf, scope))
        return;
    if (sets_root(reader->conf, scope))
        http_conf_refuse(reader, files->alias.place,
                         "`root` adds the whole path, `alias` replaces "
                         "that of the location: choose one",
                         "`root` and `alias` in the same location");
    if (location->match == HTTP_MATCH_NAMED)
        http_conf_refuse(reader, files->alias.place, "write `root`",
                         "`alias` in a named location, which has no path to replace");
    check_slash(reader, location, &files->alias);
}

/* Their values would be made of themselves. */
static bool names_itself(struct slice text)
{
    static const char *const names[] = {"$document_root",      "$request_filename",
                                        "$realpath_root",      "${document_root}",
                                        "${request_filename}", "${realpath_root}"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (size_t at = 0; at < text.len; at++)
            if (slice_starts(slice_from(text, at), slice_of(names[i])))
                return true;
    return false;
}

/* The directory to open is what comes before the first variable; of an alias without a slash behind
 * it the one it stands in. The rest is looked up below it, and can never leave it. */
static void take_apart(struct conf_reader *reader, struct http_place *place,
                       struct conf_place written)
{
    struct slice text = place->text;
    size_t dollar = slice_find(text, '$');
    size_t end = dollar == SLICE_NOT_FOUND ? text.len : dollar;
    size_t slash = slice_find_last(slice_part(text, 0, end), '/');

    place->has_variables = dollar != SLICE_NOT_FOUND;
    if (!place->has_variables && !place->is_alias) {
        place->base = text;
        return;
    }
    if (names_itself(text)) {
        conf_fail(reader, written, "a root cannot be made of itself");
        return;
    }
    place->base = arena_keep(&reader->conf->arena, slice_part(text, 0, slash + 1));
    if (!http_conf_template(reader, slice_from(text, slash + 1), written, &place->rest))
        place->base = SLICE_NONE;
}

static bool is_regex(const struct conf_scope *location)
{
    return slice_starts(location->directive->words[0].text, SLICE("~"));
}

static struct conf_place place_of_root(const struct conf_scope *scope)
{
    const struct conf_directive *directive = conf_directive_of(scope, "root");

    return directive == NULL ? (struct conf_place){0} : directive->words[0].place;
}

static void work_out(struct conf_reader *reader, const struct conf_scope *scope,
                     struct http_files *files)
{
    const struct conf *conf = reader->conf;
    struct http_place *place = &files->place;
    const struct http_location *location;

    while (scope != NULL && !sets_root(conf, scope) && !sets_alias(conf, scope))
        scope = scope->parent;
    if (scope == NULL || place->text.len > 0)
        return;
    location = conf_values(conf, scope, &http_location_group);
    place->is_alias = sets_alias(conf, scope);
    place->text = place->is_alias ? files->alias.path : location->root;
    place->takes_path = !place->is_alias || !is_regex(scope);
    place->skip = place->is_alias && place->takes_path ? location->path.len : 0;
    take_apart(reader, place, place->is_alias ? files->alias.place : place_of_root(scope));
}

/* A nameless block is a part of the one around it; but as in nginx it may have a root of its own,
 * and try_files does not hold in it. */
static const struct http_files *find_for_nameless(struct conf_reader *reader,
                                                  const struct conf_scope *scope)
{
    struct http_files *files = arena_zero(&reader->conf->arena, sizeof *files);

    *files = *http_files_find(reader, scope->parent);
    files->try_files = (struct http_tries){0};
    if (sets_root(reader->conf, scope)) {
        files->place = (struct http_place){0};
        work_out(reader, scope, files);
    }
    return files;
}

const struct http_files *http_files_find(struct conf_reader *reader, const struct conf_scope *scope)
{
    struct http_files *files = conf_values(reader->conf, scope, &http_files_group);

    if (files == NULL)
        return find_for_nameless(reader, scope);
    work_out(reader, scope, files);
    return files;
}
