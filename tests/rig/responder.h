// What the parts of the responder share: rules, records, answers, and chance.

#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { PACKET_BYTES = 65535, MAX_RECORDS = 1 << 24 };

// What befell a request; rig.py has the same numbers.
enum fate {
    MALFORMED = 1, LOST = 2, ERROR = 4, WRONG_SOURCE = 8, CORRUPT_PAYLOAD = 16,
    CORRUPT_CHECKSUM = 32, TRUNCATED = 64, DUPLICATED = 128, REORDERED = 256, LATE = 512,
};

struct record {
    uint8_t destination[16];  // IPv4 as ::ffff:a.b.c.d
    uint8_t payload[8];       // how it begins
    int64_t out_ns, in_ns;    // CLOCK_REALTIME; in_ns is 0 before the first answer
    int64_t hold_ns;          // the same interval by CLOCK_MONOTONIC
    uint16_t fate, pending, answers, line;
    uint16_t identifier, sequence, bytes;
    uint8_t family, hop_limit;
};
_Static_assert(sizeof(struct record) == 64, "rig.py reads 64 bytes");

// The file of records, all in memory.
struct book {
    _Atomic uint64_t records, flooded;
    uint64_t reserved[6];
    struct record record[MAX_RECORDS];
};

// How requests to a network are answered; README.md explains each.
struct rule {
    uint8_t prefix[16];
    int prefix_bits;
    uint16_t line;  // in the file of rules, 0 if it is in none
    double delay, jitter, tail, reorder_delay, late_delay;  // seconds
    double loss, error, wrong_source, corrupt_payload, corrupt_checksum, truncate, duplicate;
    double reorder, late;  // like those before, shares from 0 to 1
    double copies, error_type, error_code, mtu, options, ttl;
};

// One packet that goes back at its time.
struct answer {
    int64_t taken_ns, due_ns;  // CLOCK_MONOTONIC
    uint64_t order;            // of those that are due together
    struct record *record;
    size_t length;
    uint8_t packet[];
};

struct flood {
    double rate, ours;  // packets a second; share that has identifier and sequence of a request
};

_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

// rules.c
void read_rules(const char *path);
const struct rule *rule_for(const uint8_t *address);
extern const struct rule HONEST;
extern struct flood flood;

// chance.c
void begin_chance(uint64_t seed);
uint64_t next_chance(const uint8_t *address);
uint64_t mixed(uint64_t number);
double drawn(uint64_t chance, uint64_t purpose);

// heap.c
void push_answer(struct answer *answer);
struct answer *pop_answer(void);
int64_t next_due_ns(void);

// packets.c
int is_ipv6(const uint8_t *packet);
size_t header_bytes(const uint8_t *packet);
int is_echo_request(const uint8_t *packet, size_t length);
int has_good_checksum(const uint8_t *packet, size_t length);
void seal(uint8_t *packet, size_t length);
size_t reply_to(uint8_t *packet, size_t length, const struct rule *rule, int fate, uint64_t chance);
size_t error_about(uint8_t *error, uint8_t *request, size_t length, const struct rule *rule);
