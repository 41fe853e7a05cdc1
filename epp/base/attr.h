/* Compiler attributes under short names. */
#ifndef VNEPP_BASE_ATTR_H
#define VNEPP_BASE_ATTR_H

#include <stddef.h>

/* The result must be used; a deliberate discard is written (void)f() with a reason beside it. */
#define MUST_CHECK __attribute__((warn_unused_result))
/* Format string is argument f, its values begin at argument a. */
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define NORETURN     __attribute__((noreturn))
#define COLD         __attribute__((cold))
#define UNUSED       __attribute__((unused))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The struct of type `type` whose member `member` is at `ptr`. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
