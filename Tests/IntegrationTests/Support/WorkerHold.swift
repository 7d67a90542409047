import Foundation
import Testing

/// Holds one worker's thread of a process as a debugger does, while its other threads go on.
final class WorkerHold {
    /// Whether this user may hold threads of processes that it has not started itself.
    static var isPossible: Bool { getuid() == 0 }

    private static let script = """
        import ctypes, os, signal, sys
        libc = ctypes.CDLL(None, use_errno=True)
        libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        process = sys.argv[1]
        thread = next(int(t) for t in os.listdir(f"/proc/{process}/task")
                      if open(f"/proc/{process}/task/{t}/comm").read().strip() == "sluice-worker")
        for request in (0x4206, 0x4207):  # PTRACE_SEIZE, PTRACE_INTERRUPT
            if libc.ptrace(request, thread, None, None) != 0:
                sys.exit(os.strerror(ctypes.get_errno()))
        os.waitpid(thread, 0x40000000)  # __WALL
        print("held", flush=True)
        signal.pause()
        """

    private let child: ChildProcess
    private let folder: TemporaryFolder

    init(ofProcess process: pid_t) throws {
        let folder = try TemporaryFolder()
        let child = try ChildProcess(
            ["python3", "-c", Self.script, "\(process)"], output: folder["output"],
            errors: folder["errors"])
        (self.folder, self.child) = (folder, child)
        let isHeld = eventually {
            !child.isRunning || (try? folder.read("output"))?.contains("held") == true
        }
        guard isHeld, child.isRunning else {
            throw TimedOut("no thread is held: \((try? folder.read("errors")) ?? "")")
        }
    }

    /// The thread goes on: its tracer is gone.
    func release() { child.end() }
}
