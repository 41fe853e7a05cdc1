/* The SQLite back end on real files keeps the store's contract; what it says to files that it cannot use. */
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "tests/harness/store_contract.h"
#include "tests/harness/store_play.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

struct env {
	char dir[64], path[96];
};

static void *set_up(void)
{
	struct env *e = xcalloc(1, sizeof *e);
	const char *tmp = getenv("TMPDIR");
	snprintf(e->dir, sizeof e->dir, "%.40s/vnepp-store-XXXXXX", tmp ? tmp : "/tmp");
	INVARIANT(mkdtemp(e->dir));
	snprintf(e->path, sizeof e->path, "%s/vnepp.db", e->dir);
	return e;
}

static void tear_down(void *arg)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", ".lock"};
	struct env *e = arg;
	char path[128];
	(void)chmod(e->dir, 0700); /* a test has taken it away */
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		snprintf(path, sizeof path, "%s%s", e->path, suffixes[i]);
		unlink(path);
	}
	INVARIANT(rmdir(e->dir) == 0);
	free(e);
}

static struct store_backend *open_store(void *arg)
{
	struct env *e = arg;
	struct store_backend *b = NULL;
	struct errmsg why = {""};
	if (store_sqlite_open(e->path, NULL, &b, &why))
		fail_msg("%s", why.text);
	return b;
}

/* The kernel outlives the process and has all its files: another connection that never closed would show the same. */
static void crash(void *arg, struct store_backend *b)
{
	(void)arg;
	b->ops->close(b);
}

static struct store_backend *open_reader(void *arg)
{
	struct env *e = arg;
	struct store_backend *b = NULL;
	struct errmsg why = {""};
	if (store_sqlite_open_reader(e->path, NULL, &b, &why))
		fail_msg("%s", why.text);
	return b;
}

/* ---- files ---------------------------------------------------------------------------------------------------------------- */

static int env_set_up(void **state)
{
	*state = set_up();
	return 0;
}

static int env_tear_down(void **state)
{
	tear_down(*state);
	return 0;
}

static enum err try_open(const struct env *e, struct errmsg *why)
{
	struct store_backend *b = NULL;
	*why = (struct errmsg){""};
	enum err err = store_sqlite_open(e->path, NULL, &b, why);
	if (!err)
		b->ops->close(b);
	return err;
}

static void a_second_opener_is_told_who_has_it(void **state)
{
	struct env *e = *state;
	struct errmsg why;
	char pid[32];
	struct store_backend *b = open_store(e);
	snprintf(pid, sizeof pid, "process %ld", (long)getpid());
	assert_int_equal(try_open(e, &why), ERR_LOCKED);
	assert_non_null(strstr(why.text, pid));
	/* Another process, too. */
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(try_open(e, &why) == ERR_LOCKED && strstr(why.text, pid) ? 0 : 1);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	b->ops->close(b);
	assert_int_equal(try_open(e, &why), OK);
}

/* The lock goes with its process, however that ended. */
static void a_killed_holder_has_no_lock(void **state)
{
	struct env *e = *state;
	struct errmsg why;
	int fds[2], status;
	char byte;
	assert_int_equal(pipe(fds), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct store_backend *b = open_store(e);
		uint32_t id = play_register(b, "an", false);
		INVARIANT(id == 1 && write(fds[1], "x", 1) == 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(try_open(e, &why), ERR_LOCKED);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	close(fds[0]);
	close(fds[1]);
	struct store_backend *b = open_store(e);
	assert_int_equal(play_register(b, "binh", false), 2); /* what it was told OK is there */
	assert_int_equal(play_register(b, "an", false), 1);
	b->ops->close(b);
}

static void change_a_good_file(const struct env *e, const char *sql)
{
	struct errmsg why;
	sqlite3 *db;
	assert_int_equal(try_open(e, &why), OK);
	assert_int_equal(sqlite3_open(e->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void another_versions_file_is_left_alone(void **state)
{
	struct env *e = *state;
	struct errmsg why;
	change_a_good_file(e, "PRAGMA user_version = 4711");
	assert_int_equal(try_open(e, &why), ERR_UNSUPPORTED);
	assert_non_null(strstr(why.text, "4711"));
	assert_non_null(strstr(why.text, e->path));
	assert_int_equal(try_open(e, &why), ERR_UNSUPPORTED);
}

/* It calls itself ours, and lacks a table of ours. */
static void a_strangers_file_is_an_error(void **state)
{
	struct env *e = *state;
	struct errmsg why;
	change_a_good_file(e, "DROP TABLE claim");
	assert_int_equal(try_open(e, &why), ERR_INTERNAL);
	assert_non_null(strstr(why.text, "no such table"));
}

static void put(const char *path, const char *text, size_t n)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void what_is_no_database_is_said_and_left_alone(void **state)
{
	struct env *e = *state;
	struct errmsg why;
	char text[8192], after[8192];
	memset(text, 'x', sizeof text);
	put(e->path, text, sizeof text);
	enum err err = try_open(e, &why);
	assert_int_equal(err, ERR_CORRUPT);
	assert_non_null(strstr(why.text, e->path));
	assert_non_null(strstr(why.text, "not a database"));
	FILE *f = fopen(e->path, "r");
	assert_non_null(f);
	assert_int_equal(fread(after, 1, sizeof after, f), sizeof after);
	fclose(f);
	assert_memory_equal(text, after, sizeof text);
}

/* Damage in the middle of a file may be met at any time: an error, and never an end of the process. */
static void a_damaged_file_is_an_error(void **state)
{
	struct env *e = *state;
	struct errmsg why;
	struct stat st;
	struct store_backend *b = open_store(e);
	(void)play_register(b, "an", false);
	b->ops->close(b);
	assert_int_equal(stat(e->path, &st), 0);
	for (off_t page = 0; page < st.st_size; page += 4096) {
		char kept[4096], noise[4096];
		memset(noise, 0xA5, sizeof noise);
		int fd = open(e->path, O_RDWR);
		assert_true(fd >= 0);
		size_t skip = page == 0 ? 100 : 0; /* the header stays: it is a database */
		assert_int_equal(pread(fd, kept, sizeof kept, page), sizeof kept);
		assert_int_equal(pwrite(fd, noise + skip, sizeof noise - skip, page + (off_t)skip),
		                 sizeof noise - skip);
		b = NULL;
		if (store_sqlite_open(e->path, NULL, &b, &why) == OK) {
			const char *name = "an";
			uint32_t id = 0;
			struct store_register r = {.names = &name, .ids = &id, .count = 1};
			struct store_recover o = {.now = PLAY_START};
			enum err x = play(b, &r.op, STORE_REGISTER), y = play(b, &o.op, STORE_RECOVER);
			assert_true(x == OK || x == ERR_CORRUPT || x == ERR_DISK || x == ERR_INTERNAL);
			assert_true(y == OK || y == ERR_CORRUPT || y == ERR_DISK || y == ERR_INTERNAL);
			b->ops->close(b);
		}
		assert_int_equal(pwrite(fd, kept, sizeof kept, page), sizeof kept);
		assert_int_equal(ftruncate(fd, st.st_size), 0);
		close(fd);
	}
}

static void a_folder_that_is_not_there_is_said(void **state)
{
	struct env *e = *state;
	struct errmsg why;
	struct env other = *e;
	snprintf(other.path, sizeof other.path, "%s/no/vnepp.db", e->dir);
	assert_int_equal(try_open(&other, &why), ERR_DISK);
	assert_non_null(strstr(why.text, other.path));
	assert_non_null(strstr(why.text, strerror(ENOENT)));
	struct store_backend *b = NULL;
	assert_int_equal(store_sqlite_open_reader(other.path, NULL, &b, &why), ERR_DISK);
	memset(other.path, 'x', sizeof other.path - 1);
}

static void a_folder_that_cannot_be_written_is_said(void **state)
{
	struct env *e = *state;
	struct errmsg why;
	int status;
	assert_int_equal(chmod(e->dir, 0500), 0);
	pid_t child = fork(); /* as somebody who may not do everything */
	assert_true(child >= 0);
	if (child == 0) {
		if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(2);
		enum err err = try_open(e, &why);
		_exit(err == ERR_DISK && strstr(why.text, e->path) && strstr(why.text, strerror(EACCES)) ? 0
		                                                                                         : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, env_set_up, env_tear_down)

int main(void)
{
	static const struct store_kit kit = {.name = "store in SQLite",
	                                     .set_up = set_up,
	                                     .tear_down = tear_down,
	                                     .open = open_store,
	                                     .crash = crash,
	                                     .open_reader = open_reader};
	const struct CMUnitTest tests[] = {
	    T(a_second_opener_is_told_who_has_it),         T(a_killed_holder_has_no_lock),
	    T(another_versions_file_is_left_alone),        T(a_strangers_file_is_an_error),
	    T(what_is_no_database_is_said_and_left_alone), T(a_damaged_file_is_an_error),
	    T(a_folder_that_is_not_there_is_said),         T(a_folder_that_cannot_be_written_is_said)};
	return store_contract_run(&kit) + cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
