/// An answer of the control API, before it is put into HTTP.
package struct Answer: Sendable, Equatable {
    /// The status code, the media type and the bytes.
    package let status: Int
    package let contentType: String
    package let body: [UInt8]
    /// Whether the body may be compressed where the client accepts that.
    package let isCompressible: Bool

    package init(
        status: Int = 200, contentType: String = "application/json", body: [UInt8],
        isCompressible: Bool = false
    ) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.isCompressible = isCompressible
    }

    /// JSON.
    package static func json(_ value: JSONValue, status: Int = 200) -> Answer {
        Answer(status: status, body: Array(JSONWriter.text(value).utf8))
    }

    /// `{"error": "..."}`.
    package static func refusal(_ refusal: Refusal) -> Answer {
        .json(.object(["error": .string(refusal.message)]), status: refusal.status)
    }
}
