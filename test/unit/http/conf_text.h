#pragma once

#include "conf/conf_block.h"
#include "conf/conf_report.h"
#include "conf/conf_sources.h"

/* A configuration from a string, for tests: read and checked with http's groups and those it leans
 * on, as if it were the file /test/frontd.conf. */
#define CONF_TEXT_GROUPS_MAX 64

struct conf_text {
    const struct conf_group *groups[CONF_TEXT_GROUPS_MAX];
    struct conf conf;
    struct conf_sources sources;
    struct conf_report report;
    bool good;
};

void conf_text_read(struct conf_text *text, const char *source, bool checks_disk);
void conf_text_free(struct conf_text *text);

/* Every finding as "line:column: severity: message", help lines behind it as "= help", in `arena`.
 */
struct slice conf_text_findings(const struct conf_text *text, struct arena *arena);
