#include "auth/auth_hash.h"

#include "base/base64.h"
#include "base/chars.h"

static const struct {
    const char *words;
    enum auth_way way;
    bool is_weak;
} schemes[] = {
#define AUTH_SCHEME(name, way, weak, words) {words, AUTH_BY_##way, weak},
#include "auth/auth_schemes.def"
#undef AUTH_SCHEME
};

/* How the text after a {NAME} is read. */
enum form {
    FORM_CRYPT,  /* its own beginning says what it is */
    FORM_PLAIN,  /* the password */
    FORM_DIGEST, /* base64 or hexadecimal */
    FORM_SALTED, /* base64 of digest and salt */
};

/* Dovecot lets a name say how the bytes are written. */
enum encoding {
    ENCODING_NONE,
    ENCODING_HEX,
    ENCODING_BASE64,
};

/* Dovecot's names, in either case; htpasswd's are among them. */
static const struct name_row {
    const char *name;
    enum form form;
    enum auth_scheme scheme; /* UNKNOWN: any */
    size_t digest_len;
} names[] = {
    {"CRYPT",        FORM_CRYPT,  AUTH_UNKNOWN,      0 },
    {"DES-CRYPT",    FORM_CRYPT,  AUTH_DES_CRYPT,    0 },
    {"MD5-CRYPT",    FORM_CRYPT,  AUTH_MD5_CRYPT,    0 },
    {"MD5",          FORM_CRYPT,  AUTH_MD5_CRYPT,    0 },
    {"SHA256-CRYPT", FORM_CRYPT,  AUTH_SHA256_CRYPT, 0 },
    {"SHA512-CRYPT", FORM_CRYPT,  AUTH_SHA512_CRYPT, 0 },
    {"BLF-CRYPT",    FORM_CRYPT,  AUTH_BCRYPT,       0 },
    {"PLAIN",        FORM_PLAIN,  AUTH_PLAIN,        0 },
    {"CLEARTEXT",    FORM_PLAIN,  AUTH_PLAIN,        0 },
    {"CLEAR",        FORM_PLAIN,  AUTH_PLAIN,        0 },
    {"PLAIN-MD5",    FORM_DIGEST, AUTH_MD5,          16},
    {"LDAP-MD5",     FORM_DIGEST, AUTH_MD5,          16},
    {"SMD5",         FORM_SALTED, AUTH_MD5,          16},
    {"SHA",          FORM_DIGEST, AUTH_SHA1,         20},
    {"SHA1",         FORM_DIGEST, AUTH_SHA1,         20},
    {"SSHA",         FORM_SALTED, AUTH_SHA1,         20},
    {"SHA256",       FORM_DIGEST, AUTH_SHA256,       32},
    {"SSHA256",      FORM_SALTED, AUTH_SHA256,       32},
    {"SHA512",       FORM_DIGEST, AUTH_SHA512,       64},
    {"SSHA512",      FORM_SALTED, AUTH_SHA512,       64},
};

static const struct {
    const char *beginning;
    enum auth_scheme scheme;
} beginnings[] = {
    {"$apr1$", AUTH_APR1         },
    {"$1$",    AUTH_MD5_CRYPT    },
    {"$2a$",   AUTH_BCRYPT       },
    {"$2b$",   AUTH_BCRYPT       },
    {"$2y$",   AUTH_BCRYPT       },
    {"$5$",    AUTH_SHA256_CRYPT },
    {"$6$",    AUTH_SHA512_CRYPT },
    {"$2x$",   AUTH_BCRYPT       },
    {"$y$",    AUTH_YESCRYPT     },
    {"$gy$",   AUTH_GOST_YESCRYPT},
    {"$7$",    AUTH_SCRYPT       },
    {"$sha1$", AUTH_SHA1_CRYPT   },
    {"$md5$",  AUTH_SUN_MD5      },
    {"$md5,",  AUTH_SUN_MD5      },
    {"$3$",    AUTH_NT           },
};

enum auth_way auth_scheme_way(enum auth_scheme scheme)
{
    return schemes[scheme].way;
}

const char *auth_scheme_words(enum auth_scheme scheme)
{
    return schemes[scheme].words;
}

bool auth_scheme_is_weak(enum auth_scheme scheme)
{
    return schemes[scheme].is_weak;
}

static bool is_of_des(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!chars_is(text.at[i], CHARS_ALPHA | CHARS_DIGIT) && text.at[i] != '.' &&
            text.at[i] != '/')
            return false;
    return true;
}

/* crypt(5): two characters of salt, eleven of hash. */
static bool is_des(struct slice text)
{
    return text.len == 13 && is_of_des(text);
}

/* crypt(5): an underscore, four characters of rounds, four of salt, eleven of hash. */
static bool is_bsdi(struct slice text)
{
    return text.len == 20 && text.at[0] == '_' && is_of_des(slice_from(text, 1));
}

static struct auth_hash parse_crypt(struct slice text)
{
    struct auth_hash hash = {.text = text};

    if (text.len >= AUTH_HASH_MAX)
        return hash;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (slice_starts(text, slice_of(beginnings[i].beginning)))
            hash.scheme = beginnings[i].scheme;
    if (is_des(text))
        hash.scheme = AUTH_DES_CRYPT;
    else if (is_bsdi(text))
        hash.scheme = AUTH_BSDI_CRYPT;
    return hash;
}

static bool read_hex(struct slice text, struct auth_hash *hash)
{
    if (text.len % 2 != 0 || text.len / 2 > sizeof hash->bytes)
        return false;
    for (size_t i = 0; i < text.len / 2; i++) {
        int high = chars_hex_value(text.at[2 * i]), low = chars_hex_value(text.at[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        hash->bytes[i] = (char)(high * 16 + low);
    }
    return true;
}

/* Without salt the number of bytes says how they are written. */
static struct auth_hash parse_digest(const struct name_row *row, struct slice text,
                                     enum encoding encoding)
{
    struct auth_hash hash = {.scheme = row->scheme, .digest_len = row->digest_len};
    size_t len = text.len / 2;
    bool is_hex =
        encoding == ENCODING_HEX || (row->form == FORM_DIGEST && text.len == 2 * row->digest_len);
    bool good =
        is_hex ? read_hex(text, &hash) : base64_decode(text, hash.bytes, sizeof hash.bytes, &len);

    if (!good || len < row->digest_len || (row->form == FORM_DIGEST && len != row->digest_len))
        return (struct auth_hash){.text = text};
    hash.salt_len = len - row->digest_len;
    return hash;
}

static struct auth_hash parse_named(const struct name_row *row, struct slice text,
                                    enum encoding encoding)
{
    struct auth_hash hash;

    if (row->form == FORM_DIGEST || row->form == FORM_SALTED)
        return parse_digest(row, text, encoding);
    if (encoding != ENCODING_NONE)
        return (struct auth_hash){.text = text}; /* of a text: nobody writes that */
    if (row->form == FORM_PLAIN)
        return (struct auth_hash){.scheme = AUTH_PLAIN, .text = text};
    hash = parse_crypt(text);
    if (row->scheme != AUTH_UNKNOWN && hash.scheme != row->scheme)
        hash.scheme = AUTH_UNKNOWN;
    return hash;
}

/* Taken off the name. */
static enum encoding take_encoding(struct slice *name)
{
    static const struct {
        const char *ending;
        enum encoding encoding;
    } endings[] = {
        {".HEX",    ENCODING_HEX   },
        {".B64",    ENCODING_BASE64},
        {".BASE64", ENCODING_BASE64}
    };

    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (slice_ends_fold(*name, slice_of(endings[i].ending))) {
            *name = slice_part(*name, 0, name->len - strlen(endings[i].ending));
            return endings[i].encoding;
        }
    return ENCODING_NONE;
}

struct auth_hash auth_hash_parse(struct slice field)
{
    size_t end = slice_find(field, '}');
    enum encoding encoding;
    struct slice name;

    if (!slice_starts(field, SLICE("{")) || end == SLICE_NOT_FOUND)
        return parse_crypt(field);
    name = slice_part(field, 1, end - 1);
    encoding = take_encoding(&name);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_equal_fold(name, slice_of(names[i].name)))
            return parse_named(&names[i], slice_from(field, end + 1), encoding);
    return (struct auth_hash){.text = field};
}
