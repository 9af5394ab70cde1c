#include "process/sockets.h"

#include "base/arena.h"
#include "process/listens.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel takes the lower of this and net.core.somaxconn. */
#define BACKLOG 4096

static struct bound_socket *find(const struct sockets *sockets, const struct address *address)
{
    for (size_t i = 0; i < sockets->count; i++)
        if (address_equal(&sockets->items[i].address, address))
            return &sockets->items[i];
    return NULL;
}

static bool set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

static int bind_and_listen(const struct address *address, bool beside_ours)
{
    struct sockaddr_storage name;
    socklen_t len = address_to_socket(address, &name);
    int fd = socket(address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error;

    if (fd < 0)
        return -1;
    if (set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
        set_option(fd, SOL_SOCKET, SO_REUSEPORT, beside_ours) &&
        (address->family != AF_INET6 || set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) &&
        bind(fd, (const struct sockaddr *)&name, len) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* Returns whether we have that port at all. */
static bool share_port(const struct sockets *sockets, const struct address *address, bool share)
{
    bool is_ours = false;

    for (size_t i = 0; i < sockets->count; i++) {
        if (sockets->items[i].address.family != address->family ||
            sockets->items[i].address.port != address->port)
            continue;
        set_option(sockets->items[i].fd, SOL_SOCKET, SO_REUSEPORT, share);
        is_ours = true;
    }
    return is_ours;
}

/* A wildcard instead of its addresses, or the other way round: the kernel takes both on one port
 * only while all share it. Nobody else may, so that is for this moment. */
static int bind_beside_ours(const struct sockets *sockets, const struct address *address)
{
    int fd, error;

    if (!share_port(sockets, address, true))
        return -1; /* errno stays EADDRINUSE */
    fd = bind_and_listen(address, true);
    error = errno;
    share_port(sockets, address, false);
    if (fd >= 0)
        set_option(fd, SOL_SOCKET, SO_REUSEPORT, 0);
    errno = error;
    return fd;
}

static void report_failure(struct conf_report *report, const struct listen *listen, int error)
{
    struct conf_finding *finding =
        conf_report_add(report, CONF_ERROR, listen->place, "cannot listen on %s: %s",
                        address_port_print(&listen->address).text, strerror(error));

    if (error == EACCES)
        conf_finding_help(report, finding,
                          "ports below 1024 need root, CAP_NET_BIND_SERVICE, or the sysctl "
                          "net.ipv4.ip_unprivileged_port_start");
    else if (error == EADDRINUSE)
        conf_finding_help(report, finding,
                          "another program listens there: `ss -ltnp 'sport = :%u'` names it",
                          (unsigned)listen->address.port);
    else if (error == EADDRNOTAVAIL)
        conf_finding_help(report, finding,
                          "this machine does not have that address (now): `ip address` lists them");
    else if (error == EAFNOSUPPORT)
        conf_finding_help(report, finding, "this machine has no IPv6: leave the line out");
}

static bool have(struct sockets *sockets, const struct listen *listen, struct conf_report *report)
{
    int fd;

    if (find(sockets, &listen->address) != NULL)
        return true;
    fd = bind_and_listen(&listen->address, false);
    if (fd < 0 && errno == EADDRINUSE)
        fd = bind_beside_ours(sockets, &listen->address);
    if (fd < 0) {
        report_failure(report, listen, errno);
        return false;
    }
    sockets->items = memory_grow(sockets->items, (sockets->count + 1) * sizeof *sockets->items);
    sockets->items[sockets->count++] = (struct bound_socket){listen->address, fd, true};
    return true;
}

bool sockets_bind(struct sockets *sockets, const struct listen_list *list,
                  struct conf_report *report)
{
    bool all = true;

    for (size_t i = 0; i < list->count; i++)
        if (listens_cover(list, i) == i && !have(sockets, &list->listens[i], report))
            all = false;
    return all;
}

int sockets_fd(const struct sockets *sockets, const struct listen_list *list, size_t index)
{
    const struct bound_socket *bound =
        listens_cover(list, index) == index ? find(sockets, &list->listens[index].address) : NULL;

    return bound == NULL ? -1 : bound->fd;
}

static void close_at(struct sockets *sockets, size_t index)
{
    close(sockets->items[index].fd);
    sockets->items[index] = sockets->items[--sockets->count];
}

void sockets_abandon(struct sockets *sockets)
{
    for (size_t i = sockets->count; i-- > 0;)
        if (sockets->items[i].is_new)
            close_at(sockets, i);
}

static bool wanted(const struct listen_list *list, const struct address *address)
{
    const struct listen *listen = list == NULL ? NULL : listen_list_find(list, address);
    size_t index;

    if (listen == NULL)
        return false;
    index = (size_t)(listen - list->listens);
    return listens_cover(list, index) == index;
}

void sockets_commit(struct sockets *sockets, const struct listen_list *list)
{
    for (size_t i = sockets->count; i-- > 0;) {
        sockets->items[i].is_new = false;
        if (!wanted(list, &sockets->items[i].address))
            close_at(sockets, i);
    }
}

void sockets_deinit(struct sockets *sockets)
{
    sockets_commit(sockets, NULL);
    free(sockets->items);
    *sockets = (struct sockets){0};
}
