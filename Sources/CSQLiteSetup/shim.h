#ifndef FAREBOX_CSQLITESETUP_SHIM_H
#define FAREBOX_CSQLITESETUP_SHIM_H
/* sqlite3_config(3), which Swift cannot call because it is variadic. */
int sqlite3_config(int option, ...);

/* Tells SQLite to keep no count of its memory: a lock for each allocation, of which every row that
 * is written makes several. Only before SQLite is first used; 0 when it was done. */
static inline int farebox_sqlite_count_no_memory(void) {
  const int memory_status = 9; /* SQLITE_CONFIG_MEMSTATUS */
  return sqlite3_config(memory_status, 0);
}
#endif
