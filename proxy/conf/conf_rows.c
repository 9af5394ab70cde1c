#include "conf/conf_rows.h"

#include "base/ensure.h"
#include "conf/conf_lexer.h"

bool conf_rows_find(const struct conf *conf, struct slice name, enum conf_context context,
                    struct conf_found *found)
{
    for (size_t i = 0; i < conf->group_count; i++) {
        const struct conf_group *group = conf->groups[i];

        for (size_t k = 0; k < group->row_count; k++) {
            if ((group->rows[k].contexts & context) != 0 &&
                slice_equal(slice_of(group->rows[k].name), name)) {
                *found = (struct conf_found){i, k};
                return true;
            }
        }
    }
    return false;
}

uint32_t conf_rows_contexts(const struct conf *conf, struct slice name)
{
    uint32_t contexts = 0;

    for (size_t i = 0; i < conf->group_count; i++)
        for (size_t k = 0; k < conf->groups[i]->row_count; k++)
            if (slice_equal(slice_of(conf->groups[i]->rows[k].name), name))
                contexts |= conf->groups[i]->rows[k].contexts;
    return contexts;
}

const char *const *conf_rows_names(const struct conf *conf, uint32_t contexts, struct arena *arena)
{
    size_t capacity = 2, count = 0;
    const char **names;

    for (size_t i = 0; i < conf->group_count; i++)
        capacity += conf->groups[i]->row_count;
    names = arena_zero(arena, capacity * sizeof *names);
    for (size_t i = 0; i < conf->group_count; i++)
        for (size_t k = 0; k < conf->groups[i]->row_count; k++)
            if ((conf->groups[i]->rows[k].contexts & contexts) != 0)
                names[count++] = conf->groups[i]->rows[k].name;
    names[count] = "include";
    return names;
}

bool conf_rows_present(const struct conf_group *group, enum conf_context context)
{
    for (size_t i = 0; i < group->row_count; i++)
        if ((group->rows[i].contexts & context) != 0)
            return true;
    return false;
}

struct conf_directive *conf_rows_initial(const struct conf_row *row, struct arena *arena)
{
    struct slice text = slice_of(row->initial);
    struct conf_directive *directive = arena_zero(arena, sizeof *directive);
    struct conf_lexer lexer;
    struct conf_word word;

    directive->name.text = slice_of(row->name);
    /* Every second byte begins a word at most. */
    directive->words = arena_zero(arena, (text.len / 2 + 1) * sizeof *directive->words);
    conf_lexer_init(&lexer, text, 0);
    while (conf_lexer_next(&lexer, arena, &word) == CONF_TOKEN_WORD) {
        word.place = (struct conf_place){0};
        directive->words[directive->word_count++] = word;
    }
    return directive;
}
