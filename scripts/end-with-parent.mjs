// Loaded into a child process that has a channel to its parent: when the parent is gone, however it ended, so is the child,
// with its process group.
process.once('disconnect', () => process.kill(0, 'SIGTERM'));
