// The answers that wait, as a binary heap: the one that is due first is at its top.

#include "responder.h"

#include <stdlib.h>

static struct answer **heap;
static size_t heap_count;

static int is_before(const struct answer *left, const struct answer *right)
{
    return left->due_ns == right->due_ns ? left->order < right->order
                                         : left->due_ns < right->due_ns;
}

void push_answer(struct answer *answer)
{
    static size_t room;
    if (heap_count == room)
        heap = realloc(heap, (room = room ? 2 * room : 1024) * sizeof *heap);
    size_t i = heap_count++;
    for (; i && is_before(answer, heap[(i - 1) / 2]); i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = answer;
}

struct answer *pop_answer(void)
{
    struct answer *top = heap[0], *last = heap[--heap_count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < heap_count; i = child) {
        if (child + 1 < heap_count && is_before(heap[child + 1], heap[child]))
            child++;
        if (is_before(last, heap[child]))
            break;
        heap[i] = heap[child];
    }
    heap[i] = last;
    return top;
}

// INT64_MAX if nothing waits.
int64_t next_due_ns(void)
{
    return heap_count ? heap[0]->due_ns : INT64_MAX;
}
