#include "process/worker_explain.h"

#include "base/arena.h"
#include "net/loop.h"
#include "process/configuration.h"
#include "process/listens.h"
#include "process/program.h"
#include "relay/worker.h"

#include <stdlib.h>
#include <unistd.h>

struct explanation {
    struct conf_report report;
    struct conf_sources sources;
    struct conf conf;
    struct arena arena;
    struct listen_list listens;
    struct log_files logs; /* none is open: nothing is written to them */
    struct shared_zones zones;
    struct log log;
    struct worker worker;
};

static bool read_configuration(struct explanation *explanation, const char *const *words,
                               const struct conf_group *const *groups)
{
    conf_report_init(&explanation->report);
    conf_sources_init(&explanation->sources, true);
    if (conf_read(&explanation->conf, &explanation->sources, slice_of(words[2]), slice_of(words[3]),
                  slice_of(words[4]), groups, false, &explanation->report))
        return true;
    conf_report_print(&explanation->report, &explanation->sources, STDERR_FILENO);
    return false;
}

static void make_worker(struct explanation *explanation, const struct protocol_conf *const *confs)
{
    arena_init(&explanation->arena, ARENA_UNLIMITED);
    listens_collect(&explanation->conf, confs, &explanation->arena, &explanation->listens, NULL);
    configuration_logs(&explanation->conf, confs, "stderr", &explanation->logs);
    for (size_t i = 0; i < explanation->logs.count; i++)
        explanation->logs.files[i].fd = -1;
    configuration_zones(&explanation->conf, confs, &explanation->zones);
    for (size_t i = 0; i < explanation->zones.count; i++)
        explanation->zones.items[i].memory = memory_zero(explanation->zones.items[i].size);
    explanation->log = (struct log){STDERR_FILENO, LOG_WARN};
    explanation->worker = (struct worker){.loop = loop_new(),
                                          .conf = &explanation->conf,
                                          .log = &explanation->log,
                                          .log_files = &explanation->logs,
                                          .zones = &explanation->zones,
                                          .listens = &explanation->listens};
}

static bool explain(struct explanation *explanation, int count, const char *const *words,
                    const struct protocol *const *protocols)
{
    struct slice fields[WORKER_EXPLAIN_FIELDS];
    size_t field_count = 0;

    for (int i = WORKER_EXPLAIN_WORDS; i < count && field_count < WORKER_EXPLAIN_FIELDS; i++)
        fields[field_count++] = slice_of(words[i]);
    for (; *protocols != NULL; protocols++)
        if ((*protocols)->explain != NULL)
            return (*protocols)
                ->explain(&explanation->worker, slice_of(words[WORKER_EXPLAIN_WORDS - 1]), fields,
                          field_count, STDOUT_FILENO);
    return false;
}

int worker_explain(int count, const char *const *words, const struct protocol *const *protocols,
                   const struct protocol_conf *const *confs)
{
    struct explanation *explanation = memory_zero(sizeof *explanation);

    if (count < WORKER_EXPLAIN_WORDS ||
        !read_configuration(explanation, words, program_groups(confs)))
        return 1;
    make_worker(explanation, confs);
    return explain(explanation, count, words, protocols) ? 0 : 1;
}
