import Glibc

/// Whether this run may take minutes: STREAMLINE_LONG is set in its environment.
let isLongRun = getenv("STREAMLINE_LONG") != nil
