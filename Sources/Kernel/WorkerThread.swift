internal import CLinux

/// Starts threads that run beside Swift's own (pthread_create(3)).
package enum WorkerThread {
    private final class Work {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs `body` on a new thread of its own, with all signals blocked, so that they go to the
    /// control plane. `name` shows in tools; 15 characters at most.
    package static func start(
        name: StaticString, _ body: @escaping @Sendable () -> Void
    ) throws(Errno) {
        var thread = pthread_t()
        let work = unsafe Unmanaged.passRetained(Work(body))
        var everything = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&everything)
        unsafe pthread_sigmask(SIG_SETMASK, &everything, &before)
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let work = unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                work.body()
                return nil
            }, work.toOpaque())
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        guard code == 0 else {
            unsafe work.release()
            throw Errno(code: code)
        }
        unsafe sluice_name_thread(thread, name.utf8Start)
        _ = pthread_detach(thread)
    }
}
