// Unary gRPC calls that come when they come: an open loop, so that a slow server is not asked less.
//
//   open_loop HOST PORT CONNECTIONS STREAMS DEADLINE_MS FOLDER PHASE...
//
// A PHASE is RATE:SECONDS, in calls per second; the rate "max" keeps all streams busy instead. The
// FOLDER holds what is sent: `first`, the header block of a connection's first call; `next`, that
// of the others, which may lean on the first one's compression table; `body`, the framed message.
// Where the body holds the letters "@@@@@@@@@@@@@@@@", each call has a number of its own there, and
// where the blocks hold "#####m" what is left of its time, in milliseconds.
//
// A call that finds no free stream waits here, as in any client; the newest goes first. When its
// deadline passes it is given up: forgotten when it waits here, reset when it was sent. An answer
// with a message is good when it is in time; one without is a refusal: nothing of it is looked at
// but the frames.
// Prints a JSON object: what became of the calls of each phase and of each second.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { STREAMS_MAX = 128, CONNECTIONS_MAX = 4096, PHASES_MAX = 16, SECONDS_MAX = 4000 };
enum { IN_BYTES = 65536, OUT_BYTES = 1 << 17, RING = 1 << 22, PER_ADDRESS = 150 };
enum { DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, PING = 6, GOAWAY = 7 };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4 };
enum { OFFERED, GOOD, LATE, REFUSED, RESET, GIVEN_UP, UNSENT, LOST, KINDS };
static const char *const kinds[KINDS] = {"offered", "good",     "late",   "refused",
                                         "reset",   "given_up", "unsent", "lost"};

struct call {
  int64_t arrival, sent;
  uint32_t stream;  // 0: free
  uint16_t phase;
  uint8_t has_message;
};

struct connection {
  int file;
  uint32_t next_stream;
  int open, is_fresh, is_dirty;
  uint32_t in_count, out_count, out_start;
  struct call calls[STREAMS_MAX];
  uint8_t in[IN_BYTES], out[OUT_BYTES];
};

struct waiting { int64_t arrival; uint16_t phase; };
struct pending { int64_t arrival; uint32_t stream; uint16_t connection; };
struct phase { double rate, seconds; int64_t start, end; int64_t counts[KINDS]; };

// Times in buckets: 32 for each power of two of microseconds, 64 for the first ones.
enum { BUCKETS = 40 * 64 };
struct histogram { uint32_t buckets[BUCKETS]; uint64_t count, max; };

static struct connection *connections[CONNECTIONS_MAX];
static struct waiting *waiting;
static struct pending *pending;
static uint64_t waiting_first, waiting_end, pending_first, pending_end;
static struct phase phases[PHASES_MAX];
static struct histogram from_arrival[PHASES_MAX], from_sending[PHASES_MAX];
static int64_t seconds[SECONDS_MAX][KINDS];
static uint8_t first_block[8192], next_block[8192], body[65536];
static size_t first_count, next_count, body_count;
static size_t key_offset = SIZE_MAX, first_timeout = SIZE_MAX, next_timeout = SIZE_MAX;
static int connection_count, stream_count, phase_count, poll_file, reconnects, goaways;
static int64_t deadline, begin, own_delay_max;
static uint64_t calls_made, key_base;
static struct sockaddr_in address;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void fail(const char *what) {
  fprintf(stderr, "open_loop: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void note(struct histogram *histogram, int64_t nanoseconds) {
  uint64_t micros = nanoseconds < 0 ? 0 : nanoseconds / 1000;
  int power = micros < 64 ? 0 : 58 - __builtin_clzll(micros);
  uint64_t index = (uint64_t)power * 64 + (micros >> power);
  if (index >= BUCKETS) index = BUCKETS - 1;
  histogram->buckets[index]++;
  histogram->count++;
  if (micros > histogram->max) histogram->max = micros;
}

static uint64_t quantile(const struct histogram *histogram, double part) {
  uint64_t wanted = histogram->count * part, seen = 0;
  for (uint64_t index = 0; index < BUCKETS; index++) {
    seen += histogram->buckets[index];
    if (seen > wanted) return (index % 64) << (index / 64);
  }
  return histogram->max;
}

static void tell(uint16_t phase, int64_t arrival, int kind) {
  phases[phase].counts[kind]++;
  int64_t second = (arrival - begin) / 1000000000LL;
  if (second >= 0 && second < SECONDS_MAX) seconds[second][kind]++;
}

static uint8_t *frame(uint8_t *at, size_t size, uint8_t type, uint8_t flags, uint32_t stream) {
  at[0] = size >> 16, at[1] = size >> 8, at[2] = size, at[3] = type, at[4] = flags;
  at[5] = stream >> 24, at[6] = stream >> 16, at[7] = stream >> 8, at[8] = stream;
  return at + 9;
}

static void flush(struct connection *connection) {
  connection->is_dirty = 0;
  while (connection->out_start < connection->out_count) {
    ssize_t count = send(connection->file, connection->out + connection->out_start,
                         connection->out_count - connection->out_start, MSG_NOSIGNAL);
    if (count <= 0) break;  // The rest when the socket is writable; a loss is seen by reading.
    connection->out_start += count;
  }
  int is_left = connection->out_start < connection->out_count;
  if (!is_left) connection->out_start = connection->out_count = 0;
}

// Room for so many bytes; NULL when the server takes nothing.
static uint8_t *room(struct connection *connection, size_t size) {
  if (connection->out_count + size > OUT_BYTES) {
    flush(connection);
    memmove(connection->out, connection->out + connection->out_start,
            connection->out_count - connection->out_start);
    connection->out_count -= connection->out_start;
    connection->out_start = 0;
    if (connection->out_count + size > OUT_BYTES) return NULL;
  }
  uint8_t *at = connection->out + connection->out_count;
  connection->out_count += size;
  connection->is_dirty = 1;
  return at;
}

static void connect_to_server(int index) {
  struct connection *connection = connections[index];
  if (connection->file >= 0) close(connection->file);
  int file = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  if (file < 0) fail("socket");
  struct sockaddr_in source = {.sin_family = AF_INET};
  source.sin_addr.s_addr = htonl(0x7f000001 + index / PER_ADDRESS);
  setsockopt(file, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
  setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (bind(file, (struct sockaddr *)&source, sizeof source) != 0) fail("bind");
  if (connect(file, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
  fcntl(file, F_SETFL, O_NONBLOCK);
  memset(connection, 0, offsetof(struct connection, in));
  connection->file = file;
  connection->next_stream = 1;
  connection->is_fresh = 1;
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
  if (epoll_ctl(poll_file, EPOLL_CTL_ADD, file, &event) != 0) fail("epoll_ctl");
  static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  memcpy(room(connection, 24), preface, 24);
  frame(room(connection, 9), 0, SETTINGS, 0, 0);
  // All the credit that there can be: what comes back is small.
  uint8_t *update = frame(room(connection, 13), 4, 8, 0, 0);
  memcpy(update, "\x7f\xfe\x00\x00", 4);
  flush(connection);
}

static int start_call(int index, int64_t arrival, uint16_t phase) {
  struct connection *connection = connections[index];
  const uint8_t *block = connection->is_fresh ? first_block : next_block;
  size_t count = connection->is_fresh ? first_count : next_count;
  uint8_t *at = room(connection, 18 + count + body_count);
  if (at == NULL) return 0;
  struct call *call = connection->calls;
  while (call->stream != 0) call++;
  uint32_t stream = connection->next_stream;
  size_t timeout = connection->is_fresh ? first_timeout : next_timeout;
  connection->next_stream += 2;
  connection->is_fresh = 0;
  connection->open++;
  *call = (struct call){.arrival = arrival, .sent = now(), .stream = stream, .phase = phase};
  at = frame(at, count, HEADERS, END_HEADERS, stream);
  memcpy(at, block, count);
  if (timeout != SIZE_MAX) {
    int64_t left = (deadline - (call->sent - arrival)) / 1000000;
    if (left < 1) left = 1;
    for (int digit = 4; digit >= 0; digit--, left /= 10) at[timeout + digit] = '0' + left % 10;
  }
  at = frame(at + count, body_count, DATA, END_STREAM, stream);
  memcpy(at, body, body_count);
  calls_made++;
  if (key_offset != SIZE_MAX) {
    uint64_t number = key_base + calls_made;
    for (int digit = 15; digit >= 0; digit--, number >>= 4)
      at[key_offset + digit] = "0123456789abcdef"[number & 15];
  }
  pending[pending_end++ % RING] = (struct pending){arrival, stream, index};
  return 1;
}

static struct call *find(struct connection *connection, uint32_t stream) {
  for (int index = 0; index < stream_count; index++)
    if (connection->calls[index].stream == stream) return &connection->calls[index];
  return NULL;
}

static void end_call(struct connection *connection, struct call *call, int kind, int64_t time) {
  if (kind == GOOD) {
    note(&from_arrival[call->phase], time - call->arrival);
    note(&from_sending[call->phase], time - call->sent);
    if (deadline > 0 && time - call->arrival > deadline) kind = LATE;
  }
  tell(call->phase, call->arrival, kind);
  call->stream = 0;
  connection->open--;
}

static void lost(int index) {
  struct connection *connection = connections[index];
  for (int at = 0; at < stream_count; at++)
    if (connection->calls[at].stream != 0) end_call(connection, &connection->calls[at], LOST, 0);
  reconnects++;
  connect_to_server(index);
}

static void take_frame(struct connection *connection, const uint8_t *at, size_t size,
                       int64_t time) {
  uint8_t type = at[3], flags = at[4];
  uint32_t stream = (at[5] & 127u) << 24 | at[6] << 16 | at[7] << 8 | at[8];
  if (type == DATA || type == HEADERS || type == RST_STREAM) {
    struct call *call = find(connection, stream);
    if (call == NULL) return;
    if (type == RST_STREAM) return end_call(connection, call, RESET, time);
    if (type == DATA && size > 0) call->has_message = 1;
    if (flags & END_STREAM) end_call(connection, call, call->has_message ? GOOD : REFUSED, time);
  } else if (type == SETTINGS && !(flags & ACK)) {
    uint8_t *answer = room(connection, 9);
    if (answer) frame(answer, 0, SETTINGS, ACK, 0);
  } else if (type == PING && !(flags & ACK) && size == 8) {
    uint8_t *answer = room(connection, 17);
    if (answer) memcpy(frame(answer, 8, PING, ACK, 0), at + 9, 8);
  } else if (type == GOAWAY) {
    goaways++;
  }
}

static void read_from(int index) {
  struct connection *connection = connections[index];
  for (int turn = 0; turn < 4; turn++) {
    ssize_t count = recv(connection->file, connection->in + connection->in_count,
                         IN_BYTES - connection->in_count, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return lost(index);
    connection->in_count += count;
    int64_t time = now();
    size_t at = 0;
    while (connection->in_count - at >= 9) {
      const uint8_t *head = connection->in + at;
      size_t size = (size_t)head[0] << 16 | head[1] << 8 | head[2];
      if (connection->in_count - at < 9 + size) break;
      take_frame(connection, head, size, time);
      at += 9 + size;
    }
    memmove(connection->in, connection->in + at, connection->in_count - at);
    connection->in_count -= at;
    if (count < IN_BYTES / 2) return;
  }
}

// Gives up those whose time is over: the oldest first, which are all in order.
static void give_up(int64_t time) {
  if (deadline <= 0) return;
  while (pending_first < pending_end) {
    struct pending *oldest = &pending[pending_first % RING];
    struct connection *connection = connections[oldest->connection];
    struct call *call = find(connection, oldest->stream);
    int is_open = call != NULL && call->arrival == oldest->arrival;
    if (is_open && time - oldest->arrival <= deadline) break;
    pending_first++;
    if (!is_open) continue;
    end_call(connection, call, GIVEN_UP, time);
    uint8_t *at = room(connection, 13);
    if (at) memcpy(frame(at, 4, RST_STREAM, 0, oldest->stream), "\0\0\0\x08", 4);
  }
  while (waiting_first < waiting_end) {
    struct waiting *oldest = &waiting[waiting_first % RING];
    if (time - oldest->arrival <= deadline) break;
    tell(oldest->phase, oldest->arrival, UNSENT);
    waiting_first++;
  }
}

// Sends what waits, as far as there are free streams: the newest first. The others have the less
// time the longer they wait, and in their order all of them would be sent when it is too late.
static void send_waiting(void) {
  static int turn;
  for (int tried = 0; tried < connection_count && waiting_first < waiting_end;) {
    turn = (turn + 1) % connection_count;
    struct waiting *newest = &waiting[(waiting_end - 1) % RING];
    if (connections[turn]->open >= stream_count ||
        !start_call(turn, newest->arrival, newest->phase)) {
      tried++;
      continue;
    }
    tried = 0;
    waiting_end--;
  }
}

// Queues the calls that have come by now; returns when the next one comes.
static int64_t arrive(int64_t time) {
  static int current;
  static uint64_t made;
  for (; current < phase_count; current++, made = 0) {
    struct phase *phase = &phases[current];
    if (phase->rate < 0) {
      if (time >= phase->end) continue;
      int busy = waiting_end - waiting_first;
      for (int at = 0; at < connection_count; at++) busy += connections[at]->open;
      for (; busy < connection_count * stream_count; busy++) {
        waiting[waiting_end++ % RING] = (struct waiting){time, current};
        tell(current, time, OFFERED);
      }
      return phase->end;
    }
    for (;;) {
      int64_t next = phase->rate == 0 ? phase->end
                                      : phase->start + (int64_t)(made * 1e9 / phase->rate);
      if (next >= phase->end) break;
      if (next > time) return next;
      if (time - next > own_delay_max) own_delay_max = time - next;
      if (waiting_end - waiting_first >= RING) fail("too many calls wait");
      waiting[waiting_end++ % RING] = (struct waiting){next, current};
      tell(current, next, OFFERED);
      made++;
    }
    if (time < phase->end) return phase->end;
  }
  return INT64_MAX;
}

static void run(void) {
  int64_t end = phases[phase_count - 1].end + (deadline > 0 ? deadline : 2000000000LL);
  for (int64_t time = now(); time < end + 50000000; time = now()) {
    int64_t next = arrive(time);
    send_waiting();
    for (int index = 0; index < connection_count; index++)
      if (connections[index]->is_dirty) flush(connections[index]);
    struct epoll_event events[256];
    int64_t pause = next - now();
    if (pause > 1000000) pause = 1000000;
    struct timespec timeout = {0, pause < 0 ? 0 : pause};
    int count = epoll_pwait2(poll_file, events, 256, &timeout, NULL);
    for (int index = 0; index < count; index++) read_from(events[index].data.u32);
    give_up(now());
    int left = waiting_end > waiting_first;
    for (int index = 0; index < connection_count; index++) {
      struct connection *connection = connections[index];
      left |= connection->open > 0;
      if (connection->out_start > 0) flush(connection);
    }
    if (!left && now() > phases[phase_count - 1].end) break;
  }
}

static void print_counts(const int64_t *counts) {
  for (int kind = 0; kind < KINDS; kind++)
    printf("%s\"%s\": %lld", kind ? ", " : "", kinds[kind], (long long)counts[kind]);
}

static void print_all(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("{\"reconnects\": %d, \"goaways\": %d, \"own_delay_max_us\": %lld, \"cpu_seconds\": %.3f",
         reconnects, goaways, (long long)own_delay_max / 1000,
         usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
             (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
  printf(", \"phases\": [");
  for (int index = 0; index < phase_count; index++) {
    const struct histogram *all = &from_arrival[index], *sent = &from_sending[index];
    printf("%s{\"rate\": %.1f, \"seconds\": %.1f, ", index ? ", " : "", phases[index].rate,
           phases[index].seconds);
    print_counts(phases[index].counts);
    printf(", \"p50_us\": %llu, \"p99_us\": %llu, \"max_us\": %llu",
           (unsigned long long)quantile(all, 0.5), (unsigned long long)quantile(all, 0.99),
           (unsigned long long)all->max);
    printf(", \"sent_p50_us\": %llu, \"sent_p99_us\": %llu, \"sent_max_us\": %llu}",
           (unsigned long long)quantile(sent, 0.5), (unsigned long long)quantile(sent, 0.99),
           (unsigned long long)sent->max);
  }
  printf("], \"seconds\": [");
  int64_t count = (phases[phase_count - 1].end - begin) / 1000000000LL;
  for (int64_t index = 0; index < count && index < SECONDS_MAX; index++) {
    printf("%s{", index ? ", " : "");
    print_counts(seconds[index]);
    printf("}");
  }
  printf("]}\n");
}

static size_t load(const char *folder, const char *name, uint8_t *into, size_t max) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail(path);
  size_t count = fread(into, 1, max, file);
  fclose(file);
  return count;
}

// Where these letters stand; SIZE_MAX when they do not.
static size_t find_letters(const uint8_t *bytes, size_t count, const char *letters) {
  const uint8_t *found = memmem(bytes, count, letters, strlen(letters));
  return found == NULL ? SIZE_MAX : (size_t)(found - bytes);
}

int main(int count, char **words) {
  if (count < 8 || count > 7 + PHASES_MAX) {
    fprintf(stderr, "usage: open_loop HOST PORT CONNECTIONS STREAMS DEADLINE_MS FOLDER PHASE...\n");
    return 64;
  }
  address.sin_family = AF_INET;
  address.sin_port = htons(atoi(words[2]));
  if (inet_pton(AF_INET, words[1], &address.sin_addr) != 1) fail("address");
  connection_count = atoi(words[3]);
  stream_count = atoi(words[4]);
  if (connection_count < 1 || connection_count > CONNECTIONS_MAX || stream_count < 1 ||
      stream_count > STREAMS_MAX) {
    fprintf(stderr, "open_loop: that many connections or streams are not supported\n");
    return 64;
  }
  deadline = atoll(words[5]) * 1000000;
  first_count = load(words[6], "first", first_block, sizeof first_block);
  next_count = load(words[6], "next", next_block, sizeof next_block);
  body_count = load(words[6], "body", body, sizeof body);
  struct timespec today;
  clock_gettime(CLOCK_REALTIME, &today);
  // Another run begins above all numbers of this one, which makes fewer than one in a nanosecond.
  key_base = today.tv_sec * 1000000000ULL + today.tv_nsec;
  key_offset = find_letters(body, body_count, "@@@@@@@@@@@@@@@@");
  first_timeout = find_letters(first_block, first_count, "#####m");
  next_timeout = find_letters(next_block, next_count, "#####m");
  for (int index = 7; index < count; index++) {
    struct phase *phase = &phases[phase_count++];
    phase->rate = strncmp(words[index], "max:", 4) == 0 ? -1 : atof(words[index]);
    phase->seconds = atof(strchr(words[index], ':') ? strchr(words[index], ':') + 1 : "1");
  }
  waiting = malloc(sizeof *waiting * RING);
  pending = malloc(sizeof *pending * RING);
  poll_file = epoll_create1(0);
  if (waiting == NULL || pending == NULL || poll_file < 0) fail("set-up");
  prctl(PR_SET_TIMERSLACK, 1000);
  for (int index = 0; index < connection_count; index++) {
    connections[index] = malloc(sizeof *connections[index]);
    if (connections[index] == NULL) fail("memory");
    connections[index]->file = -1;
    connect_to_server(index);
  }
  begin = now();
  int64_t start = begin;
  for (int index = 0; index < phase_count; index++) {
    phases[index].start = start;
    phases[index].end = start += (int64_t)(phases[index].seconds * 1e9);
  }
  run();
  print_all();
  return 0;
}
