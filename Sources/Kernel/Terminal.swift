internal import CLinux

/// The terminal of standard input and output, for whoever fills its whole screen.
package enum Terminal {
    /// What has come.
    package enum Input: Sendable, Equatable {
        /// A byte of a key, and that no key will ever come any more.
        case byte(UInt8)
        case end
    }

    /// What signals have said.
    package struct Signals: Sendable, Equatable {
        /// The size may be another one.
        package let isResized: Bool
        /// The signal that asks for an end; nil: none has.
        package let ending: Int32?
    }

    /// Takes the screen and the keys; an error where there is no terminal.
    package static func begin() throws(Errno) {
        let result = sluice_terminal_begin()
        if result < 0 { throw Errno(code: -result) }
    }

    /// Gives them back. A signal that ends the process does so by itself.
    package static func end() { sluice_terminal_end() }

    /// How many columns and rows there are; nil where that is not known.
    package static var size: (columns: Int, rows: Int)? {
        let size = Int(sluice_terminal_size())
        let (columns, rows) = (size >> 16, size & 0xffff)
        return columns > 0 && rows > 0 ? (columns, rows) : nil
    }

    /// Waits for input; nil when none has come in time, or when a signal has.
    package static func input(withinMilliseconds milliseconds: Int32) -> Input? {
        let key = sluice_terminal_key(milliseconds)
        if key == -2 { return .end }
        return UInt8(exactly: key).map { .byte($0) }
    }

    /// What signals have said since the last call.
    package static func signals() -> Signals {
        let signals = sluice_terminal_signals()
        return Signals(
            isResized: signals & 1 != 0, ending: signals & 2 != 0 ? signals >> 16 : nil)
    }

    /// Whether standard input is a terminal.
    package static var givesKeys: Bool { isatty(STDIN_FILENO) == 1 }
}
