internal import CZlib

/// Compression with a gzip envelope (RFC 1952), for answers that are asked for so.
package enum Gzip {
    /// The compressed bytes; nil when zlib has no memory.
    package static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = unsafe z_stream()
        // 15 bits of window and 16 for the gzip envelope; level 1 is fast and enough for text.
        let began = unsafe deflateInit2_(
            &stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard began == Z_OK else { return nil }
        defer { _ = unsafe deflateEnd(&stream) }
        var input = bytes
        let bound = unsafe Int(deflateBound(&stream, UInt(bytes.count)))
        var ended = Z_OK
        let output = unsafe [UInt8](unsafeUninitializedCapacity: bound) { memory, count in
            unsafe input.withUnsafeMutableBufferPointer { source in
                unsafe stream.next_in = source.baseAddress
                unsafe stream.avail_in = UInt32(source.count)
                unsafe stream.next_out = memory.baseAddress
                unsafe stream.avail_out = UInt32(memory.count)
                ended = unsafe deflate(&stream, Z_FINISH)
            }
            count = unsafe memory.count - Int(stream.avail_out)
        }
        return ended == Z_STREAM_END ? output : nil
    }
}
