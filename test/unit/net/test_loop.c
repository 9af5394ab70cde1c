#include "net/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct loop *loop;
    int order[8];
    int count;
};

struct step {
    struct fixture *fixture;
    int number;
    struct deadline deadline;
    struct loop_task task;
    bool stops;
};

static void note(struct step *step)
{
    step->fixture->order[step->fixture->count++] = step->number;
    if (step->stops)
        loop_stop(step->fixture->loop);
}

static void on_step(void *owner)
{
    note(owner);
}

static void number_steps(struct step *steps, int count, struct fixture *fixture)
{
    for (int i = 0; i < count; i++) {
        steps[i].fixture = fixture;
        steps[i].number = i + 1;
    }
}

static void deadlines_pass_in_order_and_never_early(void **state)
{
    struct fixture fixture = {.loop = loop_new()};
    struct step late = {.fixture = &fixture, .number = 2, .stops = true};
    struct step soon = {.fixture = &fixture, .number = 1};
    uint64_t begin = loop_now(fixture.loop);

    (void)state;
    deadline_init(&late.deadline, on_step, &late);
    deadline_init(&soon.deadline, on_step, &soon);
    deadline_set(fixture.loop, &late.deadline, 350);
    deadline_set(fixture.loop, &soon.deadline, 50);
    loop_run(fixture.loop);
    assert_int_equal(fixture.count, 2);
    assert_int_equal(fixture.order[0], 1);
    assert_int_equal(fixture.order[1], 2);
    assert_true(loop_now(fixture.loop) >= begin + 350);
    assert_false(deadline_is_set(&late.deadline));
    loop_free(fixture.loop);
}

static void a_deadline_set_again_moves_both_ways(void **state)
{
    struct fixture fixture = {.loop = loop_new()};
    struct step later = {.fixture = &fixture, .number = 2, .stops = true};
    struct step earlier = {.fixture = &fixture, .number = 1};

    (void)state;
    deadline_init(&later.deadline, on_step, &later);
    deadline_init(&earlier.deadline, on_step, &earlier);
    deadline_set(fixture.loop, &later.deadline, 10);
    deadline_set(fixture.loop, &later.deadline, 400);
    deadline_set(fixture.loop, &earlier.deadline, 60000);
    deadline_set(fixture.loop, &earlier.deadline, 100);
    loop_run(fixture.loop);
    assert_int_equal(fixture.order[0], 1);
    assert_int_equal(fixture.order[1], 2);
    loop_free(fixture.loop);
}

static void a_cleared_deadline_does_not_pass(void **state)
{
    struct fixture fixture = {.loop = loop_new()};
    struct step gone = {.fixture = &fixture, .number = 1};
    struct step end = {.fixture = &fixture, .number = 2, .stops = true};

    (void)state;
    deadline_init(&gone.deadline, on_step, &gone);
    deadline_init(&end.deadline, on_step, &end);
    deadline_set(fixture.loop, &gone.deadline, 20);
    deadline_set(fixture.loop, &end.deadline, 200);
    deadline_clear(&gone.deadline);
    loop_run(fixture.loop);
    assert_int_equal(fixture.count, 1);
    assert_int_equal(fixture.order[0], 2);
    loop_free(fixture.loop);
}

static void on_clear_the_other(void *owner)
{
    struct step *steps = owner;

    note(&steps[0]);
    deadline_clear(&steps[1].deadline);
}

static void a_deadline_may_clear_its_neighbour_in_the_same_slot(void **state)
{
    struct fixture fixture = {.loop = loop_new()};
    struct step steps[2] = {
        {.fixture = &fixture, .number = 1},
        {.fixture = &fixture, .number = 9}
    };
    struct step end = {.fixture = &fixture, .number = 3, .stops = true};

    (void)state;
    number_steps(steps, 2, &fixture);
    deadline_init(&steps[1].deadline, on_step, &steps[1]);
    deadline_init(&steps[0].deadline, on_clear_the_other, steps);
    deadline_init(&end.deadline, on_step, &end);
    deadline_set(fixture.loop, &steps[1].deadline, 50);
    deadline_set(fixture.loop, &steps[0].deadline, 50); /* linked in front: passes first */
    deadline_set(fixture.loop, &end.deadline, 300);
    loop_run(fixture.loop);
    assert_int_equal(fixture.count, 2);
    assert_int_equal(fixture.order[1], 3);
    loop_free(fixture.loop);
}

static void tasks_run_once_each_in_the_order_asked(void **state)
{
    struct fixture fixture = {.loop = loop_new()};
    struct step steps[4] = {0};

    (void)state;
    number_steps(steps, 4, &fixture);
    steps[3].stops = true;
    for (int i = 0; i < 4; i++) {
        loop_task_init(&steps[i].task, on_step, &steps[i]);
        loop_defer(fixture.loop, &steps[i].task);
        loop_defer(fixture.loop, &steps[i].task);
    }
    loop_task_cancel(&steps[1].task);
    loop_run(fixture.loop);
    assert_int_equal(fixture.count, 3);
    assert_int_equal(fixture.order[0], 1);
    assert_int_equal(fixture.order[1], 3);
    assert_int_equal(fixture.order[2], 4);
    loop_free(fixture.loop);
}

static void on_cancel_next(void *owner)
{
    struct step *steps = owner;

    note(&steps[0]);
    loop_task_cancel(&steps[1].task);
    loop_defer(steps[0].fixture->loop, &steps[2].task);
}

static void a_task_may_cancel_and_queue_others(void **state)
{
    struct fixture fixture = {.loop = loop_new()};
    struct step steps[3] = {0};

    (void)state;
    number_steps(steps, 3, &fixture);
    steps[2].stops = true;
    loop_task_init(&steps[0].task, on_cancel_next, steps);
    loop_task_init(&steps[1].task, on_step, &steps[1]);
    loop_task_init(&steps[2].task, on_step, &steps[2]);
    loop_defer(fixture.loop, &steps[0].task);
    loop_defer(fixture.loop, &steps[1].task);
    loop_run(fixture.loop);
    assert_int_equal(fixture.count, 2);
    assert_int_equal(fixture.order[1], 3);
    loop_free(fixture.loop);
}

struct watching {
    struct loop *loop;
    struct loop_watch *watch;
    int pipe[2];
    int seen;
};

struct ready {
    struct fixture *fixture;
    struct loop_watch *watch;
    struct loop_task *late;
    int pipe[2];
};

static void on_ready_once(void *owner)
{
    struct ready *ready = owner;
    struct fixture *fixture = ready->fixture;

    fixture->order[fixture->count++] = 1;
    loop_unwatch(ready->watch);
    loop_defer_late(fixture->loop, ready->late);
}

static void what_is_late_runs_once_behind_all_that_is_ready(void **state)
{
    struct fixture fixture = {.loop = loop_new()};
    struct step last = {.fixture = &fixture, .number = 9, .stops = true};
    struct step never = {.fixture = &fixture, .number = 8};
    struct ready ready[3];

    (void)state;
    loop_task_init(&last.task, on_step, &last);
    loop_task_init(&never.task, on_step, &never);
    loop_defer_late(fixture.loop, &never.task);
    loop_task_cancel(&never.task);
    for (int i = 0; i < 3; i++) {
        ready[i] = (struct ready){.fixture = &fixture, .late = &last.task};
        assert_int_equal(pipe(ready[i].pipe), 0);
        assert_int_equal(write(ready[i].pipe[1], "x", 1), 1);
        ready[i].watch =
            loop_watch_readable(fixture.loop, ready[i].pipe[0], on_ready_once, &ready[i]);
    }
    loop_run(fixture.loop);
    assert_int_equal(fixture.count, 4);
    assert_int_equal(fixture.order[2], 1);
    assert_int_equal(fixture.order[3], 9);
    for (int i = 0; i < 3; i++) {
        close(ready[i].pipe[0]);
        close(ready[i].pipe[1]);
    }
    loop_free(fixture.loop);
}

static void on_ready(void *owner)
{
    struct watching *watching = owner;
    char byte;

    assert_int_equal(read(watching->pipe[0], &byte, 1), 1);
    watching->seen++;
    loop_unwatch(watching->watch);
    loop_stop(watching->loop);
}

static void a_watch_may_end_itself(void **state)
{
    struct watching watching = {.loop = loop_new()};

    (void)state;
    assert_int_equal(pipe(watching.pipe), 0);
    watching.watch = loop_watch_readable(watching.loop, watching.pipe[0], on_ready, &watching);
    assert_int_equal(write(watching.pipe[1], "ab", 2), 2);
    loop_run(watching.loop);
    assert_int_equal(watching.seen, 1);
    close(watching.pipe[0]);
    close(watching.pipe[1]);
    loop_free(watching.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadlines_pass_in_order_and_never_early),
        cmocka_unit_test(a_deadline_set_again_moves_both_ways),
        cmocka_unit_test(a_cleared_deadline_does_not_pass),
        cmocka_unit_test(a_deadline_may_clear_its_neighbour_in_the_same_slot),
        cmocka_unit_test(tasks_run_once_each_in_the_order_asked),
        cmocka_unit_test(a_task_may_cancel_and_queue_others),
        cmocka_unit_test(what_is_late_runs_once_behind_all_that_is_ready),
        cmocka_unit_test(a_watch_may_end_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
