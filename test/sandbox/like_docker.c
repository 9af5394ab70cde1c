#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* like-docker PROGRAM ARGUMENT…: what Docker's default profile refuses (moby/profiles) of what
 * could matter to frontd, and how: clone3 does not exist, so that libc takes clone, whose flags the
 * profile sees; namespaces, BPF and the like are not permitted. Capabilities are for setpriv(1). */

#define REFUSE(call, error)                                                                        \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),                                               \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))

int main(int count, char **words)
{
    /* clang-format off */
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        REFUSE(SYS_clone3, ENOSYS),
        REFUSE(SYS_unshare, EPERM),
        REFUSE(SYS_setns, EPERM),
        REFUSE(SYS_mount, EPERM),
        REFUSE(SYS_bpf, EPERM),
        REFUSE(SYS_userfaultfd, EPERM),
        REFUSE(SYS_io_uring_setup, EPERM),
        REFUSE(SYS_keyctl, EPERM),
        REFUSE(SYS_perf_event_open, EPERM),
        REFUSE(SYS_pidfd_getfd, EPERM),
        REFUSE(SYS_kcmp, EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    /* clang-format on */
    struct sock_fprog filter = {sizeof code / sizeof *code, code};

    if (count < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        return 2;
    execv(words[1], words + 1);
    perror(words[1]);
    return 2;
}
