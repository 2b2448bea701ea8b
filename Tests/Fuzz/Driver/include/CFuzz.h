#pragma once
#include <stddef.h>
#include <stdint.h>

/// libFuzzer's loop, for a program with a `main` of its own (compiler-rt, FuzzerDriver.cpp): takes its
/// options out of the arguments, calls `run` with inputs until it is told to stop, and gives the
/// status to exit with.
int LLVMFuzzerRunDriver(int *argc, char ***argv,
                        int (*run)(const uint8_t *data, size_t size));
