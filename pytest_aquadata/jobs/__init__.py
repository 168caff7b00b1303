"""Processes that share a build: the build lock, the pool of processes, and progress.

One process builds a database at a time: it holds the `BuildLock`. Other processes that want the
same dataset, such as the workers of pytest-xdist, wait for the lock and then open what was built.
A large build starts a `ProcessPool`; a small one runs in the process that holds the lock.

When the owner of the lock dies, the operating system releases it, the processes of the pool end,
and a waiting process takes over what was loaded. When a process of the pool dies, all batches that
were under way are tried again in new processes.
"""
