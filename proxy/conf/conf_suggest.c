#include "base/arena.h"
#include "conf/conf_block.h"

#include <stdlib.h>

/* Edit distance by the three last rows of the usual table ("optimal string alignment": swapping two
 * neighbours counts 1). `rows`: 3 * (b.len + 1) numbers. */
static size_t distance(struct slice a, struct slice b, size_t *rows)
{
    size_t width = b.len + 1;
    size_t *older = rows, *old = rows + width, *now = rows + 2 * width;

    for (size_t k = 0; k <= b.len; k++)
        old[k] = k;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *oldest = older;

        now[0] = i;
        for (size_t k = 1; k <= b.len; k++) {
            size_t best = old[k - 1] + (a.at[i - 1] != b.at[k - 1]);

            if (old[k] + 1 < best)
                best = old[k] + 1;
            if (now[k - 1] + 1 < best)
                best = now[k - 1] + 1;
            if (i > 1 && k > 1 && a.at[i - 1] == b.at[k - 2] && a.at[i - 2] == b.at[k - 1] &&
                older[k - 2] + 1 < best)
                best = older[k - 2] + 1;
            now[k] = best;
        }
        older = old;
        old = now;
        now = oldest;
    }
    return old[b.len];
}

const char *conf_nearest(struct slice word, const char *const *candidates)
{
    size_t limit = word.len / 3;
    const char *nearest = NULL;

    for (; *candidates != NULL; candidates++) {
        struct slice candidate = slice_of(*candidates);
        size_t *rows, how_far;

        if (candidate.len > word.len + limit || word.len > candidate.len + limit)
            continue;
        rows = memory_alloc(3 * (candidate.len + 1) * sizeof *rows);
        how_far = distance(word, candidate, rows);
        free(rows);
        if (how_far > limit || (nearest != NULL && how_far == limit))
            continue;
        nearest = *candidates;
        limit = how_far;
    }
    return nearest;
}

static struct slice list_words(struct arena *arena, const char *const *words)
{
    struct slice text = SLICE_NONE;

    for (size_t i = 0; words[i] != NULL; i++)
        text = arena_format(arena, "%.*s%s`%s`", (int)text.len, text.at == NULL ? "" : text.at,
                            i == 0                 ? ""
                            : words[i + 1] == NULL ? " or "
                                                   : ", ",
                            words[i]);
    return text;
}

bool conf_fail_choice(struct conf_reader *reader, const struct conf_word *word, const char *what,
                      const char *const *words)
{
    const char *nearest = conf_nearest(word->text, words);
    struct conf_finding *finding;

    finding = conf_report_add(reader->report, CONF_ERROR, word->place, "unknown %s `%.*s`", what,
                              (int)word->text.len, word->text.at == NULL ? "" : word->text.at);
    finding->label = list_words(&reader->report->arena, words);
    if (nearest != NULL)
        conf_finding_help(reader->report, finding, "did you mean `%s`?", nearest);
    return false;
}
