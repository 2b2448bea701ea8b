import Testing

/// Which of CPython's asyncio tests a stream of lines can have too, and where: every row of
/// `corpora/asyncio_tests.tsv` has a line here. A test that covers one names it in its comment.
enum AsyncioSemantics {
  enum Coverage: Equatable {
    /// A test of `Tests/FlowTests` names it.
    case flow
    /// A matter of stages, limits, policies, children or signals: a test of another target names it.
    case elsewhere(String)
    /// Lines, stages and queues have nothing of the kind.
    case none(String)
  }

  // Why there is nothing of the kind.
  static let oneReader = "a queue has one writer and one reader"
  static let ofPython = "a matter of the language or the event loop"

  static let table: [(test: String, coverage: Coverage)] = [
    // gather
    ("GatherTestsBase.test_success", .flow),
    ("GatherTestsBase.test_result_exception_success", .elsewhere("collect, nothing fails")),
    ("GatherTestsBase.test_one_exception", .flow),
    ("GatherTestsBase.test_return_exceptions", .elsewhere("collect: errors in their place")),
    ("FutureGatherTests.test_constructor_empty_sequence_use_running_loop", .flow),
    ("FutureGatherTests.test_constructor_heterogenous_futures", .none(ofPython)),
    ("FutureGatherTests.test_constructor_homogenous_futures", .none(ofPython)),
    ("FutureGatherTests.test_one_cancellation", .elsewhere("a cancelled attempt is a failure")),
    (
      "FutureGatherTests.test_result_exception_one_cancellation",
      .elsewhere("no policy absorbs a cancellation (SEMANTICS 8.10), asyncio's does")
    ),
    ("CoroutineGatherTests.test_duplicate_coroutines", .flow),
    ("CoroutineGatherTests.test_cancellation_broadcast", .flow),
    ("CoroutineGatherTests.test_exception_marking", .flow),
    ("CoroutineGatherTests.test_issue46672", .elsewhere("errors of the file come before any line")),
    ("BaseTaskTests.test_cancel_gather_1", .flow),
    ("BaseTaskTests.test_cancel_gather_2", .elsewhere("a stop comes through collect")),
    // wait and as_completed
    ("BaseTaskTests.test_wait", .flow),
    ("BaseTaskTests.test_wait_duplicate_coroutines", .flow),
    ("BaseTaskTests.test_wait_errors", .elsewhere("fanout: 0 and unknown words are refused")),
    ("BaseTaskTests.test_wait_first_completed", .none("no stage races its items")),
    ("BaseTaskTests.test_wait_really_done", .flow),
    ("BaseTaskTests.test_wait_first_exception", .flow),
    ("BaseTaskTests.test_wait_first_exception_in_wait", .flow),
    ("BaseTaskTests.test_wait_with_exception", .elsewhere("collect goes on behind a failure")),
    ("BaseTaskTests.test_wait_with_timeout", .none("no stage gives up waiting for items in work")),
    ("BaseTaskTests.test_wait_concurrent_complete", .flow),
    ("BaseTaskTests.test_as_completed", .flow),
    ("BaseTaskTests.test_as_completed_with_timeout", .elsewhere("a limit fails its line only")),
    ("BaseTaskTests.test_as_completed_with_unused_timeout", .flow),
    ("BaseTaskTests.test_as_completed_reverse_wait", .none(oneReader)),
    ("BaseTaskTests.test_as_completed_concurrent", .flow),
    ("BaseTaskTests.test_as_completed_duplicate_coroutines", .flow),
    // cancelling
    ("BaseTaskTests.test_shield_cancel_outer", .elsewhere("a signal lets work in flight finish")),
    ("BaseTaskTests.test_shield_effect", .elsewhere("a signal lets work in flight finish")),
    ("BaseTaskTests.test_cancel_task_catching", .flow),
    ("BaseTaskTests.test_cancel_task_ignoring", .elsewhere("a child that ignores TERM")),
    (
      "BaseTaskTests.test_uncancel_structured_blocks", .elsewhere("an attempt's limit in an item's")
    ),
    // wait_for
    ("AsyncioWaitForTest.test_asyncio_wait_for_cancelled", .elsewhere("a stop awaits the attempt")),
    ("AsyncioWaitForTest.test_asyncio_wait_for_timeout", .elsewhere("a limit awaits the attempt")),
    (
      "AsyncioWaitForTest.test_wait_for_timeout_less_then_0_or_0_future_done",
      .elsewhere("a result at the moment of the limit is a result")
    ),
    (
      "AsyncioWaitForTest.test_wait_for_timeout_less_then_0_or_0_coroutine_do_not_started",
      .elsewhere("a limit of 0 is refused by check")
    ),
    (
      "AsyncioWaitForTest.test_wait_for_timeout_less_then_0_or_0",
      .elsewhere("a limit of 0 or less is refused by check")
    ),
    ("AsyncioWaitForTest.test_wait_for", .elsewhere("a limit cancels and awaits")),
    ("AsyncioWaitForTest.test_wait_for_blocking", .elsewhere("without timeout nothing is limited")),
    ("AsyncioWaitForTest.test_wait_for_race_condition", .elsewhere("a result before the limit")),
    (
      "AsyncioWaitForTest.test_wait_for_cancellation_race_condition",
      .elsewhere("a limit once decided stays (SEMANTICS 4.5), asyncio's does not")
    ),
    (
      "AsyncioWaitForTest.test_wait_for_waits_for_task_cancellation",
      .elsewhere("a slow end is awaited before the timeout is reported")
    ),
    (
      "AsyncioWaitForTest.test_wait_for_waits_for_task_cancellation_w_timeout_0",
      .elsewhere("a limit of 0 is refused by check")
    ),
    (
      "AsyncioWaitForTest.test_wait_for_reraises_exception_during_cancellation",
      .elsewhere("a limit once decided stays (SEMANTICS 4.5), asyncio's does not")
    ),
    (
      "AsyncioWaitForTest.test_wait_for_self_cancellation",
      .elsewhere("an attempt that resists is awaited")
    ),
    ("AsyncioWaitForTest.test_cancel_blocking_wait_for", .elsewhere("a stop cancels the attempt")),
    ("AsyncioWaitForTest.test_cancel_wait_for", .elsewhere("a stop cancels the attempt")),
    // queues
    ("QueueBasicTests.test_empty", .flow),
    ("QueueBasicTests.test_full", .flow),
    ("QueueBasicTests.test_order", .flow),
    ("QueueBasicTests.test_maxsize", .flow),
    ("QueueGetTests.test_blocking_get", .flow),
    ("QueueGetTests.test_get_with_putters", .flow),
    ("QueueGetTests.test_blocking_get_wait", .flow),
    ("QueueGetTests.test_nonblocking_get", .flow),
    ("QueueGetTests.test_nonblocking_get_exception", .flow),
    ("QueueGetTests.test_get_cancelled_race", .flow),
    ("QueueGetTests.test_get_with_waiting_putters", .flow),
    ("QueueGetTests.test_why_are_getters_waiting", .flow),
    ("QueueGetTests.test_cancelled_getters_not_being_held_in_self_getters", .flow),
    ("QueuePutTests.test_blocking_put", .none("no queue is unbounded")),
    ("QueuePutTests.test_blocking_put_wait", .flow),
    ("QueuePutTests.test_nonblocking_put", .flow),
    ("QueuePutTests.test_get_cancel_drop_one_pending_reader", .flow),
    ("QueuePutTests.test_get_cancel_drop_many_pending_readers", .none(oneReader)),
    ("QueuePutTests.test_put_cancel_drop", .flow),
    ("QueuePutTests.test_nonblocking_put_exception", .none("no send gives up for want of room")),
    ("QueuePutTests.test_float_maxsize", .elsewhere("queue: 1.3 is refused by check")),
    ("QueuePutTests.test_put_cancelled", .flow),
    ("QueuePutTests.test_put_cancelled_race", .none(oneReader)),
    ("QueuePutTests.test_put_with_waiting_getters", .flow),
    ("QueuePutTests.test_why_are_putters_waiting", .flow),
    ("QueuePutTests.test_cancelled_puts_not_being_held_in_self_putters", .flow),
    (
      "QueuePutTests.test_cancelled_put_silence_value_error_exception",
      .none("cancelling throws nothing")
    ),
    ("LifoQueueTests.test_order", .none("queues are first in, first out")),
    ("PriorityQueueTests.test_order", .none("queues are first in, first out")),
    ("_QueueJoinTestMixin.test_task_done_underflow", .none("nobody counts what is done")),
    ("_QueueJoinTestMixin.test_task_done", .flow),
    ("_QueueJoinTestMixin.test_join_empty_queue", .flow),
    // task groups
    ("TestTaskGroup.test_taskgroup_01", .flow),
    ("TestTaskGroup.test_taskgroup_02", .flow),
    ("TestTaskGroup.test_taskgroup_03", .flow),
    ("TestTaskGroup.test_taskgroup_04", .flow),
    ("TestTaskGroup.test_cancel_children_on_child_error", .flow),
    ("TestTaskGroup.test_cancellation", .flow),
    ("TestTaskGroup.test_taskgroup_07", .flow),
    ("TestTaskGroup.test_taskgroup_08", .flow),
    ("TestTaskGroup.test_taskgroup_09", .elsewhere("a stage that fails by itself")),
    ("TestTaskGroup.test_taskgroup_10", .elsewhere("a stage that fails at its first line")),
    ("TestTaskGroup.test_taskgroup_11", .elsewhere("a group in a group is stopped")),
    ("TestTaskGroup.test_taskgroup_12", .elsewhere("a group in a group is stopped")),
    ("TestTaskGroup.test_taskgroup_13", .elsewhere("a failure outside stops an inner group")),
    ("TestTaskGroup.test_taskgroup_14", .elsewhere("fail in a group fails the item")),
    (
      "TestTaskGroup.test_taskgroup_15",
      .elsewhere("a failure in the drain after a signal is reported, the status stays")
    ),
    (
      "TestTaskGroup.test_taskgroup_16",
      .elsewhere("a failure in the drain after a signal is reported, the status stays")
    ),
    ("TestTaskGroup.test_taskgroup_17", .flow),
    ("TestTaskGroup.test_taskgroup_18", .elsewhere("a failure while a run ends")),
    ("TestTaskGroup.test_taskgroup_19", .flow),
    ("TestTaskGroup.test_taskgroup_20", .elsewhere("signals")),
    ("TestTaskGroup.test_taskgroup_20a", .none(ofPython)),
    ("TestTaskGroup.test_taskgroup_21a", .none(ofPython)),
    ("TestTaskGroup.test_taskgroup_22", .flow),
    ("TestTaskGroup.test_taskgroup_23", .flow),
    ("TestTaskGroup.test_taskgroup_24", .none("items do not make other items' work")),
    ("TestTaskGroup.test_taskgroup_25", .flow),
    ("TestTaskGroup.test_taskgroup_task_name", .none(ofPython)),
    ("TestTaskGroup.test_taskgroup_task_context", .none(ofPython)),
    ("TestTaskGroup.test_taskgroup_no_create_task_after_failure", .flow),
    ("TestTaskGroup.test_taskgroup_context_manager_exit_raises", .none(ofPython)),
    // semaphores
    ("SemaphoreTests.test_acquire_fifo_order", .flow),
    ("SemaphoreTests.test_acquire_fifo_order_2", .flow),
    ("SemaphoreTests.test_acquire_fifo_order_3", .elsewhere("throttle: permits in item order")),
    ("SemaphoreTests.test_acquire_hang", .elsewhere("rate: a cancelled wait eats no permit")),
    ("SemaphoreTests.test_acquire_no_hang", .elsewhere("rate: a cancelled wait eats no permit")),
    ("SemaphoreTests.test_release_not_acquired", .none("nobody gives permits back")),
    // queues of Python 3.13
    ("_QueueShutdownTestMixin.test_shutdown_empty", .flow),
    ("_QueueShutdownTestMixin.test_shutdown_nonempty", .flow),
    ("_QueueShutdownTestMixin.test_shutdown_immediate", .flow),
    ("_QueueShutdownTestMixin.test_shutdown_allowed_transitions", .flow),
    ("_QueueShutdownTestMixin.test_shutdown_all_methods_in_one_task", .flow),
    ("_QueueShutdownTestMixin.test_shutdown_immediate_all_methods_in_one_task", .flow),
    ("_QueueShutdownTestMixin.test_shutdown_putters_deque", .flow),
    ("_QueueShutdownTestMixin.test_shutdown_getters_deque", .flow),
    ("_QueueShutdownTestMixin.test_shutdown_get", .flow),
    ("_QueueShutdownTestMixin.test_shutdown_get_task_done_join", .flow),
    ("_QueueShutdownTestMixin.test_shutdown_put", .flow),
    ("_QueueShutdownTestMixin.test_shutdown_put_join", .none("nobody counts what is done")),
    // task groups of Python 3.13
    ("BaseTestTaskGroup.test_taskgroup_already_entered", .none(ofPython)),
    ("BaseTestTaskGroup.test_taskgroup_finished", .flow),
    ("BaseTestTaskGroup.test_cancelling_level_preserved", .none(ofPython)),
    ("BaseTestTaskGroup.test_nested_groups_both_cancelled", .elsewhere("two groups fail at once")),
    ("BaseTestTaskGroup.test_error_and_cancel", .elsewhere("a failure and a signal at once")),
    ("BaseTestTaskGroup.test_cancels_task_if_created_during_creation", .flow),
    ("BaseTestTaskGroup.test_cancellation_does_not_leak_out_of_tg", .none(ofPython)),
  ]
}

struct AsyncioSemanticsTests {
  private static let list = Files.shared("corpora/asyncio_tests.tsv")

  @Test(.enabled(if: list != nil, "../shared is not there"))
  func `every row of the list of asyncio tests is accounted for, once`() throws {
    let list = try #require(Self.list)
    let rows = list.split(separator: "\n").dropFirst().map { row in
      String(row.split(separator: "\t", omittingEmptySubsequences: false)[3])
    }
    let table = AsyncioSemantics.table.map(\.test)
    #expect(rows.count == 138)
    #expect(Set(table).count == table.count)
    #expect(rows.filter { !table.contains($0) } == [])
    #expect(table.filter { !rows.contains($0) } == [])
  }

  @Test func `every row that the table gives to Flow is named by a test of Flow`() {
    let named = Files.words(under: "FlowTests")
    let unnamed = AsyncioSemantics.table.filter { $0.coverage == .flow && !named.contains($0.test) }
    #expect(unnamed.map(\.test) == [])
  }

  @Test func `every row that the table gives to others is named by a test of theirs`() {
    let folders = ["PipelineModelTests", "StagesTests", "PipelineRuntimeTests", "CommandTests"]
    let named = folders.reduce(into: Set<String>()) { $0.formUnion(Files.words(under: $1)) }
    let unnamed = AsyncioSemantics.table.compactMap { test, coverage -> String? in
      guard case .elsewhere(let what) = coverage, !named.contains(test) else { return nil }
      return "\(test): \(what)"
    }
    #expect(unnamed == [])
  }
}
