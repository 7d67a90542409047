import Testing

@testable import Settings

/// What every kept state refuses, by the call that reads it.
typealias StateReader = ([UInt8]) throws -> Any

/// Expects that no beginning of the text is taken for a state.
func expectRefusedCuts(
    of text: String, sourceLocation: SourceLocation = #_sourceLocation, _ read: StateReader
) {
    let bytes = Array(text.utf8)
    for count in bytes.indices {
        #expect(throws: StateError.self, "\(count) bytes", sourceLocation: sourceLocation) {
            _ = try read(Array(bytes[..<count]))
        }
    }
}

/// Expects that the text is no state any more when any bit of it is another one.
func expectRefusedFlips(
    of text: String, sourceLocation: SourceLocation = #_sourceLocation, _ read: StateReader
) {
    let bytes = Array(text.utf8)
    for index in bytes.indices {
        for bit in 0..<8 {
            var damaged = bytes
            damaged[index] ^= 1 << UInt8(bit)
            #expect(
                throws: StateError.self, "byte \(index), bit \(bit)",
                sourceLocation: sourceLocation
            ) {
                _ = try read(damaged)
            }
        }
    }
}

/// Expects an error for a text whose checksum is right.
func expectRefused(
    sealing body: String, _ error: StateError,
    sourceLocation: SourceLocation = #_sourceLocation, _ read: StateReader
) {
    let sealed = body + "checksum \(TextHash(body.utf8))\n"
    #expect(throws: error, sourceLocation: sourceLocation) {
        _ = try read(Array(sealed.utf8))
    }
    #expect(error.description.contains("expected"), sourceLocation: sourceLocation)
}
