/* The checks of single values: each returns NULL, or in words what the value should be. */
#ifndef VNEPP_API_ITEM_VALUE_H
#define VNEPP_API_ITEM_VALUE_H

#include "epp/base/arena.h"
#include "epp/base/str.h"

#include <stdbool.h>

/* Runs of line breaks and tabs become one space, the ends are trimmed; false when other control characters are in it. */
bool item_value_clean(struct arena *a, struct str *s);
const char *item_value_check_ref(struct str s);
const char *item_value_check_code(struct str s);
const char *item_value_check_word(struct str s);
/* +CC.number (RFC 5733 e164). */
const char *item_value_check_phone(struct str s);
const char *item_value_check_email(struct str s);
/* ISO 3166-1 alpha-2, capital letters. */
const char *item_value_check_country(struct str s);
const char *item_value_check_province(struct str s);
const char *item_value_check_contact(struct str s);
/* IPv4 or IPv6 in text form. */
const char *item_value_check_address(struct str s);
const char *item_value_check_hex(struct str s);

#endif
