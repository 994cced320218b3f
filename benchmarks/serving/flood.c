/* An open-loop HTTP client: requests leave when their time has come, whatever became of those before.
 *
 *   flood PORT REQUEST-FILE RATE SECONDS CONNECTIONS DEADLINE-MS
 *
 * RATE 0 is a closed loop: every connection sends again as soon as it has its answer (for measuring capacity).
 * Otherwise RATE requests leave a second, evenly spaced, each on an idle connection or on a new one, up to
 * CONNECTIONS; one for which there is none is counted as "unsent". An answer that is not whole within the deadline is
 * given up and its connection closed, as clients do. Retry-After is counted and not obeyed: this is the
 * unkind client. Prints one JSON object; "seconds" holds the good answers of every second.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 8192, LONGEST = 600 };
enum state { CLOSED, CONNECTING, IDLE, WAITING };

struct connection {
    int fd, index;
    enum state state;
    double asked_s;
    int got;
    struct connection *before, *after; /* among those that wait for an answer, oldest first */
    char buffer[BUFFER];
};

static struct connection *all, *oldest, *newest;
static int *idle, idles, *closed, closeds, poller, port, closed_loop;
static char request[1 << 20];
static int request_size;
static double deadline_s, started_s;
static long offered, sent, good, late, given_up, unsent, broken, refused_429, refused_503, other, retry_after;
static long by_second[LONGEST];
static float *latencies;
static long latencies_kept, latencies_room;

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void unlink_waiting(struct connection *c) {
    if (c->before) c->before->after = c->after; else if (oldest == c) oldest = c->after;
    if (c->after) c->after->before = c->before; else if (newest == c) newest = c->before;
    c->before = c->after = NULL;
}

static void link_waiting(struct connection *c) {
    c->before = newest;
    c->after = NULL;
    if (newest) newest->after = c; else oldest = c;
    newest = c;
}

static void shut(struct connection *c) {
    if (c->state == CLOSED) return;
    if (c->state == CONNECTING || c->state == WAITING) unlink_waiting(c);
    if (c->state == IDLE)
        for (int i = 0; i < idles; i++)
            if (idle[i] == c->index) { idle[i] = idle[--idles]; break; }
    close(c->fd);
    c->state = CLOSED;
    closed[closeds++] = c->index;
}

static void transmit(struct connection *c) {
    if (send(c->fd, request, (size_t)request_size, MSG_NOSIGNAL) != request_size) {
        broken++;
        shut(c);
        return;
    }
    sent++;
    c->state = WAITING;
    c->got = 0;
}

static void ask(struct connection *c, double now) { /* c is idle and off the stack */
    c->asked_s = now;
    link_waiting(c);
    c->state = WAITING;
    transmit(c);
}

static void open_and_ask(double now) {
    struct connection *c = &all[closed[--closeds]];
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) { broken++; closed[closeds++] = c->index; return; }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->state = CONNECTING;
    c->asked_s = now;
    link_waiting(c);
    if (connect(c->fd, (struct sockaddr *)&where, sizeof where) != 0 && errno != EINPROGRESS) {
        broken++;
        shut(c);
        return;
    }
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
}

static void answered(struct connection *c, double now) {
    int status = atoi(c->buffer + 9), closing = strcasestr(c->buffer, "\r\nconnection: close") != NULL;
    double took = now - c->asked_s;
    if (status == 200 && took <= deadline_s) {
        long second = (long)(now - started_s);
        good++;
        if (second >= 0 && second < LONGEST) by_second[second]++;
        if (latencies_kept < latencies_room) latencies[latencies_kept++] = (float)took;
    } else if (status == 200) late++;
    else if (status == 429) refused_429++;
    else if (status == 503) refused_503++;
    else other++;
    if (status != 200 && strcasestr(c->buffer, "\r\nretry-after:")) retry_after++;
    if (closing) { shut(c); return; }
    unlink_waiting(c);
    if (closed_loop) { ask(c, now); return; }
    c->state = IDLE;
    idle[idles++] = c->index;
}

static void hear(struct connection *c, double now) {
    for (;;) {
        ssize_t size = recv(c->fd, c->buffer + c->got, (size_t)(BUFFER - 1 - c->got), 0);
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (size <= 0) {
            if (c->state == WAITING) broken++;
            shut(c);
            return;
        }
        c->got += (int)size;
        c->buffer[c->got] = 0;
        char *end = strstr(c->buffer, "\r\n\r\n"), *length = strcasestr(c->buffer, "\r\ncontent-length:");
        if (c->state != WAITING) { c->got = 0; continue; }
        if (!end || !length || length > end) continue;
        if (c->got < end - c->buffer + 4 + atoi(length + 17)) continue;
        answered(c, now);
        if (c->state == CLOSED) return;
        if (c->state != IDLE) return; /* edge: its next answer makes a new event */
    }
}

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    if (argc != 7) return 2;
    port = atoi(argv[1]);
    FILE *file = fopen(argv[2], "rb");
    if (!file) return 2;
    request_size = (int)fread(request, 1, sizeof request, file);
    fclose(file);
    double rate = atof(argv[3]), seconds = atof(argv[4]);
    int connections = atoi(argv[5]);
    deadline_s = atof(argv[6]) / 1000;
    closed_loop = rate == 0;
    all = calloc((size_t)connections, sizeof *all);
    idle = calloc((size_t)connections, sizeof *idle);
    closed = calloc((size_t)connections, sizeof *closed);
    latencies_room = 20 * 1000 * 1000;
    latencies = malloc((size_t)latencies_room * sizeof *latencies);
    for (int i = connections - 1; i >= 0; i--) { all[i].index = i; closed[closeds++] = i; }
    poller = epoll_create1(0);
    struct epoll_event events[512];
    started_s = now_s();
    double stop_s = started_s + seconds, next_s = started_s, now = started_s;
    while (now < stop_s) {
        int found = epoll_wait(poller, events, 512, closed_loop ? 10 : 0);
        now = now_s();
        for (int i = 0; i < found; i++) {
            struct connection *c = events[i].data.ptr;
            if (c->state == CLOSED) continue;
            if (c->state == CONNECTING && (events[i].events & (EPOLLERR | EPOLLHUP))) {
                broken++;
                shut(c);
                continue;
            }
            if (c->state == CONNECTING && (events[i].events & EPOLLOUT)) {
                transmit(c);
                if (c->state == CLOSED) continue;
            }
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) hear(c, now);
        }
        while (oldest && now - oldest->asked_s > deadline_s) {
            given_up++;
            shut(oldest);
        }
        if (closed_loop) while (closeds) { offered++; open_and_ask(now); if (broken > 1000000) break; }
        else for (; next_s <= now; next_s += 1 / rate) {
            offered++;
            if (idles) ask(&all[idle[--idles]], now);
            else if (closeds) open_and_ask(now);
            else unsent++;
        }
    }
    double took = now - started_s;
    qsort(latencies, (size_t)latencies_kept, sizeof *latencies, ascending);
    float nothing = 0, *shown = latencies_kept ? latencies : &nothing;
    printf("{\"offered_per_s\": %.0f, \"sent_per_s\": %.0f, \"goodput_per_s\": %.1f, \"good\": %ld, \"late\": %ld,"
           " \"given_up\": %ld, \"unsent\": %ld, \"broken\": %ld, \"refused_429\": %ld, \"refused_503\": %ld,"
           " \"retry_after\": %ld, \"other\": %ld, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"seconds\": [",
           (double)(closed_loop ? sent : offered) / took, (double)sent / took, (double)good / took, good, late, given_up, unsent, broken,
           refused_429, refused_503, retry_after, other, 1000 * shown[latencies_kept / 2],
           1000 * shown[(long)((double)latencies_kept * 0.99)]);
    for (int i = 0; i < (int)seconds; i++) printf("%s%ld", i ? ", " : "", by_second[i]);
    printf("]}\n");
    return 0;
}
