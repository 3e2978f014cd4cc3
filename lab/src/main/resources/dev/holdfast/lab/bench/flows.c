/*
 * Makes flows in the kernel's connection table by ctnetlink: the traffic of the flow benches, and the floor of their
 * commits. Many requests to a system call, an acknowledgement asked for only on the last.
 *
 * Usage: flows create CLIENT SERVER NAT FIRST COUNT PER_SECOND    established TCP flows, translated to NAT; 0: no pause
 *        flows heard  CLIENT SERVER NAT FIRST COUNT PER_SECOND    the same while somebody listens to events, as each
 *                                                                 program that copies flows must
 *        flows churn  CLIENT SERVER NAT PER_SECOND SECONDS       born, established, ended: three events a flow
 *
 * Flow number i goes from CLIENT + i / 50000 to SERVER + i / 50000, port 80, and has port 10000 + i % 50000.
 * Prints the nanoseconds that it took and the requests that the kernel refused.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 200
#define PORTS 50000
#define SECOND_NANOS 1000000000LL
#define TICKS_PER_SECOND 100

enum kind { CREATE, ESTABLISH, END };

static uint32_t client, server, nat;
static int netlink;
static uint32_t sequence;
static long refused;
static char batch[BATCH * 256];
static size_t filled;
static int waiting;

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * SECOND_NANOS + t.tv_nsec;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void attribute(int type, const void *value, size_t bytes) {
  struct nlattr *head = (struct nlattr *)(batch + filled);
  head->nla_len = NLA_HDRLEN + bytes;
  head->nla_type = type;
  memcpy(batch + filled + NLA_HDRLEN, value, bytes);
  memset(batch + filled + NLA_HDRLEN + bytes, 0, NLA_ALIGN(bytes) - bytes);
  filled += NLA_HDRLEN + NLA_ALIGN(bytes);
}

static size_t begin(int type) {
  size_t at = filled;
  ((struct nlattr *)(batch + filled))->nla_type = type | NLA_F_NESTED;
  filled += NLA_HDRLEN;
  return at;
}

static void end(size_t at) { ((struct nlattr *)(batch + at))->nla_len = filled - at; }

static void number32(int type, uint32_t value) {
  value = htonl(value);
  attribute(type, &value, 4);
}

static void number16(int type, uint16_t value) {
  value = htons(value);
  attribute(type, &value, 2);
}

static void number8(int type, uint8_t value) { attribute(type, &value, 1); }

static void tuple(int type, uint32_t from, uint32_t to, int from_port, int to_port) {
  size_t all = begin(type), part = begin(CTA_TUPLE_IP);
  number32(CTA_IP_V4_SRC, from);
  number32(CTA_IP_V4_DST, to);
  end(part);
  part = begin(CTA_TUPLE_PROTO);
  number8(CTA_PROTO_NUM, 6);
  number16(CTA_PROTO_SRC_PORT, from_port);
  number16(CTA_PROTO_DST_PORT, to_port);
  end(part);
  end(all);
}

static void state(int number) {
  size_t all = begin(CTA_PROTOINFO), part = begin(CTA_PROTOINFO_TCP);
  number8(CTA_PROTOINFO_TCP_STATE, number);
  end(part);
  end(all);
}

/* Sends what is there and waits until the kernel has worked on all of it. */
static void flush(struct nlmsghdr *last) {
  if (waiting == 0) {
    return;
  }
  last->nlmsg_flags |= NLM_F_ACK;
  if (send(netlink, batch, filled, 0) < 0) {
    fail("flows: send");
  }
  for (int done = 0; !done;) {
    static char answer[1 << 16];
    ssize_t got = recv(netlink, answer, sizeof answer, 0);
    if (got < 0) {
      fail("flows: recv");
    }
    for (struct nlmsghdr *h = (void *)answer; NLMSG_OK(h, got); h = NLMSG_NEXT(h, got)) {
      if (h->nlmsg_type == NLMSG_ERROR) {
        refused += ((struct nlmsgerr *)NLMSG_DATA(h))->error != 0;
        done |= h->nlmsg_seq == last->nlmsg_seq;
      }
    }
  }
  filled = 0;
  waiting = 0;
}

static struct nlmsghdr *request(enum kind kind, long i, int established) {
  struct nlmsghdr *head = (struct nlmsghdr *)(batch + filled);
  struct nfgenmsg *family = (struct nfgenmsg *)(head + 1);
  size_t from = filled;
  head->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | (kind == END ? IPCTNL_MSG_CT_DELETE : IPCTNL_MSG_CT_NEW);
  head->nlmsg_flags = NLM_F_REQUEST | (kind == CREATE ? NLM_F_CREATE | NLM_F_EXCL : 0);
  head->nlmsg_seq = ++sequence;
  head->nlmsg_pid = 0;
  family->nfgen_family = AF_INET;
  family->version = NFNETLINK_V0;
  family->res_id = 0;
  filled += NLMSG_HDRLEN + NLMSG_ALIGN(sizeof *family);
  uint32_t from_address = client + i / PORTS, to_address = server + i / PORTS;
  int port = 10000 + i % PORTS;
  tuple(CTA_TUPLE_ORIG, from_address, to_address, port, 80);
  if (kind == CREATE) {
    tuple(CTA_TUPLE_REPLY, to_address, from_address, 80, port);
    size_t all = begin(CTA_NAT_SRC);
    number32(CTA_NAT_V4_MINIP, nat);
    size_t part = begin(CTA_NAT_PROTO);
    number16(CTA_PROTONAT_PORT_MIN, port);
    number16(CTA_PROTONAT_PORT_MAX, port);
    end(part);
    end(all);
  }
  if (kind != END) {
    int seen = established ? IPS_SEEN_REPLY | IPS_ASSURED : 0;
    number32(CTA_STATUS, IPS_CONFIRMED | seen);
    number32(CTA_TIMEOUT, established ? 3600 : 60);
    state(established ? TCP_CONNTRACK_ESTABLISHED : TCP_CONNTRACK_SYN_SENT);
  }
  head->nlmsg_len = filled - from;
  waiting++;
  return head;
}

static void requests(enum kind kind, long first, long count, int established) {
  struct nlmsghdr *last = NULL;
  for (long i = first; i < first + count; i++) {
    last = request(kind, i, established);
    if (waiting == BATCH) {
      flush(last);
    }
  }
  flush(last);
}

static void sleep_until(long long nanos) {
  struct timespec until = {.tv_sec = nanos / SECOND_NANOS, .tv_nsec = nanos % SECOND_NANOS};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
  }
}

/* As urgent as the agent's own writer, where that is allowed: else a busy machine would make a floor of any height. */
static void be_urgent(void) {
  struct sched_param priority = {.sched_priority = 39};
  (void)sched_setscheduler(0, SCHED_RR, &priority);
}

static void create(long first, long count, long per_second) {
  if (per_second == 0) {
    requests(CREATE, first, count, 1);
    return;
  }
  long step = per_second / TICKS_PER_SECOND;
  long long due = now();
  for (long done = 0; done < count; done += step) {
    requests(CREATE, first + done, count - done < step ? count - done : step, 1);
    due += SECOND_NANOS / TICKS_PER_SECOND;
    sleep_until(due);
  }
}

/* A flow is established one tick after its birth and ends four later. */
static void churn(long per_second, long seconds) {
  long step = per_second / TICKS_PER_SECOND, ticks = seconds * TICKS_PER_SECOND;
  long long due = now();
  for (long tick = 0; tick < ticks + 5; tick++) {
    if (tick < ticks) {
      requests(CREATE, tick * step, step, 0);
    }
    if (tick >= 1 && tick - 1 < ticks) {
      requests(ESTABLISH, (tick - 1) * step, step, 1);
    }
    if (tick >= 5) {
      requests(END, (tick - 5) * step, step, 0);
    }
    due += SECOND_NANOS / TICKS_PER_SECOND;
    sleep_until(due);
  }
}

/* A listener that lets nothing in: the kernel makes the events, and nobody has the work of reading them. */
static void listen_to_nothing(void) {
  struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
  struct sock_fprog program = {.len = 1, .filter = nothing};
  struct sockaddr_nl self = {.nl_family = AF_NETLINK, .nl_groups = 7};
  int listener = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0 ||
      bind(listener, (struct sockaddr *)&self, sizeof self) != 0) {
    fail("flows: listener");
  }
}

int main(int count, char **words) {
  if (count < 7) {
    fprintf(stderr, "usage: flows create|heard|churn CLIENT SERVER NAT NUMBER…\n");
    return 2;
  }
  client = ntohl(inet_addr(words[2]));
  server = ntohl(inet_addr(words[3]));
  nat = ntohl(inet_addr(words[4]));
  netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  struct sockaddr_nl self = {.nl_family = AF_NETLINK};
  if (netlink < 0 || bind(netlink, (struct sockaddr *)&self, sizeof self) != 0) {
    fail("flows: netlink");
  }
  int bytes = 1 << 20;
  setsockopt(netlink, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
  setsockopt(netlink, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
  if (strcmp(words[1], "heard") == 0) {
    listen_to_nothing();
  }
  int as_fast_as_possible = strcmp(words[1], "churn") != 0 && (count <= 7 || atol(words[7]) == 0);
  if (as_fast_as_possible) {
    be_urgent();
  }
  long long began = now();
  if (strcmp(words[1], "churn") == 0) {
    churn(atol(words[5]), atol(words[6]));
  } else {
    create(atol(words[5]), atol(words[6]), count > 7 ? atol(words[7]) : 0);
  }
  printf("%lld %ld\n", now() - began, refused);
  return 0;
}
