/* The text of daemon/api/openapi.json: a table that the Makefile writes. */
#ifndef VNEPP_API_API_CONTRACT_H
#define VNEPP_API_API_CONTRACT_H

#include <stddef.h>

extern const unsigned char api_contract_text[];
extern const size_t api_contract_len;

#endif
