// The floor to measure a proxy against: a relay that does nothing but move bytes.
//
// Four socket calls per keep-alive exchange (recv and send on each side), edge-triggered epoll,
// one upstream connection per client connection, no parsing. Upstream ports are taken in turn.
//
// Usage: relay UPSTREAM_PORT...      prints "port N" once it listens on 127.0.0.1:N.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SCRATCH_BYTES = 64 * 1024, BATCH = 256, BACKLOG = 4096 };

struct pair;

// One end of a pair. `held` keeps the bytes this side's socket did not take yet.
struct side {
    struct pair *pair;
    struct side *other;
    int fd;
    bool readable;
    char *held;
    size_t held_count;
};

struct pair {
    struct side client, upstream;
    bool connected, dead;
    struct pair *next_dead;
};

static char scratch[SCRATCH_BYTES];
static int epoll_fd;
static struct pair *dead_pairs;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int open_socket(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return fd;
}

static struct sockaddr_in loopback(int port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((unsigned short)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

// Freed after the batch, because later events of the same batch may still point at it.
static void end_pair(struct pair *pair) {
    if (pair->dead) return;
    pair->dead = true;
    close(pair->client.fd);
    close(pair->upstream.fd);
    pair->next_dead = dead_pairs;
    dead_pairs = pair;
}

static void free_dead_pairs(void) {
    while (dead_pairs) {
        struct pair *pair = dead_pairs;
        dead_pairs = pair->next_dead;
        free(pair->client.held);
        free(pair->upstream.held);
        free(pair);
    }
}

static bool hold(struct side *side, const char *bytes, size_t count) {
    side->held = malloc(count);
    if (!side->held) return false;
    memcpy(side->held, bytes, count);
    side->held_count = count;
    return true;
}

// True when nothing is held any more.
static bool flush_held(struct side *side) {
    if (!side->held) return true;
    ssize_t sent = send(side->fd, side->held, side->held_count, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN) end_pair(side->pair);
        return false;
    }
    side->held_count -= (size_t)sent;
    if (side->held_count > 0) {
        memmove(side->held, side->held + sent, side->held_count);
        return false;
    }
    free(side->held);
    side->held = NULL;
    return true;
}

// Moves what `from` has to the other side until one of them would block. A read that does not
// fill the buffer has drained the socket: the next byte raises a new edge.
static void pump(struct side *from) {
    struct side *to = from->other;
    while (!from->pair->dead && from->pair->connected && from->readable && flush_held(to)) {
        ssize_t count = recv(from->fd, scratch, sizeof scratch, 0);
        if (count <= 0) {
            if (count == 0 || errno != EAGAIN) end_pair(from->pair);
            from->readable = false;
            return;
        }
        if ((size_t)count < sizeof scratch) from->readable = false;
        ssize_t sent = send(to->fd, scratch, (size_t)count, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return end_pair(from->pair);
        if (sent < 0) sent = 0;
        if (sent < count && !hold(to, scratch + sent, (size_t)(count - sent))) {
            return end_pair(from->pair);
        }
    }
}

static void handle(struct side *side, unsigned events) {
    struct pair *pair = side->pair;
    if (pair->dead) return;
    if ((events & EPOLLOUT) && side == &pair->upstream && !pair->connected) {
        pair->connected = true;
        pump(side->other);
    }
    if ((events & EPOLLOUT) && side->held && flush_held(side)) pump(side->other);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) {
        // An end of stream is found by reading it, behind the data that precedes it.
        if (events & (EPOLLHUP | EPOLLERR) && !pair->connected) return end_pair(pair);
        side->readable = true;
        pump(side);
        if (!pair->dead && (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP))) {
            side->readable = true;
            pump(side);
        }
    }
}

static bool watch(struct side *side) {
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.ptr = side,
    };
    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, side->fd, &event) == 0;
}

static void accept_one(int client_fd, int upstream_port) {
    struct sockaddr_in address = loopback(upstream_port);
    struct pair *pair = calloc(1, sizeof *pair);
    int upstream_fd = open_socket();
    if (!pair || upstream_fd < 0) fail("out of memory or descriptors");
    setsockopt(client_fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    pair->client = (struct side){.pair = pair, .other = &pair->upstream, .fd = client_fd};
    pair->upstream = (struct side){.pair = pair, .other = &pair->client, .fd = upstream_fd};
    int result = connect(upstream_fd, (struct sockaddr *)&address, sizeof address);
    if ((result < 0 && errno != EINPROGRESS) || !watch(&pair->client) || !watch(&pair->upstream)) {
        end_pair(pair);
    }
}

static int listen_on_loopback(void) {
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    int fd = open_socket();
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) < 0) fail("bind");
    if (listen(fd, BACKLOG) < 0) fail("listen");
    getsockname(fd, (struct sockaddr *)&address, &length);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: relay UPSTREAM_PORT...\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on_loopback();
    int turn = 0;
    struct epoll_event events[BATCH];
    for (;;) {
        int count = epoll_wait(epoll_fd, events, BATCH, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr) {
                handle(events[i].data.ptr, events[i].events);
                continue;
            }
            int fd;
            while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
                accept_one(fd, atoi(argv[1 + turn]));
                turn = (turn + 1) % (argc - 1);
            }
        }
        free_dead_pairs();
    }
}
