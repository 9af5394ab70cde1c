#include "http/language/http_regex.h"

#include "base/ensure.h"

#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* What one match may cost. A target has 8 KiB at most, which every sane expression goes through in
 * a fraction of this; the time is some ten milliseconds, the memory stays with the process. */
#define MATCH_LIMIT 1000000
#define DEPTH_LIMIT 250000
#define HEAP_KIB    4096

static void *allocate(size_t size, void *arena)
{
    return arena_alloc(arena, size);
}

static void keep(void *memory, void *arena)
{
    (void)memory; /* goes with the arena */
    (void)arena;
}

static bool is_taken(const struct http_regex *regex, struct slice name)
{
    for (size_t i = 0; i < regex->name_count; i++)
        if (slice_equal(regex->names[i].text, name))
            return true;
    return false;
}

/* PCRE2's table: entries of one size, each the number of the group in two bytes and the name. */
static void read_names(struct http_regex *regex, struct arena *arena)
{
    const pcre2_code *code = regex->code;
    uint32_t count = 0, size = 0;
    const char *entry = NULL;

    ensure(pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &count) == 0);
    ensure(pcre2_pattern_info(code, PCRE2_INFO_NAMEENTRYSIZE, &size) == 0);
    ensure(pcre2_pattern_info(code, PCRE2_INFO_NAMETABLE, &entry) == 0);
    regex->names = arena_zero(arena, (count + 1) * sizeof *regex->names);
    for (uint32_t i = 0; i < count; i++, entry += size) {
        uint32_t group = (uint32_t)((unsigned char)entry[0] << 8 | (unsigned char)entry[1]);
        struct slice name = slice_of(entry + 2);

        if (group < HTTP_REGEX_GROUPS && !is_taken(regex, name))
            regex->names[regex->name_count++] =
                (struct http_regex_name){.text = arena_keep(arena, name), .group = group};
    }
}

static void set_error(struct http_regex_error *error, int code, size_t offset)
{
    error->offset = offset;
    if (pcre2_get_error_message(code, (PCRE2_UCHAR *)error->words, sizeof error->words) < 0)
        error->words[sizeof error->words - 1] = '\0';
}

struct http_regex *http_regex_compile(struct slice pattern, bool any_case, struct arena *arena,
                                      struct http_regex_error *error)
{
    struct http_regex *regex = arena_zero(arena, sizeof *regex);
    pcre2_general_context *memory = pcre2_general_context_create(allocate, keep, arena);
    pcre2_compile_context *context = pcre2_compile_context_create(memory);
    uint32_t options = PCRE2_NEVER_BACKSLASH_C | (any_case ? PCRE2_CASELESS : 0);
    PCRE2_SIZE offset = 0;
    int code = 0;

    regex->pattern = arena_keep(arena, pattern);
    regex->any_case = any_case;
    regex->code =
        pcre2_compile((PCRE2_SPTR)regex->pattern.at, pattern.len, options, &code, &offset, context);
    if (regex->code == NULL) {
        set_error(error, code, offset);
        return NULL;
    }
    ensure(pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &regex->group_count) == 0);
    read_names(regex, arena);
    return regex;
}

void http_matcher_init(struct http_matcher *matcher)
{
    *matcher = (struct http_matcher){
        .data = pcre2_match_data_create(HTTP_REGEX_GROUPS, NULL),
        .limits = pcre2_match_context_create(NULL),
    };
    ensure(matcher->data != NULL && matcher->limits != NULL);
    pcre2_set_match_limit(matcher->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(matcher->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(matcher->limits, HEAP_KIB);
}

void http_matcher_deinit(struct http_matcher *matcher)
{
    pcre2_match_data_free(matcher->data);
    pcre2_match_context_free(matcher->limits);
    *matcher = (struct http_matcher){0};
}

enum http_match_result http_regex_match(const struct http_regex *regex,
                                        struct http_matcher *matcher, struct slice subject)
{
    int result;

    if (subject.at == NULL)
        subject = SLICE("");
    matcher->subject = subject;
    matcher->group_count = 0;
    result = pcre2_match(regex->code, (PCRE2_SPTR)subject.at, subject.len, 0, 0, matcher->data,
                         matcher->limits);
    if (result == PCRE2_ERROR_NOMATCH)
        return HTTP_UNMATCHED;
    if (result < 0)
        return HTTP_MATCH_FAILED;
    matcher->group_count = result == 0 ? HTTP_REGEX_GROUPS : (size_t)result;
    return HTTP_MATCHED;
}

struct slice http_matcher_group(const struct http_matcher *matcher, size_t number)
{
    const PCRE2_SIZE *ends;
    size_t from, to;

    if (number >= matcher->group_count)
        return SLICE_NONE;
    ends = pcre2_get_ovector_pointer(matcher->data);
    from = ends[2 * number];
    to = ends[2 * number + 1];
    if (from == PCRE2_UNSET || from > to || to > matcher->subject.len)
        return SLICE_NONE;
    return slice_part(matcher->subject, from, to - from);
}
