/* SPDX-License-Identifier: ISC
 *
 * serve: receives mail by SMTP, thousands of connections in one thread, and stores it. `serve --help` tells the rest.
 */
#define _POSIX_C_SOURCE 200809L
#define _XOPEN_SOURCE 700
#include "connection.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

enum {
    BACKLOG = 1024,
    ACCEPTS = 64,     /* connections that are taken before the others have their turn */
    OTHER_FILES = 32, /* descriptors that are not a connection's */
    PATIENCE = 5      /* seconds that connections, and then the disk, have to come to an end */
};

struct listener {
    struct watch watch;
    struct program *program;
};

struct program {
    struct service service;
    struct listener *listeners;
    size_t listening;       /* of `listeners` */
    size_t connections_max; /* each may need a second descriptor, for its message */
    int full;               /* connections wait in the listeners' backlog until one is closed, or for a second */
    size_t full_at;         /* how many there were then */
    struct timer pause, patience;
    struct watch signals, news;
    int impatient;
};

/* --- signals */

static int signal_pipe[2];

static void on_signal(int number)
{
    int error = errno;
    ssize_t ignored = write(signal_pipe[1], "", 1);

    (void)number;
    (void)ignored;
    errno = error;
}

static int catch_signals(void)
{
    struct sigaction action;

    if (pipe(signal_pipe) != 0)
        return -1;
    fcntl(signal_pipe[0], F_SETFL, O_NONBLOCK);
    fcntl(signal_pipe[1], F_SETFL, O_NONBLOCK);
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL); /* a write over `ulimit -f` then fails, and the message with it */
    action.sa_handler = on_signal;
    return sigaction(SIGTERM, &action, NULL) | sigaction(SIGINT, &action, NULL);
}

/* --- listening */

static void set_listening(struct program *program, int full)
{
    size_t i;

    program->full = full;
    program->full_at = full ? program->service.count : 0;
    for (i = 0; i < program->listening; i++)
        if (loop_watch(&program->service.loop, &program->listeners[i].watch, full ? 0 : LOOP_READ) != 0)
            perror("serve: cannot listen");
}

static int is_want_of_resources(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void take_connections(void *owner, uint32_t what)
{
    struct listener *listener = owner;
    struct program *program = listener->program;
    struct sockaddr_storage peer;
    socklen_t size;
    int fd, i;

    (void)what;
    for (i = 0; i < ACCEPTS && program->service.count < program->connections_max; i++) {
        size = sizeof peer;
        fd = accept(listener->watch.fd, (struct sockaddr *)&peer, &size);
        if (fd < 0 && is_want_of_resources(errno))
            break;
        if (fd < 0)
            return; /* none left, or it was gone before we came */
        connection_open(&program->service, fd, fd, (struct sockaddr *)&peer);
    }
    if (i < ACCEPTS) {
        set_listening(program, 1);
        timer_start(&program->service.loop, &program->pause, 1);
    }
}

static void pause_over(void *owner)
{
    struct program *program = owner;

    if (program->full && !program->service.stopping)
        set_listening(program, 0);
}

/* Splits ADDR:PORT, [ADDR]:PORT in place. */
static int split_address(char *text, char **host, char **port)
{
    char *colon = strrchr(text, ':');
    size_t length;

    if (colon == NULL || strspn(colon + 1, "0123456789") != strlen(colon + 1) || strtoul(colon + 1, NULL, 10) > 65535 ||
        colon[1] == '\0')
        return -1;
    *colon = '\0';
    *port = colon + 1;
    *host = text;
    length = strlen(text);
    if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
        text[length - 1] = '\0';
        (*host)++;
    } else if (strchr(text, ':') != NULL) {
        return -1;
    }
    return 0;
}

static int listen_on(const struct addrinfo *address)
{
    int on = 1, fd = socket(address->ai_family, SOCK_STREAM, 0), error;

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0 &&
        fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int announce(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char host[64], port[16];

    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
        getnameinfo((struct sockaddr *)&address, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return -1;
    printf(address.ss_family == AF_INET6 ? "listening on [%s]:%s\n" : "listening on %s:%s\n", host, port);
    return fflush(stdout);
}

/* Returns -1 when it listens, or an exit code after a message. */
static int open_listener(struct program *program, const char *where)
{
    struct listener *listener = &program->listeners[program->listening];
    struct addrinfo hints, *found = NULL;
    char text[300], *host, *port;
    int error;

    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    if (strlen(where) >= sizeof text || split_address(strcpy(text, where), &host, &port) != 0) {
        fprintf(stderr, "serve: --listen: not ADDR:PORT: %s\n", where);
        return EX_USAGE;
    }
    error = getaddrinfo(*host == '\0' ? NULL : host, port, &hints, &found);
    if (error != 0) {
        fprintf(stderr, "serve: --listen: %s: %s\n", where, gai_strerror(error));
        return EX_USAGE;
    }
    listener->watch.fd = listen_on(found);
    freeaddrinfo(found);
    if (listener->watch.fd < 0 || announce(listener->watch.fd) != 0) {
        fprintf(stderr, "serve: cannot listen on %s: %s\n", where, strerror(errno));
        return EX_OSERR;
    }
    listener->watch.owner = listener;
    listener->watch.ready = take_connections;
    listener->program = program;
    program->listening++;
    return -1;
}

static int open_listeners(struct program *program)
{
    const struct options *options = program->service.options;
    size_t i;
    int code = -1;

    program->listeners = calloc(options->listens + 1, sizeof *program->listeners);
    if (program->listeners == NULL)
        return EX_OSERR;
    for (i = 0; i < options->listens && code < 0; i++)
        code = open_listener(program, options->listen[i]);
    set_listening(program, 0);
    return code;
}

static void close_listeners(struct program *program)
{
    while (program->listening > 0) {
        program->listening--;
        loop_forget(&program->service.loop, &program->listeners[program->listening].watch);
        close(program->listeners[program->listening].watch.fd);
    }
}

/* --- running */

static void lose_patience(void *owner)
{
    struct program *program = owner;

    program->impatient = 1;
}

/* Each connection once: those that are closed meanwhile go to another list, and are freed later. */
static void each_connection(struct service *service, void (*act)(struct connection *))
{
    struct connection *connection, *next;

    for (connection = service->connections; connection != NULL; connection = next) {
        next = connection->next;
        act(connection);
    }
}

static void stop(void *owner, uint32_t what)
{
    struct program *program = owner;

    (void)what;
    if (program->service.stopping)
        return;
    loop_forget(&program->service.loop, &program->signals);
    program->service.stopping = 1;
    close_listeners(program);
    timer_start(&program->service.loop, &program->patience, PATIENCE);
    each_connection(&program->service, connection_stop);
}

static void hear_store(void *owner, uint32_t what)
{
    struct program *program = owner;

    (void)what;
    store_news(program->service.store, connection_news);
}

static size_t raise_limit(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return 256;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur < 2 * OTHER_FILES)
        return 1;
    return files.rlim_cur > 1 << 20 ? 1 << 19 : (size_t)(files.rlim_cur - OTHER_FILES) / 2;
}

static int open_loop(struct program *program)
{
    struct loop *loop = &program->service.loop;

    program->connections_max = raise_limit();
    program->pause.owner = program->patience.owner = program->signals.owner = program->news.owner = program;
    program->pause.expired = pause_over;
    program->patience.expired = lose_patience;
    program->signals.fd = signal_pipe[0];
    program->signals.ready = stop;
    program->news.fd = store_descriptor(program->service.store);
    program->news.ready = hear_store;
    if (loop_open(loop, (int)program->service.options->stdio) != 0 ||
        loop_watch(loop, &program->signals, LOOP_READ) != 0 || loop_watch(loop, &program->news, LOOP_READ) != 0) {
        perror("serve: the event loop");
        return EX_OSERR;
    }
    return -1;
}

static void open_stdio(struct service *service)
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    int known = getpeername(STDIN_FILENO, (struct sockaddr *)&peer, &size) == 0;

    connection_open(service, STDIN_FILENO, STDOUT_FILENO, known ? (struct sockaddr *)&peer : NULL);
}

static int run(struct program *program)
{
    struct service *service = &program->service;

    while ((service->count > 0 || program->listening > 0) && !program->impatient) {
        if (loop_wait(&service->loop) != 0) {
            perror("serve: the event loop");
            return EX_OSERR;
        }
        connections_bury(service);
        if (service->count < program->full_at)
            pause_over(program); /* one was closed */
    }
    store_news(service->store, connection_news); /* what is safe by now is still answered */
    each_connection(service, connection_drop);
    connections_bury(service);
    return EX_OK;
}

static int serve(struct program *program)
{
    const struct options *options = program->service.options;
    const char *path = options->maildir != NULL ? options->maildir : options->mbox;
    enum store_where where = options->maildir != NULL ? STORE_MAILDIR
                             : options->mbox != NULL  ? STORE_MBOX
                                                      : STORE_DISCARD;
    int code;

    if (catch_signals() != 0) {
        perror("serve: signals");
        return EX_OSERR;
    }
    if (store_open(&program->service.store, where, path, options->hostname, (int)options->raw) != 0)
        return EX_CANTCREAT;
    code = open_loop(program);
    if (code < 0)
        code = open_listeners(program);
    if (code < 0 && options->stdio)
        open_stdio(&program->service);
    if (code < 0)
        code = run(program);
    close_listeners(program);
    free(program->listeners);
    if (store_close(program->service.store, PATIENCE) != 0) {
        fprintf(stderr, "serve: the disk does not answer\n");
        code = EX_IOERR;
    }
    loop_close(&program->service.loop);
    return code;
}

int main(int argc, char **argv)
{
    static struct program program;
    struct options options;
    int code = options_read(&options, argc, argv);

    program.service.options = &options;
    if (code < 0)
        code = serve(&program);
    options_free(&options);
    return code;
}
