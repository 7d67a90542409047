/// Asks an Admin API; tests put one of their own in its place.
package protocol AdminTransport: Sendable {
    /// `GET path`, with a query or without one; statuses and bodies as they come.
    func get(_ path: String) async throws(AdminFault) -> AdminAnswer
}

/// What an Admin API answered.
package struct AdminAnswer: Sendable, Equatable {
    /// The status, the body, and where a redirect leads.
    package let status: Int
    package let body: [UInt8]
    package let location: String?

    /// An answer.
    package init(status: Int, body: [UInt8], location: String? = nil) {
        self.status = status
        self.body = body
        self.location = location
    }
}
