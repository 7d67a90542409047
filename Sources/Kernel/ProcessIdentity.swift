internal import CLinux

/// Whose rights a process has (credentials(7), capabilities(7)).
package struct ProcessIdentity: Sendable, Equatable {
    /// The numbers of the user and of the group.
    package let user: UInt32
    package let group: UInt32

    package init(user: UInt32, group: UInt32) {
        self.user = user
        self.group = group
    }

    /// Why the rights cannot be given up.
    package enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
        case refused(Errno)
        /// Root could still be had: nothing may go on.
        case stillPrivileged

        /// What the system says.
        package var description: String {
            switch self {
            case .refused(let error): "\(error)"
            case .stillPrivileged: "the rights of root could be had again"
            }
        }
    }

    /// That of this process.
    package static var current: ProcessIdentity {
        ProcessIdentity(user: geteuid(), group: getegid())
    }

    /// Whether this process has root's user.
    package static var isRoot: Bool { geteuid() == 0 }

    /// Whether this thread may listen on ports below 1024 (CAP_NET_BIND_SERVICE).
    package static var mayBindLowPorts: Bool { sluice_may_bind_low_ports() != 0 }

    /// A user of this machine, by name or number, with the group that it belongs to; nil for
    /// nobody. A number may have no entry, and then its group is nil.
    package static func user(_ text: String) -> (number: UInt32, group: UInt32?)? {
        if let number = number(text) {
            var group: UInt32 = 0
            guard unsafe sluice_find_user_number(number, &group) >= 0 else { return (number, nil) }
            return (number, group == .max ? nil : group)
        }
        var (user, group): (UInt32, UInt32) = (0, 0)
        guard unsafe sluice_find_user(text, &user, &group) >= 0 else { return nil }
        return (user, group)
    }

    /// The number of a group of this machine, by name or number; nil for none.
    package static func group(_ text: String) -> UInt32? {
        if let number = number(text) { return number }
        let result = unsafe sluice_group_number(text)
        return result >= 0 ? UInt32(exactly: result) : nil
    }

    /// Gives this process this identity for good, with `others` as its only further groups, and
    /// makes sure that root cannot be had again. CAP_NET_BIND_SERVICE stays if it was there, for
    /// this thread and those that begin after it: to be called before there are others.
    package func adopt(others: [UInt32]) throws(Fault) {
        let result = unsafe others.withUnsafeBufferPointer { list in
            unsafe sluice_become(user, group, list.baseAddress, list.count)
        }
        guard result >= 0 else { throw .refused(Errno(result: result)) }
        guard sluice_is_still_privileged() == 0 else { throw .stillPrivileged }
    }

    private static func number(_ text: String) -> UInt32? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        // The highest number stands for no user at all.
        return UInt32(text).flatMap { $0 == .max ? nil : $0 }
    }
}
