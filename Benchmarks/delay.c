// A path with a delay, made of a relay: what comes in goes out so many milliseconds later, as fast
// as the other side takes it. The kernel's own (netem) is not everywhere.
//
// Usage: delay MILLISECONDS PORT...      prints "port N" for each port that it leads to

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// What is under way in one direction is bounded: by no more than 10 GB/s at 25 ms.
enum { PIECE_BYTES = 256 * 1024, MOST_PIECES = 1024, BATCH = 64, BACKLOG = 1024 };
enum { TOGETHER = 500000 };        // nanoseconds

struct piece {
    struct piece *next;
    int64_t due;                   // nanoseconds of the monotonic clock
    size_t from, to;
    char bytes[PIECE_BYTES];
};

struct direction {                 // from one end to the other
    struct piece *first, *last;
    int count;
    bool has_ended;                // nothing more comes in
    bool has_told;                 // and the other end knows
    int64_t ended_at;
};

struct end {
    int fd;
    unsigned watched;
    int target;                    // a listener's: the port it leads to; else 0
    struct direction out;          // what is to go out at this end
    struct end *other, *next;
};

static int epoll_fd;
static int64_t delay;
static struct end *ends;           // first ends of all pairs
static struct piece *unused;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static struct sockaddr_in loopback(int port) {
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static struct piece *take_piece(void) {
    struct piece *piece = unused;
    if (piece) unused = piece->next;
    else if (!(piece = malloc(sizeof *piece))) fail("malloc");
    piece->next = NULL;
    piece->from = piece->to = 0;
    return piece;
}

static void give_piece(struct piece *piece) {
    piece->next = unused;
    unused = piece;
}

static void watch(struct end *end, unsigned events) {
    if (end->watched == events) return;
    struct epoll_event event = {.events = events, .data.ptr = end};
    end->watched = events;
    if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, end->fd, &event) < 0) fail("epoll_ctl");
}

static struct end *make_end(int fd, int target) {
    struct end *end = calloc(1, sizeof *end);
    if (!end) fail("calloc");
    *end = (struct end){.fd = fd, .target = target, .watched = EPOLLIN};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = end};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
    return end;
}

static void finish(struct direction *out) {
    if (!out->has_ended) out->ended_at = now() + delay;
    out->has_ended = true;
}

static void read_all(struct end *end) {
    struct direction *out = &end->other->out;
    while (!out->has_ended) {
        int64_t due = now() + delay;
        struct piece *piece = out->last;
        // What comes soon behind a piece goes with it.
        if (!piece || piece->to == PIECE_BYTES || due - piece->due > TOGETHER) {
            if (out->count == MOST_PIECES) return;
            piece = take_piece();
            piece->due = due;
            if (out->last) out->last->next = piece;
            else out->first = piece;
            out->last = piece;
            out->count++;
        }
        ssize_t count = recv(end->fd, piece->bytes + piece->to, PIECE_BYTES - piece->to,
                             MSG_DONTWAIT);
        if (count > 0) {
            piece->to += (size_t)count;
            continue;
        }
        if (count == 0 || errno != EAGAIN) finish(out);
        return;
    }
}

// Sends what is due; returns when the next is, or 0.
static int64_t write_due(struct end *end, int64_t time) {
    struct direction *out = &end->out;
    bool is_full = false;
    while (out->first && out->first->due <= time && !is_full) {
        struct piece *piece = out->first;
        size_t left = piece->to - piece->from;
        ssize_t count = left == 0 ? 0 : send(end->fd, piece->bytes + piece->from, left,
                                             MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && errno != EAGAIN) finish(&end->other->out);
        is_full = count < 0 && errno == EAGAIN;
        piece->from += count > 0 ? (size_t)count : 0;
        if (count >= 0 && piece->from < piece->to) continue;
        if (is_full) break;
        out->first = piece->next;
        if (!out->first) out->last = NULL;
        out->count--;
        give_piece(piece);
    }
    if (!out->first && out->has_ended && !out->has_told && out->ended_at <= time) {
        out->has_told = true;
        shutdown(end->fd, SHUT_WR);
    }
    bool may_read = !end->other->out.has_ended && end->other->out.count < MOST_PIECES;
    watch(end, (may_read ? (unsigned)EPOLLIN : 0) | (is_full ? (unsigned)EPOLLOUT : 0));
    if (is_full || out->has_told) return 0;
    return out->first ? out->first->due : out->has_ended ? out->ended_at : 0;
}

static void open_pairs(struct end *listener) {
    int fd;
    while ((fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        int to = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct sockaddr_in address = loopback(listener->target);
        if (to < 0) fail("socket");
        if (connect(to, (struct sockaddr *)&address, sizeof address) < 0) {
            close(to);
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        setsockopt(to, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        struct end *one = make_end(fd, 0), *other = make_end(to, 0);
        one->other = other;
        other->other = one;
        one->next = ends;
        ends = one;
    }
}

static void close_end(struct end *end) {
    for (struct piece *piece = end->out.first; piece;) {
        struct piece *next = piece->next;
        give_piece(piece);
        piece = next;
    }
    close(end->fd);
    free(end);
}

// Moves all that is due, and returns how many milliseconds nothing is.
static int move_all(void) {
    int64_t time = now(), next = INT64_MAX;
    for (struct end **at = &ends; *at;) {
        struct end *one = *at, *other = one->other;
        for (int side = 0; side < 2; side++) {
            int64_t due = write_due(side ? other : one, time);
            if (due > 0 && due < next) next = due;
        }
        if (one->out.has_told && other->out.has_told) {
            *at = one->next;
            close_end(other);
            close_end(one);
        } else {
            at = &one->next;
        }
    }
    if (next == INT64_MAX) return -1;
    return next <= time ? 0 : (int)((next - time + 999999) / 1000000);
}

static void open_listener(int target) {
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&address, length) < 0) fail("bind");
    if (listen(fd, BACKLOG) < 0) fail("listen");
    getsockname(fd, (struct sockaddr *)&address, &length);
    make_end(fd, target);
    printf("port %d\n", ntohs(address.sin_port));
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: delay MILLISECONDS PORT...\n");
        return 2;
    }
    delay = atoll(argv[1]) * 1000000LL;
    signal(SIGPIPE, SIG_IGN);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 2; i < argc; i++) open_listener(atoi(argv[i]));
    fflush(stdout);
    struct epoll_event events[BATCH];
    for (;;) {
        int count = epoll_wait(epoll_fd, events, BATCH, move_all());
        for (int i = 0; i < count; i++) {
            struct end *end = events[i].data.ptr;
            if (end->target) open_pairs(end);
            else if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_all(end);
        }
    }
}
