#include "conf_toy.h"

#include "base/ensure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const toy_starttls_words[] = {"on", "off", "only", NULL};

static bool parse_refused(struct conf_reader *reader, const struct conf_directive *directive,
                          void *value)
{
    (void)value;
    return conf_fail(reader, directive->name.place, "not here");
}

static const struct conf_type toy_type_refused = {"refused", parse_refused};

#define CONF_STRUCT struct toy_web
static const struct conf_row web_rows[] = {
#include "conf/conf_rows.inc"
#include "conf_toy.def"
};
#undef CONF_STRUCT

#define CONF_STRUCT struct toy_mail
static const struct conf_row mail_rows[] = {
    CONF_ROW(duration, timeout, CONF_MAIL | CONF_MAIL_SERVER, VALUE, "5m", "time",
             "Patience."){.name = "refused",
                          .contexts = CONF_MAIL,
                          .type = &toy_type_refused,
                          .max_words = CONF_ANY,
                          .syntax = "…",
                          .meaning = "Refused: not here."},
    CONF_BLOCK_ROW("server", CONF_MAIL, CONF_MAIL_SERVER, 0, 0, MANY, "{ … }", "One server.")
};
#undef CONF_STRUCT

static void check_mail(struct conf_reader *reader, const struct conf_scope *scope, void *values)
{
    struct toy_mail *mail = values;

    mail->checked++;
    if (mail->timeout == 0)
        conf_fail(reader, scope->directive->name.place, "no time at all");
}

const struct conf_group toy_web_group = {"web", sizeof(struct toy_web), web_rows,
                                         sizeof web_rows / sizeof web_rows[0], NULL};
const struct conf_group toy_mail_group = {"mail", sizeof(struct toy_mail), mail_rows,
                                          sizeof mail_rows / sizeof mail_rows[0], check_mail};
const struct conf_group *const toy_groups[] = {&toy_web_group, &toy_mail_group, NULL};

void toy_open(struct toy *toy)
{
    *toy = (struct toy){0};
    conf_sources_init(&toy->sources, false);
    conf_report_init(&toy->report);
}

void toy_file(struct toy *toy, const char *path, const char *text)
{
    conf_sources_text(&toy->sources, slice_of(path), slice_of(text));
}

void toy_read(struct toy *toy, const char *text)
{
    toy_file(toy, "/etc/t.conf", text);
    toy->is_good = conf_read(&toy->conf, &toy->sources, SLICE("/etc/t.conf"), SLICE("/srv/"),
                             SLICE_NONE, toy_groups, true, &toy->report);
}

void toy_close(struct toy *toy)
{
    conf_deinit(&toy->conf);
    conf_report_deinit(&toy->report);
    conf_sources_deinit(&toy->sources);
    free(toy->printed);
}

char *toy_capture(void (*write)(void *owner, int fd), void *owner)
{
    FILE *file = tmpfile();
    char *text;
    long len;

    ensure(file != NULL);
    write(owner, fileno(file));
    ensure(fseek(file, 0, SEEK_END) == 0 && (len = ftell(file)) >= 0);
    rewind(file);
    text = calloc(1, (size_t)len + 1);
    ensure(text != NULL && fread(text, 1, (size_t)len, file) == (size_t)len);
    fclose(file);
    return text;
}

static void print(void *owner, int fd)
{
    struct toy *toy = owner;

    conf_report_print(&toy->report, &toy->sources, fd);
}

const char *toy_print(struct toy *toy)
{
    free(toy->printed);
    toy->printed = toy_capture(print, toy);
    return toy->printed;
}

const struct toy_web *toy_web(const struct toy *toy, const struct conf_scope *scope)
{
    return conf_values(&toy->conf, scope, &toy_web_group);
}
