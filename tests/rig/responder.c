// Answers ICMP echo for whole networks behind a TUN device, as badly as its rules say, and records
// what became of every request.
//
//     responder DEVICE RULES RECORD SEED
//
// DEVICE exists and is up. It says "ready" when it has read RULES, and reads them again on SIGHUP.
// RECORD may be read while it grows.
//
// Requests come from a packet socket on the device and not from the device itself, because there
// the kernel says when each one left: our own scheduling does not count as network latency, and we
// may sleep. Answers wait until they are due, and go back through the device.

#include "responder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <math.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { JITTER = 1 << 16, TAIL, FLOOD };  // purposes of chance, beside those of enum fate
enum { TAP_BYTES = 16 << 20 };  // two seconds of 20,000 requests each
static const int64_t SECOND_NS = 1000000000;
static const int64_t LONGEST_SLEEP_NS = 50000000;  // a signal that came just before waits for it

static int tun, tap;
static struct book *book;
static volatile sig_atomic_t must_stop, must_read_rules = 1;

_Noreturn void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(2);
}

static int64_t as_ns(const struct timespec *time)
{
    return time->tv_sec * SECOND_NS + time->tv_nsec;
}

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return as_ns(&now);
}

// Requests

static struct {
    int64_t next_ns;
    size_t length;
    uint8_t numbers[4];  // identifier and sequence of the latest request
    uint8_t packet[PACKET_BYTES];
} flooding;

static struct record *new_record(const uint8_t *packet, size_t length)
{
    static const uint8_t MAPPED[12] = {[10] = 0xff, [11] = 0xff};
    if (book->records == MAX_RECORDS)
        die("found more than %d requests, expected fewer", MAX_RECORDS);
    struct record *record = &book->record[book->records];
    const uint8_t *icmp = packet + header_bytes(packet), *payload = icmp + 8;
    size_t payload_bytes = packet + length - payload;
    record->family = is_ipv6(packet) ? 6 : 4;
    record->hop_limit = packet[is_ipv6(packet) ? 7 : 8];
    record->bytes = length;
    record->identifier = icmp[4] << 8 | icmp[5];
    record->sequence = icmp[6] << 8 | icmp[7];
    memcpy(record->payload, payload, payload_bytes < 8 ? payload_bytes : 8);
    if (is_ipv6(packet)) {
        memcpy(record->destination, packet + 24, 16);
    } else {
        memcpy(record->destination, MAPPED, 12);
        memcpy(record->destination + 12, packet + 16, 4);
    }
    return record;
}

static int decided(const struct rule *rule, uint64_t chance)
{
    const struct { enum fate fate; double share; } possible[] = {
        {LOST, rule->loss}, {ERROR, rule->error}, {WRONG_SOURCE, rule->wrong_source},
        {CORRUPT_PAYLOAD, rule->corrupt_payload}, {CORRUPT_CHECKSUM, rule->corrupt_checksum},
        {TRUNCATED, rule->truncate}, {DUPLICATED, rule->duplicate}, {REORDERED, rule->reorder},
        {LATE, rule->late},
    };
    int fate = 0;
    for (size_t i = 0; i < sizeof possible / sizeof *possible; i++)
        if (drawn(chance, possible[i].fate) < possible[i].share)
            fate |= possible[i].fate;
    if (fate & LOST)
        return LOST;
    return fate & ERROR ? fate & (ERROR | DUPLICATED | REORDERED | LATE) : fate;
}

static int64_t delay_ns(const struct rule *rule, int fate, uint64_t chance)
{
    double seconds = rule->delay + rule->jitter * drawn(chance, JITTER)
        - rule->tail * log1p(-drawn(chance, TAIL)) + (fate & REORDERED ? rule->reorder_delay : 0)
        + (fate & LATE ? rule->late_delay : 0);
    return (int64_t)(seconds * 1e9);
}

static void queue(struct record *record, const uint8_t *packet, size_t length, int64_t taken_ns,
                  int64_t due_ns)
{
    static uint64_t order;
    struct answer *answer = malloc(sizeof *answer + length);
    *answer = (struct answer){.taken_ns = taken_ns, .due_ns = due_ns, .order = order++,
                              .record = record, .length = length};
    memcpy(answer->packet, packet, length);
    push_answer(answer);
    record->pending++;
}

static void answer_request(struct record *record, uint8_t *packet, size_t length, int64_t taken_ns)
{
    static uint8_t error[PACKET_BYTES];
    const struct rule *rule = rule_for(record->destination);
    uint64_t chance = next_chance(record->destination);
    record->line = rule->line;
    record->fate = has_good_checksum(packet, length) ? decided(rule, chance) : MALFORMED;
    if (record->fate & (MALFORMED | LOST))
        return;
    int64_t due_ns = taken_ns + delay_ns(rule, record->fate, chance);
    if (record->fate & ERROR) {
        length = error_about(error, packet, length, rule);
        packet = error;
    } else {
        length = reply_to(packet, length, rule, record->fate, chance);
    }
    for (int copies = record->fate & DUPLICATED ? rule->copies : 0; copies >= 0; copies--)
        queue(record, packet, length, taken_ns, due_ns);
}

static void remember_for_flood(const uint8_t *packet, size_t length)
{
    memcpy(flooding.packet, packet, length);
    memcpy(flooding.numbers, packet + header_bytes(packet) + 4, 4);
    flooding.length = reply_to(flooding.packet, length, &HONEST, 0, 0);
}

// Returns whether there was a packet.
static int take_request(void)
{
    static uint8_t packet[PACKET_BYTES + 4];  // with room for IP options
    union { struct cmsghdr header; uint8_t bytes[64]; } stamp;
    struct msghdr message = {.msg_iov = &(struct iovec){packet, PACKET_BYTES}, .msg_iovlen = 1,
                             .msg_control = &stamp, .msg_controllen = sizeof stamp};
    ssize_t length = recvmsg(tap, &message, 0);
    if (length < 0 && errno == EAGAIN)
        return 0;
    if (length < 0)
        die("receive from the device: %s", strerror(errno));
    if (!is_echo_request(packet, length))
        return 1;
    struct timespec left;
    memcpy(&left, CMSG_DATA(&stamp.header), sizeof left);
    struct record *record = new_record(packet, length);
    record->out_ns = as_ns(&left);
    int64_t ago_ns = now_ns(CLOCK_REALTIME) - record->out_ns;
    if (flood.rate)
        remember_for_flood(packet, length);
    answer_request(record, packet, length, now_ns(CLOCK_MONOTONIC) - ago_ns);
    book->records++;
    return 1;
}

// What goes back

static void write_packet(const uint8_t *packet, size_t length)
{
    if (write(tun, packet, length) < 0)
        die("write to the device: %s", strerror(errno));
}

static int write_due(void)
{
    int64_t realtime_ns = now_ns(CLOCK_REALTIME), monotonic_ns = now_ns(CLOCK_MONOTONIC);
    if (next_due_ns() > monotonic_ns)
        return 0;
    struct answer *answer = pop_answer();
    struct record *record = answer->record;
    if (!record->in_ns) {
        record->hold_ns = monotonic_ns - answer->taken_ns;
        record->in_ns = realtime_ns;
    }
    write_packet(answer->packet, answer->length);
    record->answers++;
    record->pending--;
    free(answer);
    return 1;
}

// Writes the latest request's reply again, with a nonce that nobody sent.
static int write_flood(void)
{
    static uint64_t written;
    if (!flood.rate || !flooding.length || now_ns(CLOCK_MONOTONIC) < flooding.next_ns)
        return 0;
    flooding.next_ns += (int64_t)(1e9 / flood.rate);
    uint8_t *icmp = flooding.packet + header_bytes(flooding.packet);
    uint64_t nonce = mixed(written++), numbers = mixed(nonce);
    memcpy(icmp + 4, drawn(nonce, FLOOD) < flood.ours ? flooding.numbers : (void *)&numbers, 4);
    if (flooding.packet + flooding.length >= icmp + 16)
        memcpy(icmp + 8, &nonce, 8);
    seal(flooding.packet, flooding.length);
    write_packet(flooding.packet, flooding.length);
    book->flooded++;
    return 1;
}

// The loop

static void check_that_none_was_missed(void)
{
    struct tpacket_stats stats;
    socklen_t size = sizeof stats;
    if (getsockopt(tap, SOL_PACKET, PACKET_STATISTICS, &stats, &size) || stats.tp_drops)
        die("missed %u requests: they came faster than they could be answered", stats.tp_drops);
}

static void sleep_until_needed(void)
{
    uint8_t nothing;
    while (read(tun, &nothing, sizeof nothing) > 0) {
        // The device's own copies of the requests: none may wait for a reader.
    }
    check_that_none_was_missed();
    int64_t due_ns = next_due_ns();
    if (flood.rate && flooding.length && flooding.next_ns < due_ns)
        due_ns = flooding.next_ns;
    int64_t sleep_ns = due_ns - now_ns(CLOCK_MONOTONIC);
    if (sleep_ns <= 0)
        return;
    if (sleep_ns > LONGEST_SLEEP_NS)
        sleep_ns = LONGEST_SLEEP_NS;
    ppoll(&(struct pollfd){.fd = tap, .events = POLLIN}, 1,
          &(struct timespec){.tv_nsec = sleep_ns}, NULL);
}

static void open_tun(const char *device)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    strncpy(request.ifr_name, device, IFNAMSIZ - 1);
    tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (tun < 0 || ioctl(tun, TUNSETIFF, &request) < 0)
        die("/dev/net/tun: %s", strerror(errno));
}

static void open_tap(const char *device)
{
    struct sock_filter only_outgoing[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, PACKET_BYTES),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog filter = {4, only_outgoing};
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
                                  .sll_ifindex = if_nametoindex(device)};
    tap = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (tap < 0 || setsockopt(tap, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter)
        || setsockopt(tap, SOL_SOCKET, SO_TIMESTAMPNS, &(int){1}, sizeof(int))
        || setsockopt(tap, SOL_SOCKET, SO_RCVBUFFORCE, &(int){TAP_BYTES}, sizeof(int))
        || bind(tap, (struct sockaddr *)&address, sizeof address))
        die("packet socket on %s: %s", device, strerror(errno));
}

static void open_book(const char *path)
{
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0 || ftruncate(file, sizeof *book) < 0)
        die("%s: %s", path, strerror(errno));
    book = mmap(NULL, sizeof *book, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (book == MAP_FAILED)
        die("%s: %s", path, strerror(errno));
}

static void on_signal(int number)
{
    if (number == SIGHUP)
        must_read_rules = 1;
    else
        must_stop = 1;
}

static void begin_rules(const char *path, uint64_t seed)
{
    must_read_rules = 0;
    read_rules(path);
    begin_chance(seed);
    flooding.length = 0;
    flooding.next_ns = now_ns(CLOCK_MONOTONIC);
    puts("ready");
    fflush(stdout);
}

int main(int count, char **arguments)
{
    if (count != 5)
        die("usage: responder DEVICE RULES RECORD SEED");
    signal(SIGHUP, on_signal);
    signal(SIGTERM, on_signal);
    open_book(arguments[3]);
    open_tun(arguments[1]);
    open_tap(arguments[1]);
    // Where we may not, answers are less punctual; the record is true all the same.
    sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 50});
    while (!must_stop) {
        if (must_read_rules)
            begin_rules(arguments[2], strtoull(arguments[4], NULL, 10));
        if (!take_request() & !write_due() & !write_flood())
            sleep_until_needed();
    }
    check_that_none_was_missed();
}
