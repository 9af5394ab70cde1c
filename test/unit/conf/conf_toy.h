#pragma once

#include "conf/conf_types.h"

#include <stdbool.h>

/* A small language for tests of conf, in two groups that share the names `server` and `timeout`. */

enum toy_starttls { TOY_STARTTLS_ON, TOY_STARTTLS_OFF, TOY_STARTTLS_ONLY };

struct toy_web {
#include "conf/conf_members.inc"
#include "conf_toy.def"
};

struct toy_mail {
    conf_duration timeout;
    unsigned checked; /* how often the group's check ran for this scope */
};

extern const struct conf_group toy_web_group, toy_mail_group;
extern const struct conf_group *const toy_groups[];

/* One reading: the configuration and what was reported. */
struct toy {
    struct conf_sources sources;
    struct conf_report report;
    struct conf conf;
    bool is_good;
    char *printed; /* by toy_print */
};

/* Texts to include must be there before toy_read: toy_open, toy_file…, toy_read, toy_close. */
void toy_open(struct toy *toy);
void toy_file(struct toy *toy, const char *path, const char *text);
void toy_read(struct toy *toy, const char *text); /* as /etc/t.conf */
void toy_close(struct toy *toy);

/* The printed report, valid until toy_close. */
const char *toy_print(struct toy *toy);

/* What `write` writes to a descriptor, to be freed. */
char *toy_capture(void (*write)(void *owner, int fd), void *owner);

const struct toy_web *toy_web(const struct toy *toy, const struct conf_scope *scope);
