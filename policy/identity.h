/*
 * The structure of Vietnamese identity numbers. Pure functions over text; nothing here says what follows from a
 * finding: the rule files do.
 */
#ifndef VNEPP_POLICY_IDENTITY_H
#define VNEPP_POLICY_IDENTITY_H

#include "epp/base/str.h"
#include "policy/policy.h"

/*
 * The personal identification number: 12 digits PPP C YY RRRRRR (Decree 137/2015 art. 13): place of birth
 * registration, century and sex, year of birth, six random digits. There is no check digit.
 */
bool identity_is_personal(struct str s);
/* The old identity card number: 9 digits, which carry nothing. */
bool identity_is_legacy(struct str s);
/* The parts of a personal number (identity_is_personal() holds). */
int identity_place(struct str s);   /* 0 to 999 */
int identity_century(struct str s); /* 1900, 2000, ... 2300 */
int identity_year(struct str s);    /* 1900 to 2399 */
enum policy_gender identity_gender(struct str s);

/*
 * A tax code: ten digits with check digit, or those with "-NNN" or "NNN" (001 to 999) of a dependent unit. All zeros,
 * which some registrars type for "none", is no code. `*dependent` says which of the two.
 */
bool identity_tax_code(struct str s, bool *dependent);

/* The shapes that a household business's number has in use. */
enum identity_household {
	IDENTITY_HOUSEHOLD_NONE,     /* none of them, or all zeros */
	IDENTITY_HOUSEHOLD_PERSONAL, /* the owner's 12 digits (since July 2025) */
	IDENTITY_HOUSEHOLD_TAX,      /* 10 or 13 digits; the check digit is not looked at */
	IDENTITY_HOUSEHOLD_OLD,      /* 2-digit province, a letter, 7 digits and up */
};
enum identity_household identity_household(struct str s);

/* Upper-case letters and digits only, in `out` with NUL; false when nothing is left, only zeros, or no room. */
bool identity_normalize(struct str s, char *out, size_t size);

#define IDENTITY_MASK_MAX 16
/*
 * A number that nobody has, in which every function above finds what it finds in `s`: for records that must give the same
 * decision again without telling whose they are. Of a personal number the first six digits stay (place, century and sex,
 * year). A view of `out` or of a constant; empty when `s` is.
 */
struct str identity_mask(struct str s, char out[IDENTITY_MASK_MAX]);

#endif
