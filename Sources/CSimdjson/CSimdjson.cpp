#include "CSimdjson.h"
#include <dlfcn.h>
#include <memory>
#include <new>
#include <simdjson.h>

// Types come from the header, the code from the shared library, loaded when the first JSON is met:
// linked directly it adds 0.17 ms to every start, and a machine without it could run nothing. Of the
// library's own symbols one is needed, whose name the version in the library's name pins; all else
// are virtual functions.

const size_t CSimdjsonPadding = simdjson::SIMDJSON_PADDING;

struct CSimdjsonIndex {
  const simdjson::implementation *implementation;
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
};

static const simdjson::implementation *load() {
  using Get = simdjson::internal::atomic_ptr<const simdjson::implementation> &(*)();
  void *library = dlopen("libsimdjson.so.14", RTLD_NOW | RTLD_LOCAL);
  if (!library) return nullptr;
  auto get = reinterpret_cast<Get>(dlsym(library, "_ZN8simdjson25get_active_implementationEv"));
  return get ? get().operator->() : nullptr;
}

struct CSimdjsonIndex *CSimdjsonMake(void) {
  static const simdjson::implementation *implementation = load();
  if (!implementation) return nullptr;
  return new (std::nothrow) CSimdjsonIndex{implementation, nullptr};
}

void CSimdjsonFree(struct CSimdjsonIndex *index) { delete index; }

// Room for a text of `count` bytes; after a very large one the memory is given back.
static bool makeRoom(struct CSimdjsonIndex *index, size_t count) {
  const size_t least = 64 << 10, large = 4 << 20;
  size_t room = index->parser ? index->parser->capacity() : 0;
  if (room > 0 && count <= room && (room <= large || count > room / 4)) return true;
  size_t wanted = least;
  while (wanted < count) wanted *= 2;
  // Of the second stage, which is not used, nothing but a little depth is asked for.
  if (index->parser) return index->parser->allocate(wanted, 1) == simdjson::SUCCESS;
  return index->implementation->create_dom_parser_implementation(wanted, 1, index->parser) ==
         simdjson::SUCCESS;
}

enum CSimdjsonOutcome CSimdjsonRead(struct CSimdjsonIndex *index, const uint8_t *bytes,
                                    size_t count) {
  if (count > (size_t(1) << 31) || !makeRoom(index, count)) return CSIMDJSON_NO_MEMORY;
  switch (index->parser->stage1(bytes, count, simdjson::stage1_mode::regular)) {
  case simdjson::SUCCESS: return CSIMDJSON_INDEXED;
  case simdjson::EMPTY: return CSIMDJSON_EMPTY;
  case simdjson::UTF8_ERROR: return CSIMDJSON_NOT_UTF8;
  case simdjson::UNCLOSED_STRING: return CSIMDJSON_OPEN_STRING;
  case simdjson::UNESCAPED_CHARS: return CSIMDJSON_CONTROL_CHARACTER;
  default: return CSIMDJSON_NO_MEMORY;
  }
}

const uint32_t *CSimdjsonTokens(const struct CSimdjsonIndex *index) {
  return index->parser ? index->parser->structural_indexes.get() : nullptr;
}

size_t CSimdjsonTokenCount(const struct CSimdjsonIndex *index) {
  return index->parser ? index->parser->n_structural_indexes : 0;
}
