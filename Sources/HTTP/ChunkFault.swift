/// Why a chunked body is refused. Nothing behind the fault can be trusted: its connection is
/// closed.
package enum ChunkFault: Equatable, Sendable {
    case badSize
    case badExtension
    case badLineEnd
    case bodyTooLarge
    case extensionsTooLarge
    case field(FieldFault)
    case trailersTooLarge

    /// The status code of the answer.
    package var status: Int { self == .bodyTooLarge ? OwnAnswer.bodyTooLarge.status : 400 }

    /// A stable word for programs.
    package var kind: StaticString {
        switch self {
        case .badSize: "bad_chunk_size"
        case .badExtension: "bad_chunk_extension"
        case .badLineEnd: "bad_chunk_end"
        case .bodyTooLarge: OwnAnswer.bodyTooLarge.kind
        case .extensionsTooLarge: "chunk_extensions_too_large"
        case .field(let fault): fault.kind
        case .trailersTooLarge: "trailers_too_large"
        }
    }

    /// A sentence for people, without quotes, to stand in JSON as it is.
    package var message: StaticString {
        switch self {
        case .badSize: "A chunk size is not a hexadecimal number that fits into 63 bits."
        case .badExtension: "A chunk extension holds a control character."
        case .badLineEnd: "A chunk or its size does not end in a carriage return and line feed."
        case .bodyTooLarge: OwnAnswer.bodyTooLarge.message
        case .extensionsTooLarge: "There are too many bytes of chunk extensions."
        case .field(let fault): fault.message
        case .trailersTooLarge: "The trailers are too large."
        }
    }
}
