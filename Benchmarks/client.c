// A closed-loop HTTP load client: each connection sends its next request when an answer is whole.
//
// Usage: client PORT MODE CONNECTIONS REQUESTS WARMUP SECONDS [RATE]
//   MODE  small   GET / over kept connections
//         paced   the same, at RATE requests per second: a request that is late because all
//                 connections are busy counts its latency from when it was due
//         large   GET /1m over kept connections
//         close   GET / with a new connection for each request
//         resume  the same, over TLS: each session takes up an earlier one
//         idle    opens CONNECTIONS with one request each and holds them
//   Each of them over TLS with tls- before it: tls-small, and so on; nobody is verified.
// It prints "ready" after the warm-up (idle: after the first half), waits for a line on stdin,
// makes REQUESTS requests (idle: opens the second half), prints one line of JSON, and holds its
// connections until stdin ends. Each of the two parts ends after SECONDS at the latest.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SCRATCH_BYTES = 256 * 1024, HEAD_BYTES = 2048, BATCH = 256, ERRORS_MAXIMUM = 1000 };
enum { IDLE_AT_ONCE = 16, BUCKETS_PER_OCTAVE = 64, BUCKETS = 40 * BUCKETS_PER_OCTAVE };

#define FIELDS "Host: bench\r\nUser-Agent: client\r\nAccept: */*\r\n"

enum mode { SMALL, PACED, LARGE, CLOSE, RESUME, IDLE };

struct connection {
    int fd;                 // -1: not open
    SSL *ssl;               // NULL: plain
    bool shaken;            // the handshake is over
    bool busy, in_body;
    long long sent_at;      // nanoseconds
    long long body_left;
    int head_count;
    char head[HEAD_BYTES];
};

static enum mode mode;
static int port, epoll_fd;
static const char *request;
static SSL_CTX *context;        // NULL: plain
static SSL_SESSION *session;    // what is taken up
static struct connection *connections;
static char scratch[SCRATCH_BYTES + 1];

// The counters of one part.
static long long wanted, issued, done, errors, body_bytes;
static long long latency[BUCKETS];

// Paced: when the part began, the time between two requests, and who is free to send one.
static long long started_at, interval;
static struct connection **resting;
static int resting_count;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

// Log-linear: 64 buckets for each doubling, so 1.6 % wide.
static int bucket_of(long long nanoseconds) {
    if (nanoseconds < BUCKETS_PER_OCTAVE) return (int)(nanoseconds < 0 ? 0 : nanoseconds);
    int shift = 63 - __builtin_clzll((unsigned long long)nanoseconds) - 6;
    int bucket = shift * BUCKETS_PER_OCTAVE + (int)(nanoseconds >> shift);
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static double quantile_microseconds(double quantile) {
    long long rank = (long long)(quantile * (double)done), seen = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
        seen += latency[bucket];
        if (seen <= rank) continue;
        if (bucket < BUCKETS_PER_OCTAVE) return bucket / 1000.0;
        int shift = bucket / BUCKETS_PER_OCTAVE - 1;
        long long low = (long long)(bucket - shift * BUCKETS_PER_OCTAVE) << shift;
        return ((double)low + (double)(1LL << shift) / 2) / 1000.0;
    }
    return 0;
}

static int keep_session(SSL *ssl, SSL_SESSION *fresh) {
    (void)ssl;
    if (session) SSL_SESSION_free(session);
    session = fresh;
    return 1;
}

static void make_context(void) {
    context = SSL_CTX_new(TLS_client_method());
    if (!context) fail("SSL_CTX_new");
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(
        context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    if (mode == RESUME) SSL_CTX_sess_set_new_cb(context, keep_session);
}

static bool begin_session(struct connection *connection) {
    connection->ssl = SSL_new(context);
    if (!connection->ssl) fail("SSL_new");
    fcntl(connection->fd, F_SETFL, O_NONBLOCK);
    connection->shaken = false;
    if (mode == RESUME && session) SSL_set_session(connection->ssl, session);
    SSL_set_tlsext_host_name(connection->ssl, "bench.test");
    SSL_set_connect_state(connection->ssl);
    return SSL_set_fd(connection->ssl, connection->fd) == 1;
}

static void close_connection(struct connection *connection) {
    if (connection->ssl) {
        SSL_shutdown(connection->ssl);
        SSL_free(connection->ssl);
        connection->ssl = NULL;
    }
    close(connection->fd);
    connection->fd = -1;
    connection->busy = false;
}

static void count_error(struct connection *connection) {
    if (connection->busy) {
        issued--;
        if (mode == PACED) resting[resting_count++] = connection;
    }
    if (++errors >= ERRORS_MAXIMUM) {
        fprintf(stderr, "client: gave up after %lld errors\n", errors);
        exit(1);
    }
    if (connection->fd >= 0) close_connection(connection);
    connection->busy = false;
}

// Connects blocking (bounded by SO_SNDTIMEO): on loopback that ends without the peer's accept.
static bool open_connection(struct connection *connection) {
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((unsigned short)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    struct timeval bound = {.tv_sec = 5};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) fail("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        close(fd);
        return false;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
    connection->fd = fd;
    return !context || begin_session(connection);
}

static bool send_request(struct connection *connection) {
    int length = (int)strlen(request);
    if (connection->ssl) return SSL_write(connection->ssl, request, length) == length;
    return send(connection->fd, request, (size_t)length, MSG_NOSIGNAL) == length;
}

// Goes on with the handshake, and sends the request behind it; false when it failed.
static bool shake(struct connection *connection) {
    int result = SSL_do_handshake(connection->ssl);
    if (result != 1) return SSL_get_error(connection->ssl, result) == SSL_ERROR_WANT_READ;
    connection->shaken = true;
    return send_request(connection);
}

static void issue(struct connection *connection) {
    if (issued >= wanted) return;
    connection->busy = true;
    connection->in_body = false;
    connection->head_count = 0;
    connection->sent_at = mode == PACED ? started_at + issued * interval : now();
    issued++;
    if (connection->fd < 0 && !open_connection(connection)) return count_error(connection);
    bool waits = connection->ssl && !connection->shaken;
    if (!(waits ? shake(connection) : send_request(connection))) count_error(connection);
}

static void finish(struct connection *connection) {
    latency[bucket_of(now() - connection->sent_at)]++;
    done++;
    connection->busy = false;
    if (mode == CLOSE || mode == RESUME) close_connection(connection);
    if (mode == PACED) resting[resting_count++] = connection;
    else if (mode != IDLE) issue(connection);
}

// Sends what is due; returns the nanoseconds until the next request is.
static long long issue_due(void) {
    while (issued < wanted && resting_count > 0) {
        long long left = started_at + issued * interval - now();
        if (left > 0) return left;
        issue(resting[--resting_count]);
    }
    return 100000000;
}

static int wait_for_events(struct epoll_event *events, long long nanoseconds) {
    struct timespec time = {
        .tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    return epoll_pwait2(epoll_fd, events, BATCH, &time, NULL);
}

// Collects the head; returns how many of the bytes belong to it, or -1 for a bad answer.
static ssize_t take_head(struct connection *connection, const char *bytes, ssize_t count) {
    int before = connection->head_count;
    int room = HEAD_BYTES - 1 - before;
    int taken = count < room ? (int)count : room;
    memcpy(connection->head + before, bytes, (size_t)taken);
    connection->head_count += taken;
    connection->head[connection->head_count] = 0;
    char *end = strstr(connection->head, "\r\n\r\n");
    if (!end) return taken < count ? -1 : taken;
    end[2] = 0;
    char *length = strcasestr(connection->head, "\r\nContent-Length:");
    if (strncmp(connection->head, "HTTP/1.1 200", 12) != 0 || !length) return -1;
    connection->body_left = atoll(length + 17);
    connection->in_body = true;
    return end + 4 - connection->head - before;
}

static void take(struct connection *connection, ssize_t count) {
    ssize_t at = 0;
    if (!connection->in_body) {
        at = take_head(connection, scratch, count);
        if (at < 0) return count_error(connection);
    }
    if (!connection->in_body) return;
    ssize_t body = count - at;
    if (body > connection->body_left) return count_error(connection);
    connection->body_left -= body;
    body_bytes += body;
    if (connection->body_left == 0) finish(connection);
}

static void receive_records(struct connection *connection) {
    if (!connection->shaken) {
        if (!shake(connection)) count_error(connection);
        return;
    }
    while (connection->ssl) {
        int count = SSL_read(connection->ssl, scratch, SCRATCH_BYTES);
        if (count <= 0) {
            // Between two requests only tickets come, or the end.
            if (SSL_get_error(connection->ssl, count) != SSL_ERROR_WANT_READ) {
                count_error(connection);
            }
            return;
        }
        if (!connection->busy) return count_error(connection);
        take(connection, count);
        if (connection->ssl && SSL_pending(connection->ssl) == 0) return;
    }
}

static void receive(struct connection *connection) {
    if (connection->fd < 0) return;
    if (connection->ssl) return receive_records(connection);
    ssize_t count = recv(connection->fd, scratch, SCRATCH_BYTES, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0 || !connection->busy) return count_error(connection);
    take(connection, count);
}

// Runs until `target` requests are done or the time is over; idle connections open in order.
static void run(int first, int last, long long target, double seconds) {
    wanted = target;
    issued = done = errors = body_bytes = 0;
    memset(latency, 0, sizeof latency);
    started_at = now();
    long long deadline = started_at + (long long)(seconds * 1e9);
    int opened = first;
    resting_count = 0;
    for (int i = first; mode != IDLE && i < last; i++) {
        if (mode == PACED) resting[resting_count++] = &connections[i];
        else issue(&connections[i]);
    }
    struct epoll_event events[BATCH];
    while (done < wanted) {
        while (mode == IDLE && opened < last && issued - done < IDLE_AT_ONCE) {
            issue(&connections[opened++]);
        }
        if (issued == done && mode == IDLE && opened == last) return;
        long long pause = mode == PACED ? issue_due() : 100000000;
        int count = wait_for_events(events, pause);
        for (int i = 0; i < count; i++) receive(events[i].data.ptr);
        for (int i = first; count == 0 && mode != IDLE && mode != PACED && i < last; i++) {
            if (!connections[i].busy) issue(&connections[i]);
        }
        if (now() < deadline) continue;
        if (now() > deadline + 5000000000LL) return;   // what is still open is not counted
        wanted = issued;
    }
}

static bool wait_for_line(void) {
    char line[64];
    return fgets(line, sizeof line, stdin) != NULL;
}

static enum mode mode_named(const char *name) {
    if (strcmp(name, "small") == 0) return SMALL;
    if (strcmp(name, "paced") == 0) return PACED;
    if (strcmp(name, "large") == 0) return LARGE;
    if (strcmp(name, "close") == 0) return CLOSE;
    if (strcmp(name, "resume") == 0) return RESUME;
    if (strcmp(name, "idle") == 0) return IDLE;
    fprintf(stderr, "client: unknown mode %s\n", name);
    exit(2);
}

int main(int argc, char **argv) {
    if (argc < 7) {
        fprintf(stderr, "usage: client PORT MODE CONNECTIONS REQUESTS WARMUP SECONDS [RATE]\n");
        return 2;
    }
    static const char *const requests[] = {
        [SMALL] = "GET / HTTP/1.1\r\n" FIELDS "\r\n",
        [PACED] = "GET / HTTP/1.1\r\n" FIELDS "\r\n",
        [LARGE] = "GET /1m HTTP/1.1\r\n" FIELDS "\r\n",
        [CLOSE] = "GET / HTTP/1.1\r\n" FIELDS "Connection: close\r\n\r\n",
        [RESUME] = "GET / HTTP/1.1\r\n" FIELDS "Connection: close\r\n\r\n",
        [IDLE] = "GET / HTTP/1.1\r\n" FIELDS "\r\n",
    };
    signal(SIGPIPE, SIG_IGN);
    port = atoi(argv[1]);
    bool is_tls = strncmp(argv[2], "tls-", 4) == 0;
    mode = mode_named(is_tls ? argv[2] + 4 : argv[2]);
    if (is_tls) make_context();
    request = requests[mode];
    int count = atoi(argv[3]);
    long long target = atoll(argv[4]), warmup = atoll(argv[5]);
    double seconds = atof(argv[6]);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    connections = calloc((size_t)count, sizeof *connections);
    resting = calloc((size_t)count, sizeof(struct connection *));
    if (!connections || !resting) fail("calloc");
    interval = argc > 7 ? (long long)(1e9 / atof(argv[7])) : 0;
    // A pause ends when it is over, not up to 50 µs later.
    prctl(PR_SET_TIMERSLACK, 1);
    for (int i = 0; i < count; i++) connections[i].fd = -1;

    int half = mode == IDLE ? count / 2 : 0;
    if (mode == IDLE) run(0, half, half, seconds);
    else run(0, count, warmup, seconds);
    if (errors > 0) fprintf(stderr, "client: %lld errors in the warm-up\n", errors);
    printf("ready\n");
    fflush(stdout);
    if (!wait_for_line()) return 1;

    long long start = now();
    run(half, count, mode == IDLE ? count - half : target, seconds);
    printf("{\"requests\": %lld, \"errors\": %lld, \"seconds\": %.6f, \"bytes\": %lld, "
           "\"p50_us\": %.1f, \"p99_us\": %.1f}\n",
           done, errors, (double)(now() - start) / 1e9, body_bytes,
           quantile_microseconds(0.50), quantile_microseconds(0.99));
    fflush(stdout);
    while (wait_for_line()) continue;
    return 0;
}
