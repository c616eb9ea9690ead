// A file system for SQLite in front of the real one, for tests: of the files in a watched folder it
// records everything that reaches the disk, in one order, and lets calls fail.
//
//   SQLite --> this --> the system's file system --> disk
//                \---> records: created, write, truncate, sync, deleted, ... and the test's marks
//
// It becomes the default of the process, so the code under test knows nothing of it. Files outside
// of watched folders are handed to the real file system, which from then on is asked directly.

#ifndef STORAGE_FAULTS_H
#define STORAGE_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What a record says. A failed sync leaves it open whether what was written before it ever reaches
// the disk.
enum __attribute__((enum_extensibility(closed))) FaultsRecordKind : int32_t {
  FaultsRecordKindCreated,
  // A file that was there already is opened for the first time.
  FaultsRecordKindFound,
  FaultsRecordKindWrite,
  FaultsRecordKindTruncate,
  FaultsRecordKindSync,
  FaultsRecordKindSyncFailed,
  // It was said to be done, and nothing was.
  FaultsRecordKindSyncLied,
  FaultsRecordKindDeleted,
  FaultsRecordKindDirectorySync,
  FaultsRecordKindMark,
};
typedef enum FaultsRecordKind FaultsRecordKind;

typedef struct {
  FaultsRecordKind kind;
  // The file: a name that is created again is another file.
  int32_t file;
  // Where a write begins, the new size of a file that is truncated, or the number of a mark.
  int64_t position;
  int64_t length;
  const uint8_t *bytes;
} FaultsRecord;

// The calls that can be made to fail.
enum __attribute__((enum_extensibility(closed))) FaultsCall : int32_t {
  FaultsCallOpen,
  FaultsCallRead,
  FaultsCallWrite,
  FaultsCallTruncate,
  FaultsCallSync,
  FaultsCallDelete,
  FaultsCallSharedMemory,
};
typedef enum FaultsCall FaultsCall;

typedef struct FaultsWatch FaultsWatch;

// Begins to watch a folder, given by its real path, without a slash at its end.
// Ends with faults_end; what is still open then goes on, unwatched.
FaultsWatch *faults_begin(const char *folder);
void faults_end(FaultsWatch *watch);

// How much was recorded so far, the name of a file, and a record, whose bytes stay until the end.
size_t faults_count(FaultsWatch *watch);
size_t faults_file_count(FaultsWatch *watch);
const char *faults_file_name(FaultsWatch *watch, int32_t file);
FaultsRecord faults_record(FaultsWatch *watch, size_t index);

// Adds a record of the test's own.
void faults_mark(FaultsWatch *watch, int64_t number);

// Lets the k-th of these calls from now on fail with an error code of SQLite, and with `lasting`
// every one after it too. A write that fails has written its first half.
void faults_arm(FaultsWatch *watch, FaultsCall call, int64_t k, int32_t code, bool lasting);

// Ends that; returns how many calls have failed since it began, or since this was last called.
int64_t faults_disarm(FaultsWatch *watch);

// Lets the k-th sync from now on do nothing and succeed.
void faults_lie(FaultsWatch *watch, int64_t k);

// Gives connections that are opened from now on another level of PRAGMA synchronous than they ask
// for, and tells them what they asked for. Below 0: no longer.
void faults_force_synchronous(FaultsWatch *watch, int32_t level);

#endif
