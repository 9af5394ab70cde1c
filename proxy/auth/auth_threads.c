#include "auth/auth_threads.h"

#include "auth/auth_verify.h"
#include "base/arena.h"
#include "base/ensure.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
    struct auth_job *first, **last;
    size_t count;
};

struct auth_threads {
    pthread_mutex_t mutex; /* for all below */
    pthread_cond_t more;
    struct queue waiting, done;
    bool ends;
    size_t limit;
    int wake;
    pthread_t *threads;
    size_t count;
};

void auth_job_free(struct auth_job *job)
{
    explicit_bzero(job, sizeof *job);
    free(job);
}

static void queue_init(struct queue *queue)
{
    *queue = (struct queue){.last = &queue->first};
}

static void queue_add(struct queue *queue, struct auth_job *job)
{
    job->next = NULL;
    *queue->last = job;
    queue->last = &job->next;
    queue->count++;
}

static struct auth_job *queue_take(struct queue *queue)
{
    struct auth_job *job = queue->first;

    if (job == NULL)
        return NULL;
    queue->first = job->next;
    if (queue->first == NULL)
        queue->last = &queue->first;
    queue->count--;
    return job;
}

static void compute(struct auth_job *job)
{
    struct auth_hash hash = auth_hash_parse((struct slice){job->hash, job->hash_len});
    bool matches = auth_verify(&hash, (struct slice){job->password, job->password_len});

    job->matches = matches && !job->is_dummy;
}

/* NULL: the end. */
static struct auth_job *wait_for_job(struct auth_threads *threads)
{
    struct auth_job *job = NULL;

    pthread_mutex_lock(&threads->mutex);
    while (!threads->ends && (job = queue_take(&threads->waiting)) == NULL)
        pthread_cond_wait(&threads->more, &threads->mutex);
    pthread_mutex_unlock(&threads->mutex);
    return job;
}

static void *run(void *owner)
{
    struct auth_threads *threads = owner;
    const uint64_t one = 1;
    struct auth_job *job;

    while ((job = wait_for_job(threads)) != NULL) {
        compute(job);
        pthread_mutex_lock(&threads->mutex);
        queue_add(&threads->done, job);
        pthread_mutex_unlock(&threads->mutex);
        ensure(write(threads->wake, &one, sizeof one) == sizeof one);
    }
    return NULL;
}

/* Hashing takes what nobody else wants of a processor: a flood of logins must not slow anything
 * else. It goes on without where a container forbids to say so. */
static void yield_to_others(pthread_t thread)
{
    const struct sched_param none = {0};

    (void)pthread_setschedparam(thread, SCHED_IDLE, &none);
}

/* Signals are for the loop. */
static bool start_threads(struct auth_threads *threads, size_t count)
{
    sigset_t all, old;
    int error = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (threads->count < count &&
           (error = pthread_create(&threads->threads[threads->count], NULL, run, threads)) == 0)
        yield_to_others(threads->threads[threads->count++]);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = error;
    return threads->count > 0;
}

struct auth_threads *auth_threads_new(size_t count, size_t limit)
{
    struct auth_threads *threads = memory_zero(sizeof *threads);

    threads->limit = limit;
    threads->threads = memory_zero(count * sizeof *threads->threads);
    queue_init(&threads->waiting);
    queue_init(&threads->done);
    pthread_mutex_init(&threads->mutex, NULL);
    pthread_cond_init(&threads->more, NULL);
    threads->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (threads->wake >= 0 && start_threads(threads, count))
        return threads;
    auth_threads_free(threads);
    return NULL;
}

void auth_threads_free(struct auth_threads *threads)
{
    struct auth_job *job;

    pthread_mutex_lock(&threads->mutex);
    threads->ends = true;
    pthread_cond_broadcast(&threads->more);
    pthread_mutex_unlock(&threads->mutex);
    for (size_t i = 0; i < threads->count; i++)
        pthread_join(threads->threads[i], NULL);
    while ((job = queue_take(&threads->waiting)) != NULL ||
           (job = queue_take(&threads->done)) != NULL)
        auth_job_free(job);
    pthread_cond_destroy(&threads->more);
    pthread_mutex_destroy(&threads->mutex);
    if (threads->wake >= 0)
        close(threads->wake);
    free(threads->threads);
    free(threads);
}

bool auth_threads_add(struct auth_threads *threads, struct auth_job *job)
{
    bool fits;

    pthread_mutex_lock(&threads->mutex);
    fits = threads->waiting.count < threads->limit;
    if (fits) {
        queue_add(&threads->waiting, job);
        pthread_cond_signal(&threads->more);
    }
    pthread_mutex_unlock(&threads->mutex);
    return fits;
}

int auth_threads_fd(const struct auth_threads *threads)
{
    return threads->wake;
}

struct auth_job *auth_threads_take(struct auth_threads *threads)
{
    struct auth_job *jobs;
    uint64_t number;

    if (read(threads->wake, &number, sizeof number) < 0 && errno != EAGAIN)
        return NULL;
    pthread_mutex_lock(&threads->mutex);
    jobs = threads->done.first;
    queue_init(&threads->done);
    pthread_mutex_unlock(&threads->mutex);
    return jobs;
}
