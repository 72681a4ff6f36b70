// Reads the rules, and finds the one for an address: the longest prefix wins.

#include "responder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct rule HONEST = {.ttl = 64};
struct flood flood;

static struct rule *rules;
static size_t rules_count;

static const struct {
    const char *name;
    size_t offset;
    double most;
} BEHAVIOURS[] = {
#define BEHAVIOUR(name, most) {#name, offsetof(struct rule, name), most}
    BEHAVIOUR(delay, 60),
    BEHAVIOUR(jitter, 60),
    BEHAVIOUR(tail, 60),
    BEHAVIOUR(loss, 1),
    BEHAVIOUR(duplicate, 1),
    BEHAVIOUR(copies, 1000),
    BEHAVIOUR(reorder, 1),
    BEHAVIOUR(reorder_delay, 60),
    BEHAVIOUR(late, 1),
    BEHAVIOUR(late_delay, 60),
    BEHAVIOUR(corrupt_payload, 1),
    BEHAVIOUR(corrupt_checksum, 1),
    BEHAVIOUR(truncate, 1),
    BEHAVIOUR(wrong_source, 1),
    BEHAVIOUR(error, 1),
    BEHAVIOUR(error_type, 255),
    BEHAVIOUR(error_code, 255),
    BEHAVIOUR(mtu, 65535),
    BEHAVIOUR(options, 1),
    BEHAVIOUR(ttl, 255),
};

static void parse_behaviour(struct rule *rule, char *word)
{
    char *name = strsep(&word, "="), *end = word;
    for (size_t i = 0; i < sizeof BEHAVIOURS / sizeof *BEHAVIOURS; i++) {
        if (strcmp(name, BEHAVIOURS[i].name))
            continue;
        double value = word ? strtod(word, &end) : -1;
        if (end == word || *end || !(value >= 0 && value <= BEHAVIOURS[i].most))
            die("rules, line %d: %s is \"%s\", expected a number from 0 to %g", rule->line, name,
                word ? word : "", BEHAVIOURS[i].most);
        *(double *)((char *)rule + BEHAVIOURS[i].offset) = value;
        return;
    }
    die("rules, line %d: found \"%s\", expected a behaviour such as delay=0.005", rule->line, name);
}

static void parse_prefix(struct rule *rule, char *text)
{
    char *address = strsep(&text, "/"), *end = text;
    memcpy(rule->prefix, HONEST.prefix, 10);
    memset(rule->prefix + 10, 0xff, 2);
    int mapped = inet_pton(AF_INET, address, rule->prefix + 12) == 1 ? 96 : 0;
    if (!mapped && inet_pton(AF_INET6, address, rule->prefix) != 1)
        die("rules, line %d: found \"%s\", expected an IP address", rule->line, address);
    rule->prefix_bits = text ? mapped + (int)strtol(text, &end, 10) : 128;
    if (text && (end == text || *end || rule->prefix_bits < mapped || rule->prefix_bits > 128))
        die("rules, line %d: found \"/%s\", expected the length of a prefix", rule->line, text);
}

static struct rule parse_rule(char *text, int line)
{
    struct rule rule = {.line = line, .copies = 1, .ttl = HONEST.ttl};
    parse_prefix(&rule, strsep(&text, " "));
    for (char *word; (word = strsep(&text, " "));)
        if (*word)
            parse_behaviour(&rule, word);
    return rule;
}

static int by_length(const void *left, const void *right)
{
    return ((const struct rule *)right)->prefix_bits - ((const struct rule *)left)->prefix_bits;
}

void read_rules(const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file)
        die("%s: %s", path, strerror(errno));
    rules_count = 0;
    flood.rate = 0;
    char *text = NULL;
    size_t room = 0;
    for (int line = 1; getline(&text, &room, file) >= 0; line++) {
        text[strcspn(text, "#\n")] = '\0';
        if (!*text || sscanf(text, "flood %lf %lf", &flood.rate, &flood.ours) == 2)
            continue;
        rules = realloc(rules, (rules_count + 1) * sizeof *rules);
        rules[rules_count++] = parse_rule(text, line);
    }
    free(text);
    fclose(file);
    qsort(rules, rules_count, sizeof *rules, by_length);
}

static int covers(const struct rule *rule, const uint8_t *address)
{
    int bytes = rule->prefix_bits / 8, rest = rule->prefix_bits % 8;
    return !memcmp(rule->prefix, address, bytes)
        && (!rest || (rule->prefix[bytes] ^ address[bytes]) >> (8 - rest) == 0);
}

const struct rule *rule_for(const uint8_t *address)
{
    for (size_t i = 0; i < rules_count; i++)
        if (covers(&rules[i], address))
            return &rules[i];
    return &HONEST;
}
