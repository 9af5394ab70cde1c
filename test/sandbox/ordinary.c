#include "ordinary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* What the compiler calls when a stack was overwritten. */
_Noreturn void __stack_chk_fail(void);

/* Small and large, given back in another order; a large one grows where it is. */
static long use_memory(int directory)
{
    enum { COUNT = 4000 };
    char **blocks = calloc(COUNT, sizeof *blocks);
    char *large = malloc(1 << 20);

    (void)directory;
    for (size_t i = 0; i < COUNT; i++)
        memset(blocks[i] = malloc(16 + i * 37 % 9000), 1, 16);
    for (size_t i = 0; i < COUNT; i++)
        free(blocks[i * 7 % COUNT]);
    free(blocks);
    for (int shift = 20; shift < 26; shift++)
        memset(large = realloc(large, (size_t)1 << shift), 1, (size_t)1 << shift);
    free(large);
    malloc_trim(0);
    return 0;
}

/* As C libraries do where the kernel gives them no vdso. */
static long ask_the_time(int directory)
{
    struct timespec precise;
    struct timeval rough;

    (void)directory;
    if (syscall(SYS_clock_gettime, CLOCK_REALTIME, &precise) != 0 ||
        syscall(SYS_gettimeofday, &rough, NULL) != 0)
        return -1;
#ifdef SYS_time
    if (syscall(SYS_time, NULL) < 0)
        return -1;
#endif
    return time(NULL) == (time_t)-1 ? -1 : nanosleep(&(struct timespec){.tv_nsec = 1}, NULL);
}

static long ask_for_chance(int directory)
{
    char bytes[32];

    (void)directory;
    return getrandom(bytes, sizeof bytes, GRND_NONBLOCK) < 0 ? -1 : getentropy(bytes, sizeof bytes);
}

/* Whose answers may be refusals: whoever asks lives with that. */
static long ask_about_the_machine(int directory)
{
    struct utsname name;
    struct rlimit limit;
    struct rusage usage;
    char path[512];

    (void)directory;
    (void)sysconf(_SC_NPROCESSORS_ONLN);
    (void)sysconf(_SC_PHYS_PAGES);
    (void)get_nprocs();
    (void)uname(&name);
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    (void)getrusage(RUSAGE_SELF, &usage);
    (void)getcwd(path, sizeof path);
    (void)access("/etc/passwd", R_OK);
    (void)readlink("/proc/self/exe", path, sizeof path);
    (void)isatty(STDERR_FILENO);
    (void)open("/dev/urandom", O_RDONLY);
    (void)open("/sys/devices/system/cpu/online", O_RDONLY);
    (void)mlock(path, sizeof path);
    return 0;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(int));
}

/* glibc asks how much memory there is before it sorts much. */
static long sort(int directory)
{
    enum { COUNT = 1 << 20 };
    int *numbers = calloc(COUNT, sizeof *numbers);

    (void)directory;
    for (unsigned i = 0; i < COUNT; i++)
        numbers[i] = (int)(i * 7919 % COUNT);
    qsort(numbers, COUNT, sizeof *numbers, compare);
    free(numbers);
    return 0;
}

static long say_words(int directory)
{
    (void)directory;
    return fprintf(stderr, "%s: %.3f\n", strerror(EACCES), 1.5) < 0 ? -1 : 0;
}

static long use_locks(int directory)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
    struct timespec soon;

    (void)directory;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec = 0;
    pthread_mutex_lock(&lock);
    (void)pthread_cond_timedwait(&changed, &lock, &soon);
    return pthread_mutex_unlock(&lock);
}

static long read_a_file(int directory)
{
    char line[100];
    int fd = openat(directory, "page", O_RDONLY | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "re");
    struct stat status;
    bool good;

    if (file == NULL)
        return -1;
    good = fgets(line, sizeof line, file) != NULL && fseek(file, 0, SEEK_SET) == 0 &&
           fstat(fd, &status) == 0;
    return fclose(file) == 0 && good ? 0 : -1;
}

/* The zone's file is looked at again each time. */
static long tell_local_time(int directory)
{
    time_t now = time(NULL);
    char text[100];

    (void)directory;
    tzset();
    return strftime(text, sizeof text, "%c %Z", localtime(&now)) > 0 ? 0 : -1;
}

static long crash(int directory)
{
    (void)directory;
    abort();
}

static long crash_by_the_heap(int directory)
{
    char *block = malloc(2000), *volatile again = block;

    (void)directory;
    free(block);
    free(again);
    return 0;
}

static long crash_by_the_stack(int directory)
{
    (void)directory;
    __stack_chk_fail();
}

static const struct ordinary {
    const char *name;
    long (*does)(int directory);
} things[] = {
    {"memory",      use_memory           },
    {"time",        ask_the_time         },
    {"chance",      ask_for_chance       },
    {"machine",     ask_about_the_machine},
    {"sort",        sort                 },
    {"words",       say_words            },
    {"locks",       use_locks            },
    {"file",        read_a_file          },
    {"local time",  tell_local_time      },
    {"abort",       crash                },
    {"heap crash",  crash_by_the_heap    },
    {"stack crash", crash_by_the_stack   },
};

long ordinary_do(const char *name, int directory)
{
    for (size_t i = 0; i < sizeof things / sizeof *things; i++)
        if (strcmp(things[i].name, name) == 0)
            return things[i].does(directory);
    errno = EINVAL;
    return -1;
}
