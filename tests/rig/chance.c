// Chance that repeats: with one seed, the nth request to an address always has the same fate.

#include "responder.h"

#include <string.h>

enum { COUNTED_ADDRESSES = 1 << 20 };  // beyond that, more and more share a count

static uint64_t seed;
static uint32_t requests_to[COUNTED_ADDRESSES];

void begin_chance(uint64_t chosen_seed)
{
    seed = mixed(chosen_seed);
    memset(requests_to, 0, sizeof requests_to);
}

// The finaliser of splitmix64.
uint64_t mixed(uint64_t number)
{
    number += 0x9e3779b97f4a7c15;
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
    number = (number ^ number >> 27) * 0x94d049bb133111eb;
    return number ^ number >> 31;
}

uint64_t next_chance(const uint8_t *address)
{
    uint64_t halves[2];
    memcpy(halves, address, sizeof halves);
    uint64_t place = mixed(mixed(halves[0]) ^ halves[1]);
    return mixed(mixed(seed ^ place) + requests_to[place % COUNTED_ADDRESSES]++);
}

// A number from 0 to 1, exclusive; independent of those for other purposes.
double drawn(uint64_t chance, uint64_t purpose)
{
    return (double)(mixed(chance ^ mixed(purpose)) >> 11) * 0x1p-53;
}
