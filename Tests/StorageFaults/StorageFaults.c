#include "StorageFaults.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// One lock guards a watch, and is held while a call is carried out: so the records are in the order
// in which things happened, whichever thread did them.
struct FaultsWatch {
  pthread_mutex_t lock;
  char *folder;
  size_t folder_length;
  // The test's own, and one for each open file.
  int references;
  bool is_over;
  FaultsRecord *records;
  size_t count, capacity;
  // The files by number; which of them a name stands for now.
  char **names;
  bool *is_linked;
  size_t file_count, file_capacity;
  // The armed fault: how many calls until it strikes, 0 when none is armed.
  FaultsCall call;
  int64_t calls_left, struck;
  int32_t code;
  bool is_lasting, is_armed;
  int64_t lie_in;
  int32_t synchronous;
  FaultsWatch *next;
};

typedef struct {
  sqlite3_file base;
  FaultsWatch *watch;
  int32_t number;
  // Of a log or journal that was opened, the first sync also makes the names durable.
  bool syncs_directory;
  // What PRAGMA synchronous was set to, when it is forced.
  char wanted[8];
  // Behind this struct, in the same memory.
  sqlite3_file *real;
} ShimFile;

static sqlite3_vfs *real_vfs;
static sqlite3_vfs shim_vfs;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static FaultsWatch *first_watch;

static void *must(void *memory) {
  if (memory == NULL) abort();
  return memory;
}

// MARK: Watches

static void release(FaultsWatch *watch) {
  pthread_mutex_lock(&list_lock);
  bool is_last = --watch->references == 0;
  pthread_mutex_unlock(&list_lock);
  if (!is_last) return;
  for (size_t i = 0; i < watch->count; i++) free((void *)watch->records[i].bytes);
  for (size_t i = 0; i < watch->file_count; i++) free(watch->names[i]);
  free(watch->records);
  free(watch->names);
  free(watch->is_linked);
  free(watch->folder);
  pthread_mutex_destroy(&watch->lock);
  free(watch);
}

// The watch over a path's folder, kept for the caller; NULL when there is none.
static FaultsWatch *retain_watch(const char *path) {
  pthread_mutex_lock(&list_lock);
  FaultsWatch *watch = path == NULL ? NULL : first_watch;
  while (watch != NULL) {
    size_t length = watch->folder_length;
    if (strncmp(path, watch->folder, length) == 0 && path[length] == '/') break;
    watch = watch->next;
  }
  if (watch != NULL) watch->references++;
  pthread_mutex_unlock(&list_lock);
  return watch;
}

static void record(
    FaultsWatch *watch, FaultsRecordKind kind, int32_t file, int64_t position, const void *bytes,
    int64_t length) {
  if (watch->is_over) return;
  if (watch->count == watch->capacity) {
    watch->capacity = watch->capacity == 0 ? 1024 : 2 * watch->capacity;
    watch->records =
        must(realloc(watch->records, watch->capacity * sizeof *watch->records));
  }
  uint8_t *copy = NULL;
  if (length > 0) {
    copy = must(malloc(length));
    memcpy(copy, bytes, length);
  }
  watch->records[watch->count++] = (FaultsRecord){kind, file, position, length, copy};
}

// Whether this call is the one that fails.
static bool strikes(FaultsWatch *watch, FaultsCall call) {
  if (!watch->is_armed || watch->call != call) return false;
  if (watch->calls_left > 1) {
    watch->calls_left--;
    return false;
  }
  if (watch->struck > 0 && !watch->is_lasting) return false;
  watch->struck++;
  return true;
}

// The number of the file that a path names now; -1 when none.
static int32_t number_of(FaultsWatch *watch, const char *path) {
  const char *name = path + watch->folder_length + 1;
  for (size_t i = 0; i < watch->file_count; i++) {
    if (watch->is_linked[i] && strcmp(watch->names[i], name) == 0) return (int32_t)i;
  }
  return -1;
}

static int32_t add_file(FaultsWatch *watch, const char *path) {
  if (watch->file_count == watch->file_capacity) {
    watch->file_capacity = watch->file_capacity == 0 ? 16 : 2 * watch->file_capacity;
    watch->names = must(realloc(watch->names, watch->file_capacity * sizeof *watch->names));
    watch->is_linked =
        must(realloc(watch->is_linked, watch->file_capacity * sizeof *watch->is_linked));
  }
  watch->names[watch->file_count] = must(strdup(path + watch->folder_length + 1));
  watch->is_linked[watch->file_count] = true;
  return (int32_t)watch->file_count++;
}

// MARK: Files

static int shim_close(sqlite3_file *file) {
  ShimFile *shim = (ShimFile *)file;
  int code = shim->real->pMethods->xClose(shim->real);
  release(shim->watch);
  return code;
}

static int shim_read(sqlite3_file *file, void *into, int count, sqlite3_int64 offset) {
  ShimFile *shim = (ShimFile *)file;
  pthread_mutex_lock(&shim->watch->lock);
  int code = strikes(shim->watch, FaultsCallRead) ? shim->watch->code : SQLITE_OK;
  pthread_mutex_unlock(&shim->watch->lock);
  return code != SQLITE_OK ? code : shim->real->pMethods->xRead(shim->real, into, count, offset);
}

static int shim_write(sqlite3_file *file, const void *from, int count, sqlite3_int64 offset) {
  ShimFile *shim = (ShimFile *)file;
  FaultsWatch *watch = shim->watch;
  pthread_mutex_lock(&watch->lock);
  int failure = strikes(watch, FaultsCallWrite) ? watch->code : SQLITE_OK;
  if (failure != SQLITE_OK) count /= 2;
  int code =
      count == 0 ? SQLITE_OK : shim->real->pMethods->xWrite(shim->real, from, count, offset);
  if (code == SQLITE_OK && count > 0) {
    record(watch, FaultsRecordKindWrite, shim->number, offset, from, count);
  }
  pthread_mutex_unlock(&watch->lock);
  return code != SQLITE_OK ? code : failure;
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 size) {
  ShimFile *shim = (ShimFile *)file;
  FaultsWatch *watch = shim->watch;
  pthread_mutex_lock(&watch->lock);
  int code = strikes(watch, FaultsCallTruncate)
                 ? watch->code
                 : shim->real->pMethods->xTruncate(shim->real, size);
  if (code == SQLITE_OK) record(watch, FaultsRecordKindTruncate, shim->number, size, NULL, 0);
  pthread_mutex_unlock(&watch->lock);
  return code;
}

static int shim_sync(sqlite3_file *file, int flags) {
  ShimFile *shim = (ShimFile *)file;
  FaultsWatch *watch = shim->watch;
  pthread_mutex_lock(&watch->lock);
  int code = SQLITE_OK;
  bool lies = watch->lie_in > 0 && --watch->lie_in == 0;
  if (strikes(watch, FaultsCallSync)) {
    code = watch->code;
    record(watch, FaultsRecordKindSyncFailed, shim->number, 0, NULL, 0);
  } else {
    // The real wait would tell nothing: what is durable is decided by the records. That of the
    // folder is a call of its own, which does not lie.
    FaultsRecordKind kind = lies ? FaultsRecordKindSyncLied : FaultsRecordKindSync;
    record(watch, kind, shim->number, 0, NULL, 0);
    if (shim->syncs_directory) record(watch, FaultsRecordKindDirectorySync, 0, 0, NULL, 0);
    shim->syncs_directory = false;
  }
  pthread_mutex_unlock(&watch->lock);
  (void)flags;
  return code;
}

static int shim_file_size(sqlite3_file *file, sqlite3_int64 *size) {
  sqlite3_file *real = ((ShimFile *)file)->real;
  return real->pMethods->xFileSize(real, size);
}

static int shim_lock(sqlite3_file *file, int level) {
  sqlite3_file *real = ((ShimFile *)file)->real;
  return real->pMethods->xLock(real, level);
}

static int shim_unlock(sqlite3_file *file, int level) {
  sqlite3_file *real = ((ShimFile *)file)->real;
  return real->pMethods->xUnlock(real, level);
}

static int shim_check_lock(sqlite3_file *file, int *is_reserved) {
  sqlite3_file *real = ((ShimFile *)file)->real;
  return real->pMethods->xCheckReservedLock(real, is_reserved);
}

// PRAGMA synchronous on its way to SQLite: another level is put in place of the one that is set.
static int force_synchronous(ShimFile *shim, char **pragma) {
  if (pragma[2] == NULL) {
    pragma[0] = sqlite3_mprintf("%s", shim->wanted);
    return SQLITE_OK;
  }
  size_t length = strlen(pragma[2]);
  if (length == 0 || length >= sizeof shim->wanted) return SQLITE_NOTFOUND;
  memcpy(shim->wanted, pragma[2], length + 1);
  memset(pragma[2], ' ', length);
  pragma[2][0] = (char)('0' + shim->watch->synchronous);
  pragma[2][1] = 0;
  return SQLITE_NOTFOUND;
}

static int shim_control(sqlite3_file *file, int operation, void *argument) {
  ShimFile *shim = (ShimFile *)file;
  if (operation == SQLITE_FCNTL_PRAGMA && shim->watch->synchronous >= 0) {
    char **pragma = argument;
    if (strcasecmp(pragma[1], "synchronous") == 0) return force_synchronous(shim, pragma);
  }
  return shim->real->pMethods->xFileControl(shim->real, operation, argument);
}

static int shim_sector_size(sqlite3_file *file) {
  sqlite3_file *real = ((ShimFile *)file)->real;
  return real->pMethods->xSectorSize(real);
}

static int shim_characteristics(sqlite3_file *file) {
  sqlite3_file *real = ((ShimFile *)file)->real;
  return real->pMethods->xDeviceCharacteristics(real);
}

static int shim_shm_map(
    sqlite3_file *file, int page, int size, int extend, void volatile **memory) {
  ShimFile *shim = (ShimFile *)file;
  pthread_mutex_lock(&shim->watch->lock);
  int code = strikes(shim->watch, FaultsCallSharedMemory) ? shim->watch->code : SQLITE_OK;
  pthread_mutex_unlock(&shim->watch->lock);
  if (code != SQLITE_OK) {
    *memory = NULL;
    return code;
  }
  return shim->real->pMethods->xShmMap(shim->real, page, size, extend, memory);
}

static int shim_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
  sqlite3_file *real = ((ShimFile *)file)->real;
  return real->pMethods->xShmLock(real, offset, count, flags);
}

static void shim_shm_barrier(sqlite3_file *file) {
  sqlite3_file *real = ((ShimFile *)file)->real;
  real->pMethods->xShmBarrier(real);
}

static int shim_shm_unmap(sqlite3_file *file, int is_deleted) {
  sqlite3_file *real = ((ShimFile *)file)->real;
  return real->pMethods->xShmUnmap(real, is_deleted);
}

// Version 2: no memory maps of files, which would write past the records.
static const sqlite3_io_methods shim_methods = {
    .iVersion = 2,
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_file_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_check_lock,
    .xFileControl = shim_control,
    .xSectorSize = shim_sector_size,
    .xDeviceCharacteristics = shim_characteristics,
    .xShmMap = shim_shm_map,
    .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_shm_barrier,
    .xShmUnmap = shim_shm_unmap,
};

// MARK: The file system

static int open_watched(
    FaultsWatch *watch, const char *path, ShimFile *shim, int flags, int *flags_out) {
  int is_there = 0;
  real_vfs->xAccess(real_vfs, path, SQLITE_ACCESS_EXISTS, &is_there);
  shim->real = (sqlite3_file *)((char *)shim + sizeof(ShimFile));
  int code = strikes(watch, FaultsCallOpen)
                 ? watch->code
                 : real_vfs->xOpen(real_vfs, path, shim->real, flags, flags_out);
  if (code != SQLITE_OK) return code;
  shim->number = number_of(watch, path);
  shim->syncs_directory = flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL);
  if (shim->number >= 0) return SQLITE_OK;
  shim->number = add_file(watch, path);
  FaultsRecordKind kind = is_there ? FaultsRecordKindFound : FaultsRecordKindCreated;
  record(watch, kind, shim->number, 0, NULL, 0);
  return SQLITE_OK;
}

static int shim_open(
    sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *flags_out) {
  (void)vfs;
  FaultsWatch *watch = retain_watch(path);
  if (watch == NULL) return real_vfs->xOpen(real_vfs, path, file, flags, flags_out);
  ShimFile *shim = (ShimFile *)file;
  memset(shim, 0, sizeof *shim);
  shim->watch = watch;
  memcpy(shim->wanted, "2", 2);
  pthread_mutex_lock(&watch->lock);
  int code = open_watched(watch, path, shim, flags, flags_out);
  pthread_mutex_unlock(&watch->lock);
  // Without methods SQLite does not close it.
  if (code == SQLITE_OK) file->pMethods = &shim_methods;
  if (code != SQLITE_OK) release(watch);
  return code;
}

static int shim_delete(sqlite3_vfs *vfs, const char *path, int is_directory_synced) {
  (void)vfs;
  FaultsWatch *watch = retain_watch(path);
  if (watch == NULL) return real_vfs->xDelete(real_vfs, path, is_directory_synced);
  pthread_mutex_lock(&watch->lock);
  int code = strikes(watch, FaultsCallDelete) ? watch->code
                                              : real_vfs->xDelete(real_vfs, path, 0);
  int32_t number = number_of(watch, path);
  if (code == SQLITE_OK && number >= 0) {
    watch->is_linked[number] = false;
    record(watch, FaultsRecordKindDeleted, number, 0, NULL, 0);
    if (is_directory_synced) record(watch, FaultsRecordKindDirectorySync, 0, 0, NULL, 0);
  }
  pthread_mutex_unlock(&watch->lock);
  release(watch);
  return code;
}

static void install(void) {
  if (sqlite3_initialize() != SQLITE_OK) abort();
  real_vfs = must(sqlite3_vfs_find(NULL));
  shim_vfs = *real_vfs;
  shim_vfs.zName = "farebox-test";
  shim_vfs.pNext = NULL;
  shim_vfs.szOsFile = (int)sizeof(ShimFile) + real_vfs->szOsFile;
  shim_vfs.xOpen = shim_open;
  shim_vfs.xDelete = shim_delete;
  if (sqlite3_vfs_register(&shim_vfs, 1) != SQLITE_OK) abort();
}

// MARK: For tests

FaultsWatch *faults_begin(const char *folder) {
  pthread_once(&once, install);
  FaultsWatch *watch = must(calloc(1, sizeof *watch));
  pthread_mutex_init(&watch->lock, NULL);
  watch->folder = must(strdup(folder));
  watch->folder_length = strlen(folder);
  watch->references = 1;
  watch->synchronous = -1;
  pthread_mutex_lock(&list_lock);
  watch->next = first_watch;
  first_watch = watch;
  pthread_mutex_unlock(&list_lock);
  return watch;
}

void faults_end(FaultsWatch *watch) {
  pthread_mutex_lock(&list_lock);
  FaultsWatch **link = &first_watch;
  while (*link != watch) link = &(*link)->next;
  *link = watch->next;
  pthread_mutex_unlock(&list_lock);
  pthread_mutex_lock(&watch->lock);
  watch->is_over = true;
  watch->is_armed = false;
  pthread_mutex_unlock(&watch->lock);
  release(watch);
}

size_t faults_count(FaultsWatch *watch) {
  pthread_mutex_lock(&watch->lock);
  size_t count = watch->count;
  pthread_mutex_unlock(&watch->lock);
  return count;
}

size_t faults_file_count(FaultsWatch *watch) {
  pthread_mutex_lock(&watch->lock);
  size_t count = watch->file_count;
  pthread_mutex_unlock(&watch->lock);
  return count;
}

const char *faults_file_name(FaultsWatch *watch, int32_t file) {
  pthread_mutex_lock(&watch->lock);
  const char *name = watch->names[file];
  pthread_mutex_unlock(&watch->lock);
  return name;
}

FaultsRecord faults_record(FaultsWatch *watch, size_t index) {
  pthread_mutex_lock(&watch->lock);
  FaultsRecord record = watch->records[index];
  pthread_mutex_unlock(&watch->lock);
  return record;
}

void faults_mark(FaultsWatch *watch, int64_t number) {
  pthread_mutex_lock(&watch->lock);
  record(watch, FaultsRecordKindMark, 0, number, NULL, 0);
  pthread_mutex_unlock(&watch->lock);
}

void faults_arm(FaultsWatch *watch, FaultsCall call, int64_t k, int32_t code, bool lasting) {
  pthread_mutex_lock(&watch->lock);
  watch->call = call;
  watch->calls_left = k;
  watch->struck = 0;
  watch->code = code;
  watch->is_lasting = lasting;
  watch->is_armed = true;
  pthread_mutex_unlock(&watch->lock);
}

int64_t faults_disarm(FaultsWatch *watch) {
  pthread_mutex_lock(&watch->lock);
  watch->is_armed = false;
  int64_t struck = watch->struck;
  watch->struck = 0;
  pthread_mutex_unlock(&watch->lock);
  return struck;
}

void faults_lie(FaultsWatch *watch, int64_t k) {
  pthread_mutex_lock(&watch->lock);
  watch->lie_in = k;
  pthread_mutex_unlock(&watch->lock);
}

void faults_force_synchronous(FaultsWatch *watch, int32_t level) {
  pthread_mutex_lock(&watch->lock);
  watch->synchronous = level;
  pthread_mutex_unlock(&watch->lock);
}
