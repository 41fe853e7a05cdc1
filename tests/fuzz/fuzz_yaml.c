/* Configuration and rule files: any text gives a tree or at least one error with a place, never neither. */
#include "epp/base/arena.h"
#include "epp/base/check.h"
#include "epp/base/diag.h"
#include "epp/base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count(const struct yaml_node *n)
{
	size_t sum = 1;
	for (const struct yaml_node *c = n->child; c; c = c->next) {
		REQUIRE(c->parent == n);
		sum += count(c);
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct diag d;
	arena_init(&arena);
	diag_init(&d);
	struct yaml_node *top = yaml_parse(&arena, &d, "fuzz.yaml", str_make((const char *)data, size));
	REQUIRE((top == NULL) == (d.errors > 0));
	if (top)
		REQUIRE(top->kind == YAML_MAP && count(top) <= YAML_MAX_NODES);
	diag_fini(&d);
	arena_fini(&arena);
	return 0;
}
