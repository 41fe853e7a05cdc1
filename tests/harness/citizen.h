/* A citizen of eighteen to twenty-three, who is whom a free name is for: a test changes what it is about. */
#ifndef VNEPP_TESTS_CITIZEN_H
#define VNEPP_TESTS_CITIZEN_H

#include "daemon/job/item.h"

static inline struct item_applicant citizen_of_number(struct str id_number)
{
	return (struct item_applicant){.kind = APPLICANT_CITIZEN,
	                               .name = STR("Nguyễn Văn A"),
	                               .citizenship = STR("VN"),
	                               .id_number = id_number,
	                               .phone = STR("+84.912345678"),
	                               .email = STR("a@example.vn"),
	                               .gender = GENDER_MALE,
	                               .birth_date = date_make(2006, 5, 6),
	                               .founded_on = DATE_NONE,
	                               .registered_on = DATE_NONE,
	                               .address = {.street = STR("12 Hùng Vương"),
	                                           .ward = STR("Xuân Hương"),
	                                           .province = STR("68"),
	                                           .province_list = STR("2025-07-01"),
	                                           .country = STR("VN")}};
}

/* Somebody has looked at the citizen's papers. */
static inline void citizen_confirmed(struct item_request *r)
{
	r->evidence[0] = (struct item_evidence){.type = STR("ekyc"),
	                                        .issuer = STR("x"),
	                                        .reference = STR("K-1"),
	                                        .result = STR("confirmed"),
	                                        .date = date_make(2026, 11, 18)};
	r->evidence_count = 1;
}

#endif
