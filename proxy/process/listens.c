#include "process/listens.h"

static void report_conflict(struct conf_report *report, const struct listen *first,
                            const struct listen *second)
{
    struct conf_finding *finding =
        conf_report_add(report, CONF_ERROR, second->place, "%s is taken: %s listens there already",
                        address_port_print(&second->address).text, first->protocol_name);

    finding->other = first->place;
    finding->other_label = SLICE("first here");
    conf_finding_help(report, finding, "give one of them another port");
}

static void add_all(struct listen_list *list, struct arena *arena, const struct listen_list *more,
                    const char *protocol_name, struct conf_report *report)
{
    for (size_t i = 0; i < more->count; i++) {
        size_t before = list->count;
        struct listen *listen = listen_list_add(list, arena, &more->listens[i].address);

        if (list->count > before) {
            *listen = more->listens[i];
            listen->protocol_name = protocol_name;
        } else if (report != NULL) {
            report_conflict(report, listen, &more->listens[i]);
        }
    }
}

void listens_collect(const struct conf *conf, const struct protocol_conf *const *protocols,
                     struct arena *arena, struct listen_list *list, struct conf_report *report)
{
    for (; *protocols != NULL; protocols++) {
        struct listen_list own = {0};

        (*protocols)->listens(conf, arena, &own);
        add_all(list, arena, &own, (*protocols)->name, report);
    }
}

size_t listens_cover(const struct listen_list *list, size_t index)
{
    const struct address *address = &list->listens[index].address;
    struct address any = {.port = address->port, .family = address->family};
    const struct listen *cover = listen_list_find(list, &any);

    return cover == NULL ? index : (size_t)(cover - list->listens);
}

const struct listen *listens_choose(const struct listen_list *list, size_t index,
                                    const struct address *local)
{
    const struct listen *own = listen_list_find(list, local);

    return own == NULL ? &list->listens[index] : own;
}
