internal import Kernel

/// Who asks for a change.
package enum Caller: Sendable, Equatable {
    /// Sluice itself.
    case sluice
    /// Whoever has written the weight file or sluice.yaml.
    case file
    /// A process on the control socket, as the kernel knows it (SO_PEERCRED, unix(7)).
    case process(user: UInt32, number: Int32)
    /// Somebody on the control socket whom the kernel does not tell of.
    case socket
    /// Whoever has this token of the admin address.
    case token(String)
    /// Somebody on the admin address without a right token.
    case stranger

    /// Who asks for what this task does.
    @TaskLocal package static var current = Caller.sluice

    /// As a line of the log calls it.
    var words: String {
        switch self {
        case .sluice: "sluice"
        case .file: "a file"
        case .process(let user, let number):
            "\(ProcessFacts.userName(of: user) ?? "uid \(user)") (pid \(number))"
        case .socket: "a process"
        case .token(let name): "the token \(name)"
        case .stranger: "a stranger"
        }
    }

    var json: JSONValue {
        switch self {
        case .sluice: .object(["by": "sluice"])
        case .file: .object(["by": "file"])
        case .process(let user, let number):
            .object([
                "by": "socket", "uid": .number(user),
                "user": ProcessFacts.userName(of: user).map { .string($0) } ?? .null,
                "pid": .number(number),
            ])
        case .socket: .object(["by": "socket"])
        case .token(let name): .object(["by": "token", "token": .string(name)])
        case .stranger: .object(["by": "stranger"])
        }
    }
}
