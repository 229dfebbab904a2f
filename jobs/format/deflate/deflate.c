#include "deflate.h"

#include "blocks.h"
#include "matches.h"

// A packing is all that is needed for the work on a text.
struct packing {
	struct matches matches;
	struct blocks blocks;
};

// A level says how much work is done.
struct level {
	struct search search;
	uint32_t lazy;    // a shorter match must be better than what the next byte has
	struct ends ends; // of a match, that are made known
};

static const struct level levels[] = {
	[DEFLATE_FASTEST] = {{2, 16}, 0, {4, 4}},
	[DEFLATE_DEFAULT] = {{4, 32}, 32, {6, 4}},
	[DEFLATE_SMALLEST] = {{24, 48}, 32, {MOST_MATCH, 0}},
};

// is_better weighs what a match covers against the bits that its distance
// takes, for one that begins a byte later and so has one more literal before
// it.
static inline bool is_better(struct match later, struct match m) {
	return 4 * (int)later.length - (int)highest(later.distance) > 4 * (int)m.length - (int)highest(m.distance) + 2;
}

// parse takes the steps through t[i:].
static bool parse(struct packing *p, const struct text *t, uint32_t i, const struct level *l) {
	struct search brief = {(l->search.depth + 1) / 2, l->search.nice};
	uint32_t from = i; // where the step begins
	while (i + FIND_NEEDS <= t->size) {
		struct match m = find(&p->matches, t, i, 0, l->search);
		if (m.length == 0) {
			add_literal(&p->blocks, t->bytes[i++]);
		} else {
			uint32_t known = i + 1; // all before it
			while (m.length < l->lazy && known + FIND_NEEDS <= t->size) {
				struct match later = find(&p->matches, t, known++, m.length - 1, brief);
				if (later.length == 0 || !is_better(later, m))
					break;
				add_literal(&p->blocks, t->bytes[i++]);
				m = later;
			}
			uint32_t next = i + m.length;
			if (next + FIND_NEEDS <= t->size)
				expect(&p->matches, t, next);
			add_match(&p->blocks, i - from, m.length, m.distance);
			i = next;
			enter_match(&p->matches, t, known, i, l->ends);
			from = i;
		}
		if (p->blocks.symbols >= CHUNK) {
			add_rest(&p->blocks, i - from);
			from = i;
			if (!end_chunk(&p->blocks, i))
				return false;
		}
	}
	while (i < t->size)
		add_literal(&p->blocks, t->bytes[i++]);
	add_rest(&p->blocks, i - from);
	return true;
}

size_t deflate_state_size(void) { return sizeof(struct packing); }

size_t deflate_pack(void *state, int level, const uint8_t *bytes, size_t before, size_t size,
	uint8_t *out, size_t room, int last) {
	struct packing *p = state;
	struct text t = {bytes, (uint32_t)size, begin_text(&p->matches, (uint32_t)size)};
	begin_blocks(&p->blocks, bytes, (uint32_t)before, out, room);
	enter_all(&p->matches, &t, 0, (uint32_t)before);
	if (!parse(p, &t, (uint32_t)before, &levels[level]) || !end_blocks(&p->blocks, (uint32_t)size, last))
		return 0;
	return (size_t)(p->blocks.bits.at - out);
}

size_t deflate_pack_each(void *state, int level, const uint8_t *bytes, struct deflate_text *texts, size_t n, uint8_t *out) {
	uint8_t *at = out;
	for (size_t i = 0; i < n; i++) {
		struct deflate_text *t = &texts[i];
		t->packed = 0;
		if (t->room > 0) {
			size_t packed = deflate_pack(state, level, bytes, 0, t->size, at, t->room + DEFLATE_SLACK, 1);
			t->packed = packed <= t->room ? (uint32_t)packed : 0;
			at += t->packed;
		}
		bytes += t->size;
	}
	return (size_t)(at - out);
}
