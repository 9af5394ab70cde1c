#include "probes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

struct probe {
    const char *name;
    long (*tries)(int directory, const char *argument); /* negative: errno */
};

static long open_path(int directory, const char *argument)
{
    (void)directory;
    return open(argument, O_RDONLY);
}

static long open_below(int directory, const char *argument)
{
    char byte;
    int fd = openat(directory, argument, O_RDONLY);

    return fd < 0 ? fd : read(fd, &byte, 1) - 1;
}

/* FD:PATH, a directory that is open */
static long open_at(int directory, const char *argument)
{
    char *path;
    int fd = (int)strtol(argument, &path, 10);

    (void)directory;
    return open_below(fd, path + 1);
}

static long open_new(int directory, const char *argument)
{
    return openat(directory, argument, O_WRONLY | O_CREAT, 0600);
}

static long open_list(int directory, const char *argument)
{
    (void)argument;
    return openat(directory, ".", O_RDONLY | O_DIRECTORY);
}

static long trace(int directory, const char *argument)
{
    (void)directory;
    return ptrace(PTRACE_SEIZE, (pid_t)atoi(argument), NULL, NULL);
}

/* PID:ADDRESS, hexadecimal */
static long read_memory(int directory, const char *argument)
{
    char bytes[8], *end;
    pid_t pid = (pid_t)strtol(argument, &end, 10);
    struct iovec here = {bytes, sizeof bytes};
    struct iovec there = {(void *)strtoul(end + 1, NULL, 16), sizeof bytes};

    (void)directory;
    return process_vm_readv(pid, &here, 1, &there, 1, 0);
}

static long take_descriptor(int directory, const char *argument)
{
    int pidfd = (int)syscall(SYS_pidfd_open, atoi(argument), 0);

    (void)directory;
    return pidfd < 0 ? pidfd : syscall(SYS_pidfd_getfd, pidfd, 1, 0);
}

static long send_signal(int directory, const char *argument)
{
    (void)directory;
    return kill((pid_t)atoi(argument), SIGCONT);
}

static long send_signal_to_thread(int directory, const char *argument)
{
    (void)directory;
    return syscall(SYS_tgkill, atoi(argument), atoi(argument), SIGCONT);
}

/* FAMILY:TYPE */
static long make_socket(int directory, const char *argument)
{
    char *end;
    int family = (int)strtol(argument, &end, 10);

    (void)directory;
    return socket(family, atoi(end + 1), family == AF_INET ? IPPROTO_ICMP : 0);
}

static struct sockaddr_in loopback(const char *port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(port)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static long take_address(int directory, const char *argument)
{
    const struct sockaddr_in address = loopback(argument);

    (void)directory;
    return bind(socket(AF_INET, SOCK_STREAM, 0), (const struct sockaddr *)&address, sizeof address);
}

static long connect_port(int directory, const char *argument)
{
    const struct sockaddr_in address = loopback(argument);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)directory;
    return fd < 0 ? fd : connect(fd, (const struct sockaddr *)&address, sizeof address);
}

static long make_process(int directory, const char *argument)
{
    pid_t pid = fork();

    (void)directory;
    (void)argument;
    if (pid == 0)
        _exit(0);
    return pid < 0 ? pid : waitpid(pid, NULL, 0);
}

static void *be_a_thread(void *argument)
{
    return argument;
}

static long make_thread(int directory, const char *argument)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, be_a_thread, NULL);

    (void)directory;
    (void)argument;
    errno = error;
    return error != 0 ? -1 : pthread_join(thread, NULL);
}

/* /bin/true ends with status 0 as we would. */
static long run_program(int directory, const char *argument)
{
    char *words[] = {(char[]){"true"}, NULL};

    (void)directory;
    return execv(argument, words);
}

static long map_code(int directory, const char *argument)
{
    const void *memory =
        mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)directory;
    (void)argument;
    return memory == MAP_FAILED ? -1 : 0;
}

static long make_code(int directory, const char *argument)
{
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)directory;
    (void)argument;
    return mprotect(memory, 4096, PROT_READ | PROT_EXEC);
}

static long change_user(int directory, const char *argument)
{
    (void)directory;
    return setuid((uid_t)atoi(argument));
}

static long leave_namespace(int directory, const char *argument)
{
    (void)directory;
    (void)argument;
    return unshare(CLONE_NEWNS);
}

static long make_ring(int directory, const char *argument)
{
    struct io_uring_params parameters = {0};

    (void)directory;
    (void)argument;
    return syscall(SYS_io_uring_setup, 1, &parameters);
}

static long make_bpf_map(int directory, const char *argument)
{
    union bpf_attr attributes = {
        .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

    (void)directory;
    (void)argument;
    return syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes);
}

static long ask_keyring(int directory, const char *argument)
{
    (void)directory;
    (void)argument;
    return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1);
}

static long become_dumpable(int directory, const char *argument)
{
    (void)directory;
    (void)argument;
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long change_root(int directory, const char *argument)
{
    (void)directory;
    return chroot(argument);
}

static const struct probe probes[] = {
    {"open",             open_path            },
    {"open-below",       open_below           },
    {"open-at",          open_at              },
    {"create",           open_new             },
    {"list",             open_list            },
    {"ptrace",           trace                },
    {"process_vm_readv", read_memory          },
    {"pidfd_getfd",      take_descriptor      },
    {"kill",             send_signal          },
    {"tgkill",           send_signal_to_thread},
    {"socket",           make_socket          },
    {"bind",             take_address         },
    {"connect",          connect_port         },
    {"fork",             make_process         },
    {"thread",           make_thread          },
    {"execve",           run_program          },
    {"mmap-exec",        map_code             },
    {"mprotect-exec",    make_code            },
    {"setuid",           change_user          },
    {"unshare",          leave_namespace      },
    {"io_uring",         make_ring            },
    {"bpf",              make_bpf_map         },
    {"keyctl",           ask_keyring          },
    {"dumpable",         become_dumpable      },
    {"chroot",           change_root          },
};

long probe_try(const char *name, int directory, const char *argument)
{
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++)
        if (strcmp(probes[i].name, name) == 0)
            return probes[i].tries(directory, argument);
    errno = EINVAL;
    return -1;
}
