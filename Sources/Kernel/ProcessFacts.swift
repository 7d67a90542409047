internal import CLinux

/// This process as the kernel sees it (proc(5), getrusage(2)).
package enum ProcessFacts {
    /// Open file descriptors.
    package static var openFDs: Int { unsafe sluice_count_entries("/proc/self/fd") }

    /// The most file descriptors that may be open.
    package static var maximumFDs: Int { DescriptorLimit.current }

    /// Address space and memory in RAM, in bytes.
    package static var memoryBytes: (virtual: Int, resident: Int) {
        guard let bytes = try? DurableFile.read("/proc/self/statm", limit: 4_096) else {
            return (0, 0)
        }
        let pages = String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap {
            Int($0)
        }
        guard pages.count > 1 else { return (0, 0) }
        let size = Int(getpagesize())
        return (pages[0] * size, pages[1] * size)
    }

    /// User and system CPU time since the start.
    package static var cpuSeconds: Double { Double(sluice_cpu_microseconds()) / 1e6 }

    /// The processors that this process may run on.
    package static var processorCount: Int { max(1, Int(sluice_processor_count())) }

    /// Lets new files be readable and writable by their owner alone, as a control socket has to
    /// be from its first moment (umask(2)).
    package static func keepNewFilesPrivate() { _ = umask(0o177) }

    /// Ends the process here and now.
    package static func exitAtOnce(code: Int32) -> Never { _exit(code) }

    /// The name of a user by its number; nil when nobody has it.
    package static func userName(of number: UInt32) -> String? {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 256) { memory, count in
            guard let start = memory.baseAddress else { return }
            count = max(0, unsafe sluice_user_name(number, start, memory.count))
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// The number of this process.
    package static var identifier: Int { Int(getpid()) }

    /// Whether standard output is a terminal.
    package static var writesToTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether standard error is a terminal.
    package static var reportsToTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// Standard output and standard error, written without buffering (write(2)).
package enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    /// Writes all of it, or says why not; the rest is dropped then.
    @discardableResult
    package func write(_ text: String) -> Errno? {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while let start = rest.baseAddress, rest.count > 0 {
                let count = unsafe sluice_write(rawValue, start, rest.count)
                guard count > 0 else { return Errno(result: count) }
                unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            return nil
        }
    }
}
