/* Words for people (tongue.c). */
#ifndef VNEPP_POLICY_TONGUE_INT_H
#define VNEPP_POLICY_TONGUE_INT_H

#include "epp/base/date.h"
#include "policy/policy.h"

/* Words of closed lists and yes and no, as they are said in Vietnamese; English takes them as they are. */
struct str word_in_tongue(struct str word, enum policy_lang lang);
/* 20/11/2026, as it is written in Vietnam; 2026-11-20 in English, where order is a matter of taste. Returns `text`. */
#define DAY_IN_TONGUE_MAX (DATE_TEXT_MAX + 8)
const char *day_in_tongue(date_t d, enum policy_lang lang, char text[DAY_IN_TONGUE_MAX]);

#endif
