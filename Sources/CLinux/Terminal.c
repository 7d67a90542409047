#include "CLinux.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static struct termios before;
static volatile sig_atomic_t is_begun;
static volatile sig_atomic_t has_other_size;
static volatile sig_atomic_t ending;

// The other screen without a cursor, and back.
static const char enter_screen[] = "\033[?1049h\033[?25l";
static const char leave_screen[] = "\033[0m\033[?25h\033[?1049l";

static void note(int signal) {
    if (signal == SIGWINCH || signal == SIGCONT) {
        has_other_size = 1;
    } else {
        ending = signal;
    }
}

// A bug ends the process, but leaves nobody with a terminal that shows nothing.
static void leave(int signal) {
    sluice_terminal_end();
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigaction(signal, &usual, NULL);
    raise(signal);
}

int sluice_terminal_begin(void) {
    if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &before) < 0) return -ENOTTY;
    struct sigaction noting = {.sa_handler = note};
    const int noted[] = {SIGWINCH, SIGCONT, SIGTERM, SIGHUP, SIGINT, SIGQUIT};
    for (size_t i = 0; i < sizeof noted / sizeof *noted; i++) sigaction(noted[i], &noting, NULL);
    struct sigaction leaving = {.sa_handler = leave};
    const int fatal[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP};
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) sigaction(fatal[i], &leaving, NULL);
    struct termios raw = before;
    raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG | IEXTEN);
    raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    is_begun = 1;
    if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0) {
        is_begun = 0;
        return -errno;
    }
    return (int)sluice_write(STDOUT_FILENO, enter_screen, sizeof enter_screen - 1);
}

void sluice_terminal_end(void) {
    if (!is_begun) return;
    is_begun = 0;
    // The screen first: if that fails, the keys are given back all the same.
    ssize_t unused = write(STDOUT_FILENO, leave_screen, sizeof leave_screen - 1);
    (void)unused;
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

int sluice_terminal_size(void) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0) return 0;
    return (size.ws_col & 0x7fff) << 16 | size.ws_row;
}

int sluice_terminal_key(int milliseconds) {
    struct pollfd keys = {.fd = STDIN_FILENO, .events = POLLIN};
    // A signal ends the wait: whoever waits looks what it was.
    if (poll(&keys, 1, milliseconds) <= 0) return -1;
    unsigned char key;
    ssize_t count = read(STDIN_FILENO, &key, 1);
    if (count == 1) return key;
    return count < 0 && (errno == EINTR || errno == EAGAIN) ? -1 : -2;
}

int sluice_terminal_signals(void) {
    int found = has_other_size ? 1 : 0;
    has_other_size = 0;
    if (ending) found |= 2 | ending << 16;
    return found;
}
