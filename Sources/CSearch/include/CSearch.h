// Searches that look at sixteen or thirty-two bytes at a time: one of several words, all of a byte, some
// bytes while they are copied.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Which of eight buckets have a word whose byte i (of the first `length`) has this low half, and this
/// high half.
struct CSearchTable {
  uint8_t low[3][16];
  uint8_t high[3][16];
  /// 1 to 3: no more than the shortest word has.
  size_t length;
};

/// The first offset in `start..<count` at which all of the first `length` bytes agree with one bucket,
/// and those buckets in `buckets`; `count` if there is none. Words are still to be compared.
size_t CSearchNext(const struct CSearchTable *table, const uint8_t *bytes, size_t count,
                   size_t start, uint8_t *buckets);

/// Writes the offsets of `byte` in `start..<count` to `offsets`, in their order, until there are
/// `enough` or there is no `room` for 64 more; in one pass, where a search for each costs several times
/// as much. Answers how many there are; `*next` is where to go on, `count` at the end.
size_t CSearchEach(const uint8_t *bytes, size_t count, size_t start, uint8_t byte, size_t enough,
                   uint32_t *offsets, size_t room, size_t *next);

/// Writes the offsets of all `a`, `b` and `c` in `start..<count` to `offsets`, in their order, as long
/// as there is `room`, which is 64 at least.
/// Answers how many there are; `*next` is where to go on, `count` at the end.
size_t CSearchMarks(const uint8_t *bytes, size_t count, size_t start, uint8_t a, uint8_t b,
                    uint8_t c, uint32_t *offsets, size_t room, size_t *next);

/// Copies the `count` bytes to `target`, where there is nothing of them yet, and answers whether `a`,
/// `b`, a newline or a return is among them.
bool CSearchCopy(uint8_t *target, const uint8_t *bytes, size_t count, uint8_t a, uint8_t b);
