internal import CLinux

/// Turns names into addresses (getaddrinfo(3)); blocks, so never on a worker.
package enum NameResolver {
    /// Why a name has no address.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// The system's words for it.
        package let description: String

        package init(description: String) { self.description = description }
    }

    /// All addresses of a host, a name or the text of an address, in the system's order.
    package static func addresses(of host: String, port: UInt16) throws(Failure) -> [SocketAddress]
    {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_ADDRCONFIG
        var first: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, nil, &hints, &first)
        guard code == 0 else {
            let text = unsafe gai_strerror(code).map { unsafe String(cString: $0) }
            throw Failure(description: text ?? "error \(code)")
        }
        defer { unsafe freeaddrinfo(first) }
        var found: [SocketAddress] = []
        var next = unsafe first
        while let entry = unsafe next {
            if let address = unsafe entry.pointee.ai_addr {
                var storage = sockaddr_storage()
                unsafe withUnsafeMutableBytes(of: &storage) { bytes in
                    let length = unsafe Int(entry.pointee.ai_addrlen)
                    unsafe bytes.copyMemory(
                        from: UnsafeRawBufferPointer(start: address, count: length))
                }
                if let known = SocketAddress(storage)?.with(port: port), !found.contains(known) {
                    found.append(known)
                }
            }
            unsafe next = entry.pointee.ai_next
        }
        return found
    }
}
