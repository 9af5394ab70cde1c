/* The tables of the whole program: what no folder's own test can see. */
#include "base/arena.h"
#include "conf/conf_block.h"
#include "process/program.h"
#include "protocol_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void the_directives_of_all_folders_fit_together(void **state)
{
    const struct conf_group **groups = program_groups(protocol_conf_list);
    struct arena arena;
    struct slice why;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    if (!conf_groups_consistent(groups, &arena, &why))
        fail_msg("%.*s", (int)why.len, why.at);
    arena_deinit(&arena);
    free(groups);
}

static void each_group_stands_once(void **state)
{
    const struct conf_group **groups = program_groups(protocol_conf_list);

    (void)state;
    for (size_t i = 0; groups[i] != NULL; i++)
        for (size_t k = 0; k < i; k++)
            assert_ptr_not_equal(groups[i], groups[k]);
    free(groups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_directives_of_all_folders_fit_together),
        cmocka_unit_test(each_group_stands_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
