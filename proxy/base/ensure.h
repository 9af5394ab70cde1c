#pragma once

#ifdef __clang__
/* ensure(!"unreachable") is meant as it stands. */
#pragma clang diagnostic ignored "-Wstring-conversion"
#endif

/* An assertion that stays in release builds: for what must be true if our own code is right,
 * never for what a peer can cause. Prints file, line and expression to stderr and aborts; the
 * master replaces a worker that died this way. */
#define ensure(expression) ((expression) ? (void)0 : ensure_failed(__FILE__, __LINE__, #expression))

_Noreturn void ensure_failed(const char *file, int line, const char *expression);
