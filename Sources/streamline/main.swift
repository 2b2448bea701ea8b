import Host

// Before anything else: the process may have been started as the watcher of another one.
Watcher.runIfAsked(CommandLine.arguments)
print("streamline")
