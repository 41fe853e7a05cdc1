/* What the parser and the readers of yaml.h share. */
#ifndef VNEPP_BASE_YAML_INT_H
#define VNEPP_BASE_YAML_INT_H

#include "epp/base/yaml.h"

struct yaml_doc {
	struct arena *arena; /* borrowed: the nodes live there */
	const struct diag_source *source;
};

/* A key that a reader asked for in a mapping. */
struct yaml_asked {
	struct yaml_asked *next;
	const char *key; /* a literal */
};

#endif
