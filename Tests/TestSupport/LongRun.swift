import Glibc

/// Whether this run may take minutes.
package enum LongRun {
  /// STREAMLINE_LONG is set in the environment.
  package static let isAsked = getenv("STREAMLINE_LONG") != nil
}
