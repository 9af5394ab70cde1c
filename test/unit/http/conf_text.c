#include "conf_text.h"

#include "base/text.h"
#include "http/conf/http_conf.h"
#include "relay/relay_conf.h"
#include "tls/tls_conf.h"

/* All of http's, and those it leans on. */
static void list_groups(const struct conf_group **groups)
{
    const struct conf_group *const *own = http_protocol_conf.groups;
    size_t count = 0;

    while (own[count] != NULL && count < CONF_TEXT_GROUPS_MAX - 3) {
        groups[count] = own[count];
        count++;
    }
    groups[count++] = &tls_conf_group;
    groups[count++] = &relay_log_group;
    groups[count] = NULL;
}

void conf_text_read(struct conf_text *text, const char *source, bool checks_disk)
{
    *text = (struct conf_text){0};
    list_groups(text->groups);
    conf_report_init(&text->report);
    conf_sources_init(&text->sources, false);
    conf_sources_text(&text->sources, SLICE("/test/frontd.conf"), slice_of(source));
    text->good = conf_read(&text->conf, &text->sources, SLICE("/test/frontd.conf"), SLICE("/test/"),
                           SLICE_NONE, text->groups, checks_disk, &text->report);
}

void conf_text_free(struct conf_text *text)
{
    conf_deinit(&text->conf);
    conf_sources_deinit(&text->sources);
    conf_report_deinit(&text->report);
}

#define FINDINGS_MAX 8192

struct slice conf_text_findings(const struct conf_text *text, struct arena *arena)
{
    static const char *const severities[] = {"error", "warning", "note"};
    struct text out = text_in(arena_alloc(arena, FINDINGS_MAX), FINDINGS_MAX);

    for (size_t i = 0; i < text->report.count; i++) {
        const struct conf_finding *finding = &text->report.findings[i];

        text_number(&out, finding->place.line);
        text_byte(&out, ':');
        text_number(&out, finding->place.column);
        text_add(&out, SLICE(": "));
        text_add(&out, slice_of(severities[finding->severity]));
        text_add(&out, SLICE(": "));
        text_add(&out, finding->message);
        if (finding->other.line > 0) {
            text_add(&out, SLICE(" ("));
            text_number(&out, finding->other.line);
            text_byte(&out, ')');
        }
        text_byte(&out, '\n');
        for (size_t k = 0; k < 3 && finding->help[k].len > 0; k++) {
            text_add(&out, SLICE("= "));
            text_add(&out, finding->help[k]);
            text_byte(&out, '\n');
        }
    }
    return text_slice(&out);
}
