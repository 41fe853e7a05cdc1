/*
 * The secret key under which identity numbers are hashed, changed: everything stored is hashed once more under a new key, in
 * one transaction. The store's lock keeps a running daemon out of it.
 */
#include "daemon/rotate.h"
#include "daemon/core/config.h"
#include "daemon/store/store.h"

#include <stdio.h>
#include <time.h>

static enum err run(struct store_backend *b, struct store_op *op, enum store_op_type type, struct errmsg *e)
{
	op->type = type;
	op->err = ERR_INTERNAL;
	b->ops->run(b, &op, 1);
	if (op->err)
		(void)err_set(e, op->err, "%s",
		              op->errmsg.text[0] ? op->errmsg.text : "the store cannot be written");
	return op->err;
}

static enum err rotate(const char *path, struct store_rekey *o, struct errmsg *e)
{
	struct store_backend *b = NULL;
	enum err err = store_sqlite_open(path, NULL, &b, e);
	if (err)
		return err;
	err = run(b, &o->op, STORE_REKEY, e);
	b->ops->close(b);
	return err;
}

int rotate_key(const char *config_path)
{
	struct diag d;
	struct buf findings;
	struct errmsg e = {""};
	struct store_rekey o = {.keys = 0};
	diag_init(&d);
	struct config *config = config_load(config_path, (instant_ms_t)time(NULL) * 1000, &d);
	enum err err = config ? rotate(config->store_path, &o, &e) : ERR_CONFIG;
	buf_init(&findings, 1u << 20);
	diag_print(&d, &findings);
	fputs(buf_cstr(&findings), stderr);
	if (config && err)
		fprintf(stderr, "vneppd: %s: %s; nothing was changed\n", config->store_path, e.text);
	else if (config)
		printf("%s: %llu keys of subjects are hashed under a new secret key, the %u. of its chain\n",
		       config->store_path, (unsigned long long)o.hashes, o.keys);
	buf_fini(&findings);
	config_unref(&config);
	diag_fini(&d);
	return err ? 1 : 0;
}
