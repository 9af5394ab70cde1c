#include "base/text.h"
#include "http/conf/http_conf.h"
#include "http/message/http_uri.h"
#include "http/output/http_ssi_private.h"

/* One function for each command. False: the page gets the words of `config errmsg`. */

static struct slice value(const struct http_ssi *ssi, const char *name)
{
    return http_ssi_value(&ssi->command, slice_of(name));
}

/* include */

static bool take_dot(struct slice *step)
{
    bool is_escaped = slice_starts_fold(*step, SLICE("%2e"));

    if (!is_escaped && !slice_starts(*step, SLICE(".")))
        return false;
    *step = slice_from(*step, is_escaped ? 3 : 1);
    return true;
}

static bool has_upward_step(struct slice path)
{
    while (path.len > 0) {
        struct slice step = slice_cut(&path, '/');

        if (take_dot(&step) && take_dot(&step) && step.len == 0)
            return true;
    }
    return false;
}

/* What does not begin with '/' lies beside the page. */
static struct slice absolute(struct http_ssi *ssi, struct slice path)
{
    struct slice page = ssi->exchange->request.path;
    size_t slash = slice_find_last(page, '/');

    if (slice_starts(path, SLICE("/")) || slash == SLICE_NOT_FOUND)
        return path;
    return arena_format(&ssi->scratch, "%.*s%.*s", (int)slash + 1, page.at, (int)path.len, path.at);
}

/* Decoded once; "..", also where it is escaped, is refused. */
static bool normalise(struct http_ssi *ssi, struct slice path, struct slice *normal)
{
    struct text text;

    path = absolute(ssi, path);
    text = text_in(arena_alloc(&ssi->scratch, path.len), path.len);
    if (path.len == 0 || has_upward_step(path) || http_uri_normalise(path, &text) != HTTP_ACCEPTED)
        return false;
    *normal = text_slice(&text);
    return true;
}

static bool is_wait_good(const struct http_ssi *ssi)
{
    struct slice wait = value(ssi, "wait");

    return wait.at == NULL || slice_equal_fold(wait, SLICE("yes")) ||
           slice_equal_fold(wait, SLICE("no"));
}

static bool run_include(struct http_ssi *ssi)
{
    struct slice virtual = value(ssi, "virtual"), file = value(ssi, "file");
    struct slice uri = virtual.at != NULL ? virtual : file;
    struct slice name = value(ssi, "stub"), wait = value(ssi, "wait");
    struct http_ssi_order order = {.variable = value(ssi, "set")};

    if (uri.at == NULL || (virtual.at != NULL && file.at != NULL))
        return false;
    if (!is_wait_good(ssi) || (name.at != NULL && !http_ssi_block_find(ssi, name, &order.stub)))
        return false;
    order.query = http_ssi_expand(ssi, uri);
    order.path = slice_cut(&order.query, '?');
    if (order.path.len == 0 || !normalise(ssi, order.path, &order.path)) {
        http_exchange_log(ssi->exchange, LOG_ERROR, "unsafe URI in the SSI command: \"%s\"",
                          log_escape(uri).text);
        return false;
    }
    order.page_waits =
        order.variable.at != NULL || order.stub.len > 0 || slice_equal_fold(wait, SLICE("yes"));
    return http_ssi_include(ssi, &order);
}

/* echo */

/* One that there is not changes nothing. */
static void choose_encoding(struct http_ssi *ssi, struct slice name)
{
    static const char *const names[] = {
        [HTTP_SSI_ENTITY] = "entity",
        [HTTP_SSI_URL] = "url",
        [HTTP_SSI_NONE] = "none",
    };

    for (unsigned i = 0; name.at != NULL && i < sizeof names / sizeof names[0]; i++)
        if (slice_equal(name, slice_of(names[i])))
            ssi->encoding = (enum http_ssi_encoding)i;
}

static bool run_echo(struct http_ssi *ssi)
{
    struct slice name = value(ssi, "var"), otherwise = value(ssi, "default");
    struct slice found;

    if (name.at == NULL)
        return false;
    found = http_ssi_variable(ssi, name);
    if (found.at == NULL)
        found = otherwise.at != NULL ? otherwise : SLICE("(none)");
    choose_encoding(ssi, value(ssi, "encoding"));
    if (found.len > 0)
        http_ssi_emit(ssi, http_ssi_encode(ssi, found));
    return true;
}

/* config, set */

static bool run_config(struct http_ssi *ssi)
{
    struct slice error = value(ssi, "errmsg"), time_format = value(ssi, "timefmt");

    if (error.at != NULL)
        error = arena_keep(&ssi->exchange->arena, error);
    if (time_format.at != NULL)
        time_format = arena_keep(&ssi->exchange->arena, time_format);
    if (error.at != NULL)
        ssi->error = error;
    if (time_format.at != NULL)
        ssi->time_format = time_format;
    return true;
}

static bool run_set(struct http_ssi *ssi)
{
    struct slice name = value(ssi, "var"), text = value(ssi, "value");

    if (name.at == NULL || text.at == NULL)
        return false;
    text = http_ssi_expand(ssi, text);
    if (text.at == NULL)
        return false;
    http_ssi_set(ssi, name, text);
    return true;
}

/* block, endblock */

static bool run_block(struct http_ssi *ssi)
{
    struct slice name = value(ssi, "name");

    return name.at != NULL && http_ssi_block_begin(ssi, name);
}

static bool run_endblock(struct http_ssi *ssi)
{
    http_ssi_block_end(ssi);
    return true;
}

/* if, elif, else, endif */

static bool run_if(struct http_ssi *ssi)
{
    struct slice expression = value(ssi, "expr");
    bool result = false;

    if (ssi->branch != HTTP_SSI_NO_BRANCH || expression.at == NULL)
        return false;
    if (!http_ssi_condition(ssi, expression, &result))
        return false;
    ssi->branch = result ? HTTP_SSI_TAKEN : HTTP_SSI_NOT_YET;
    ssi->is_else = false;
    return true;
}

static bool run_elif(struct http_ssi *ssi)
{
    struct slice expression = value(ssi, "expr");
    bool result = false;

    if (ssi->branch == HTTP_SSI_NO_BRANCH || ssi->is_else || expression.at == NULL)
        return false;
    if (ssi->branch == HTTP_SSI_TAKEN)
        ssi->branch = HTTP_SSI_TAKEN_ONCE;
    if (ssi->branch == HTTP_SSI_TAKEN_ONCE)
        return true;
    if (!http_ssi_condition(ssi, expression, &result))
        return false;
    if (result)
        ssi->branch = HTTP_SSI_TAKEN;
    return true;
}

static bool run_else(struct http_ssi *ssi)
{
    if (ssi->branch == HTTP_SSI_NO_BRANCH || ssi->is_else)
        return false;
    ssi->is_else = true;
    ssi->branch = ssi->branch == HTTP_SSI_NOT_YET ? HTTP_SSI_TAKEN : HTTP_SSI_TAKEN_ONCE;
    return true;
}

static bool run_endif(struct http_ssi *ssi)
{
    if (ssi->branch == HTTP_SSI_NO_BRANCH)
        return false;
    ssi->branch = HTTP_SSI_NO_BRANCH;
    return true;
}

#define PARAMETERS_MAX 5

static const struct command {
    const char *name;
    bool (*run)(struct http_ssi *ssi);
    bool ends_branch; /* counts also where nothing is shown */
    const char *parameters[PARAMETERS_MAX + 1];
} commands[] = {
  /* clang-format off */
    {"include",  run_include,  false, {"virtual", "file", "set", "stub", "wait"}},
    {"echo",     run_echo,     false, {"var", "default", "encoding"}},
    {"config",   run_config,   false, {"errmsg", "timefmt"}},
    {"set",      run_set,      false, {"var", "value"}},
    {"block",    run_block,    false, {"name"}},
    {"endblock", run_endblock, false, {NULL}},
    {"if",       run_if,       false,  {"expr"}},
    {"elif",     run_elif,     true,  {"expr"}},
    {"else",     run_else,     true,  {NULL}},
    {"endif",    run_endif,    true,  {NULL}},
  /* clang-format on */
};

static const struct command *find_command(struct slice name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (slice_equal_fold(name, slice_of(commands[i].name)))
            return &commands[i];
    return NULL;
}

static bool takes(const struct command *command, struct slice parameter)
{
    for (size_t i = 0; command->parameters[i] != NULL; i++)
        if (slice_equal(parameter, slice_of(command->parameters[i])))
            return true;
    return false;
}

static bool has_good_parameters(const struct http_ssi *ssi, const struct command *command)
{
    for (size_t i = 0; i < ssi->command.count; i++)
        if (!takes(command, ssi->command.parameters[i].name))
            return false;
    return true;
}

bool http_ssi_is_shown(const struct http_ssi *ssi)
{
    return ssi->branch == HTTP_SSI_NO_BRANCH || ssi->branch == HTTP_SSI_TAKEN;
}

/* False: the page is to say that this meant nothing; what is wrong about branches and about how a
 * command is written is said also where nothing is shown. */
static bool find_and_run(struct http_ssi *ssi)
{
    const struct command *command = find_command(ssi->command.name);
    bool shown = http_ssi_is_shown(ssi);

    if (!ssi->command.is_good)
        return false;
    if (ssi->block != NULL && (command == NULL || command->run != run_endblock)) {
        http_ssi_block_keep_command(ssi);
        return true;
    }
    if (!shown && (command == NULL || !command->ends_branch))
        return true;
    return command != NULL && has_good_parameters(ssi, command) && command->run(ssi);
}

void http_ssi_run(struct http_ssi *ssi)
{
    bool good = find_and_run(ssi);

    arena_deinit(&ssi->scratch);
    if (good)
        return;
    http_exchange_log(ssi->exchange, LOG_ERROR, "SSI command \"%s\" in \"%s\" means nothing",
                      log_escape(ssi->command.name).text,
                      log_escape(ssi->exchange->request.path).text);
    if (!ssi->exchange->location->output->ssi_silent_errors)
        http_ssi_emit(ssi, ssi->error);
}
