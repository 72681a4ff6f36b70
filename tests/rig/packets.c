// Turns an echo request into what comes back for it. A packet is IPv4 or IPv6, from its header on.

#include "responder.h"

#include <string.h>

enum { IPV6_HEADER_BYTES = 40, ICMP_HEADER_BYTES = 8, ICMP = 1, ICMPV6 = 58 };

int is_ipv6(const uint8_t *packet)
{
    return packet[0] >> 4 == 6;
}

size_t header_bytes(const uint8_t *packet)
{
    return is_ipv6(packet) ? IPV6_HEADER_BYTES : (packet[0] & 15) * 4;
}

int is_echo_request(const uint8_t *packet, size_t length)
{
    if (length < 20 || length < header_bytes(packet) + ICMP_HEADER_BYTES)
        return 0;
    if (is_ipv6(packet))
        return packet[6] == ICMPV6 && packet[IPV6_HEADER_BYTES] == 128;
    int is_fragment = (packet[6] & 0x3f) || packet[7];
    return packet[9] == ICMP && packet[header_bytes(packet)] == 8 && !is_fragment;
}

static uint16_t sum(const uint8_t *bytes, size_t length, uint32_t total)  // RFC 1071
{
    for (size_t i = 0; i + 1 < length; i += 2)
        total += bytes[i] << 8 | bytes[i + 1];
    if (length % 2)
        total += bytes[length - 1] << 8;
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return total;
}

static uint16_t icmp_sum(const uint8_t *packet, size_t length)
{
    size_t header = header_bytes(packet), size = length - header;
    uint32_t pseudo_header = is_ipv6(packet) ? sum(packet + 8, 32, size + ICMPV6) : 0;
    return sum(packet + header, size, pseudo_header);
}

int has_good_checksum(const uint8_t *packet, size_t length)
{
    return icmp_sum(packet, length) == 0xffff;
}

static void store16(uint8_t *to, uint16_t value)
{
    to[0] = value >> 8;
    to[1] = value & 0xff;
}

// Fills in what depends on all the rest: length and checksums.
void seal(uint8_t *packet, size_t length)
{
    size_t header = header_bytes(packet);
    if (is_ipv6(packet)) {
        store16(packet + 4, length - header);
    } else {
        store16(packet + 2, length);
        store16(packet + 10, 0);
        store16(packet + 10, ~sum(packet, header, 0));
    }
    store16(packet + header + 2, 0);
    store16(packet + header + 2, ~icmp_sum(packet, length));
}

// Works in place; returns the reply's length.
size_t reply_to(uint8_t *packet, size_t length, const struct rule *rule, int fate, uint64_t chance)
{
    size_t header = header_bytes(packet), payload = header + ICMP_HEADER_BYTES;
    size_t size = is_ipv6(packet) ? 16 : 4;
    uint8_t *source = packet + (is_ipv6(packet) ? 8 : 12), *destination = source + size;
    uint8_t swap[16];
    memcpy(swap, source, size);
    memcpy(source, destination, size);
    memcpy(destination, swap, size);
    if (fate & WRONG_SOURCE)
        source[size - 1] ^= 1;
    packet[is_ipv6(packet) ? 7 : 8] = rule->ttl;
    packet[header] = is_ipv6(packet) ? 129 : 0;
    if (fate & TRUNCATED)
        length -= (length - payload + 1) / 2;
    if (fate & CORRUPT_PAYLOAD && length > payload)
        packet[payload + chance % (length - payload)] ^= 1;
    seal(packet, length);
    if (fate & CORRUPT_CHECKSUM)
        packet[header + 3] ^= 1;
    return length;
}

// Inserts IPv4 options that do nothing (RFC 791: three of one byte, and the end of the list).
static size_t insert_options(uint8_t *packet, size_t length)
{
    memmove(packet + 24, packet + 20, length - 20);
    memcpy(packet + 20, "\1\1\1\0", 4);
    packet[0]++;
    seal(packet, length + 4);
    return length + 4;
}

static size_t ipv4_error(uint8_t *error, const uint8_t *request, double ttl)
{
    memcpy(error, (uint8_t[20]){[0] = 0x45, [8] = ttl, [9] = ICMP}, 20);
    memcpy(error + 12, request + 16, 4);
    memcpy(error + 16, request + 12, 4);
    error[15] = 254;
    return 20;
}

static size_t ipv6_error(uint8_t *error, const uint8_t *request, double ttl)
{
    memcpy(error, (uint8_t[8]){[0] = 0x60, [6] = ICMPV6, [7] = ttl}, 8);
    memcpy(error + 8, request + 24, 16);
    memcpy(error + 24, request + 8, 16);
    error[23] = 254;
    return IPV6_HEADER_BYTES;
}

// Writes what a router on the way says, whose address is the destination's but for the last byte;
// returns its length. The request must have room for options.
size_t error_about(uint8_t *error, uint8_t *request, size_t length, const struct rule *rule)
{
    int with_options = rule->options && request[0] == 0x45;
    if (with_options)
        length = insert_options(request, length);
    size_t header = (is_ipv6(request) ? ipv6_error : ipv4_error)(error, request, rule->ttl);
    size_t most = is_ipv6(request) ? 1280 : 572;  // RFC 4443 section 2.4, RFC 1812 section 4.3.2.3
    size_t embedded = header + ICMP_HEADER_BYTES;
    if (length > most - embedded)
        length = most - embedded;
    memset(error + header, 0, ICMP_HEADER_BYTES);
    error[header] = rule->error_type;
    error[header + 1] = rule->error_code;
    store16(error + header + 6, rule->mtu);
    memcpy(error + embedded, request, length);
    seal(error, embedded + length);
    return with_options ? insert_options(error, embedded + length) : embedded + length;
}
