#include "auth/auth_client.h"
#include "auth/auth_service.h"
#include "base/ensure.h"
#include "os/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A service and a worker's client in one loop, with the real threads and real files. */
struct fixture {
    struct loop *loop;
    struct auth_service *service;
    struct auth_client *client;
    struct auth_list list;
    struct auth_rate rate;
    struct address from;
    char directory[64], path[80], missing[80];
    struct auth_answer answers[600];
    size_t count, wanted;
    unsigned said, emptied;
};

static void say(void *owner, enum log_level level, struct slice line)
{
    struct fixture *fixture = owner;

    (void)level;
    (void)line;
    fixture->said++;
}

static void on_empty(void *owner)
{
    struct fixture *fixture = owner;

    fixture->emptied++;
}

static void on_renew(void *owner)
{
    (void)owner;
    fail();
}

static const struct auth_service_events events = {say, on_empty, on_renew};

/* Written beside and renamed: another inode each time, as careful programs do it. */
static void write_file(const struct fixture *fixture, const char *text)
{
    char fresh[100];
    FILE *file;

    snprintf(fresh, sizeof fresh, "%s.new", fixture->path);
    file = fopen(fresh, "w");
    ensure(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    ensure(rename(fresh, fixture->path) == 0);
}

static void connect_client(struct fixture *fixture)
{
    int pair[2];

    assert_true(descriptor_pair(pair));
    auth_service_add(fixture->service, pair[0]);
    auth_client_connect(fixture->client, pair[1]);
}

static struct fixture *begin(const char *text, size_t threads, size_t limit)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    snprintf(fixture->directory, sizeof fixture->directory, "/tmp/test_auth.XXXXXX");
    ensure(mkdtemp(fixture->directory) != NULL);
    snprintf(fixture->path, sizeof fixture->path, "%s/passwords", fixture->directory);
    snprintf(fixture->missing, sizeof fixture->missing, "%s/missing", fixture->directory);
    write_file(fixture, text);
    auth_list_index(&fixture->list, slice_of(fixture->path), (struct conf_place){0});
    auth_list_index(&fixture->list, slice_of(fixture->missing), (struct conf_place){0});
    fixture->loop = loop_new();
    fixture->service =
        auth_service_new(fixture->loop, &fixture->list, threads, limit, &events, fixture);
    assert_non_null(fixture->service);
    fixture->client = auth_client_new(fixture->loop);
    connect_client(fixture);
    return fixture;
}

static void end(struct fixture *fixture)
{
    auth_client_free(fixture->client);
    auth_service_free(fixture->service);
    loop_free(fixture->loop);
    free(fixture->list.files);
    unlink(fixture->path);
    unlink(fixture->missing);
    rmdir(fixture->directory);
    free(fixture);
}

static void on_answered(void *owner, const struct auth_answer *answer)
{
    struct fixture *fixture = owner;

    fixture->answers[fixture->count++] = *answer;
    if (fixture->count >= fixture->wanted)
        loop_stop(fixture->loop);
}

static struct auth_ticket *ask_file(struct fixture *fixture, uint32_t file, const char *user,
                                    const char *password, uint32_t remember_ms)
{
    const struct auth_question question = {.file = file,
                                           .remember_ms = remember_ms,
                                           .rate = fixture->rate,
                                           .client = fixture->from,
                                           .user = slice_of(user),
                                           .password = slice_of(password)};

    return auth_client_ask(fixture->client, &question, on_answered, fixture);
}

static void run_for(struct fixture *fixture, size_t answers)
{
    fixture->wanted = answers;
    if (fixture->count < answers)
        loop_run(fixture->loop);
    fixture->count = 0;
}

static enum auth_verdict verdict(struct fixture *fixture, const char *user, const char *password,
                                 uint32_t remember_ms)
{
    assert_non_null(ask_file(fixture, 0, user, password, remember_ms));
    run_for(fixture, 1);
    return fixture->answers[0].verdict;
}

static void on_time(void *owner)
{
    loop_stop(owner);
}

static void wait_ms(struct fixture *fixture, uint32_t ms)
{
    struct deadline deadline;

    deadline_init(&deadline, on_time, fixture->loop);
    deadline_set(fixture->loop, &deadline, ms);
    loop_run(fixture->loop);
    deadline_clear(&deadline);
}

#define BOB   "bob:$2y$04$m9b0ik8No5Tc.qaG/GpoPe1785nERaAE3qKSqyqyvoyIl9BzFgNTi\n"
#define CAROL "carol:junk\n"

/* P17: the time a login takes is the time of its hashes, so their number is what is compared. */
static void unknown_users_cost_what_known_ones_do(void **state)
{
    struct fixture *fixture = begin(BOB CAROL, 2, 8);

    (void)state;
    assert_int_equal(verdict(fixture, "bob", "wrong", 0), AUTH_MISMATCH);
    assert_int_equal(auth_service_hashes(fixture->service), 1);
    assert_int_equal(verdict(fixture, "nobody", "wrong", 0), AUTH_NOT_FOUND);
    assert_int_equal(auth_service_hashes(fixture->service), 2);
    assert_int_equal(verdict(fixture, "carol", "junk", 0), AUTH_MISMATCH);
    assert_int_equal(auth_service_hashes(fixture->service), 3);
    /* the dummy is bob's own hash: knowing his password makes nobody somebody else */
    assert_int_equal(verdict(fixture, "nobody", "secret", 60000), AUTH_NOT_FOUND);
    assert_int_equal(verdict(fixture, "carol", "secret", 60000), AUTH_MISMATCH);
    assert_int_equal(auth_service_hashes(fixture->service), 5);
    end(fixture);
}

static void a_verified_pair_costs_no_hash_again(void **state)
{
    struct fixture *fixture = begin(BOB, 1, 8);

    (void)state;
    assert_int_equal(verdict(fixture, "bob", "secret", 60000), AUTH_ACCEPTED);
    assert_int_equal(verdict(fixture, "bob", "secret", 60000), AUTH_REMEMBERED);
    assert_int_equal(verdict(fixture, "bob", "secret", 60000), AUTH_REMEMBERED);
    assert_int_equal(auth_service_hashes(fixture->service), 1);
    assert_int_equal(verdict(fixture, "bob", "secret", 0), AUTH_ACCEPTED); /* auth_cache 0 */
    assert_int_equal(verdict(fixture, "bob", "wrong", 60000), AUTH_MISMATCH);
    assert_int_equal(verdict(fixture, "bob", "wrong", 60000), AUTH_MISMATCH);
    assert_int_equal(auth_service_hashes(fixture->service), 4);
    end(fixture);
}

static void what_is_remembered_ends(void **state)
{
    struct fixture *fixture = begin(BOB, 1, 8);

    (void)state;
    assert_int_equal(verdict(fixture, "bob", "secret", 100), AUTH_ACCEPTED);
    wait_ms(fixture, 200);
    assert_int_equal(verdict(fixture, "bob", "secret", 100), AUTH_ACCEPTED);
    end(fixture);
}

static void a_changed_file_forgets(void **state)
{
    struct fixture *fixture = begin(BOB, 1, 8);

    (void)state;
    assert_int_equal(verdict(fixture, "bob", "secret", 60000), AUTH_ACCEPTED);
    write_file(fixture, "bob:{PLAIN}other\n");
    wait_ms(fixture, 1100);
    assert_int_equal(verdict(fixture, "bob", "secret", 60000), AUTH_MISMATCH);
    assert_int_equal(verdict(fixture, "bob", "other", 60000), AUTH_ACCEPTED);
    write_file(fixture, "# bob has left\n");
    wait_ms(fixture, 1100);
    assert_int_equal(verdict(fixture, "bob", "other", 60000), AUTH_NOT_FOUND);
    write_file(fixture, BOB);
    wait_ms(fixture, 1100);
    assert_int_equal(verdict(fixture, "bob", "secret", 60000), AUTH_ACCEPTED); /* not remembered */
    end(fixture);
}

static void a_file_that_is_not_there_is_told(void **state)
{
    struct fixture *fixture = begin(BOB, 1, 8);

    (void)state;
    assert_non_null(ask_file(fixture, 1, "bob", "secret", 0));
    run_for(fixture, 1);
    assert_int_equal(fixture->answers[0].verdict, AUTH_NO_FILE);
    assert_int_equal(fixture->answers[0].error, ENOENT);
    assert_int_equal(mkdir(fixture->missing, 0700), 0);
    wait_ms(fixture, 1100);
    assert_non_null(ask_file(fixture, 1, "bob", "secret", 0));
    run_for(fixture, 1);
    assert_int_equal(fixture->answers[0].verdict, AUTH_NO_FILE);
    assert_int_equal(fixture->answers[0].error, EISDIR);
    rmdir(fixture->missing);
    assert_int_equal(auth_service_hashes(fixture->service), 0);
    end(fixture);
}

static size_t count_verdicts(const struct fixture *fixture, size_t count, enum auth_verdict wanted)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        found += fixture->answers[i].verdict == wanted;
    return found;
}

static void a_full_queue_says_busy(void **state)
{
    struct fixture *fixture =
        begin("bob:$2y$08$m9b0ik8No5Tc.qaG/GpoPe1785nERaAE3qKSqyqyvoyIl9BzFgNTi\n", 1, 2);

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        const char wrong[] = {'w', (char)('0' + i), '\0'};

        assert_non_null(ask_file(fixture, 0, "bob", wrong, 0));
    }
    run_for(fixture, 10);
    assert_true(count_verdicts(fixture, 10, AUTH_BUSY) >= 5);
    assert_true(count_verdicts(fixture, 10, AUTH_MISMATCH) >= 2);
    assert_int_equal(
        count_verdicts(fixture, 10, AUTH_BUSY) + count_verdicts(fixture, 10, AUTH_MISMATCH), 10);
    end(fixture);
}

#define AT_ONCE 8

static void the_same_asked_at_once_is_computed_once(void **state)
{
    struct fixture *fixture = begin(BOB, 2, 2);

    (void)state;
    /* as many as come in one turn of the service's loop, however slow the machine */
    for (size_t i = 0; i < AT_ONCE; i++)
        assert_non_null(ask_file(fixture, 0, "bob", "secret", i == 5 ? 60000 : 0));
    run_for(fixture, AT_ONCE);
    assert_int_equal(auth_service_hashes(fixture->service), 1);
    assert_int_equal(count_verdicts(fixture, AT_ONCE, AUTH_ACCEPTED), 1);
    assert_int_equal(count_verdicts(fixture, AT_ONCE, AUTH_REMEMBERED), AT_ONCE - 1);
    /* the sixth asked to remember it */
    assert_int_equal(verdict(fixture, "bob", "secret", 60000), AUTH_REMEMBERED);
    for (size_t i = 0; i < AT_ONCE; i++)
        assert_non_null(ask_file(fixture, 0, "bob", "wrong", 60000));
    run_for(fixture, AT_ONCE);
    assert_int_equal(auth_service_hashes(fixture->service), 2);
    assert_int_equal(count_verdicts(fixture, AT_ONCE, AUTH_MISMATCH), AT_ONCE);
    end(fixture);
}

static void a_service_may_end_with_hashes_under_way(void **state)
{
    struct fixture *fixture = begin(BOB, 1, 8);

    (void)state;
    for (size_t i = 0; i < 5; i++)
        assert_non_null(ask_file(fixture, 0, "bob", i % 2 == 0 ? "a" : "b", 0));
    wait_ms(fixture, 1);
    end(fixture);
}

static void a_cancelled_question_is_not_answered(void **state)
{
    struct fixture *fixture = begin(BOB, 1, 8);
    struct auth_ticket *ticket = ask_file(fixture, 0, "bob", "secret", 0);

    (void)state;
    auth_client_cancel(&ticket);
    assert_null(ticket);
    auth_client_cancel(&ticket);
    assert_int_equal(verdict(fixture, "bob", "wrong", 0), AUTH_MISMATCH);
    assert_int_equal(fixture->answers[0].id, 2);
    end(fixture);
}

/* The service dies with a question under way: that one is lost; one asked meanwhile waits for the
 * next service. */
static void questions_outlive_the_service(void **state)
{
    struct fixture *fixture = begin(BOB, 1, 8);

    (void)state;
    assert_non_null(ask_file(fixture, 0, "bob", "secret", 0));
    auth_service_free(fixture->service);
    run_for(fixture, 1);
    assert_int_equal(fixture->answers[0].verdict, AUTH_LOST);
    assert_non_null(ask_file(fixture, 0, "bob", "secret", 0));
    fixture->service = auth_service_new(fixture->loop, &fixture->list, 1, 8, &events, fixture);
    connect_client(fixture);
    run_for(fixture, 1);
    assert_int_equal(fixture->answers[0].verdict, AUTH_ACCEPTED);
    end(fixture);
}

static void nobody_waits_for_ever(void **state)
{
    struct fixture *fixture = begin(BOB, 1, 8);

    (void)state;
    auth_service_free(fixture->service);
    wait_ms(fixture, 1);
    assert_int_equal(verdict(fixture, "bob", "secret", 0), AUTH_LOST);
    fixture->service = auth_service_new(fixture->loop, &fixture->list, 1, 8, &events, fixture);
    end(fixture);
}

static void too_many_questions_are_refused_at_once(void **state)
{
    struct fixture *fixture = begin(BOB, 1, 8);
    size_t taken = 0;

    (void)state;
    auth_service_free(fixture->service);
    wait_ms(fixture, 1);
    while (taken < 600 && ask_file(fixture, 0, "bob", "secret", 0) != NULL)
        taken++;
    assert_int_equal(taken, 256);
    fixture->service = auth_service_new(fixture->loop, &fixture->list, 1, 8, &events, fixture);
    end(fixture);
}

/* A worker that was taken over asks for a file that is not in the list. */
static void a_question_about_no_file_ends_the_channel(void **state)
{
    struct fixture *fixture = begin(BOB, 1, 8);

    (void)state;
    assert_non_null(ask_file(fixture, 2, "bob", "secret", 0));
    run_for(fixture, 1);
    assert_int_equal(fixture->said, 1);
    assert_int_equal(fixture->emptied, 1);
    assert_int_equal(auth_service_clients(fixture->service), 0);
    connect_client(fixture);
    assert_int_equal(verdict(fixture, "bob", "secret", 0), AUTH_ACCEPTED);
    end(fixture);
}

static void come_from(struct fixture *fixture, const char *address)
{
    fixture->rate = (struct auth_rate){3, 60000};
    assert_true(address_parse(slice_of(address), &fixture->from));
}

static void expect(struct fixture *fixture, const char *user, const char *password,
                   enum auth_verdict wanted)
{
    assert_int_equal(verdict(fixture, user, password, 60000), wanted);
}

static void too_many_failures_cost_no_hash(void **state)
{
    static const char *const users[] = {"bob", "nobody", "carol"};
    static const enum auth_verdict first[] = {AUTH_MISMATCH, AUTH_NOT_FOUND, AUTH_MISMATCH};
    struct fixture *fixture = begin(BOB CAROL, 2, 8);

    (void)state;
    come_from(fixture, "192.0.2.1");
    for (size_t i = 0; i < 3; i++) {
        uint64_t hashes = auth_service_hashes(fixture->service);

        expect(fixture, users[i], "a", first[i]);
        expect(fixture, users[i], "b", first[i]);
        expect(fixture, users[i], "b", first[i]);
        expect(fixture, users[i], "c", AUTH_THROTTLED);
        assert_in_range(fixture->answers[0].wait_s, 1, 20);
        expect(fixture, users[i], "secret", AUTH_THROTTLED);
        assert_int_equal(auth_service_hashes(fixture->service), hashes + 3);
    }
    come_from(fixture, "192.0.2.2");
    expect(fixture, "bob", "secret", AUTH_ACCEPTED);
    come_from(fixture, "192.0.2.1");
    expect(fixture, "bob", "c", AUTH_THROTTLED);
    expect(fixture, "bob", "secret", AUTH_REMEMBERED); /* verified from elsewhere */
    fixture->rate = (struct auth_rate){0};
    expect(fixture, "bob", "c", AUTH_MISMATCH);
    end(fixture);
}

static void successes_do_not_count(void **state)
{
    struct fixture *fixture = begin(BOB, 1, 8);

    (void)state;
    come_from(fixture, "192.0.2.1");
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(verdict(fixture, "bob", "secret", 0), AUTH_ACCEPTED);
    expect(fixture, "bob", "a", AUTH_MISMATCH);
    expect(fixture, "bob", "b", AUTH_MISMATCH);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(verdict(fixture, "bob", "secret", 0), AUTH_ACCEPTED);
    expect(fixture, "bob", "c", AUTH_MISMATCH); /* nor do they take failures away */
    expect(fixture, "bob", "d", AUTH_THROTTLED);
    end(fixture);
}

/* What is remembered can be guessed, too: not for ever. */
static void looks_for_what_is_remembered_end(void **state)
{
    struct fixture *fixture = begin(BOB, 1, 8);

    (void)state;
    come_from(fixture, "192.0.2.1");
    expect(fixture, "bob", "secret", AUTH_ACCEPTED);
    for (size_t i = 0; i < 3; i++)
        expect(fixture, "bob", "a", AUTH_MISMATCH);
    for (size_t i = 0; i < 29; i++)
        expect(fixture, "bob", "b", AUTH_THROTTLED);
    for (size_t i = 0; i < 100; i++)
        expect(fixture, "bob", "secret", AUTH_REMEMBERED);
    expect(fixture, "bob", "b", AUTH_THROTTLED);
    expect(fixture, "bob", "secret", AUTH_THROTTLED);
    end(fixture);
}

/* A browser's connections, all at once, with a rate that one of them fills. */
static void the_same_asked_at_once_counts_once(void **state)
{
    struct fixture *fixture = begin(BOB, 1, 8);

    (void)state;
    come_from(fixture, "192.0.2.1");
    fixture->rate.count = 1;
    for (size_t i = 0; i < AT_ONCE; i++)
        assert_non_null(ask_file(fixture, 0, "bob", "secret", 0));
    run_for(fixture, AT_ONCE);
    assert_int_equal(count_verdicts(fixture, AT_ONCE, AUTH_THROTTLED), 0);
    assert_int_equal(count_verdicts(fixture, AT_ONCE, AUTH_ACCEPTED), 1);
    /* names that are not there answer in the same way */
    for (size_t i = 0; i < AT_ONCE; i++)
        assert_non_null(ask_file(fixture, 0, "nobody", "secret", 0));
    run_for(fixture, AT_ONCE);
    assert_int_equal(count_verdicts(fixture, AT_ONCE, AUTH_NOT_FOUND), AT_ONCE);
    assert_int_equal(auth_service_hashes(fixture->service), 2);
    expect(fixture, "nobody", "secret", AUTH_THROTTLED);
    expect(fixture, "bob", "secret", AUTH_ACCEPTED);
    end(fixture);
}

static void others_at_once_are_counted_each(void **state)
{
    struct fixture *fixture = begin(BOB, 1, 60);

    (void)state;
    come_from(fixture, "192.0.2.1");
    for (size_t i = 0; i < 50; i++) {
        const char wrong[] = {'w', (char)('0' + i), '\0'};

        assert_non_null(ask_file(fixture, 0, "bob", wrong, 0));
    }
    run_for(fixture, 50);
    assert_int_equal(count_verdicts(fixture, 50, AUTH_MISMATCH), 3);
    assert_int_equal(count_verdicts(fixture, 50, AUTH_THROTTLED), 47);
    end(fixture);
}

/* What was not computed did not fail. */
static void a_full_queue_counts_nothing(void **state)
{
    struct fixture *fixture =
        begin("bob:$2y$08$m9b0ik8No5Tc.qaG/GpoPe1785nERaAE3qKSqyqyvoyIl9BzFgNTi\n", 1, 1);
    size_t failed;

    (void)state;
    come_from(fixture, "192.0.2.1");
    fixture->rate = (struct auth_rate){20, 24 * 3600 * 1000}; /* however slow this machine is */
    for (size_t i = 0; i < 19; i++) {
        const char wrong[] = {'w', (char)('0' + i), '\0'};

        assert_non_null(ask_file(fixture, 0, "bob", wrong, 0));
    }
    run_for(fixture, 19);
    failed = count_verdicts(fixture, 19, AUTH_MISMATCH);
    assert_int_equal(count_verdicts(fixture, 19, AUTH_BUSY), 19 - failed);
    assert_true(failed < 19);
    for (; failed < 20; failed++)
        expect(fixture, "bob", "x", AUTH_MISMATCH);
    expect(fixture, "bob", "x", AUTH_THROTTLED);
    end(fixture);
}

/* No hash in the file, so none to hide behind: counted all the same. */
static void an_empty_file_is_throttled_too(void **state)
{
    struct fixture *fixture = begin("# nobody yet\n", 1, 8);

    (void)state;
    come_from(fixture, "2001:db8::1");
    for (size_t i = 0; i < 3; i++)
        expect(fixture, "bob", "a", AUTH_NOT_FOUND);
    come_from(fixture, "2001:db8::2");
    expect(fixture, "bob", "a", AUTH_THROTTLED);
    assert_int_equal(auth_service_hashes(fixture->service), 0);
    end(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_users_cost_what_known_ones_do),
        cmocka_unit_test(a_verified_pair_costs_no_hash_again),
        cmocka_unit_test(what_is_remembered_ends),
        cmocka_unit_test(a_changed_file_forgets),
        cmocka_unit_test(a_file_that_is_not_there_is_told),
        cmocka_unit_test(a_full_queue_says_busy),
        cmocka_unit_test(the_same_asked_at_once_is_computed_once),
        cmocka_unit_test(a_service_may_end_with_hashes_under_way),
        cmocka_unit_test(a_cancelled_question_is_not_answered),
        cmocka_unit_test(questions_outlive_the_service),
        cmocka_unit_test(nobody_waits_for_ever),
        cmocka_unit_test(too_many_questions_are_refused_at_once),
        cmocka_unit_test(a_question_about_no_file_ends_the_channel),
        cmocka_unit_test(too_many_failures_cost_no_hash),
        cmocka_unit_test(successes_do_not_count),
        cmocka_unit_test(looks_for_what_is_remembered_end),
        cmocka_unit_test(the_same_asked_at_once_counts_once),
        cmocka_unit_test(others_at_once_are_counted_each),
        cmocka_unit_test(a_full_queue_counts_nothing),
        cmocka_unit_test(an_empty_file_is_throttled_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
