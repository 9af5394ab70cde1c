#include "os/sandbox_private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The system calls of each role. What no row names ends the process (SIGSYS): the frontd that was
 * tested does not make such a call. */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "name the audit architecture of this processor here"
#endif

#define WORKER    (1u << SANDBOX_WORKER)
#define KEYHOLDER (1u << SANDBOX_KEYHOLDER)
#define AUTH      (1u << SANDBOX_AUTH)
#define ALL       (WORKER | KEYHOLDER | AUTH)
#define SANITIZED (1u << SANDBOX_ROLES)       /* any role in a sanitized build */
#define LISTS     (1u << (SANDBOX_ROLES + 1)) /* who may list directories: autoindex */
#define LOOPS     (WORKER | AUTH | SANITIZED) /* those with an event loop */

/* As a value: our own process id. */
#define OWN_PID       UINT32_MAX

#define TESTS         2
#define REFUSE(error) (SECCOMP_RET_ERRNO | (error))

/* The row applies if, for each test with a mask, (argument & mask) == value: arguments that the
 * kernel takes as int or has flags in the lower half only. Otherwise a later row may. */
struct row {
    unsigned call, roles;
    uint32_t action; /* 0: allowed */
    struct {
        uint32_t argument, mask, value;
    } tests[TESTS];
};

#define WHOLE UINT32_MAX
/* Opened for reading: no right to write, to make or to empty a file. */
#define WRITE_BITS ((uint32_t)(O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY)))
#define TYPE_BITS  (~(uint32_t)(SOCK_NONBLOCK | SOCK_CLOEXEC))

/* clang-format off */
static const struct row rows[] = {
    /* Those that look at their arguments come first: newer kernels keep the verdict of the rest. */
    {SYS_mmap,            ALL,           0, {{2, PROT_EXEC, 0}}},
    {SYS_mprotect,        ALL,           0, {{2, PROT_EXEC, 0}}},
    {SYS_fcntl,           LOOPS,         0, {{1, WHOLE, F_GETFL}}},
    {SYS_fcntl,           LOOPS,         0, {{1, WHOLE, F_SETFL}}},
    {SYS_fcntl,           LOOPS,         0, {{1, WHOLE, F_GETFD}}},
    {SYS_fcntl,           LOOPS,         0, {{1, WHOLE, F_SETFD}}},
    {SYS_fcntl,           WORKER,        0, {{1, WHOLE, F_GET_SEALS}}}, /* of new certificates */
    {SYS_fcntl,           ALL,           REFUSE(EPERM), {{0}}},
    {SYS_ioctl,           LOOPS,         0, {{1, WHOLE, FIONREAD}}},
    {SYS_ioctl,           LOOPS,         0, {{1, WHOLE, FIONBIO}}},
    {SYS_ioctl,           ALL,           REFUSE(EPERM), {{0}}}, /* isatty() asks */
    {SYS_openat,          WORKER | AUTH, 0, {{2, WRITE_BITS, 0}}},
    {SYS_openat,          SANITIZED,     0, {{0}}},
    {SYS_openat,          ALL,           REFUSE(EPERM), {{0}}},
    {SYS_socket,          WORKER,        0, {{0, WHOLE, AF_INET}, {1, TYPE_BITS, SOCK_STREAM}}},
    {SYS_socket,          WORKER,        0, {{0, WHOLE, AF_INET6}, {1, TYPE_BITS, SOCK_STREAM}}},
    {SYS_socket,          WORKER,        0, {{0, WHOLE, AF_INET}, {1, TYPE_BITS, SOCK_DGRAM}}}, /* DNS */
    {SYS_socket,          WORKER,        0, {{0, WHOLE, AF_INET6}, {1, TYPE_BITS, SOCK_DGRAM}}},
    {SYS_socket,          ALL,           REFUSE(EPERM), {{0}}},
    {SYS_tgkill,          ALL,           0, {{0, WHOLE, OWN_PID}}}, /* abort() */
    /* Moving bytes. */
    {SYS_read,            LOOPS,         0, {{0}}},
    {SYS_write,           ALL,           0, {{0}}},
    {SYS_readv,           LOOPS,         0, {{0}}},
    {SYS_writev,          ALL,           0, {{0}}}, /* glibc's last words */
    {SYS_recvfrom,        LOOPS,         0, {{0}}},
    {SYS_sendto,          ALL,           0, {{0}}},
    {SYS_recvmsg,         ALL,           0, {{0}}},
    {SYS_sendmsg,         ALL,           0, {{0}}},
    {SYS_close,           ALL,           0, {{0}}},
    {SYS_shutdown,        LOOPS,         0, {{0}}},
    {SYS_dup,             WORKER | AUTH, 0, {{0}}},
    {SYS_dup3,            WORKER | AUTH, 0, {{0}}}, /* a new log takes the old one's number */
#ifdef SYS_dup2
    {SYS_dup2,            WORKER | AUTH, 0, {{0}}},
#endif
    /* Connections. Where to is for Landlock to say. */
    {SYS_accept4,         WORKER,        0, {{0}}},
    {SYS_connect,         WORKER,        0, {{0}}},
    {SYS_setsockopt,      WORKER,        0, {{0}}},
    {SYS_getsockopt,      WORKER,        0, {{0}}},
    {SYS_getsockname,     WORKER,        0, {{0}}},
    {SYS_getpeername,     WORKER,        0, {{0}}},
    /* Files below what Landlock grants. */
    {SYS_openat2,         WORKER,        0, {{0}}}, /* its flags are out of sight; see http_file_open.c */
    {SYS_fstat,           WORKER | AUTH, 0, {{0}}},
    {SYS_newfstatat,      WORKER | AUTH, 0, {{0}}},
    {SYS_statx,           WORKER | AUTH, 0, {{0}}},
    {SYS_lseek,           WORKER | AUTH, 0, {{0}}},
    {SYS_pread64,         WORKER | AUTH, 0, {{0}}},
    {SYS_sendfile,        WORKER,        0, {{0}}},
    {SYS_fadvise64,       WORKER,        0, {{0}}},
    /* Waiting. */
#ifdef SYS_epoll_wait
    {SYS_epoll_wait,      LOOPS,         0, {{0}}},
    {SYS_poll,            ALL,           0, {{0}}},
#endif
    {SYS_epoll_pwait,     LOOPS,         0, {{0}}},
#ifdef SYS_epoll_pwait2
    {SYS_epoll_pwait2,    LOOPS,         0, {{0}}},
#endif
    {SYS_epoll_ctl,       LOOPS,         0, {{0}}},
    {SYS_ppoll,           ALL,           0, {{0}}},
    {SYS_timerfd_settime, LOOPS,         0, {{0}}},
    {SYS_clock_gettime,   ALL,           0, {{0}}},
    {SYS_clock_getres,    LOOPS,         0, {{0}}},
    {SYS_clock_nanosleep, ALL,           0, {{0}}},
    {SYS_gettimeofday,    ALL,           0, {{0}}},
#ifdef SYS_time
    {SYS_time,            ALL,           0, {{0}}}, /* where the kernel gives no vdso */
#endif
    {SYS_restart_syscall, ALL,           0, {{0}}},
    {SYS_rt_sigreturn,    ALL,           0, {{0}}},
    {SYS_rt_sigprocmask,  ALL,           0, {{0}}},
    {SYS_rt_sigaction,    ALL,           0, {{0}}},
    /* Memory, chance, threads of its own. OpenSSL takes a new seed now and then. */
    {SYS_brk,             ALL,           0, {{0}}},
    {SYS_munmap,          ALL,           0, {{0}}},
    {SYS_mremap,          ALL,           0, {{0}}},
    {SYS_madvise,         ALL,           0, {{0}}},
    {SYS_getrandom,       ALL,           0, {{0}}},
    {SYS_futex,           ALL,           0, {{0}}},
    {SYS_getpid,          ALL,           0, {{0}}},
    {SYS_gettid,          ALL,           0, {{0}}},
    {SYS_sched_yield,     ALL,           0, {{0}}},
    {SYS_set_robust_list, KEYHOLDER | AUTH, 0, {{0}}}, /* a thread's first calls, if it is slow */
    {SYS_rseq,            KEYHOLDER | AUTH, 0, {{0}}},
    {SYS_faccessat,       AUTH,          0, {{0}}}, /* is it Landlock that refuses a file? */
#ifdef SYS_faccessat2
    {SYS_faccessat2,      AUTH,          0, {{0}}},
#endif
    {SYS_exit,            ALL,           0, {{0}}},
    {SYS_exit_group,      ALL,           0, {{0}}},
    /* A sanitizer: its stack for signals, a leak checker that is a traced process beside us, and
     * names for reports. */
    {SYS_sigaltstack,     SANITIZED,     0, {{0}}},
    {SYS_clone,           SANITIZED,     0, {{0}}},
    {SYS_clone3,          SANITIZED,     REFUSE(ENOSYS), {{0}}},
    {SYS_wait4,           SANITIZED,     0, {{0}}},
    {SYS_getppid,         SANITIZED,     0, {{0}}},
    {SYS_ptrace,          SANITIZED,     0, {{0}}},
    {SYS_prctl,           SANITIZED,     0, {{0}}},
    {SYS_getdents64,      LISTS,         0, {{0}}}, /* Landlock says of what */
    {SYS_getdents64,      SANITIZED,     0, {{0}}},
    {SYS_pipe2,           SANITIZED,     0, {{0}}},
#ifdef SYS_pipe
    {SYS_pipe,            SANITIZED,     0, {{0}}},
    {SYS_readlink,        SANITIZED,     0, {{0}}},
    {SYS_arch_prctl,      SANITIZED,     0, {{0}}},
    {SYS_getdents,        SANITIZED,     0, {{0}}},
    {SYS_open,            SANITIZED,     0, {{0}}},
    {SYS_stat,            SANITIZED,     0, {{0}}},
    {SYS_lstat,           SANITIZED,     0, {{0}}},
#endif
    {SYS_readlinkat,      SANITIZED,     0, {{0}}},
    {SYS_fstat,           SANITIZED,     0, {{0}}},
    {SYS_newfstatat,      SANITIZED,     0, {{0}}},
    {SYS_lseek,           SANITIZED,     0, {{0}}},
    {SYS_prlimit64,       SANITIZED,     0, {{0}}},
    {SYS_sched_getaffinity, SANITIZED,   0, {{0}}},
    {SYS_tgkill,          SANITIZED,     0, {{0}}},
    /* Useless here but harmless to ask for: libraries live with the refusal. */
    {SYS_epoll_create1,   LOOPS,         REFUSE(EPERM), {{0}}},
    {SYS_eventfd2,        LOOPS,         REFUSE(EPERM), {{0}}},
    {SYS_pipe2,           ALL,           REFUSE(EPERM), {{0}}},
    {SYS_fstatfs,         ALL,           REFUSE(EPERM), {{0}}},
    {SYS_getrusage,       ALL,           REFUSE(EPERM), {{0}}},
    {SYS_mlock,           ALL,           REFUSE(EPERM), {{0}}},
    {SYS_membarrier,      ALL,           REFUSE(EPERM), {{0}}},
    {SYS_uname,           ALL,           REFUSE(EPERM), {{0}}},
    {SYS_sysinfo,         ALL,           REFUSE(EPERM), {{0}}},
    {SYS_prlimit64,       ALL,           REFUSE(EPERM), {{0}}},
    {SYS_prctl,           ALL,           REFUSE(EPERM), {{0}}},
    {SYS_readlinkat,      ALL,           REFUSE(EPERM), {{0}}},
    {SYS_faccessat,       ALL,           REFUSE(EPERM), {{0}}},
    {SYS_getcwd,          ALL,           REFUSE(EPERM), {{0}}},
    {SYS_sched_getaffinity, ALL,         REFUSE(EPERM), {{0}}},
#ifdef SYS_readlink
    {SYS_readlink,        ALL,           REFUSE(EPERM), {{0}}},
    {SYS_access,          ALL,           REFUSE(EPERM), {{0}}},
    {SYS_open,            ALL,           REFUSE(EPERM), {{0}}},
#endif
};
/* clang-format on */
#define ROWS              (sizeof rows / sizeof *rows)

#define HEAD_INSTRUCTIONS 6
#define ROW_INSTRUCTIONS  (3 + 3 * TESTS)

struct program {
    struct sock_filter code[HEAD_INSTRUCTIONS + ROWS * ROW_INSTRUCTIONS + 1];
    unsigned short count;
};

static void emit(struct program *program, unsigned short code, uint32_t value, size_t if_true,
                 size_t if_false)
{
    program->code[program->count++] =
        (struct sock_filter){code, (uint8_t)if_true, (uint8_t)if_false, value};
}

static void load(struct program *program, size_t offset)
{
    emit(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void answer(struct program *program, uint32_t action)
{
    emit(program, BPF_RET | BPF_K, action, 0, 0);
}

static void add_head(struct program *program)
{
    load(program, offsetof(struct seccomp_data, arch));
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
    answer(program, SECCOMP_RET_KILL_PROCESS);
    load(program, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
    /* x32's calls have this bit and other meanings */
    emit(program, BPF_JMP | BPF_JSET | BPF_K, 0x40000000, 0, 1);
    answer(program, SECCOMP_RET_KILL_PROCESS);
#endif
}

static size_t count_tests(const struct row *row)
{
    size_t count = 0;

    while (count < TESTS && row->tests[count].mask != 0)
        count++;
    return count;
}

/* The accumulator holds the call's number before and after. The lower half of an argument comes
 * first in memory: both processors are little-endian. */
static void add_row(struct program *program, const struct row *row)
{
    size_t tests = count_tests(row);
    size_t left = 3 * tests + 1; /* instructions to skip where the row does not apply */

    emit(program, BPF_JMP | BPF_JEQ | BPF_K, row->call, 0, tests > 0 ? left + 1 : left);
    for (size_t i = 0; i < tests; i++) {
        uint32_t value = row->tests[i].value;

        left -= 3;
        load(program, offsetof(struct seccomp_data, args) + 8 * row->tests[i].argument);
        emit(program, BPF_ALU | BPF_AND | BPF_K, row->tests[i].mask, 0, 0);
        emit(program, BPF_JMP | BPF_JEQ | BPF_K, value == OWN_PID ? (uint32_t)getpid() : value, 0,
             left);
    }
    answer(program, row->action == 0 ? SECCOMP_RET_ALLOW : row->action);
    if (tests > 0)
        load(program, offsetof(struct seccomp_data, nr));
}

static void build(struct program *program, enum sandbox_role role, bool lists)
{
    unsigned roles = 1u << role | (SANDBOX_IS_SANITIZED ? SANITIZED : 0) | (lists ? LISTS : 0);

    program->count = 0;
    add_head(program);
    for (size_t i = 0; i < ROWS; i++)
        if ((rows[i].roles & roles) != 0)
            add_row(program, &rows[i]);
    answer(program, SECCOMP_RET_KILL_PROCESS);
}

/* For all threads there are. SPEC_ALLOW: older kernels would slow down every process with a filter
 * otherwise. */
bool sandbox_calls_enter(enum sandbox_role role, bool lists)
{
    struct program program;
    struct sock_fprog filter = {.filter = program.code};

    build(&program, role, lists);
    filter.len = program.count;
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                   SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0;
}

/* An unreadable program tells a kernel that looks at it from one that has none. */
bool sandbox_calls_available(void)
{
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) < 0 && errno == EFAULT;
}
