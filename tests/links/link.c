/* A link of known delay and bandwidth between two network namespaces: what one side sends goes out of the other later, in its order.

   link DEVICE DELAY_NANOSECONDS BITS_PER_SECOND

   It makes the namespaces, with a TUN device of that name in each, tells the numbers of its file descriptors that lead to them, and
   forwards until its standard input ends. A line there with another delay and bandwidth counts from then on. Nothing is left of them once it has ended and nobody else is in them. The two directions
   are independent of each other, as on a cable. A packet leaves when those before it have left and its own bits have, and arrives
   the delay after that. Nothing is lost: where too much is on its way, no more is read, and the device's own queue waits. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define PACKET_BYTES 1500 /* the devices' MTU */
#define ROOM 32768        /* packets on their way in a direction: 48 MB, taken as they are used */
#define SECOND 1000000000LL

struct packet {
    int64_t due; /* nanoseconds */
    int bytes;
    char content[PACKET_BYTES];
};

static int64_t delay, bandwidth;

struct direction {
    int from, to;
    int64_t free; /* when the line is: the last packet's bits have left */
    unsigned long first, behind; /* of the packets on their way, and behind their last */
    struct packet *packets;
};

static void fail(const char *what) {
    fprintf(stderr, "link: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

/* In a new namespace, which is this process's own from then on. Tells what leads to the namespace. */
static int new_device(const char *name, int *namespace) {
    struct ifreq request = {0};
    int device;
    if (unshare(CLONE_NEWNET) < 0)
        fail("a network namespace");
    if ((*namespace = open("/proc/self/ns/net", O_RDONLY)) < 0)
        fail("/proc/self/ns/net");
    if ((device = open("/dev/net/tun", O_RDWR | O_NONBLOCK)) < 0)
        fail("/dev/net/tun");
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    if (ioctl(device, TUNSETIFF, &request) < 0)
        fail("a TUN device");
    return device;
}

static int is_full(const struct direction *way) { return way->behind - way->first == ROOM; }

static void take(struct direction *way) {
    while (!is_full(way)) {
        struct packet *packet = &way->packets[way->behind % ROOM];
        int64_t came;
        packet->bytes = read(way->from, packet->content, PACKET_BYTES);
        if (packet->bytes <= 0)
            return; /* none waits, or the device is down */
        came = now();
        way->free = (way->free > came ? way->free : came) + packet->bytes * 8 * SECOND / bandwidth;
        packet->due = way->free + delay;
        way->behind++;
    }
}

static void give(struct direction *way) {
    while (way->first != way->behind && way->packets[way->first % ROOM].due <= now()) {
        struct packet *packet = &way->packets[way->first++ % ROOM];
        if (write(way->to, packet->content, packet->bytes) < 0)
            continue; /* the other end is down: a cable that nobody listens at */
    }
}

static int is_set(const char *nanoseconds, const char *bits_per_second) {
    return nanoseconds && bits_per_second && (delay = atoll(nanoseconds)) >= 0 && (bandwidth = atoll(bits_per_second)) > 0;
}

/* Whether there was a line, and it was one. */
static int is_told(void) {
    char said[64];
    ssize_t bytes = read(STDIN_FILENO, said, sizeof said - 1);
    char *first;
    if (bytes <= 0)
        return 0;
    said[bytes] = 0;
    first = strtok(said, " ");
    return is_set(first, strtok(NULL, "\n"));
}

int main(int count, char **arguments) {
    struct direction ways[2] = {{0}};
    struct sched_param first = {.sched_priority = 2}; /* before the ranks, which have 1 */
    int namespaces[2];
    if (count != 4 || !is_set(arguments[2], arguments[3])) {
        fprintf(stderr, "link DEVICE DELAY_NANOSECONDS BITS_PER_SECOND\n");
        return 2;
    }
    ways[0].from = ways[1].to = new_device(arguments[1], &namespaces[0]);
    ways[1].from = ways[0].to = new_device(arguments[1], &namespaces[1]);
    for (int each = 0; each < 2; each++)
        if ((ways[each].packets = malloc(ROOM * sizeof(struct packet))) == NULL)
            fail("malloc");
    sched_setscheduler(0, SCHED_FIFO, &first); /* a busy machine is no slower link, where this is allowed */
    printf("%d %d\n", namespaces[0], namespaces[1]);
    fflush(stdout);
    for (;;) {
        struct pollfd watched[3] = {{STDIN_FILENO, POLLIN, 0}, {ways[0].from, 0, 0}, {ways[1].from, 0, 0}};
        int64_t due = INT64_MAX, wait;
        for (int each = 0; each < 2; each++) {
            watched[each + 1].events = is_full(&ways[each]) ? 0 : POLLIN;
            if (ways[each].first != ways[each].behind && ways[each].packets[ways[each].first % ROOM].due < due)
                due = ways[each].packets[ways[each].first % ROOM].due;
        }
        wait = due == INT64_MAX ? SECOND : due - now();
        struct timespec limit = {0};
        if (wait > 0)
            limit = (struct timespec){wait / SECOND, wait % SECOND};
        if (ppoll(watched, 3, &limit, NULL) > 0 && watched[0].revents && !is_told())
            return 0;
        for (int each = 0; each < 2; each++)
            take(&ways[each]);
        for (int each = 0; each < 2; each++)
            give(&ways[each]);
    }
}
