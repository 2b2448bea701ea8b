// Fuzzes the reader of expressions and that of each format, with libFuzzer:
//
//     STREAMLINE_FUZZ=1 swift build --scratch-path .build-fuzz -c release --product fuzz \
//       -Xswiftc -sanitize=fuzzer -Xswiftc -use-ld=lld
//     FUZZ=cel nice -n 19 .build-fuzz/release/fuzz -max_total_time=60 -max_len=4096 \
//       -rss_limit_mb=2048 FOLDER
//
// FUZZ names the target: one of `FuzzTarget.all`, among them `planted`, which has a fault to be found
// first, to see that the fuzzer works. FOLDER keeps the inputs that reach something new. A crash
// writes its input to a file, and `FUZZ=cel fuzz FILE` runs that again. Without STREAMLINE_FUZZ no
// build sees this target.

import CFuzz
import Glibc

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
  LLVMFuzzerRunDriver(&count, &arguments) { data, size in
    FuzzTarget.chosen.run(Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
  })
