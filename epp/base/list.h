/*
 * An intrusive, counted, doubly linked list whose nodes know their list: an item is in at most one list through one
 * node, and the counts cannot drift. A zeroed node is in no list.
 */
#ifndef VNEPP_BASE_LIST_H
#define VNEPP_BASE_LIST_H

#include "epp/base/attr.h"
#include "epp/base/check.h"

#include <stdbool.h>
#include <stddef.h>

struct list;

struct list_node {
	struct list_node *prev, *next;
	struct list *owner; /* the list that it is in, or NULL */
};

struct list {
	struct list_node *first, *last;
	size_t count;
};

static inline void list_init(struct list *l)
{
	*l = (struct list){0};
}

static inline bool list_empty(const struct list *l)
{
	return l->count == 0;
}

static inline bool list_in(const struct list_node *n)
{
	return n->owner != NULL;
}

/* Puts `n` before `at`, or last when `at` is NULL. */
static inline void list_insert(struct list *l, struct list_node *at, struct list_node *n)
{
	REQUIRE(!n->owner && (!at || at->owner == l));
	n->owner = l;
	n->next = at;
	n->prev = at ? at->prev : l->last;
	*(n->prev ? &n->prev->next : &l->first) = n;
	*(at ? &at->prev : &l->last) = n;
	l->count++;
}

static inline void list_push(struct list *l, struct list_node *n)
{
	list_insert(l, NULL, n);
}

static inline void list_push_front(struct list *l, struct list_node *n)
{
	list_insert(l, l->first, n);
}

static inline void list_remove(struct list_node *n)
{
	struct list *l = n->owner;
	REQUIRE(l);
	*(n->prev ? &n->prev->next : &l->first) = n->next;
	*(n->next ? &n->next->prev : &l->last) = n->prev;
	l->count--;
	*n = (struct list_node){0};
}

/* Takes the first node off, or NULL. */
static inline struct list_node *list_pop(struct list *l)
{
	struct list_node *n = l->first;
	if (n)
		list_remove(n);
	return n;
}

/* Moves everything in `from` to the end of `to`. */
static inline void list_move_all(struct list *to, struct list *from)
{
	struct list_node *n;
	while ((n = list_pop(from)))
		list_push(to, n);
}

#define LIST_ITEM(node, type, member) CONTAINER_OF(node, type, member)
/* The body may not remove `n`; the _safe form may remove `n` and nothing else. */
#define list_for_each(n, l) for (struct list_node *n = (l)->first; n; n = n->next)
#define list_for_each_safe(n, l) \
	for (struct list_node *n = (l)->first, *n##_next; n && (n##_next = n->next, 1); n = n##_next)

#endif
