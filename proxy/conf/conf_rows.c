#include "conf/conf_rows.h"

#include "base/ensure.h"
#include "conf/conf_lexer.h"

/* "fastcgi_*": the rows of a family that is refused as a whole. */
static bool is_family(const struct conf_row *row)
{
    return slice_ends(slice_of(row->name), SLICE("*"));
}

static bool has_member(const struct conf_row *row, struct slice name)
{
    struct slice family = slice_of(row->name);

    return is_family(row) && slice_starts(name, slice_part(family, 0, family.len - 1));
}

bool conf_rows_find(const struct conf *conf, struct slice name, enum conf_context context,
                    struct conf_found *found)
{
    bool is_found = false;

    for (size_t i = 0; i < conf->group_count; i++) {
        const struct conf_group *group = conf->groups[i];

        for (size_t k = 0; k < group->row_count; k++) {
            const struct conf_row *row = &group->rows[k];

            if ((row->contexts & context) == 0)
                continue;
            if (slice_equal(slice_of(row->name), name)) {
                *found = (struct conf_found){i, k};
                return true;
            }
            if (!is_found && has_member(row, name)) {
                *found = (struct conf_found){i, k};
                is_found = true; /* unless there is a row of that very name */
            }
        }
    }
    return is_found;
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
            if ((conf->groups[i]->rows[k].contexts & contexts) != 0 &&
                !is_family(&conf->groups[i]->rows[k]))
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
