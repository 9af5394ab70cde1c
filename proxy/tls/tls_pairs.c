#include "tls/tls_pairs.h"

#include "conf/conf_sources.h"
#include "tls/tls_conf.h"
#include "tls/tls_conf_private.h"
#include "tls/tls_pem.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Pairs by the places of their two files in the sources. */
#define NO_KEY UINT32_MAX

struct found {
    uint32_t certificate, key;
    struct slice passphrases; /* as the configuration has it */
};

struct collection {
    const struct conf *conf;
    struct arena *arena;
    struct found *list;
    size_t count, capacity;
};

static void add(struct collection *collection, const struct found *found)
{
    if (collection->count == collection->capacity) {
        collection->capacity = 2 * collection->capacity + 16;
        collection->list =
            memory_grow(collection->list, collection->capacity * sizeof *collection->list);
    }
    collection->list[collection->count++] = *found;
}

static void add_pair(struct collection *collection, const struct tls_conf *tls, size_t index)
{
    const struct conf *conf = collection->conf;
    struct found found = {.passphrases = tls->ssl_password_file};
    struct slice path;

    path = tls_conf_file(conf, &tls->ssl_certificate, index, collection->arena).path;
    (void)conf_sources_file(conf->sources, path, &found.certificate);
    path = tls_conf_key_file(conf, &tls->ssl_certificate_key, index, collection->arena).path;
    (void)conf_sources_secret(conf->sources, path, &found.key);
    add(collection, &found);
}

static void add_authorities(struct collection *collection, struct slice path)
{
    struct found found = {.key = NO_KEY};

    if (path.len == 0)
        return;
    (void)conf_sources_file(collection->conf->sources, path, &found.certificate);
    add(collection, &found);
}

static void collect(struct collection *collection, const struct conf_scope *scope)
{
    const struct tls_conf *tls = conf_values(collection->conf, scope, &tls_conf_group);
    bool is_server = scope->context == CONF_SERVER || scope->context == CONF_MAIL_SERVER;

    for (size_t i = 0; is_server && tls != NULL && i < tls->ssl_certificate.count; i++)
        if (i < tls->ssl_certificate_key.count)
            add_pair(collection, tls, i);
    if (is_server && tls != NULL && tls->ssl_certificate.count > 0) {
        add_authorities(collection, tls->ssl_client_certificate);
        add_authorities(collection, tls->ssl_trusted_certificate);
    }
    for (scope = scope->first_child; scope != NULL && !is_server; scope = scope->next)
        collect(collection, scope);
}

static int compare(const void *a, const void *b)
{
    const struct found *left = a, *right = b;

    if (left->certificate != right->certificate)
        return left->certificate < right->certificate ? -1 : 1;
    return (left->key > right->key) - (left->key < right->key);
}

struct tls_pair *tls_pairs_of(const struct conf *conf, struct arena *arena, size_t *count)
{
    struct arena paths;
    struct collection collection = {.conf = conf, .arena = &paths};
    struct tls_pair *pairs;

    arena_init(&paths, ARENA_UNLIMITED);
    collect(&collection, conf->main);
    if (collection.count > 0)
        qsort(collection.list, collection.count, sizeof *collection.list, compare);
    pairs = arena_alloc(arena, (collection.count + 1) * sizeof *pairs);
    *count = 0;
    for (size_t i = 0; i < collection.count; i++) {
        const struct found *found = &collection.list[i];

        if (i > 0 && compare(found, found - 1) == 0)
            continue;
        pairs[(*count)++] = (struct tls_pair){
            arena_keep(arena, conf->sources->list[found->certificate]->name),
            found->key == NO_KEY ? SLICE_NONE
                                 : arena_keep(arena, conf->sources->list[found->key]->name),
            arena_keep(arena, found->passphrases),
        };
    }
    free(collection.list);
    arena_deinit(&paths);
    return pairs;
}

static bool is_read(const struct conf_source *source, struct slice *file, struct slice *why)
{
    if (source->error == 0)
        return true;
    *file = source->name;
    *why = slice_of(strerror(source->error)); /* constant for what open and read say */
    return false;
}

/* Somebody who asks for it (a reload) gets an expired certificate and a warning; nobody has asked.
 */
static bool is_valid_now(const struct tls_certificate_facts *facts, struct slice *why)
{
    int64_t now = (int64_t)time(NULL);

    if (now < facts->not_before)
        *why = SLICE("it is not valid yet; `frontd -s reload` takes it all the same");
    else if (now > facts->not_after)
        *why = SLICE("it has expired; `frontd -s reload` takes it all the same");
    else
        return true;
    return false;
}

/* Built as a worker will build it, but for the key. */
static bool can_be_served(struct slice certificate, struct slice key, bool allows_old,
                          struct arena *arena, struct slice *why)
{
    const struct tls_server server = {
        .certificates = &certificate,
        .keys = &key,
        .pair_count = 1,
        .protocols = allows_old ? TLS_PROTOCOL_1_0 : 0,
        .service = "check",
    };
    struct tls_context *context = tls_context_new(&server, 1, arena, why);

    tls_context_free(context);
    return context != NULL;
}

bool tls_authorities_check(struct conf_sources *sources, struct slice path, struct arena *arena,
                           struct slice *why)
{
    uint32_t index;
    const struct conf_source *source = conf_sources_file(sources, path, &index);
    STACK_OF(X509) * chain;

    if (!is_read(source, &path, why))
        return false;
    chain = tls_pem_chain(source->text, arena, why);
    tls_pem_chain_free(chain);
    return chain != NULL;
}

bool tls_pair_check(struct conf_sources *sources, const struct tls_pair *pair, bool allows_old,
                    struct arena *arena, struct tls_certificate_facts *facts, struct slice *file,
                    struct slice *why)
{
    struct slice fingerprint = SLICE_NONE;
    uint32_t index;
    const struct conf_source *certificate = conf_sources_file(sources, pair->certificate, &index);
    const struct conf_source *key = conf_sources_secret(sources, pair->key, &index);
    const struct conf_source *passphrases =
        pair->passphrases.len == 0 ? NULL
                                   : conf_sources_passphrases(sources, pair->passphrases, &index);

    if (!is_read(certificate, file, why) || !is_read(key, file, why) ||
        (passphrases != NULL && !is_read(passphrases, file, why)))
        return false;
    *file = pair->certificate;
    if (!tls_check_certificate(certificate->text, arena, facts, why) || !is_valid_now(facts, why) ||
        !can_be_served(certificate->text, key->text, allows_old, arena, why))
        return false;
    *file = pair->key;
    return tls_check_key_apart(sources, certificate->text, key->fd,
                               passphrases == NULL ? -1 : passphrases->fd, arena, &fingerprint,
                               why);
}
